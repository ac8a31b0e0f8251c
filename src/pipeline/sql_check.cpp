#include "pipeline/sql_check.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "pipeline/model_order.hpp"

namespace inlet {

namespace {

std::string folded(std::string_view name) {
    std::string result(name);
    std::ranges::transform(result, result.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

// What the warehouse said, without the excerpt of the SQL below it, whose line is told apart.
SqlMistake mistake_of(const std::string& name, std::string message) {
    SqlMistake mistake{.name = name};
    if (const auto at = message.find("\nLINE "); at != std::string::npos) {
        int line = 0;
        const char* const digits = message.data() + at + 6;
        const auto [end, error] = std::from_chars(digits, message.data() + message.size(), line);
        if (error == std::errc() && end != digits) mistake.line = line;
        message.resize(at);
    }
    while (message.ends_with('\n') || message.ends_with(' ')) message.pop_back();
    mistake.message = std::move(message);
    return mistake;
}

class NoRows final : public ResultSink {
public:
    Status begin(const std::vector<ResultColumn>&) override { return {}; }
    Status batch(const RecordBatch&) override { return {}; }
};

class NoJudge final : public PublishJudge {
public:
    Result<Verdict> conflicts(SubmissionId, const std::string&, FailureCode, const std::vector<std::string>&,
                              const std::vector<RecordOrder>&) override {
        return Verdict::reject; // there are no rows that could be in conflict
    }
};

class Trial {
public:
    Trial(const Project& project, Warehouse& scratch) : project_(project), scratch_(scratch) {
        for (const Model& model : project.models) names_[folded(model.name)] = names_in_sql(model.sql);
        for (const View& view : project.views) names_[folded(view.name)] = names_in_sql(view.sql);
    }

    Result<std::vector<SqlMistake>> run() {
        TRY(scratch_.define(project_.datasets));
        for (const Model& model : in_dependency_order(project_.models)) {
            if (is_to_be_tried(model.name)) TRY(try_model(model));
        }
        for (const View& view : project_.views) {
            if (is_to_be_tried(view.name)) TRY(try_view(view));
        }
        return std::move(mistakes_);
    }

private:
    // The way from `name` back to itself: empty if there is none.
    std::vector<std::string> circle(const std::string& name) const {
        std::map<std::string, std::string> came_from;
        std::vector<std::string> left{folded(name)};
        while (!left.empty()) {
            const std::string at = left.back();
            left.pop_back();
            for (const std::string& used : names_.at(at)) {
                if (!names_.contains(used)) continue;
                if (used == folded(name)) {
                    std::vector<std::string> way{at};
                    while (way.back() != folded(name)) way.push_back(came_from.at(way.back()));
                    std::ranges::reverse(way);
                    return way;
                }
                if (came_from.emplace(used, at).second) left.push_back(used);
            }
        }
        return {};
    }

    bool is_to_be_tried(const std::string& name) {
        const auto& names = names_.at(folded(name));
        if (std::ranges::none_of(names, [&](const std::string& used) { return wrong_.contains(used); })) return true;
        wrong_.insert(folded(name));
        return false;
    }

    Status try_model(const Model& model) {
        models_.push_back(model);
        PublishRequest request;
        request.submissions.push_back(
            {SubmissionId(++submissions_), {{.dataset = project_.datasets.front().name}}, {}});
        request.models = models_;
        NoJudge judge;
        const auto published = scratch_.publish(request, judge);
        if (published) return {};
        models_.pop_back();
        if (published.error().code != FailureCode::model_failed) return fail(published.error());
        std::string message = published.error().message;
        const std::string prefix = fmt::format("the model `{}` failed: ", model.name);
        if (message.starts_with(prefix)) message.erase(0, prefix.size());
        note(model.name, std::move(message));
        return {};
    }

    Status try_view(const View& view) {
        NoRows rows;
        const Status run = scratch_.query(view.sql, project_.views, std::nullopt, rows);
        if (run) return {};
        if (failure_info(run.error().code).kind == FailureKind::system) return run;
        note(view.name, run.error().message);
        return {};
    }

    void note(const std::string& name, std::string message) {
        mistakes_.push_back(mistake_of(name, std::move(message)));
        // A name in the SQL may be a column's, so a circle of names is no mistake of itself.
        if (const std::vector<std::string> way = circle(name); way.size() > 1) {
            std::string text;
            for (const std::string& step : way) text += fmt::format("`{}` reads ", step);
            mistakes_.back().message += fmt::format("; it may be a circle: {}`{}`", text, way.front());
        }
        wrong_.insert(folded(name));
    }

    const Project& project_;
    Warehouse& scratch_;
    std::map<std::string, std::set<std::string>> names_; // in the SQL of each model and view
    std::vector<Model> models_;                          // that are right
    std::set<std::string> wrong_;
    std::vector<SqlMistake> mistakes_;
    std::int64_t submissions_ = 0;
};

} // namespace

Result<std::vector<SqlMistake>> try_sql(const Project& project, Warehouse& scratch) {
    if (project.models.empty() && project.views.empty()) return std::vector<SqlMistake>();
    return Trial(project, scratch).run();
}

} // namespace inlet
