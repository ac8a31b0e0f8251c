// How a function says it failed. Result<T> is either a value or an Error; TRY() hands an Error on to the caller.
// Bad data is not a failure: it is a Violation (records/violation.hpp), which is the product. Stands on floor 0;
// values, safe on any thread.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/failures.hpp"

namespace inlet {

// What went wrong (a code from failures.yaml), in words that say what happened and what to do, and where.
struct Error {
    FailureCode code;
    std::string message;
    std::vector<std::pair<std::string, std::string>> context; // name, value; outermost last
    std::shared_ptr<const Error> cause;                       // shared: errors are copied into catalogs and answers

    Error(FailureCode failure_code, std::string text) : code(failure_code), message(std::move(text)) {}

    Error&& with(std::string name, std::string value) && {
        context.emplace_back(std::move(name), std::move(value));
        return std::move(*this);
    }
    Error&& caused_by(Error inner) && {
        cause = std::make_shared<const Error>(std::move(inner));
        return std::move(*this);
    }
};

template <class T>
using Result = std::expected<T, Error>;
using Status = std::expected<void, Error>;

inline std::unexpected<Error> fail(FailureCode code, std::string message) {
    return std::unexpected(Error(code, std::move(message)));
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// "code: message (name=value, ...); because code: message ...": one line for logs and terminals.
std::string to_string(const Error& error);

namespace detail {
template <class T>
T take(std::expected<T, Error>& result) {
    return std::move(*result);
}
inline void take(std::expected<void, Error>&) {}
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
} // namespace detail

} // namespace inlet

// The value of a Result, or return of its Error from the enclosing function (which returns a Result or Status).
#define TRY(expression)                                             \
    ({                                                              \
        auto try_result_ = (expression);                            \
        if (!try_result_) [[unlikely]]                              \
            return std::unexpected(std::move(try_result_.error())); \
        ::inlet::detail::take(try_result_);                         \
    })

// An invariant of our own, in release builds too. Never about input from outside.
#define CHECK(condition)                                                   \
    do {                                                                   \
        if (!(condition)) [[unlikely]]                                     \
            ::inlet::detail::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)
