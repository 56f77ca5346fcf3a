// A SentencePiece model from the vocabulary of a GGUF file (DESIGN.md, section 2): token ids stay those of the file,
// and every text of the writer's comes back byte for byte.
#pragma once

#include "engine/base/result.h"
#include "models/gguf.h"

#include <cstdint>
#include <string>
#include <vector>

namespace palimpsest {

struct SentencePieceExport {
    std::string model;                      // the bytes of tokenizer.model
    std::vector<std::int64_t> neverSampled; // control, unknown and unused tokens of the vocabulary
};

// Byte-level BPE ("gpt2"): score = -merge rank, bytes from 0x80 as byte pieces, pieces that hold part of a character
// unused. SentencePiece ("llama"): pieces, scores and types as they are. Byte pieces the vocabulary lacks are
// appended, and unused pieces up to `vocabulary` (rows of the embedding) when it is shorter.
Result<SentencePieceExport> exportSentencePiece(const GgufFile& gguf, std::int64_t vocabulary);

} // namespace palimpsest
