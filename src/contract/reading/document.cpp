// Builds the tree from yaml-cpp's events. See document.hpp.
#include "contract/reading/document.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace inlet::reading {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Offset of the first byte that YAML does not allow: not UTF-8 (RFC 3629), or a control character. yaml-cpp itself
// would take them for the end of the text or pass them on.
std::optional<std::size_t> first_bad_byte(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        std::size_t length = 1;
        if (byte < 0x80) {
            if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') return i;
        } else {
            length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
            if (byte < 0xC2 || byte > 0xF4 || i + length > text.size()) return i;
            for (std::size_t k = 1; k < length; ++k) {
                if (!is_continuation(text[i + k])) return i;
            }
            const auto second = static_cast<unsigned char>(text[i + 1]);
            if ((byte == 0xE0 && second < 0xA0) || (byte == 0xED && second > 0x9F) || (byte == 0xF0 && second < 0x90) ||
                (byte == 0xF4 && second > 0x8F)) {
                return i;
            }
        }
        i += length;
    }
    return std::nullopt;
}

std::optional<unsigned> hex_escape(std::string_view text, std::size_t at) { // \uXXXX
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    unsigned code = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        const char c = text[i];
        const unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                               : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                               : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                                      : 16U;
        if (digit == 16U) return std::nullopt;
        code = code * 16 + digit;
    }
    return code;
}

// What yaml-cpp is given, and how to find the way back from its offsets to places in the file.
class Source {
public:
    explicit Source(std::string_view file) : file_(file) {
        line_starts_.push_back(0);
        for (std::size_t i = 0; i < file.size(); ++i) {
            if (file[i] == '\n') line_starts_.push_back(i + 1);
        }
        join_surrogates();
    }

    const std::string& text() const { return text_; }

    // `offset` counts bytes of text().
    Place place(std::size_t offset) const {
        std::size_t gained = 0;
        for (const auto& [from, gain] : joined_) {
            if (from >= offset) break;
            gained += gain;
        }
        return file_place(offset + gained);
    }

    Place file_place(std::size_t offset) const {
        offset = std::min(offset, file_.size());
        const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
        const std::size_t start = *(next - 1);
        const auto characters = std::count_if(file_.begin() + static_cast<std::ptrdiff_t>(start),
                                              file_.begin() + static_cast<std::ptrdiff_t>(offset),
                                              [](char byte) { return !is_continuation(byte); });
        return {static_cast<int>(next - line_starts_.begin()), static_cast<int>(characters) + 1};
    }

    bool line_begins_with_tab(int line) const {
        std::size_t at = line_starts_[static_cast<std::size_t>(line - 1)];
        while (at < file_.size() && file_[at] == ' ') ++at;
        return at < file_.size() && file_[at] == '\t';
    }

    // Whether the quoted scalar at `offset` of text() has its closing quote: yaml-cpp takes the end of the text for
    // one.
    bool quote_is_closed(std::size_t offset) const {
        if (offset >= text_.size() || (text_[offset] != '"' && text_[offset] != '\'')) return true;
        const char quote = text_[offset];
        for (std::size_t i = offset + 1; i < text_.size(); ++i) {
            if (quote == '"' && text_[i] == '\\') {
                ++i;
            } else if (text_[i] == quote) {
                if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) return true;
                ++i;
            }
        }
        return false;
    }

private:
    // JSON writes characters beyond U+FFFF as two escapes (RFC 8259, section 7), which yaml-cpp refuses; YAML has one
    // escape for them.
    void join_surrogates() {
        const std::size_t first = file_.find_first_not_of(" \t\r\n");
        const bool json = first != std::string_view::npos && (file_[first] == '{' || file_[first] == '[');
        if (!json) {
            text_ = file_;
            return;
        }
        for (std::size_t i = 0; i < file_.size();) {
            if (file_[i] != '\\') {
                text_ += file_[i++];
                continue;
            }
            const auto high = hex_escape(file_, i);
            const auto low = hex_escape(file_, i + 6);
            if (high && low && *high >= 0xD800 && *high <= 0xDBFF && *low >= 0xDC00 && *low <= 0xDFFF) {
                const std::string joined =
                    fmt::format("\\U{:08X}", 0x10000U + ((*high - 0xD800U) << 10U) + (*low - 0xDC00U));
                text_ += joined;
                i += 12;
                joined_.emplace_back(text_.size() - 1, 12 - joined.size());
            } else {
                text_ += file_.substr(i, 2);
                i += 2;
            }
        }
    }

    std::string_view file_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
    // Beyond this offset of text_ the file is that many bytes further on.
    std::vector<std::pair<std::size_t, std::size_t>> joined_;
};

} // namespace

