// GGUF: keys and tensors come back, and no damaged or hostile file does more than give one clear line.
#include "models/gguf.h"

#include "tests/support/cases.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tiny_model.h"

namespace palimpsest {
namespace {

using test::GgufBuilder;
using test::ScratchFolder;

GgufBuilder small() {
    GgufBuilder gguf;
    gguf.text("name", "a model");
    gguf.integer("count", 7);
    gguf.real("theta", 0.5f);
    gguf.texts("words", {"one", "", "three"});
    gguf.integers("types", {-1, 2});
    gguf.tensor("t", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
    gguf.tensor("u", {32}, 2, std::string(18, '\x11'));
    return gguf;
}

Result<GgufFile> opened(const ScratchFolder& folder, const std::string& bytes) {
    GgufBuilder::writeFile(folder.path() / "x.gguf", bytes);
    return GgufFile::open(folder.path() / "x.gguf");
}

CASE(keysAndTensorsComeBack) {
    const ScratchFolder folder;
    const auto file = opened(folder, small().bytes());
    CHECK(file.ok());
    if (!file) return;
    CHECK(file->string("name") == "a model" && file->integer("count") == 7 && file->number("theta") == 0.5);
    CHECK(file->strings("words") && *file->strings("words") == GgufStrings({"one", "", "three"}));
    CHECK(file->numbers("types") && *file->numbers("types") == GgufNumbers({-1, 2}));
    CHECK(!file->integer("theta") && !file->string("count") && !file->strings("types") && !file->number("none"));
    const GgufTensor* t = file->find("t");
    CHECK(t && t->shape == std::vector<std::int64_t>({2, 3}) && t->elements() == 6);
    const auto bytes = file->bytes("t", *t);
    CHECK(bytes.ok() && bytes->size() == 24 && reinterpret_cast<const float*>(bytes->data())[5] == 6);
    CHECK(file->bytes("u", *file->find("u")).ok());
}

CASE(everyTruncationIsSaid) {
    const ScratchFolder folder;
    const std::string whole = small().bytes();
    for (std::size_t size = 1; size < whole.size(); ++size) {
        const auto file = opened(folder, whole.substr(0, size));
        if (!file) {
            CHECK(file.error().code == ErrorCode::Corrupt && !file.error().message.empty()) << size;
            continue;
        }
        // The header is whole: then a tensor's bytes are not. The padding after the last tensor may be missing.
        const bool whole18 = size >= whole.size() - 14;
        CHECK(file->bytes("u", *file->find("u")).ok() == whole18) << size;
    }
}

// The same file with one number of `width` bytes replaced wherever the original stands at `offset`.
std::string patched(std::string bytes, std::size_t offset, std::uint64_t value, std::size_t width) {
    std::memcpy(bytes.data() + offset, &value, width);
    return bytes;
}

CASE(absurdCountsLengthsAndTypesAreSaid) {
    const ScratchFolder folder;
    const std::string whole = small().bytes();
    const std::uint64_t absurd[] = {~0ull, 1ull << 63, 1ull << 40, 1ull << 33};
    const std::size_t name = whole.find("a model"), words = whole.find("words");
    for (std::uint64_t value : absurd) {
        CHECK(!opened(folder, patched(whole, 8, value, 8)).ok()) << "tensor count";
        CHECK(!opened(folder, patched(whole, 16, value, 8)).ok()) << "key count";
        CHECK(!opened(folder, patched(whole, 24, value, 8)).ok()) << "length of a key";
        CHECK(!opened(folder, patched(whole, name - 8, value, 8)).ok()) << "length of a string";
        CHECK(!opened(folder, patched(whole, words + 5 + 8, value, 8)).ok()) << "length of an array";
    }
    CHECK(!opened(folder, patched(whole, words + 5 + 4, 9, 4)).ok()) << "array of arrays";
    CHECK(!opened(folder, patched(whole, words + 5 + 4, 77, 4)).ok()) << "element type";
    CHECK(!opened(folder, patched(whole, words + 5, 99, 4)).ok()) << "value type";
}

CASE(hostileTensorsAreSaid) {
    const ScratchFolder folder;
    const auto refused = [&](const std::vector<std::uint64_t>& shape, std::uint32_t type) {
        GgufBuilder gguf;
        gguf.tensor("t", shape, type, std::string(64, '\0'));
        const auto file = opened(folder, gguf.bytes());
        return !file.ok() || !file->bytes("t", *file->find("t")).ok();
    };
    CHECK(!refused({16}, 0));
    CHECK(refused({~0ull}, 0));
    CHECK(refused({1ull << 62, 4}, 0));
    CHECK(refused({1ull << 31, 1ull << 31, 1ull << 31}, 0));
    CHECK(refused({0}, 0));
    CHECK(refused({}, 0));
    CHECK(refused({1, 1, 1, 1, 1}, 0));
    CHECK(refused({17}, 0));
    CHECK(refused({33}, 2)); // no whole number of blocks
    CHECK(refused({16}, 12));
    CHECK(refused({16}, 4)); // a quantisation that is gone
    GgufBuilder twice;
    twice.tensor("t", {1}, std::vector<float>{1});
    twice.tensor("t", {1}, std::vector<float>{1});
    CHECK(!opened(folder, twice.bytes()).ok());
}

CASE(otherFilesAreNotGguf) {
    const ScratchFolder folder;
    for (const std::string& bytes : {std::string("PK\x03\x04"), std::string("GGU"), std::string(100, '\0'),
                                     std::string("GGUF\x01\0\0\0", 8) + std::string(64, '\0')})
        CHECK(!opened(folder, bytes).ok());
    CHECK(!GgufFile::open(folder.path()).ok() && !GgufFile::open(folder.path() / "none").ok());
}

// A cheap fuzzer: single bytes of a real header replaced, everywhere, must never do worse than fail.
CASE(noSingleByteOfTheHeaderCrashesTheReader) {
    const ScratchFolder folder;
    const std::string whole = small().bytes();
    const std::size_t header = whole.size() - 64;
    for (std::size_t at = 0; at < header; ++at)
        for (int value : {0, 1, 0x7F, 0x80, 0xFF}) {
            const auto file = opened(folder, patched(whole, at, std::uint64_t(value), 1));
            if (!file) continue;
            for (const auto& [name, tensor] : file->tensors()) (void)file->bytes(name, tensor).ok();
        }
}

} // namespace
} // namespace palimpsest
