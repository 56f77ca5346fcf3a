#include "models/tokenizer.h"

#include <algorithm>
#include <sentencepiece_processor.h>

namespace palimpsest {
namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";   // U+2581, SentencePiece's own sign for a space
constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

// Length of the valid UTF-8 character that begins `text`; 0 when none does (RFC 3629: no surrogates, no overlong
// forms, nothing beyond U+10FFFF).
std::size_t characterBytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const int first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
        return continues(1) && continues(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
        return continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

std::string withSpaces(std::string_view piece) {
    std::string bytes;
    for (; !piece.empty(); piece.remove_prefix(1)) {
        const bool mark = piece.starts_with(kSpaceMark);
        bytes += mark ? ' ' : piece.front();
        if (mark) piece.remove_prefix(kSpaceMark.size() - 1);
    }
    return bytes;
}

std::string withoutInvalidBytes(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = characterBytes(text);
        clean += length ? text.substr(0, length) : kReplacement;
        text.remove_prefix(length ? length : 1);
    }
    return clean;
}

} // namespace

struct Tokenizer::Parts {
    sentencepiece::SentencePieceProcessor processor;
    std::vector<std::string> pieces; // bytes of each token; empty for control pieces
    std::vector<bool> control;
    std::int64_t vocabulary = 0;
    std::vector<std::int64_t> spaceMark; // byte pieces of a U+2581 that stands in the text itself
};

Tokenizer::Tokenizer(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::load(const std::filesystem::path& file, std::int64_t vocabulary) {
    auto parts = std::make_unique<Parts>();
    parts->vocabulary = vocabulary;
    auto& sp = parts->processor;
    std::error_code error;
    if (!std::filesystem::exists(file, error))
        return Error{ErrorCode::NotFound, "there is no " + file.string() + ": import the model again"};
    if (!sp.Load(file.string()).ok())
        return Error{ErrorCode::Corrupt, file.string() + " is not a SentencePiece model: import the model again"};
    for (int id = 0; id < sp.GetPieceSize(); ++id) {
        const bool control = sp.IsControl(id) || sp.IsUnknown(id) || sp.IsUnused(id);
        std::string bytes;
        if (sp.IsByte(id)) {
            bytes = static_cast<char>(std::stoi(sp.IdToPiece(id).substr(3, 2), nullptr, 16)); // <0xNN>
        } else if (!control) {
            bytes = withSpaces(sp.IdToPiece(id));
        }
        parts->pieces.push_back(std::move(bytes));
        parts->control.push_back(control);
    }
    for (const char* byte : {"<0xE2>", "<0x96>", "<0x81>"}) {
        const int id = sp.PieceToId(byte);
        if (!sp.IsByte(id))
            return Error{ErrorCode::Unsupported, file.string() + " has no byte pieces, so it would lose characters"};
        parts->spaceMark.push_back(id);
    }
    return Tokenizer(std::move(parts));
}

int Tokenizer::size() const {
    return int(m_parts->pieces.size());
}

// `text` is valid UTF-8.
std::vector<std::int64_t> Tokenizer::encodeSpelled(std::string_view text) const {
    std::vector<std::int64_t> ids;
    std::vector<int> run;
    // SentencePiece writes spaces as U+2581 itself, so a U+2581 of the text goes round it, as bytes.
    while (!text.empty()) {
        const auto mark = text.find(kSpaceMark);
        if (m_parts->processor.Encode(text.substr(0, mark), &run).ok()) ids.insert(ids.end(), run.begin(), run.end());
        if (mark == std::string_view::npos) break;
        ids.insert(ids.end(), m_parts->spaceMark.begin(), m_parts->spaceMark.end());
        text.remove_prefix(mark + kSpaceMark.size());
    }
    return ids;
}

std::vector<std::int64_t> Tokenizer::encode(std::string_view text) const {
    const std::string clean = withoutInvalidBytes(text);
    const auto hasRow = [&](std::int64_t id) { return id < m_parts->vocabulary; };
    auto ids = encodeSpelled(clean);
    if (std::ranges::all_of(ids, hasRow)) return ids;
    // Rare: some character needs a byte without a row. Found one by one.
    std::string spelled;
    for (std::string_view rest = clean; !rest.empty();) {
        const std::string_view character = rest.substr(0, characterBytes(rest));
        spelled += std::ranges::all_of(encodeSpelled(character), hasRow) ? character : kReplacement;
        rest.remove_prefix(character.size());
    }
    ids = encodeSpelled(spelled);
    std::erase_if(ids, [&](std::int64_t id) { return !hasRow(id); }); // a vocabulary without U+FFFD's own bytes
    return ids;
}

std::string Tokenizer::piece(std::int64_t id) const {
    return id >= 0 && id < size() ? m_parts->pieces[std::size_t(id)] : std::string();
}

std::string Tokenizer::decode(std::span<const std::int64_t> ids) const {
    std::string text;
    for (std::int64_t id : ids)
        if (id >= 0 && id < size()) text += m_parts->pieces[std::size_t(id)];
    return text;
}

bool Tokenizer::isControl(std::int64_t id) const {
    return id < 0 || id >= size() || m_parts->control[std::size_t(id)];
}

bool Tokenizer::isByte(std::int64_t id) const {
    return id >= 0 && id < size() && m_parts->processor.IsByte(int(id));
}

} // namespace palimpsest
