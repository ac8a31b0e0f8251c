// What the server says of its datasets and submissions. Floor 6; one thread.
#pragma once

#include <vector>

#include "simulate/asio/stage.hpp"

namespace inlet::simulate {

// The datasets that can be played with, those that are named or all; fills roles and ledger.
asio::awaitable<void> cast_roles(Stage& stage, Client& client, Disk& disk, PlayReport& report);

// Waits until all of the ledger's submissions are at their end, for as long as patience lasts, and reconciles by the
// number of records. Nothing if the server does not answer.
asio::awaitable<std::optional<Reconciliation>> reconcile_with_server(Stage& stage, Client& client);

} // namespace inlet::simulate
