// A request's texts as tokens, with a tiny tokenizer: refused, or a prompt that fits its limits and loses nothing.
//
// Input: kind, lengths of notes, left, right and text, two locks, then the texts.
#include "engine/base/utf8.h"
#include "engine/inference/prompt.h"
#include "models/sentencepiece_export.h"
#include "models/tokenizer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tiny_files.h"

namespace palimpsest::fuzz {
namespace {

constexpr std::int64_t kVocabulary = 265;

Tokenizer makeTokenizer() {
    const InputFile gguf("x.gguf"), model("tokenizer.model");
    const auto file = GgufFile::open(gguf.put(byteLevelGguf()));
    require(file.ok(), "the file of this test is sound");
    const auto made = exportSentencePiece(*file, kVocabulary);
    require(made.ok(), "its vocabulary too");
    auto tokenizer = Tokenizer::load(model.put(made->model), kVocabulary);
    require(tokenizer.ok(), "and its tokenizer");
    return *std::move(tokenizer);
}

DraftRequest requestOf(std::string_view bytes) {
    Cursor cursor(bytes);
    DraftRequest request;
    request.id = "d";
    request.kind = DraftKind(cursor.byte() % 3);
    const std::size_t lengths[] = {cursor.number(4096), cursor.number(8192), cursor.number(4096), cursor.number(4096)};
    TextRange locks[2];
    for (TextRange& lock : locks) lock = {cursor.number(4096), cursor.number(4096)};
    request.notes = cursor.text(lengths[0]);
    request.left = cursor.text(lengths[1]);
    request.right = cursor.text(lengths[2]);
    request.text = cursor.text(lengths[3]);
    for (const TextRange& lock : locks)
        if (lock.end > 0) request.locks.push_back(lock);
    return request;
}

void checkIds(const std::vector<std::int64_t>& ids) {
    for (const std::int64_t id : ids) require(id >= 0 && id < kVocabulary, "every id has a row");
}

void readAll(std::string_view bytes) {
    static const Tokenizer tokenizer = makeTokenizer();
    const DraftRequest request = requestOf(bytes);
    const auto prompt = makePrompt(request, tokenizer);
    if (!prompt) return require(!prompt.error().message.empty(), "an error says what is wrong");
    for (const std::string* text : {&request.notes, &request.left, &request.right, &request.text})
        require(isValidUtf8(*text), "only valid text is drafted from");
    for (const auto* ids : {&prompt->left, &prompt->text, &prompt->right}) checkIds(*ids);
    require(!prompt->left.empty(), "the model has a token to stand on");
    require(prompt->notes <= prompt->left.size() && prompt->notes <= PromptLimits::kNotes, "notes keep to their share");
    require(prompt->left.size() <= PromptLimits::kNotes + PromptLimits::kLeft + 1, "the left side keeps to its limit");
    require(prompt->right.size() <= PromptLimits::kRight, "the right side keeps to its limit");
    require(prompt->locked.size() == prompt->text.size(), "every token of the passage is locked or not");
    if (request.kind != DraftKind::Rewrite) return;
    const std::string words = tokenizer.decode(prompt->text);
    const std::string whole = prompt->before + words.substr(prompt->dropFirstSpace ? 1 : 0) + prompt->after;
    require(whole == request.text, "the passage comes back from its tokens");
}

std::string inputOf(int kind, const DraftRequest& request) {
    std::string bytes(1, char(kind));
    const auto number = [&](std::size_t value) {
        bytes += char(value >> 8);
        bytes += char(value & 0xFF);
    };
    for (const std::string* text : {&request.notes, &request.left, &request.right, &request.text}) number(text->size());
    for (std::size_t i = 0; i < 2; ++i) {
        const TextRange lock = i < request.locks.size() ? request.locks[i] : TextRange{};
        number(lock.begin);
        number(lock.end);
    }
    return bytes + request.notes + request.left + request.right + request.text;
}

} // namespace

Plan plan() {
    DraftRequest request;
    request.notes = "Nora keeps the light.";
    request.left = "It was the end of the thing. ";
    request.right = " and then, caf\xC3\xA9\n";
    request.text = "  the mask\xE2\x80\x94"
                   "but thin\n\nAnd ing ";
    request.locks = {{2, 5}, {9, 13}};
    Plan all{{}, 40000};
    for (int kind = 0; kind < 3; ++kind) all.seeds.push_back(inputOf(kind, request));
    DraftRequest bare;
    bare.text = "the";
    all.seeds.push_back(inputOf(2, bare));
    return all;
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
