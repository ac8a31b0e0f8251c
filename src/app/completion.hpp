// Scripts that let a shell complete command lines. Floor 7; pure.
#pragma once

#include <string>
#include <vector>

#include "app/commands.hpp"

namespace inlet {

// `shell` is bash, zsh or fish. Names of datasets and packages are asked of the program itself when they are needed.
std::string completion_script(const std::string& shell, const Commands& commands, const std::vector<Argument>& global);

} // namespace inlet
