// A safetensors file from anywhere: its header, and what a denoiser's own reader takes from it.
#include "models/denoiser_fit.h"
#include "models/gguf_shape.h"
#include "models/safetensors.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tiny_files.h"

namespace palimpsest::fuzz {
namespace {

void checkTensors(const SafetensorsFile& file) {
    std::size_t total = 0;
    for (const auto& [name, tensor] : file.tensors()) {
        std::size_t bytes = storedTypeBytes(tensor.type);
        for (const std::int64_t extent : tensor.shape) {
            require(extent >= 0, "no extent is negative");
            bytes *= std::size_t(extent);
        }
        require(bytes == tensor.bytes.size(), "a tensor has the bytes of its shape");
        require(bytes == 0 || (tensor.bytes.data() >= file.data().data() &&
                               tensor.bytes.data() + bytes <= file.data().data() + file.data().size()),
                "a tensor lies in the file");
        total += bytes;
    }
    require(total == file.data().size(), "tensors fill the file without gap or overlap");
    std::size_t nulls = 0;
    for (const std::byte byte : file.data()) nulls += byte == std::byte{0};
    require(nulls <= total, "every byte can be read");
}

struct Base {
    InputFile file{"base.gguf"};
    GgufFile gguf = *GgufFile::open(file.put(byteLevelGguf()));
    ModelConfig config = readGgufShape(gguf)->config;
};

void readAll(std::string_view bytes) {
    static const InputFile input("x.safetensors");
    static const Base base;
    const auto file = SafetensorsFile::open(input.put(bytes));
    if (!file) return require(!file.error().message.empty(), "an error says what is wrong");
    checkTensors(*file);
    (void)denoiserFits(*file, base.gguf, base.config);
    ModelConfig config = base.config;
    if (!takeDenoiserSettings(*file, config)) return;
    require(config.pattern.window >= 1 && config.pattern.dilation >= 1 && config.pattern.count >= 0 &&
                config.pattern.globals >= 0 && config.expertsPerToken >= 1,
            "a pattern that was taken is one");
    require(config.gamma >= 0 && config.gamma <= 1, "gamma is a share");
}

} // namespace

Plan plan() {
    std::string nested(8, '\0');
    nested[0] = 90;
    return {{denoiserFile(), nested + "{\"a\":" + std::string(40, '[') + std::string(40, ']') + "}      "}, 20000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
