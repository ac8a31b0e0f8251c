// A person: large CSV files in pieces (tus 1.0.0, https://tus.io/protocols/resumable-upload) over a line that breaks;
// some are given up, and some are sent again, corrected.
#include <charconv>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "simulate/asio/stage.hpp"
#include "simulate/json_members.hpp"

namespace inlet::simulate {

namespace {

constexpr const char* kTus = "Tus-Resumable: 1.0.0\r\n";
constexpr std::size_t kPieces = 4; // on average, of a file

std::optional<std::size_t> number_in(std::string_view text) {
    std::size_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc()) return {};
    return number;
}

class Person {
public:
    Person(Stage& stage, Client& client, std::uint64_t seed) : stage_(stage), client_(client), chance_(seed) {}

    asio::awaitable<void> play() {
        while (!stage_.over()) {
            LedgerEntry file = new_file();
            const bool give_up = stage_.by_chance(stage_.settings.abandoned, chance_);
            co_await send(file, give_up);
            const bool good = !give_up && file.deed == Deed::sent && file.mistake < 0;
            if (good && !stage_.over() && stage_.by_chance(stage_.settings.corrections, chance_))
                co_await correct(file);
            const double mean = std::chrono::duration<double>(stage_.settings.file_pause).count();
            const std::chrono::duration<double> rest(
                std::uniform_real_distribution<double>(mean / 2, mean * 3 / 2)(chance_));
            co_await stage_.pause_until(steady_now() + std::chrono::duration_cast<std::chrono::nanoseconds>(rest));
        }
    }

private:
    LedgerEntry new_file() {
        const auto count = static_cast<std::int64_t>(stage_.settings.file_records);
        LedgerEntry file{.dataset = static_cast<std::uint32_t>(chance_() % stage_.roles.size()),
                         .first = stage_.take_numbers(count),
                         .count = count};
        if (stage_.by_chance(stage_.settings.mistakes, chance_))
            file.mistake = file.first + static_cast<std::int64_t>(chance_() % stage_.settings.file_records);
        return file;
    }

    const Role& role(const LedgerEntry& file) const { return stage_.roles[file.dataset]; }

    void write_bytes(const LedgerEntry& file) {
        bytes_.clear();
        role(file).maker.append_csv_header(bytes_);
        for (std::int64_t number = file.first; number < file.first + file.count; ++number)
            role(file).maker.append_csv(bytes_, number, chance_, number == file.mistake);
    }

    // Sends the file until it is a submission, or, to be given up, about half of it. What came of it is written down.
    asio::awaitable<void> send(LedgerEntry& file, bool give_up) {
        write_bytes(file);
        file.deed = Deed::unsettled;
        while (!stage_.out_of_patience()) {
            const std::optional<std::string> address = co_await create(file);
            if (!address) break;
            if (address->empty()) { // refused: nothing of it was taken
                ++stage_.tally.refused;
                file.deed = Deed::abandoned;
                break;
            }
            const bool whole = co_await send_pieces(file, *address, give_up);
            if (!whole) continue; // the upload is gone: once more from the beginning
            break;
        }
        stage_.write(file);
    }

    // The upload's address, empty if it was refused; nothing if no answer came.
    asio::awaitable<std::optional<std::string>> create(const LedgerEntry& file) {
        const std::string name = fmt::format("{}-{}.csv", stage_.ledger->head().run.name(), file.first);
        const Ask ask{.method = "POST",
                      .target = "/v1/uploads",
                      .headers = fmt::format("{}Upload-Length: {}\r\nUpload-Metadata: dataset {},filename {}\r\n", kTus,
                                             bytes_.size(), base64(role(file).dataset), base64(name))};
        const std::optional<Reply> reply = co_await stage_.ask(client_, ask, chance_);
        if (!reply) co_return std::nullopt;
        co_return reply->status == 201 ? reply->location : std::string();
    }

    // False: the upload is not there any more. `file` knows at the end what it is.
    asio::awaitable<bool> send_pieces(LedgerEntry& file, const std::string& address, bool give_up) {
        std::size_t offset = 0;
        std::size_t safe = 0; // as answered
        const std::size_t stop = give_up ? bytes_.size() / 2 : bytes_.size();
        bool asked = false; // where it stands is known
        while (!stage_.out_of_patience()) {
            if (!asked) {
                const Ask ask{.method = "HEAD", .target = address, .headers = kTus};
                const std::optional<Reply> reply = co_await stage_.ask(client_, ask, chance_);
                if (!reply) break;
                if (take_end(file, *reply)) co_return true;
                const std::optional<std::size_t> stands = number_in(reply->upload_offset);
                if (!stands) co_return false;
                offset = *stands;
                if (offset < safe) stage_.tally.lost_bytes += safe - offset;
                safe = offset;
                asked = true;
            }
            if (give_up && offset >= stop / 2) {
                co_await leave(address);
                file.deed = Deed::abandoned;
                co_return true;
            }
            const std::optional<Reply> reply = co_await send_piece(address, offset, stop);
            if (reply && take_end(file, *reply)) co_return true;
            const auto stands = reply && reply->good() ? number_in(reply->upload_offset) : std::nullopt;
            asked = stands.has_value();
            if (asked) {
                offset = *stands;
                safe = offset;
            } else {
                co_await stage_.pause(std::chrono::milliseconds(20 + chance_() % 100));
            }
        }
        co_return true;
    }

