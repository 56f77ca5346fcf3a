// model.json of a folder from anywhere: refused, or within its ranges and the same after writing.
#include "models/model_config.h"
#include "tests/fuzz/fuzz.h"

namespace palimpsest::fuzz {
namespace {

void checkRanges(const ModelConfig& c) {
    require(c.layers >= 1 && c.width >= 1 && c.heads >= 1 && c.keyHeads >= 1 && c.headSize >= 2 && c.feedForward >= 1 &&
                c.vocabulary >= 2 && c.trainedContext >= 1 && c.expertsPerToken >= 1,
            "sizes are sizes");
    require(c.heads % c.keyHeads == 0 && c.headSize % 2 == 0, "heads fit");
    require(c.pattern.window >= 1 && c.pattern.dilation >= 1 && c.pattern.count >= 0 && c.pattern.globals >= 0,
            "the pattern is one");
    require(c.ropeTheta >= 1 && c.normEpsilon > 0 && c.gamma >= 0 && c.gamma <= 1, "numbers are finite and in range");
    for (const std::int64_t id : c.neverSampled) require(id >= 0 && id < c.vocabulary, "ids have rows");
}

void readAll(std::string_view bytes) {
    static const InputFile file("model.json");
    file.put(bytes);
    const auto config = readModelConfig(file.folder());
    if (!config) return require(!config.error().message.empty(), "an error says what is wrong");
    checkRanges(*config);
    require(writeModelConfig(*config, file.folder()).ok(), "what was read can be written");
    const auto again = readModelConfig(file.folder());
    require(again.ok(), "what was written can be read");
    require(again->name == config->name && again->vocabulary == config->vocabulary &&
                again->neverSampled == config->neverSampled && again->ropeTheta == config->ropeTheta &&
                again->gamma == config->gamma && again->pattern.count == config->pattern.count,
            "nothing is lost in writing");
}

} // namespace

Plan plan() {
    ModelConfig config;
    config.name = "tiny \xC3\xBC";
    config.layers = config.keyHeads = 2;
    config.heads = 4;
    config.width = config.feedForward = 64;
    config.headSize = 16;
    config.vocabulary = 300;
    config.neverSampled = {0, 1, 299};
    config.baseDigest = std::string(64, 'a');
    const test::ScratchFolder folder;
    require(writeModelConfig(config, folder.path()).ok(), "the seed can be written");
    std::ifstream file(folder.path() / "model.json", std::ios::binary);
    return {{std::string(std::istreambuf_iterator<char>(file), {})}, 20000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
