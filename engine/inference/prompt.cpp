#include "engine/inference/prompt.h"

#include "engine/base/utf8.h"
#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {
namespace {

using Ids = std::vector<std::int64_t>;

// Bytes that surely hold `tokens` of them: a token of prose is about four, of any text hardly more than ten.
std::size_t bytesFor(std::size_t tokens) {
    return tokens * 12;
}

std::size_t nextBoundary(std::string_view text, std::size_t at) {
    while (at < text.size() && !isCharacterBoundary(text, at)) ++at;
    return at;
}

// Tokens of text that is left out unread, from the bytes and tokens of the part that was read.
int estimatedTokens(std::size_t unreadBytes, std::size_t readBytes, std::size_t readTokens) {
    return readBytes == 0 ? 0 : int(double(unreadBytes) * double(readTokens) / double(readBytes));
}

std::size_t roundedUp(std::size_t value, std::size_t unit) {
    return (value + unit - 1) / unit * unit;
}

// The last tokens of a text, as many as fit, from a beginning that moves seldom.
Ids newestTokens(const Tokenizer& tokenizer, std::string_view text, int& dropped) {
    std::size_t begin = 0;
    if (text.size() > bytesFor(PromptLimits::kLeft)) {
        begin = roundedUp(text.size() - bytesFor(PromptLimits::kLeft), PromptLimits::kAlignBytes);
        // At the beginning of a line, if one is near: the same tokens follow as in the whole text.
        const std::size_t line = text.find('\n', begin);
        begin = line < begin + PromptLimits::kAlignBytes / 8 ? line + 1 : nextBoundary(text, begin);
    }
    Ids ids = tokenizer.encode(text.substr(begin));
    dropped = estimatedTokens(begin, text.size() - begin, ids.size());
    if (ids.size() > PromptLimits::kLeft) {
        const std::size_t excess = roundedUp(ids.size() - PromptLimits::kLeft, PromptLimits::kAlign);
        ids.erase(ids.begin(), ids.begin() + std::ptrdiff_t(excess));
        dropped += int(excess);
    }
    return ids;
}

// The first tokens of a text, at most `limit`.
Ids firstTokens(const Tokenizer& tokenizer, std::string_view text, std::size_t limit, int& dropped) {
    const std::size_t end = nextBoundary(text, std::min(text.size(), bytesFor(limit)));
    Ids ids = tokenizer.encode(text.substr(0, end));
    dropped = estimatedTokens(text.size() - end, end, ids.size());
    if (ids.size() > limit) {
        dropped += int(ids.size() - limit);
        ids.resize(limit);
    }
    return ids;
}

// A token is locked when it shares a byte with a locked range, or breaks a line: paragraphs stay.
std::vector<char> lockedTokens(const Tokenizer& tokenizer, const Ids& ids, const std::vector<TextRange>& locks,
                               std::ptrdiff_t shift) {
    std::vector<char> locked(ids.size(), 0);
    std::ptrdiff_t begin = shift;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::string piece = tokenizer.piece(ids[i]);
        const std::ptrdiff_t end = begin + std::ptrdiff_t(piece.size());
        locked[i] = piece.find('\n') != std::string::npos;
        for (const TextRange& lock : locks)
            if (std::ptrdiff_t(lock.begin) < end && std::ptrdiff_t(lock.end) > begin) locked[i] = 1;
        begin = end;
    }
    return locked;
}

Error invalid(std::string message) {
    return {ErrorCode::InvalidArgument, std::move(message)};
}

Result<void> checkLocks(const DraftRequest& request) {
    std::size_t from = 0;
    for (const TextRange& lock : request.locks) {
        if (lock.begin < from || lock.begin >= lock.end || lock.end > request.text.size())
            return invalid("Locks must be sorted, disjoint, not empty and within the text.");
        if (!isCharacterBoundary(request.text, lock.begin) || !isCharacterBoundary(request.text, lock.end))
            return invalid("A lock must begin and end between two characters.");
        from = lock.end;
    }
    return {};
}

Result<void> checkTexts(const DraftRequest& request) {
    for (const std::string* text : {&request.notes, &request.left, &request.right, &request.text}) {
        if (text->size() > DraftLimits::kTextBytes) return invalid("The text is longer than 4 MB.");
        if (!isValidUtf8(*text)) return invalid("The text is not valid UTF-8.");
    }
    constexpr const char* kBlank = " \t\r\n";
    if (request.kind == DraftKind::Continue && request.left.find_first_not_of(kBlank) == std::string::npos &&
        request.notes.find_first_not_of(kBlank) == std::string::npos)
        return invalid("There is nothing to continue from: write a few words first.");
    if (request.kind == DraftKind::Rewrite && request.text.find_first_not_of(kBlank) == std::string::npos)
        return invalid("There is nothing to rewrite: the passage is empty.");
    return checkLocks(request);
}

