#include "engine/tuning/tuning_texts.h"

#include "engine/base/utf8.h"
#include "engine/inference/draft_text.h"
#include "models/sha256.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace palimpsest {
namespace {

constexpr std::int64_t kPassageWords = 300;

struct Passage {
    std::string text; // with the line breaks that end it
    std::int64_t words = 0;
    std::string hash; // hex, of its bytes
    bool heldOut = false;
};

std::int64_t countWords(std::string_view text) {
    return std::int64_t(wordsOf(text).size());
}

// Paragraphs (lines) until there are words enough; what is left of a text joins its last passage when it is short.
std::vector<Passage> passagesOf(const std::string& text) {
    std::vector<Passage> passages;
    Passage open;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = text.find('\n', at);
        end = end == std::string::npos ? text.size() : end + 1;
        const std::string_view paragraph(text.data() + at, end - at);
        open.text += paragraph;
        open.words += countWords(paragraph);
        at = end;
        // A paragraph ends at an empty line where a text has those: its lines are not torn apart.
        const bool boundary = at >= text.size() || text[at] == '\n' || paragraph == "\n" || paragraph.size() > 200 ||
                              open.words >= 2 * kPassageWords;
        if (open.words >= kPassageWords && boundary) passages.push_back(std::exchange(open, {}));
    }
    if (open.words * 2 < kPassageWords && !passages.empty()) {
        passages.back().text += open.text;
        passages.back().words += open.words;
    } else if (open.words > 0) {
        passages.push_back(std::move(open));
    }
    for (Passage& passage : passages) passage.hash = sha256Hex(passage.text);
    return passages;
}

bool belowShare(const std::string& hash, double share) {
    return double(std::stoull(hash.substr(0, 8), nullptr, 16)) < share * 4294967296.0;
}

// The texts' passages, each once; marks those held out.
std::vector<std::vector<Passage>> chosenPassages(const std::vector<TuningText>& texts, double share,
                                                 std::int64_t& duplicateWords) {
    std::vector<std::vector<Passage>> all;
    std::set<std::string> known;
    Passage* lowest = nullptr;
    std::size_t count = 0, heldOut = 0;
    for (const TuningText& text : texts) {
        std::vector<Passage>& kept = all.emplace_back();
        for (Passage& passage : passagesOf(text.text)) {
            if (known.insert(passage.hash).second)
                kept.push_back(std::move(passage));
            else
                duplicateWords += passage.words;
        }
    }
    for (auto& passages : all)
        for (Passage& passage : passages) {
            ++count;
            passage.heldOut = belowShare(passage.hash, share);
            heldOut += passage.heldOut;
            if (!lowest || passage.hash < lowest->hash) lowest = &passage;
        }
    if (heldOut == 0 && count > 1) lowest->heldOut = true;
    return all;
}

Error unreadable(const std::string& path, const std::string& why) {
    return {ErrorCode::InvalidArgument, "The text \"" + path + "\" " + why + "."};
}

Result<std::string> readFile(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return unreadable(path, "is a folder: give text files");
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return Error{ErrorCode::NotFound, "The text \"" + path + "\" cannot be read: " + std::strerror(errno) + "."};
    if (std::filesystem::file_size(path, error) > TuningLimits::kTextBytes)
        return unreadable(path, "is longer than 16 MB");
    std::ostringstream bytes;
    bytes << file.rdbuf();
    std::string text = std::move(bytes).str();
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (!isValidUtf8(text)) return unreadable(path, "is not UTF-8 text");
    return text;
}

} // namespace

Result<std::vector<TuningText>> readTuningTexts(const TuningRequest& request) {
    std::vector<TuningText> texts = request.texts;
    for (const std::string& path : request.files) {
        Result<std::string> text = readFile(path);
        if (!text) return text.error();
        texts.push_back({path, std::move(*text)});
    }
    std::size_t bytes = 0;
    for (TuningText& text : texts) {
        std::erase(text.text, '\r');
        bytes += text.text.size();
    }
    if (bytes > TuningLimits::kAllBytes)
        return Error{ErrorCode::InvalidArgument, "The texts are longer than 64 MB together: choose fewer."};
    return texts;
}

Result<TuningTexts> splitTuningTexts(const std::vector<TuningText>& texts, double heldOutShare) {
    TuningTexts result;
    std::vector<Passage> heldOut;
    for (auto& passages : chosenPassages(texts, heldOutShare, result.duplicateWords)) {
        bool goesOn = false; // the last passage was learnt too
        for (Passage& passage : passages) {
            (passage.heldOut ? result.heldOutWords : result.words) += passage.words;
            if (passage.heldOut) {
                heldOut.push_back(std::move(passage));
            } else if (goesOn) {
                result.learnt.back() += passage.text;
            } else {
                result.learnt.push_back(std::move(passage.text));
            }
            goesOn = !passage.heldOut;
        }
    }
    if (result.words < std::int64_t(TuningLimits::kLeastWords) || heldOut.empty())
        return Error{ErrorCode::InvalidArgument,
                     "There are " + std::to_string(result.words) + " words to learn from: at least " +
                         std::to_string(TuningLimits::kLeastWords) + " are needed, better 20,000."};
    std::ranges::sort(heldOut, {}, &Passage::hash);
    Sha256 digest;
    const auto add = [&](const std::string& text) {
        const std::uint64_t size = text.size();
        digest.add(std::as_bytes(std::span(&size, 1)));
        digest.add(std::as_bytes(std::span(text)));
    };
    for (const std::string& text : result.learnt) add(text);
    add({});
    for (Passage& passage : heldOut) {
        add(passage.text);
        result.heldOut.push_back(std::move(passage.text));
    }
    result.digest = digest.hex();
    return result;
}

} // namespace palimpsest
