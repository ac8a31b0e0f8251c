#include "pipeline/model_order.hpp"

#include <algorithm>

namespace inlet {

namespace {

bool begins_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_word(char c) { return begins_word(c) || (c >= '0' && c <= '9') || c == '$'; }

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

// One statement, token by token.
class SqlScan {
public:
    explicit SqlScan(std::string_view sql) : sql_(sql) {}

    std::set<std::string> names() {
        while (at_ < sql_.size()) {
            const char c = sql_[at_];
            if (sql_.substr(at_).starts_with("--")) {
                at_ = std::min(sql_.find('\n', at_), sql_.size());
            } else if (sql_.substr(at_).starts_with("/*")) {
                skip_block_comment();
            } else if (c == '\'') {
                quoted('\'');
            } else if (c == '"') {
                names_.insert(lower(quoted('"')));
            } else if (begins_word(c)) {
                const std::size_t begin = at_;
                while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;
                names_.insert(lower(sql_.substr(begin, at_ - begin)));
            } else if (c >= '0' && c <= '9') {
                while (at_ < sql_.size() && continues_word(sql_[at_])) ++at_;
            } else {
                ++at_;
            }
        }
        return std::move(names_);
    }

private:
    // What stands between the quotes, doubled ones made single; ends at the end of the text if it is not closed.
    std::string quoted(char quote) {
        std::string text;
        for (++at_; at_ < sql_.size(); ++at_) {
            if (sql_[at_] == quote) {
                ++at_;
                if (at_ == sql_.size() || sql_[at_] != quote) return text;
            }
            text += sql_[at_];
        }
        return text;
    }

    void skip_block_comment() {
        const std::size_t end = sql_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? sql_.size() : end + 2;
    }

    std::string_view sql_;
    std::size_t at_ = 0;
    std::set<std::string> names_;
};

} // namespace

std::set<std::string> names_in_sql(std::string_view sql) { return SqlScan(sql).names(); }

std::vector<Model> in_dependency_order(const std::vector<Model>& models) {
    std::vector<std::set<std::string>> names;
    names.reserve(models.size());
    for (const Model& model : models) names.push_back(names_in_sql(model.sql));
    const auto needs = [&](std::size_t user, std::size_t used) {
        return user != used && names[user].contains(lower(models[used].name));
    };
    std::vector<bool> placed(models.size(), false);
    std::vector<Model> order;
    while (order.size() < models.size()) {
        const auto ready = [&](std::size_t i) {
            for (std::size_t other = 0; other < models.size(); ++other) {
                if (!placed[other] && needs(i, other)) return false;
            }
            return true;
        };
        std::size_t next = models.size();
        std::size_t first_left = models.size();
        for (std::size_t i = 0; i < models.size() && next == models.size(); ++i) {
            if (placed[i]) continue;
            if (first_left == models.size()) first_left = i;
            if (ready(i)) next = i;
        }
        if (next == models.size()) next = first_left; // a circle
        placed[next] = true;
        order.push_back(models[next]);
    }
    return order;
}

std::vector<const Dataset*> datasets_read(const Project& project, const Model& model) {
    std::set<std::string> reached;
    std::set<std::string> models_seen{model.name};
    std::vector<const Model*> left{&model};
    while (!left.empty()) {
        const std::set<std::string> names = names_in_sql(left.back()->sql);
        left.pop_back();
        reached.insert(names.begin(), names.end());
        for (const Model& other : project.models) {
            if (names.contains(lower(other.name)) && models_seen.insert(other.name).second) left.push_back(&other);
        }
    }
    std::vector<const Dataset*> datasets;
    for (const Dataset& dataset : project.datasets) {
        if (reached.contains(lower(dataset.name))) datasets.push_back(&dataset);
    }
    return datasets;
}

} // namespace inlet
