#include "engine/data/token_cache.h"

#include "engine/data/durable_file.h"
#include "models/sha256.h"

#include <cstring>

namespace palimpsest {
namespace {

constexpr char kMagic[] = "palimpsest-tok1\n";
constexpr std::size_t kMagicBytes = 16, kDigestBytes = 64;
constexpr std::size_t kTableAt = kMagicBytes + kDigestBytes + sizeof(std::uint64_t);
constexpr std::size_t kPieceBytes = 1 << 16; // encoded at once, up to the next end of a line

struct TextPlace {
    std::uint64_t first = 0, count = 0; // tokens
};
static_assert(sizeof(TextPlace) == 2 * sizeof(std::uint64_t));

std::span<const std::byte> bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string_view textOf(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Files that are empty or vanish give an empty text or an error.
Result<std::shared_ptr<const MappedFile>> openText(const Corpus& corpus, const CorpusFile& file) {
    const auto path = corpus.folder / file.path;
    std::error_code error;
    if (std::filesystem::file_size(path, error) == 0 && !error) return std::shared_ptr<const MappedFile>();
    return MappedFile::open(path);
}

Result<std::string> digestOf(const Corpus& corpus, const Tokenizer& tokenizer, const std::stop_token& stop) {
    Sha256 sha;
    const auto number = [&](std::uint64_t value) { sha.add(std::as_bytes(std::span(&value, 1))); };
    number(std::uint64_t(tokenizer.size()));
    for (int id = 0; id < tokenizer.size(); ++id) {
        const std::string piece = tokenizer.piece(id);
        number(piece.size());
        sha.add(bytesOf(piece));
    }
    for (const CorpusFile& file : corpus.files) {
        if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "stopped while reading the corpus"};
        const auto text = openText(corpus, file);
        if (!text) return text.error();
        number(file.path.size());
        sha.add(bytesOf(file.path));
        number(*text ? (*text)->bytes().size() : 0);
        if (*text) sha.add((*text)->bytes());
    }
    return sha.hex();
}

// Whole lines of about kPieceBytes: SentencePiece takes a text at once, a book is too much. A break between two lines
// changes no token but where a token would hold the end of the one and the beginning of the other.
std::size_t pieceEnd(std::string_view text, std::size_t begin) {
    if (text.size() - begin <= kPieceBytes) return text.size();
    std::size_t end = text.find('\n', begin + kPieceBytes);
    if (end == std::string_view::npos) return text.size();
    while (end < text.size() && text[end] == '\n') ++end; // not within an empty line
    return end;
}

Result<std::uint64_t> encodeInto(DurableFile& out, std::string_view text, const Tokenizer& tokenizer,
                                 const std::stop_token& stop) {
    std::uint64_t count = 0;
    std::vector<std::uint32_t> narrow;
    for (std::size_t begin = 0; begin < text.size();) {
        if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "stopped while the corpus was encoded"};
        const std::size_t end = pieceEnd(text, begin);
        const auto ids = tokenizer.encode(text.substr(begin, end - begin));
        narrow.assign(ids.begin(), ids.end());
        if (auto written = out.append(std::as_bytes(std::span(narrow))); !written) return written.error();
        count += ids.size();
        begin = end;
    }
    return count;
}

Result<void> build(const std::filesystem::path& path, const Corpus& corpus, const Tokenizer& tokenizer,
                   const std::string& digest, const std::function<void(double)>& progress,
                   const std::stop_token& stop) {
    auto out = DurableFile::create(path);
    if (!out) return out.error();
    const std::uint64_t texts = corpus.files.size();
    std::vector<TextPlace> places(texts);
    const auto writeHead = [&]() -> Result<void> {
        std::string head(kMagic, kMagicBytes);
        head += digest;
        head.append(reinterpret_cast<const char*>(&texts), sizeof texts);
        head.append(reinterpret_cast<const char*>(places.data()), places.size() * sizeof(TextPlace));
        return out->append(bytesOf(head));
    };
    if (auto written = writeHead(); !written) return written; // room for what is known at the end
    for (std::uint64_t i = 0; i < texts; ++i) {
        const auto text = openText(corpus, corpus.files[i]);
        if (!text) return text.error();
        places[i].first = i == 0 ? 0 : places[i - 1].first + places[i - 1].count;
        const auto count = encodeInto(*out, *text ? textOf(**text) : std::string_view(), tokenizer, stop);
        if (!count) return count.error();
        places[i].count = *count;
        if (progress) progress(double(i + 1) / double(texts));
    }
    if (auto back = out->rewind(); !back) return back;
    if (auto written = writeHead(); !written) return written;
    return out->finish();
}

// Nothing when the file is another corpus' or not sound.
std::vector<std::span<const std::uint32_t>> textsIn(const MappedFile& file, const std::string& digest,
                                                    std::size_t texts) {
    const auto bytes = file.bytes();
    std::uint64_t count = 0;
    if (bytes.size() < kTableAt || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0 ||
        std::memcmp(bytes.data() + kMagicBytes, digest.data(), kDigestBytes) != 0)
        return {};
    std::memcpy(&count, bytes.data() + kTableAt - sizeof count, sizeof count);
    const std::size_t tokensAt = kTableAt + texts * sizeof(TextPlace);
    if (count != texts || bytes.size() < tokensAt) return {};
    const auto* tokens = reinterpret_cast<const std::uint32_t*>(bytes.data() + tokensAt);
    const std::uint64_t stored = (bytes.size() - tokensAt) / sizeof *tokens;
    std::vector<std::span<const std::uint32_t>> found;
    for (std::size_t i = 0; i < texts; ++i) {
        TextPlace place;
        std::memcpy(&place, bytes.data() + kTableAt + i * sizeof place, sizeof place);
        if (place.first > stored || place.count > stored - place.first) return {};
        found.emplace_back(tokens + place.first, place.count);
    }
    return found;
}

} // namespace

Result<TokenCache> TokenCache::open(const std::filesystem::path& path, const Corpus& corpus, const Tokenizer& tokenizer,
                                    const std::function<void(double)>& progress, std::stop_token stop) {
    auto digest = digestOf(corpus, tokenizer, stop);
    if (!digest) return digest.error();
    TokenCache cache;
    cache.m_digest = *digest;
    std::vector<std::span<const std::uint32_t>> found;
    for (int attempt = 0; attempt < 2 && found.empty(); ++attempt) {
        if (attempt > 0)
            if (auto built = build(path, corpus, tokenizer, *digest, progress, stop); !built) return built.error();
        auto file = MappedFile::open(path);
        if (!file && attempt > 0) return file.error();
        if (!file) continue;
        cache.m_file = *file;
        found = textsIn(**file, *digest, corpus.files.size());
    }
    if (found.empty()) return Error{ErrorCode::Corrupt, path.string() + " is not what was written: is the disk sound?"};
    for (std::size_t i = 0; i < found.size(); ++i)
        cache.m_texts.push_back({found[i], corpus.files[i].weight, corpus.files[i].heldOut});
    return cache;
}

} // namespace palimpsest
