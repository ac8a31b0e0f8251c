// Text of errors, and the end of the program on a broken invariant.
#include "base/result.hpp"

#include <cstdio>
#include <cstdlib>

namespace inlet {

std::string to_string(const Error& error) {
    std::string text(failure_info(error.code).code);
    text += ": ";
    text += error.message;
    if (!error.context.empty()) {
        text += " (";
        for (std::size_t i = 0; i < error.context.size(); ++i) {
            if (i > 0) text += ", ";
            text += error.context[i].first + "=" + error.context[i].second;
        }
        text += ")";
    }
    if (error.cause) text += "; because " + to_string(*error.cause);
    return text;
}

namespace detail {
void check_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "inlet: broken invariant: %s at %s:%d\n", expression, file, line);
    std::fflush(stderr);
    std::abort();
}
} // namespace detail

} // namespace inlet