// White space and a capital: where the left side ended a sentence, the gap holds whole ones.
bool beginsSentence(std::string_view text) {
    const std::size_t at = text.find_first_not_of(" \t\r\n\"'(");
    return beginsWithSpace(text) && at != std::string_view::npos && text[at] >= 'A' && text[at] <= 'Z';
}

// Cuts the passage to be rewritten into its white space and its words.
Result<void> addPassage(const DraftRequest& request, const Tokenizer& tokenizer, std::string_view& left,
                        Prompt& prompt) {
    constexpr const char* kBlank = " \t\r\n";
    const std::size_t begin = request.text.find_first_not_of(kBlank);
    const std::size_t end = request.text.find_last_not_of(kBlank) + 1;
    prompt.before = request.text.substr(0, begin);
    prompt.after = request.text.substr(end);
    std::string words = request.text.substr(begin, end - begin);
    std::ptrdiff_t shift = std::ptrdiff_t(begin);
    // A word after a space is another token than a word alone, and the one the model knows.
    if (prompt.before.ends_with(' ') || (prompt.before.empty() && left.ends_with(' '))) {
        prompt.dropFirstSpace = prompt.before.empty();
        if (prompt.before.empty())
            left.remove_suffix(1);
        else
            prompt.before.pop_back();
        words.insert(words.begin(), ' ');
        --shift;
    }
    prompt.text = tokenizer.encode(words);
    if (prompt.text.size() > std::size_t(DraftLimits::kTokens))
        return invalid("The passage is too long to rewrite at once: choose at most about 700 words.");
    prompt.locked = lockedTokens(tokenizer, prompt.text, request.locks, shift);
    return {};
}

} // namespace

Result<Prompt> makePrompt(const DraftRequest& request, const Tokenizer& tokenizer) {
    if (Result<void> checked = checkTexts(request); !checked) return checked.error();
    Prompt prompt;
    std::string_view left = request.left;
    std::string right = request.right;
    if (request.kind == DraftKind::Rewrite) {
        if (Result<void> added = addPassage(request, tokenizer, left, prompt); !added) return added.error();
        right = prompt.after + right;
    } else if (left.ends_with(' ')) {
        prompt.dropFirstSpace = true;
        left.remove_suffix(1);
    }
    if (request.kind == DraftKind::Infill && beginsWithWord(right)) {
        prompt.after = std::string(1, ' ');
        right.insert(right.begin(), ' ');
    }
    std::string nearLeft(left);
    if (request.kind == DraftKind::Rewrite) nearLeft += prompt.before;

    ContextPreview& preview = prompt.preview;
    std::string notes = request.notes;
    if (!notes.empty() && !notes.ends_with('\n')) notes += "\n\n";
    prompt.left = firstTokens(tokenizer, notes, PromptLimits::kNotes, preview.droppedNotes);
    prompt.notes = prompt.left.size();
    const Ids before = newestTokens(tokenizer, nearLeft, preview.droppedBefore);
    prompt.left.insert(prompt.left.end(), before.begin(), before.end());
    // A text that begins here begins a line: the model needs one token to stand on.
    if (prompt.left.empty()) prompt.left = tokenizer.encode("\n");
    if (request.kind != DraftKind::Continue)
        prompt.right = firstTokens(tokenizer, right, PromptLimits::kRight, preview.droppedAfter);
    prompt.breakAtLeft = nearLeft.empty() || nearLeft.ends_with('\n');
    prompt.unlikeProse = hasLinesUnlikeProse(nearLeft) || hasLinesUnlikeProse(right);
    prompt.breakAtRight = right.empty() || right.starts_with('\n') || right.starts_with('\r');
    const bool wholeSentences = prompt.breakAtLeft || sentenceEndsBetween(nearLeft, " ");
    prompt.sentenceAtRight = prompt.breakAtRight || (wholeSentences && beginsSentence(right));
    prompt.wordAtLeft = endsWithWord(nearLeft);
    prompt.wordAtRight = beginsWithWord(right);
    prompt.spaceAtRight = beginsWithSpace(right);
    preview.notes = int(prompt.notes);
    preview.before = int(before.size());
    preview.after = int(prompt.right.size());
    preview.limit = int(PromptLimits::kNotes + PromptLimits::kLeft +
                        (request.kind == DraftKind::Continue ? 0 : PromptLimits::kRight));
    return prompt;
}

} // namespace palimpsest
