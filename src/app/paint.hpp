// Colours and weights of text on a terminal (ECMA-48, Select Graphic Rendition), or none. Floor 7; values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace inlet {

enum class ColorMode : std::uint8_t { automatic, always, never };

class Paint {
public:
    explicit Paint(bool on = false) : on_(on) {}
    bool on() const { return on_; }
    std::string bold(std::string_view text) const { return dress("1", text); }
    std::string dim(std::string_view text) const { return dress("2", text); }
    std::string red(std::string_view text) const { return dress("31", text); }
    std::string green(std::string_view text) const { return dress("32", text); }
    std::string yellow(std::string_view text) const { return dress("33", text); }
    std::string cyan(std::string_view text) const { return dress("36", text); }

private:
    std::string dress(std::string_view sign, std::string_view text) const {
        if (!on_ || text.empty()) return std::string(text);
        return "\x1b[" + std::string(sign) + "m" + std::string(text) + "\x1b[0m";
    }
    bool on_;
};

} // namespace inlet
