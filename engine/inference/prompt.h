// A request's texts as tokens: what the model sees, and where a draft meets the text around it. Torch-free.
#pragma once

#include "engine/api/draft.h"
#include "engine/base/result.h"
#include "models/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace palimpsest {

struct PromptLimits {
    static constexpr std::size_t kNotes = 512;  // tokens
    static constexpr std::size_t kLeft = 16384; //
    static constexpr std::size_t kRight = 128;  // encoded anew for every candidate and block, so not more than helps
    static constexpr std::size_t kAlign = 1024; // the left side loses its oldest tokens by so many at a time, so that
                                                // its beginning, and with it the cache, stays the same for a while
    static constexpr std::size_t kAlignBytes = 32768; // the same for text too long to be tokenized whole
};

struct Prompt {
    std::vector<std::int64_t> left; // notes first; at least one token
    std::size_t notes = 0;          // of them
    std::vector<std::int64_t> text; // Rewrite: the passage without the white space around it
    std::vector<char> locked;       // of text: which tokens the writer locked
    std::vector<std::int64_t> right;

    // The draft's text is what its tokens say, with this put around it.
    bool dropFirstSpace = false;  // the left side already ends with the space that the first token brings along
    std::string before, after;    // Rewrite: white space at the ends of the passage. Infill: a space before `right`
    bool wordAtLeft = false;      // the left side ends with a letter or digit
    bool wordAtRight = false;     // the right side begins with one
    bool spaceAtRight = false;    // the right side begins with white space
    bool breakAtLeft = false;     // the draft begins a line
    bool breakAtRight = false;    // and ends one
    bool unlikeProse = false;     // some line of the text around begins unlike prose
    bool sentenceAtRight = false; // a gap that should end with a sentence

    ContextPreview preview;
};

// Blocks for tokenization. InvalidArgument when the request cannot be drafted.
Result<Prompt> makePrompt(const DraftRequest& request, const Tokenizer& tokenizer);

} // namespace palimpsest
