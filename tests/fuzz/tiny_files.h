// Small sound files for the bodies to begin with. Torch-free, unlike tests/support/tiny_model.h.
#pragma once

#include "tests/support/gguf_builder.h"

#include <string>

namespace palimpsest::fuzz {

// A Llama-family file whose shape and vocabulary can be read: width 32, a byte-level vocabulary of all bytes and a few
// merges, one tensor of every readable format. Its layers are missing.
std::string byteLevelGguf();

// The same with a SentencePiece vocabulary, linear position scaling and an output matrix.
std::string sentencePieceGguf();

// A SentencePiece file that once made a model SentencePiece refuses: two unknown pieces, a piece named as an unused or a
// byte piece is, types that are no numbers.
std::string contraryVocabularyGguf();

// A denoiser of byteLevelGguf(), as far as denoiserFits() and takeDenoiserSettings() look.
std::string denoiserFile();

} // namespace palimpsest::fuzz
