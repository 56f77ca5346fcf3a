// Safetensors: what is written comes back, and damaged files are told apart from sound ones.
#include "models/safetensors.h"

#include "tests/support/cases.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/scratch_folder.h"

#include <array>

namespace palimpsest {
namespace {

using test::GgufBuilder;
using test::ScratchFolder;

const std::array<float, 6> kValues{1, -2, 3, 0.5f, 0, 7};

std::string sound(const std::filesystem::path& folder) {
    const auto path = folder / "sound";
    auto writer = SafetensorsWriter::create(path, {{"a", StoredType::F32, {2, 2}}, {"b", StoredType::F32, {2}}},
                                            {{"key", "value \" ü"}});
    CHECK(writer.ok());
    CHECK(writer->append(std::as_bytes(std::span(kValues))).ok());
    CHECK(writer->finish().ok());
    return path;
}

// A file with this header and eight bytes of data.
std::string withHeader(const std::filesystem::path& folder, const std::string& header) {
    std::string bytes;
    GgufBuilder::put(bytes, std::uint64_t(header.size()));
    GgufBuilder::writeFile(folder / "made", bytes + header + "01234567");
    return folder / "made";
}

CASE(tensorsAndMetadataComeBack) {
    const ScratchFolder folder;
    const auto file = SafetensorsFile::open(sound(folder.path()));
    CHECK(file.ok());
    if (!file) return;
    const StoredTensor* a = file->find("a");
    CHECK(a && a->shape == std::vector<std::int64_t>({2, 2}) && a->type == StoredType::F32);
    CHECK(a && std::memcmp(a->bytes.data(), kValues.data(), 16) == 0);
    CHECK(file->find("b") && std::memcmp(file->find("b")->bytes.data(), kValues.data() + 4, 8) == 0);
    CHECK(file->metadata("key") == "value \" ü");
    CHECK(!file->find("c") && file->metadata("none").empty());
    CHECK(reinterpret_cast<std::uintptr_t>(file->data().data()) % 64 == 0); // usable in place
}

CASE(anUnfinishedFileLeavesNothingAndKeepsTheOldOne) {
    const ScratchFolder folder;
    const std::string path = sound(folder.path());
    {
        auto writer = SafetensorsWriter::create(path, {{"a", StoredType::F32, {1000}}}, {});
        CHECK(writer.ok() && writer->append(std::as_bytes(std::span(kValues))).ok());
        CHECK(!writer->finish().ok()); // six values are not a thousand
    }
    CHECK(SafetensorsFile::open(path).ok());
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

CASE(aFullDiskIsSaid) {
    if (!std::filesystem::exists("/dev/full")) return test::skip("no /dev/full here");
    const ScratchFolder folder;
    std::filesystem::create_symlink("/dev/full", folder.path() / "x.part");
    auto writer = SafetensorsWriter::create(folder.path() / "x", {{"a", StoredType::F32, {6}}}, {});
    CHECK(!writer.ok() && writer.error().code == ErrorCode::Full) << (writer ? "" : writer.error().message);
}

CASE(everyTruncationIsCorrupt) {
    const ScratchFolder folder;
    const std::string path = sound(folder.path());
    const auto whole = std::filesystem::file_size(path);
    for (auto size = whole; size-- > 0;) {
        std::filesystem::resize_file(path, size);
        const auto file = SafetensorsFile::open(path);
        CHECK(!file.ok() && file.error().code == ErrorCode::Corrupt) << "at" << size;
    }
}

CASE(hostileHeadersAreRefused) {
    const ScratchFolder folder;
    const char* hostile[] = {
        "",
        "null",
        "[]",
        "{",
        "{\"a\":1}",
        "{\"a\":{}}",
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,9]}})",
        R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
        R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})",
        R"({"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})",
        R"({"a":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,8]}})",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
    };
    for (const char* header : hostile) {
        const auto file = SafetensorsFile::open(withHeader(folder.path(), header));
        CHECK(!file.ok() && file.error().code == ErrorCode::Corrupt) << header;
    }
    const auto unknown =
        SafetensorsFile::open(withHeader(folder.path(), R"({"a":{"dtype":"Q3","shape":[2],"data_offsets":[0,8]}})"));
    CHECK(!unknown.ok() && unknown.error().code == ErrorCode::Unsupported);
    std::string huge;
    GgufBuilder::put(huge, ~std::uint64_t(0));
    GgufBuilder::writeFile(folder.path() / "huge", huge + "{}");
    CHECK(!SafetensorsFile::open(folder.path() / "huge").ok());
}

CASE(missingFilesAndFoldersAreNamed) {
    const ScratchFolder folder;
    const auto missing = SafetensorsFile::open(folder.path() / "none");
    CHECK(!missing.ok() && missing.error().code == ErrorCode::NotFound);
    const auto directory = SafetensorsFile::open(folder.path());
    CHECK(!directory.ok() && directory.error().message.find("regular file") != std::string::npos);
}

} // namespace
} // namespace palimpsest
