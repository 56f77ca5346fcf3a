// GGUF in, model folder out; and every folder or file that is not sound answered with one line.
#include "models/import_gguf.h"

#include "models/model.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tiny_model.h"

#include "tests/support/cases.h"

namespace palimpsest {
namespace {

namespace fs = std::filesystem;
using test::GgufBuilder;
using test::ScratchFolder;

std::size_t entries(const fs::path& folder) {
    return std::size_t(std::distance(fs::directory_iterator(folder), {}));
}

// Imports the bytes; nothing may be left behind when that fails.
std::string refusal(const std::string& bytes, const ImportOptions& options = {}) {
    const ScratchFolder folder;
    GgufBuilder::writeFile(folder.path() / "x.gguf", bytes);
    const auto imported = importGguf(folder.path() / "x.gguf", folder.path() / "out", options);
    if (imported) return {};
    CHECK(entries(folder.path()) == 1) << imported.error().message;
    CHECK(imported.error().message.find('\n') == std::string::npos);
    return imported.error().message;
}

bool says(const std::string& message, const char* words) {
    return message.find(words) != std::string::npos;
}

CASE(theFolderHoldsTheWholeModel) {
    const ScratchFolder folder;
    double last = 0;
    ImportOptions options;
    options.progress = [&](double done) {
        CHECK(done >= last && done <= 1);
        last = done;
    };
    test::tinyGguf().write(folder.path() / "x.gguf");
    const auto imported = importGguf(folder.path() / "x.gguf", folder.path() / "deep" / "out/", options);
    CHECK(imported.ok()) << (imported ? "" : imported.error().message);
    if (!imported) return;
    CHECK(last == 1) << last;
    CHECK(imported->name == "x" && !imported->hasDenoiser) << imported->name;
    CHECK(entries(imported->folder) == 3 && entries(folder.path() / "deep") == 1);
    const auto again = importGguf(folder.path() / "x.gguf", imported->folder, {});
    CHECK(again.ok() && entries(imported->folder) == 3 && entries(folder.path() / "deep") == 1);
    const auto config = readModelConfig(imported->folder);
    CHECK(config.ok() && config->layers == 3 && config->keyHeads == 2 && config->neverSampled.size() >= 3);
    CHECK(config.ok() && config->baseDigest.size() == 64 && config->denoiserDigest.empty());
}

CASE(onlyAFittingDenoiserIsTaken) {
    const ScratchFolder folder;
    const auto fitting = test::writeTinyModel(folder.path() / "tiny", true);
    CHECK(fitting.ok() && fs::exists(*fitting / "denoiser.safetensors"));
    const auto config = readModelConfig(folder.path() / "tiny");
    CHECK(config.ok() && config->pattern == (SparsePattern{32, 2, 24, 4}) && config->denoiserDigest.size() == 64);
    ImportOptions options;
    options.denoiser = fs::path(PALIMPSEST_SOURCE_DIR) / "resources/weights/smollm2-135m-instruct/denoiser.safetensors";
    CHECK(says(refusal(test::tinyGguf().bytes(), options), "not trained for"));
    options.denoiser = "/nowhere";
    CHECK(says(refusal(test::tinyGguf().bytes(), options), "/nowhere"));
    ImportOptions shipped; // looked for by content: the real one is passed over
    shipped.shippedDenoisers = fs::path(PALIMPSEST_SOURCE_DIR) / "resources/weights";
    const auto plain = importGguf(folder.path() / "tiny.gguf", folder.path() / "plain", shipped);
    CHECK(plain.ok() && !plain->hasDenoiser);
}

CASE(everyMissingTensorIsNamed) {
    for (const char* name :
         {"output_norm.weight", "blk.0.attn_norm.weight", "blk.1.attn_q.weight", "blk.1.attn_k.weight",
          "blk.2.attn_v.weight", "blk.2.attn_output.weight", "blk.2.ffn_norm.weight", "blk.0.ffn_gate.weight",
          "blk.0.ffn_up.weight", "blk.2.ffn_down.weight"})
        CHECK(says(refusal(test::tinyGguf(name).bytes()), name)) << name;
}

CASE(truncationAnywhereLeavesNothing) {
    const std::string whole = test::tinyGguf().bytes();
    for (std::size_t size = 1; size < whole.size() - 32; size += whole.size() / 97 + 1)
        CHECK(!refusal(whole.substr(0, size)).empty()) << size;
    CHECK(!refusal("").empty());
}

CASE(otherArchitecturesAndVariantsAreNamed) {
    GgufBuilder other;
    other.text("general.architecture", "gpt-neox");
    CHECK(says(refusal(other.bytes()), "gpt-neox"));
    const auto with = [](auto change) {
        GgufBuilder gguf = test::tinyGguf();
        change(gguf);
        return refusal(gguf.bytes());
    };
    CHECK(says(with([](GgufBuilder& g) { g.integer("llama.expert_count", 8); }), "mixture"));
    CHECK(says(with([](GgufBuilder& g) { g.text("llama.rope.scaling.type", "yarn"); }), "yarn"));
    CHECK(says(with([](GgufBuilder& g) { g.integer("llama.rope.dimension_count", 4); }), "heads"));
    CHECK(says(with([](GgufBuilder& g) { g.integer("llama.block_count", 1u << 30); }), "block_count"));
    CHECK(says(with([](GgufBuilder& g) { g.integer("llama.block_count", 0); }), "block_count"));
    CHECK(says(with([](GgufBuilder& g) { g.integer("llama.block_count", 4); }), "blk.3"));
    CHECK(says(with([](GgufBuilder& g) { g.integer("llama.attention.head_count_kv", 3); }), "heads"));
    CHECK(!with([](GgufBuilder& g) { g.integer("llama.embedding_length", 64); }).empty());
    CHECK(!with([](GgufBuilder& g) { g.integer("llama.feed_forward_length", 63); }).empty());
    CHECK(!with([](GgufBuilder& g) { g.text("llama.attention.head_count", "four"); }).empty());
    CHECK(!with([](GgufBuilder& g) { g.real("llama.rope.freq_base", -1); }).empty());
    CHECK(says(with([](GgufBuilder& g) { g.tensor("blk.0.attn_q.bias", {32}, std::vector<float>(32)); }), "biases"));
}

CASE(aPlaceThatHoldsSomethingElseIsRefused) {
    const ScratchFolder folder;
    test::tinyGguf().write(folder.path() / "x.gguf");
    fs::create_directory(folder.path() / "novel");
    GgufBuilder::writeFile(folder.path() / "novel" / "chapter1.txt", "It was");
    for (const char* place : {"novel", "novel/chapter1.txt", "x.gguf", "novel/chapter1.txt/model"}) {
        const auto imported = importGguf(folder.path() / "x.gguf", folder.path() / place, {});
        CHECK(!imported.ok()) << place;
    }
    CHECK(fs::file_size(folder.path() / "novel" / "chapter1.txt") == 6 && entries(folder.path()) == 2);
}

// Copies the tiny model, lets `damage` loose on it and opens it.
std::string openingRefused(const std::function<void(const fs::path&)>& damage) {
    static const ScratchFolder scratch;
    static const auto sound = test::writeTinyModel(scratch.path() / "tiny", true);
    const ScratchFolder folder;
    fs::copy(*sound, folder.path() / "m");
    damage(folder.path() / "m");
    const auto model = Model::open(folder.path() / "m", {});
    if (model) return {};
    CHECK(model.error().message.find('\n') == std::string::npos);
    return model.error().message;
}

void replaceIn(const fs::path& file, const std::string& what, const std::string& by) {
    std::ifstream in(file, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto at = text.find(what);
    CHECK(at != std::string::npos) << what;
    GgufBuilder::writeFile(file, text.replace(at, what.size(), by));
}

CASE(aSoundFolderOpens) {
    CHECK(openingRefused([](const fs::path&) {}).empty());
    CHECK(openingRefused([](const fs::path& m) { fs::remove(m / "denoiser.safetensors"); }).empty());
}

CASE(damagedFoldersAreAnsweredWithOneLine) {
    CHECK(says(openingRefused([](const fs::path& m) { fs::remove_all(m); }), "not a model folder"));
    for (const char* file : {"model.json", "base.safetensors", "tokenizer.model"})
        CHECK(!openingRefused([&](const fs::path& m) { fs::remove(m / file); }).empty()) << file;
    for (const char* file : {"model.json", "base.safetensors", "tokenizer.model", "denoiser.safetensors"}) {
        CHECK(!openingRefused([&](const fs::path& m) { fs::resize_file(m / file, 100); }).empty()) << file;
        CHECK(!openingRefused([&](const fs::path& m) { GgufBuilder::writeFile(m / file, ""); }).empty()) << file;
    }
}

CASE(mismatchedFoldersAreAnsweredWithOneLine) {
    const auto json = [](const char* what, const char* by) {
        return openingRefused([=](const fs::path& m) { replaceIn(m / "model.json", what, by); });
    };
    CHECK(says(json("\"format\": 1", "\"format\": 2"), "newer"));
    CHECK(says(json("\"layers\": 3", "\"layers\": 4"), "3.attention_norm"));
    CHECK(says(json("\"width\": 32", "\"width\": 33"), "embedding"));
    CHECK(says(json("\"width\": 32", "\"width\": -32"), "width"));
    CHECK(says(json("\"width\": 32", "\"width\": \"32\""), "width"));
    CHECK(says(json("\"width\": 32", "\"width\": 1e99"), "width"));
    CHECK(says(json("\"key_heads\": 2", "\"key_heads\": 3"), "key_heads"));
    CHECK(says(json("\"dilation\": 2", "\"dilation\": 0"), "dilation"));
    CHECK(says(json("\"tied_head\": true", "\"tied_head\": false"), "head"));
    CHECK(says(json("\"vocabulary\": ", "\"vocabulary\": 1"), "tokenizer"));
    CHECK(!openingRefused([](const fs::path& m) { // another model's denoiser
               fs::remove(m / "denoiser.safetensors");
               fs::copy(fs::path(PALIMPSEST_SOURCE_DIR) /
                            "resources/weights/smollm2-135m-instruct/denoiser.safetensors",
                        m / "denoiser.safetensors");
           })
               .empty());
}

} // namespace
} // namespace palimpsest