const Entry* Element::find(std::string_view key) const {
    for (const Entry& entry : entries) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

class DocumentBuilder final : public YAML::EventHandler {
public:
    DocumentBuilder(const Source& source, const Page& page) : source_(source), page_(page) {}

    Document document;
    int documents = 0;
    bool sound = true; // nothing was found that makes the rest of the tree worthless

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents == 2) {
            page_.wrong(place_of(mark), "a second document begins here; a file holds one");
            sound = false;
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Element& node = add(mark);
        name(anchor, node);
        put(node);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (documents > 1) return;
        const auto named = anchors_.find(anchor);
        if (named != anchors_.end()) {
            put(*named->second);
            return;
        }
        page_.wrong(place_of(mark), "this alias stands inside the value that it repeats");
        put(add(mark));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Element& node = add(mark);
        node.kind = Element::Kind::scalar;
        node.text = value;
        node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
        if (!node.quoted) check_tag(tag, mark);
        if (tag == "!" && !source_.quote_is_closed(static_cast<std::size_t>(mark.pos))) {
            page_.wrong(node.place, "this quote is never closed");
            sound = false;
        }
        name(anchor, node);
        put(node);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Element::Kind::list);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Element::Kind::mapping);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        Element* node = nullptr;
        YAML::anchor_t anchor = 0;
        const Element* key = nullptr; // read, and waiting for its value
    };

    Place place_of(const YAML::Mark& mark) const { return source_.place(static_cast<std::size_t>(mark.pos)); }

    Element& add(const YAML::Mark& mark) {
        document.nodes_.emplace_back();
        document.nodes_.back().place = place_of(mark);
        return document.nodes_.back();
    }

    void name(YAML::anchor_t anchor, const Element& node) {
        if (anchor != 0) anchors_[anchor] = &node;
    }

    void check_tag(const std::string& tag, const YAML::Mark& mark) const {
        if (!tag.empty() && tag != "?" && tag != "!")
            page_.wrong(place_of(mark), fmt::format("the tag `{}` has no meaning here", tag));
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Element::Kind kind) {
        check_tag(tag, mark);
        Element& node = add(mark);
        node.kind = kind;
        open_.push_back({&node, anchor, nullptr});
    }

    void close() {
        const Open done = open_.back();
        open_.pop_back();
        name(done.anchor, *done.node);
        put(*done.node);
    }

    void put(const Element& node) {
        if (documents > 1) return;
        if (open_.empty()) {
            document.root_ = &node;
            return;
        }
        Open& parent = open_.back();
        if (parent.node->kind == Element::Kind::list) {
            parent.node->items.push_back(&node);
            return;
        }
        if (parent.key == nullptr) {
            parent.key = &node;
            return;
        }
        const Element& key = *std::exchange(parent.key, nullptr);
        if (key.kind != Element::Kind::scalar) {
            page_.wrong(key.place, "a key must be a word");
            return;
        }
        const Element* value = &node;
        if (node.kind == Element::Kind::null) {
            // yaml-cpp places a value that is not there at whatever comes next.
            document.nodes_.push_back(node);
            document.nodes_.back().place = key.place;
            value = &document.nodes_.back();
        }
        parent.node->entries.push_back({key.text, key.place, value});
    }

    const Source& source_;
    const Page& page_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, const Element*> anchors_;
};

std::optional<Document> Document::parse(std::string_view text, const Page& page) {
    if (text.size() > kBytesMax) {
        page.wrong({}, fmt::format("the file has {} bytes; at most {} are read", text.size(), kBytesMax));
        return std::nullopt;
    }
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const Source source(text);
    if (const auto bad = first_bad_byte(text)) {
        const auto byte = static_cast<unsigned char>(text[*bad]);
        page.wrong(source.file_place(*bad),
                   byte < 0x20 ? fmt::format("the control character 0x{:02x} is not allowed", byte)
                               : fmt::format("the byte 0x{:02x} is not UTF-8; save the file as UTF-8", byte));
        return std::nullopt;
    }
    DocumentBuilder builder(source, page);
    const auto broken = [&](const YAML::Mark& mark, const std::string& what) {
        if (mark.is_null()) {
            page.wrong({}, "not valid YAML: " + what);
            return;
        }
        const Place place = source.place(static_cast<std::size_t>(mark.pos));
        page.wrong(place, "not valid YAML: " + what,
                   source.line_begins_with_tab(place.line) ? "indent with spaces, not with tabs" : "");
    };
    try {
        std::istringstream stream(source.text());
        YAML::Parser parser(stream);
        while (builder.documents < 2 && parser.HandleNextDocument(builder)) {
        }
    } catch (const YAML::DeepRecursion& error) {
        broken(error.mark, "nested too deeply");
        return std::nullopt;
    } catch (const YAML::Exception& error) {
        broken(error.mark, error.msg);
        return std::nullopt;
    } catch (const std::exception& error) {
        broken(YAML::Mark::null_mark(), error.what());
        return std::nullopt;
    }
    if (builder.documents == 0) {
        page.wrong({1, 1}, "the file is empty");
        return std::nullopt;
    }
    if (!builder.sound) return std::nullopt;
    return std::move(builder.document);
}

} // namespace inlet::reading
