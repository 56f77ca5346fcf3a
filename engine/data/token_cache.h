// The tokens of a corpus, in one memory-mapped file that is built once. Torch-free.
//
// File (little-endian; offsets in bytes): 16 bytes "palimpsest-tok1\n"; 64 hex digits of a SHA-256 over the tokenizer's
// vocabulary and every file's path, length and bytes; u64 number of texts; per text u64 first token, u64 tokens; then
// the tokens, u32 each, of all texts one after the other. Weights and the held-out split are not in the file: they
// come from the corpus each time.
#pragma once

#include "engine/data/corpus.h"
#include "models/mapped_file.h"
#include "models/tokenizer.h"

#include <functional>
#include <memory>
#include <span>
#include <stop_token>

namespace palimpsest {

struct TokenText {
    std::span<const std::uint32_t> tokens;
    double weight = 1;
    bool heldOut = false;
};

// Immutable; any thread.
class TokenCache {
public:
    // Opens `file` when it was built from exactly these texts with this tokenizer, else builds it anew: encodes every
    // text (`progress`: share done, 0 … 1; may be empty) into `<file>.part`, makes that durable and renames it.
    // Blocks: a second per few hundred MB to recognise a cache, minutes to build one. Cancelled once `stop` is
    // requested; Io and Full leave what was there before.
    static Result<TokenCache> open(const std::filesystem::path& file, const Corpus& corpus, const Tokenizer& tokenizer,
                                   const std::function<void(double)>& progress, std::stop_token stop);

    const std::vector<TokenText>& texts() const { return m_texts; } // in the corpus' order
    const std::string& digest() const { return m_digest; }

private:
    std::shared_ptr<const MappedFile> m_file;
    std::vector<TokenText> m_texts;
    std::string m_digest;
};

} // namespace palimpsest
