// Makes records of a contract, each with a mark by which it is known again among all others: the run's, and the
// record's number in it. Floor 6. A maker is immutable; the caller's source of chance belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "contract/field.hpp"

namespace inlet::simulate {

using Chance = std::mt19937_64;

// What the marks of one run have in common.
struct Run {
    static constexpr std::uint32_t kIdMost = (1U << 30) - 1;
    std::uint32_t id = 0; // up to kIdMost

    std::string name() const;          // "sim-0000002a"
    std::int64_t integer_base() const; // integers that are marks begin here; 2^32 of them belong to the run
};

// The field that holds marks: texts "sim-0000002a-17", or integers.
struct MarkField {
    std::string name;
    bool integer = false;

    bool operator==(const MarkField&) const = default;
};
std::string mark_text(const MarkField& field, const Run& run, std::int64_t number);
// The number of the record that a cell marks; nothing if it is no mark of this run.
std::optional<std::int64_t> number_of_mark(const MarkField& field, const Run& run, std::string_view cell);

class RecordMaker {
public:
    // Errors: not-supported, with the reason: no field can hold marks, or the contract asks for what cannot be made up
    // (a required field with a pattern, a key of dates).
    static Result<RecordMaker> make(const std::string& dataset, Schema schema, const Run& run);

    const MarkField& mark() const { return mark_; }
    // A JSON object, and a CSV line of the default dialect. Records of one number have equal keys; the rest is by
    // chance. With `mistake` the record breaks the contract.
    void append_json(std::string& out, std::int64_t number, Chance& chance, bool mistake) const;
    void append_csv_header(std::string& out) const;
    void append_csv(std::string& out, std::int64_t number, Chance& chance, bool mistake) const;

private:
    enum class Flavour : std::uint8_t { mark, distinct, made_up, absent };

    RecordMaker(Schema schema, const Run& run) : schema_(std::move(schema)), run_(run) {}
    std::optional<std::string> value(std::size_t field, std::int64_t number, Chance& chance) const;
    std::optional<std::size_t> field_to_break(Chance& chance) const;

    Schema schema_;
    Run run_;
    MarkField mark_;
    std::vector<Flavour> flavours_;      // by field
    std::vector<std::size_t> breakable_; // fields of which some text is no value
};

} // namespace inlet::simulate
