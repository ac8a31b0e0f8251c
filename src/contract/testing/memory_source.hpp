// A project's files and environment in memory, for tests. Stands beside the contract; one thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "contract/project_reader.hpp"

namespace inlet {

class MemorySource final : public FileSource {
public:
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> variables;

    Result<std::string> read(const std::string& path) const override {
        const auto file = files.find(path);
        if (file == files.end()) return fail(FailureCode::file_not_found, "no such file");
        return file->second;
    }
    std::optional<std::string> environment(const std::string& name) const override {
        const auto variable = variables.find(name);
        if (variable == variables.end()) return std::nullopt;
        return variable->second;
    }
};

} // namespace inlet