    asio::awaitable<std::optional<Reply>> send_piece(const std::string& address, std::size_t offset, std::size_t stop) {
        const std::size_t usual = bytes_.size() / kPieces + 1;
        const std::size_t size = std::min(stop - offset, usual / 2 + chance_() % usual);
        Cut cut = Cut::none;
        // Each block of a file that is seldom cut as a whole has its own chance.
        if (stage_.by_chance(std::min(1.0, stage_.settings.cuts * 10), chance_)) {
            cut = chance_() % 2 == 0 ? Cut::in_body : Cut::before_answer;
            ++stage_.tally.breaks;
        }
        const Ask ask{.method = "PATCH",
                      .target = address,
                      .headers = fmt::format("{}Content-Type: application/offset+octet-stream\r\nUpload-Offset: {}\r\n",
                                             kTus, offset),
                      .body = std::string_view(bytes_).substr(offset, size)};
        co_return co_await client_.call(ask, cut);
    }

    // Whether the answer says that the upload has become a submission.
    bool take_end(LedgerEntry& file, const Reply& reply) {
        const std::optional<std::size_t> submission = number_in(reply.submission);
        if (!reply.good() || !submission) return false;
        file.submission = SubmissionId(static_cast<std::int64_t>(*submission));
        file.deed = Deed::sent;
        ++stage_.tally.uploads;
        stage_.tally.upload_bytes += bytes_.size();
        return true;
    }

    // Half of those who give up say so.
    asio::awaitable<void> leave(const std::string& address) {
        ++stage_.tally.abandoned;
        if (chance_() % 2 == 0) co_return;
        const Ask ask{.method = "DELETE", .target = address, .headers = kTus};
        (void)co_await stage_.ask(client_, ask, chance_);
    }

    // Where records have keys the same ones are sent again with other values; else what was sent is taken back first.
    asio::awaitable<void> correct(const LedgerEntry& wrong) {
        const bool published = co_await until_published(wrong.submission);
        if (!published) co_return;
        LedgerEntry right = wrong;
        if (!role(wrong).by_key) {
            const bool undone = co_await take_back(wrong);
            if (!undone) co_return;
            right.first = stage_.take_numbers(right.count);
        }
        co_await send(right, false);
        if (right.deed == Deed::sent) ++stage_.tally.corrections;
    }

    asio::awaitable<bool> until_published(SubmissionId id) {
        const Ask ask{
            .method = "GET", .target = fmt::format("/v1/submissions/{}", id.value), .headers = "Prefer: wait=10\r\n"};
        while (!stage_.out_of_patience()) {
            const std::optional<Reply> reply = co_await stage_.ask(client_, ask, chance_);
            if (!reply || !reply->good()) co_return false;
            const auto state = submission_state_from(JsonMembers(reply->body).text("state"));
            if (!state || *state == SubmissionState::held) co_return false;
            if (is_end(*state)) co_return *state == SubmissionState::published;
        }
        co_return false;
    }

    asio::awaitable<bool> take_back(const LedgerEntry& wrong) {
        LedgerEntry entry{.deed = Deed::asked, .dataset = wrong.dataset, .submission = wrong.submission};
        stage_.write(entry);
        const Ask ask{.method = "POST",
                      .target = fmt::format("/v1/submissions/{}/undo", wrong.submission.value),
                      .headers = "",
                      .patience = std::chrono::seconds(90)};
        const std::optional<Reply> reply = co_await stage_.ask(client_, ask, chance_);
        const bool undone = reply && (reply->good() || reply->code() == "already-undone");
        if (!undone) co_return false;
        entry.deed = Deed::undone;
        stage_.write(entry);
        co_return true;
    }

    Stage& stage_;
    Client& client_;
    Chance chance_;
    std::string bytes_;
};

} // namespace

asio::awaitable<void> play_person(Stage& stage, Client& client, std::uint64_t seed) {
    Person person(stage, client, seed);
    co_await person.play();
    --stage.players;
}

} // namespace inlet::simulate
