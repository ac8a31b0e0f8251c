// Reads who is told what (`notify`), and what is expected of deliveries (`expect`). Floor 1, inside contract/; one
// thread.
#pragma once

#include <span>
#include <string_view>

#include "contract/notify.hpp"
#include "contract/reading/document.hpp"
#include "contract/reading/files.hpp"
#include "contract/reading/mistakes.hpp"

namespace inlet::reading {

// `known` are the names that a receiver may choose from: datasets and packages.
NotifySettings read_notify(const Element& node, std::span<const std::string_view> known, const ProjectFiles& files,
                           const Page& page);

// `thing` is whose expectation it is: "dataset `ratings`".
Expectation read_expectation(const Element& node, std::string_view thing, const Page& page);

} // namespace inlet::reading
