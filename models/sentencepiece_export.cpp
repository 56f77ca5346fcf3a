#include "models/sentencepiece_export.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace palimpsest {
namespace {

// As in sentencepiece_model.proto; GGUF's tokenizer.ggml.token_type has the same numbers.
enum PieceType : int { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

struct Piece {
    std::string text;
    float score = 0;
    PieceType type = Normal;
};

// A single character: GPT-2 gives it no merge, so it is the last to be made.
constexpr float kCharacterScore = -1e6f;

// Protocol-buffers wire format, as much of it as a ModelProto needs.
class Wire {
public:
    void varint(int field, std::uint64_t value) {
        number(std::uint64_t(field) << 3);
        number(value);
    }
    void fixed(int field, float value) {
        number(std::uint64_t(field) << 3 | 5);
        const auto bits = std::bit_cast<std::uint32_t>(value);
        m_bytes.append(reinterpret_cast<const char*>(&bits), sizeof bits);
    }
    void text(int field, std::string_view value) {
        number(std::uint64_t(field) << 3 | 2);
        number(value.size());
        m_bytes += value;
    }
    const std::string& bytes() const { return m_bytes; }

private:
    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) m_bytes += char(value | 0x80);
        m_bytes += char(value);
    }
    std::string m_bytes;
};

std::string utf8(unsigned codepoint) {
    if (codepoint < 0x80) return {char(codepoint)};
    return {char(0xC0 | codepoint >> 6), char(0x80 | (codepoint & 0x3F))}; // the alphabet ends below U+0800
}

// GPT-2's printable alphabet for bytes: printable Latin-1 stands for itself, the rest for U+0100 upwards.
std::unordered_map<std::string, unsigned char> byteOfCharacter() {
    std::unordered_map<std::string, unsigned char> alphabet;
    unsigned next = 0x100;
    for (unsigned b = 0; b < 0x100; ++b) {
        const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        alphabet[utf8(printable ? b : next++)] = static_cast<unsigned char>(b);
    }
    return alphabet;
}

bool isUtf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i]);
        const std::size_t length = first < 0x80                    ? 1
                                   : first >= 0xC2 && first < 0xE0 ? 2
                                   : first >= 0xE0 && first < 0xF0 ? 3
                                   : first >= 0xF0 && first < 0xF5 ? 4
                                                                   : 0;
        if (length == 0 || i + length > text.size()) return false;
        std::uint32_t value = length == 1 ? first : first & (0x7Fu >> length);
        for (std::size_t k = 1; k < length; ++k) {
            const auto byte = static_cast<unsigned char>(text[i + k]);
            if ((byte & 0xC0) != 0x80) return false;
            value = value << 6 | (byte & 0x3F);
        }
        constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
        if (value < kLeast[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return false;
        i += length;
    }
    return true;
}

std::string bytePiece(unsigned b) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    return {'<', '0', 'x', kDigits[b >> 4], kDigits[b & 15], '>'};
}

std::string withSpaceMarks(std::string_view text) {
    std::string marked;
    for (char c : text) c == ' ' ? marked += "\xE2\x96\x81" : marked += c;
    return marked;
}

