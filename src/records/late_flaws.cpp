// Lists of late flaws, and several merged into one.
#include "records/late_flaws.hpp"

#include <algorithm>

namespace inlet {

namespace {

class ListStream final : public LateFlawStream {
public:
    explicit ListStream(const std::vector<LateFlaw>& flaws) : flaws_(flaws) {}
    Result<bool> next(LateFlaw& flaw) override {
        if (at_ == flaws_.size()) return false;
        flaw = flaws_[at_++];
        return true;
    }

private:
    const std::vector<LateFlaw>& flaws_; // the list's, which outlives the stream
    std::size_t at_ = 0;
};

class List final : public LateFlaws {
public:
    explicit List(std::vector<LateFlaw> flaws) : flaws_(std::move(flaws)) {
        std::stable_sort(flaws_.begin(), flaws_.end(),
                         [](const LateFlaw& a, const LateFlaw& b) { return a.order < b.order; });
    }
    Result<std::unique_ptr<LateFlawStream>> open() const override { return std::make_unique<ListStream>(flaws_); }
    std::uint64_t count() const override { return flaws_.size(); }

private:
    std::vector<LateFlaw> flaws_;
};

class MergedStream final : public LateFlawStream {
public:
    struct Head {
        std::unique_ptr<LateFlawStream> stream;
        LateFlaw flaw;
        bool live = false;
    };
    explicit MergedStream(std::vector<Head> heads) : heads_(std::move(heads)) {}
    Result<bool> next(LateFlaw& flaw) override {
        Head* least = nullptr;
        for (auto& head : heads_) {
            if (head.live && (least == nullptr || head.flaw.order < least->flaw.order)) least = &head;
        }
        if (least == nullptr) return false;
        flaw = least->flaw;
        least->live = TRY(least->stream->next(least->flaw));
        return true;
    }

private:
    std::vector<Head> heads_;
};

class Merged final : public LateFlaws {
public:
    explicit Merged(std::vector<std::shared_ptr<const LateFlaws>> parts) : parts_(std::move(parts)) {}
    Result<std::unique_ptr<LateFlawStream>> open() const override {
        std::vector<MergedStream::Head> heads;
        for (const auto& part : parts_) {
            MergedStream::Head head;
            head.stream = TRY(part->open());
            head.live = TRY(head.stream->next(head.flaw));
            heads.push_back(std::move(head));
        }
        return std::make_unique<MergedStream>(std::move(heads));
    }
    std::uint64_t count() const override {
        std::uint64_t total = 0;
        for (const auto& part : parts_) total += part->count();
        return total;
    }

private:
    std::vector<std::shared_ptr<const LateFlaws>> parts_; // shared with the reports they came from
};

} // namespace

std::shared_ptr<const LateFlaws> make_late_flaws(std::vector<LateFlaw> flaws) {
    return std::make_shared<List>(std::move(flaws));
}

std::shared_ptr<const LateFlaws> merge_late_flaws(std::vector<std::shared_ptr<const LateFlaws>> parts) {
    std::erase(parts, nullptr);
    return std::make_shared<Merged>(std::move(parts));
}

} // namespace inlet