// Collects pieces in order of their ids; whatever SentencePiece would refuse (a text seen before or kept for a byte, an
// empty one, a second unknown one) becomes an unused or a control piece, so that ids never shift.
class Vocabulary {
public:
    Vocabulary() {
        for (unsigned b = 0; b < 0x100; ++b) m_seen.insert(bytePiece(b));
    }
    void add(std::string text, float score, PieceType type) {
        if (type == Unknown && m_hasUnknown) type = Control;
        const bool reserved = type == Control || type == Unknown;
        if (text.empty() || text.find('\0') != std::string::npos || !isUtf8(text) || !m_seen.insert(text).second) {
            addUnused();
            return;
        }
        if (type == Unknown) m_hasUnknown = true;
        m_pieces.push_back({std::move(text), reserved ? 0 : score, type});
    }
    void addByte(unsigned b) {
        if (!m_bytes.insert(b).second) return addUnused();
        m_pieces.push_back({bytePiece(b), 0, Byte});
    }
    void addUnused() { addUnseen("<unused_" + std::to_string(m_pieces.size()) + ">", Unused); }
    void complete(std::int64_t vocabulary) {
        while (std::int64_t(m_pieces.size()) < vocabulary) addUnused();
        for (unsigned b = 0; b < 0x100; ++b)
            if (!m_bytes.contains(b)) addByte(b);
        if (m_hasUnknown) return;
        // SentencePiece insists on one; with byte pieces nothing is ever unknown. A control token may carry it.
        for (Piece& piece : m_pieces)
            if (piece.type == Control || piece.type == Unused) {
                piece.type = Unknown;
                return;
            }
        addUnseen("<unk>", Unknown);
    }
    const std::vector<Piece>& pieces() const { return m_pieces; }
    std::size_t size() const { return m_pieces.size(); }

private:
    void addUnseen(std::string text, PieceType type) {
        while (!m_seen.insert(text).second) text += '_';
        m_pieces.push_back({std::move(text), 0, type});
    }
    std::vector<Piece> m_pieces;
    std::unordered_set<std::string> m_seen;
    std::set<unsigned> m_bytes;
    bool m_hasUnknown = false;
};

struct Source {
    const GgufStrings& tokens;
    const GgufNumbers* types;
    std::set<std::int64_t> special; // ids that the file names as beginning, end, unknown, padding
    std::int64_t unknown = -1;

    // 0 for a type that is none.
    int type(std::size_t id) const {
        if (!types) return special.contains(std::int64_t(id)) ? Control : Normal;
        const double stated = (*types)[id];
        return stated >= int(Normal) && stated <= int(Byte) ? int(stated) : 0;
    }
};

void addByteLevel(const Source& source, const GgufStrings& merges, Vocabulary& out) {
    const auto alphabet = byteOfCharacter();
    std::unordered_map<std::string, std::size_t> rank; // of a token: the place of its merge
    for (std::size_t i = 0; i < merges.size(); ++i) {
        std::string joined(merges[i]);
        if (const auto space = joined.find(' '); space != std::string::npos) joined.erase(space, 1);
        rank[joined] = i;
    }
    for (std::size_t id = 0; id < source.tokens.size(); ++id) {
        const std::string token(source.tokens[id]);
        std::string raw;
        std::size_t characters = 0;
        bool inAlphabet = source.type(id) == Normal;
        for (std::size_t at = 0; inAlphabet && at < token.size(); ++characters) {
            const std::size_t length = static_cast<unsigned char>(token[at]) < 0x80 ? 1 : 2;
            const auto found = alphabet.find(token.substr(at, length));
            inAlphabet = found != alphabet.end();
            if (inAlphabet) raw += char(found->second);
            at += length;
        }
        const auto byte = raw.empty() ? 0u : static_cast<unsigned char>(raw[0]);
        if (source.type(id) == Unused) {
            out.addUnused();
        } else if (!inAlphabet) {
            out.add(token, 0, std::int64_t(id) == source.unknown ? Unknown : Control);
        } else if (raw.size() == 1 && (byte >= 0x80 || byte == 0)) {
            out.addByte(byte);
        } else {
            const auto merge = rank.find(token);
            const float made = merge == rank.end() ? 0.0f : -float(merge->second);
            out.add(withSpaceMarks(raw), characters > 1 ? made : kCharacterScore, Normal);
        }
    }
}

// "<0xNN>" as a number; anything else as nothing.
int byteOf(std::string_view piece) {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
    const int upper = digit(piece[3]), lower = digit(piece[4]);
    return upper < 0 || lower < 0 ? -1 : upper * 16 + lower;
}

void addSentencePieces(const Source& source, const GgufNumbers* scores, Vocabulary& out) {
    for (std::size_t id = 0; id < source.tokens.size(); ++id) {
        const std::string token(source.tokens[id]);
        const float stated = scores ? float((*scores)[id]) : 0.0f; // may leave the range of f32
        const float score = std::isfinite(stated) ? stated : 0.0f;
        const int type = source.type(id), byte = byteOf(token);
        if (type == Byte && byte >= 0)
            out.addByte(unsigned(byte));
        else if (type == Unknown || type == Control)
            out.add(token, 0, PieceType(type));
        else if (type == Normal || type == UserDefined)
            out.add(withSpaceMarks(token), score, Normal); // user-defined ones would be cut out of words
        else
            out.addUnused();
    }
}

std::string serialise(const std::vector<Piece>& pieces, const GgufFile& gguf) {
    Wire model;
    std::int64_t unknown = 0;
    for (std::size_t id = 0; id < pieces.size(); ++id) {
        Wire piece;
        piece.text(1, pieces[id].text);
        piece.fixed(2, pieces[id].score);
        piece.varint(3, std::uint64_t(pieces[id].type));
        model.text(1, piece.bytes());
        if (pieces[id].type == Unknown) unknown = std::int64_t(id);
    }
    Wire trainer, normalizer;
    trainer.varint(3, 2); // model_type: BPE
    trainer.varint(4, pieces.size());
    trainer.varint(35, 1); // byte_fallback
    const auto special = [&](int idField, int pieceField, std::int64_t id) {
        const bool known = id >= 0 && id < std::int64_t(pieces.size());
        trainer.varint(idField, known ? std::uint64_t(id) : ~std::uint64_t(0)); // -1: there is none
        if (known) trainer.text(pieceField, pieces[std::size_t(id)].text);
    };
    special(40, 45, unknown);
    special(41, 46, gguf.integer("tokenizer.ggml.bos_token_id").value_or(-1));
    special(42, 47, gguf.integer("tokenizer.ggml.eos_token_id").value_or(-1));
    special(43, 48, -1); // padding
    normalizer.text(1, "identity");
    normalizer.varint(3, 0); // add_dummy_prefix: a text begins as it begins
    normalizer.varint(4, 0); // remove_extra_whitespaces
    normalizer.varint(5, 1); // escape_whitespaces
    model.text(2, trainer.bytes());
    model.text(3, normalizer.bytes());
    return model.bytes();
}

} // namespace

Result<SentencePieceExport> exportSentencePiece(const GgufFile& gguf, std::int64_t vocabulary) {
    const auto bad = [&](ErrorCode code, const std::string& what) {
        return Error{code, gguf.path().string() + " " + what};
    };
    const auto kind = gguf.string("tokenizer.ggml.model");
    const GgufStrings* tokens = gguf.strings("tokenizer.ggml.tokens");
    if (!kind || !tokens || tokens->empty()) return bad(ErrorCode::Corrupt, "holds no tokenizer");
    if (std::int64_t(tokens->size()) > vocabulary)
        return bad(ErrorCode::Corrupt, "has more tokens than rows in its embedding table");
    const GgufNumbers* types = gguf.numbers("tokenizer.ggml.token_type");
    const GgufNumbers* scores = gguf.numbers("tokenizer.ggml.scores");
    if ((types && types->size() != tokens->size()) || (scores && scores->size() != tokens->size()))
        return bad(ErrorCode::Corrupt, "has token types or scores that do not match its tokens");

    Source source{*tokens, types, {}, gguf.integer("tokenizer.ggml.unknown_token_id").value_or(-1)};
    for (const char* key : {"bos_token_id", "eos_token_id", "unknown_token_id", "padding_token_id"})
        if (const auto id = gguf.integer(std::string("tokenizer.ggml.") + key)) source.special.insert(*id);
    Vocabulary out;
    if (*kind == "gpt2") {
        const GgufStrings* merges = gguf.strings("tokenizer.ggml.merges");
        if (!merges) return bad(ErrorCode::Corrupt, "has a byte-level vocabulary without merges");
        addByteLevel(source, *merges, out);
    } else if (*kind == "llama") {
        addSentencePieces(source, scores, out);
    } else {
        return bad(ErrorCode::Unsupported, "has a tokenizer (\"" + std::string(kind->substr(0, 40)) +
                                               "\") that is neither byte-level BPE nor SentencePiece");
    }
    out.complete(vocabulary);

    SentencePieceExport result;
    for (std::size_t id = 0; id < std::size_t(vocabulary); ++id) {
        const PieceType type = out.pieces()[id].type;
        if (type != Normal && type != Byte) result.neverSampled.push_back(std::int64_t(id));
    }
    result.model = serialise(out.pieces(), gguf);
    return result;
}

} // namespace palimpsest
