// Parity of the whole model with the reference implementation on saved inputs and f32 outputs (tests/goldens).
#include "models/model.h"
#include "models/stored_weights.h"
#include "tests/support/cases.h"
#include "tests/support/real_model.h"

#include <cmath>
#include <map>

namespace palimpsest {
namespace {

// What rounding may do. Every layer adds two outputs to a stream, each with a relative error of about eps * sqrt(terms
// of its sums); independent errors add up as the square root of their number: 2 * layers of them, and the sums have at
// most F = 1536 terms, summed in f32 in blocks whichever the type. Rounding of the stream itself to the type counts
// once per addition. So the relative error in the Frobenius norm is about eps * sqrt(2 * 30) times a small constant:
// `kGrowth` for what a layer magnifies.
constexpr double kGrowth = 8;
constexpr std::int64_t kStart = 600, kBlock = 16; // the block of the goldens

double tolerance(double epsilon, int layers) {
    return kGrowth * epsilon * std::sqrt(2.0 * layers);
}

double relativeDistance(const torch::Tensor& a, const torch::Tensor& b) {
    const auto wanted = b.to(torch::kFloat64);
    return ((a.to(torch::kFloat64) - wanted).norm() / wanted.norm()).item<double>();
}

struct Goldens {
    Result<SafetensorsFile> file =
        SafetensorsFile::open(std::filesystem::path(PALIMPSEST_SOURCE_DIR) / "tests/goldens/model.safetensors");

    torch::Tensor operator[](const std::string& name) const {
        StoredWeights weights(file.value(), torch::kCPU, torch::kFloat32);
        const auto& shape = file.value().find(name)->shape;
        return weights.readFloat(name, shape);
    }
    std::vector<std::int64_t> ids() const {
        const auto stored = file.value().find("ids")->bytes;
        std::vector<std::int64_t> all(stored.size() / sizeof(std::int64_t));
        std::memcpy(all.data(), stored.data(), stored.size());
        return all;
    }
};

std::unique_ptr<Model> openReal(StoredType stored, const ModelOptions& options) {
    const auto folder = test::realModel(stored);
    CHECK(folder.ok()) << (folder ? "" : folder.error().message);
    if (!folder) return nullptr;
    auto model = Model::open(*folder, options);
    CHECK(model.ok()) << (model ? "" : model.error().message);
    return model ? *std::move(model) : nullptr;
}

void near(const char* what, const torch::Tensor& got, const torch::Tensor& wanted, double most) {
    const double apart = relativeDistance(got, wanted);
    if (std::getenv("PALIMPSEST_PRINT")) std::printf("%s %.3g of %.3g\n", what, apart, most);
    CHECK(apart <= most) << what << "is" << apart << "away, and" << most << "is allowed";
}

// The whole golden text; leaves its keys and values in `context`.
void compareClean(const Model& model, const Goldens& goldens, CleanContext& context, double most) {
    const CleanInput input{&context, goldens.ids(), 0};
    const auto hidden = model.clean(std::span(&input, 1)).front();
    near("clean.hidden", hidden, goldens["clean.hidden"], most);
    near("clean.logits.last", model.logits(hidden.narrow(0, -1, 1))[0], goldens["clean.logits.last"], most);
    for (int layer : {0, 7, 29}) {
        const auto number = std::to_string(layer);
        near(("key " + number).c_str(), context.keys(layer).transpose(0, 1), goldens["clean.key." + number], most);
        near(("value " + number).c_str(), context.values(layer).transpose(0, 1), goldens["clean.value." + number],
             most);
    }
}

void compareBlock(const Model& model, const Goldens& goldens, const CleanContext& context, const std::string& side,
                  double most) {
    for (const std::string name : {"soft", "low"}) {
        const auto state = goldens[name + ".state"], level = goldens[name + ".level"];
        const NoisedBlock block{&context, goldens.ids()[kStart - 1], kStart, state, level};
        const auto hidden = model.noised(std::span(&block, 1)).front();
        const std::string full = name + side;
        near((full + ".hidden").c_str(), hidden, goldens[full + ".hidden"], most);
        const auto some = torch::arange(0, model.config().vocabulary, 97);
        near((full + ".logits").c_str(), model.logits(hidden, state, level).index_select(1, some),
             goldens[full + ".logits"], most);
    }
}

void compareAll(StoredType stored, const ModelOptions& options, double epsilon) {
    const auto model = openReal(stored, options);
    if (!model) return;
    const Goldens goldens;
    const auto ids = goldens.ids();
    const double most = tolerance(epsilon, model->config().layers);
    auto context = model->makeContext(model->config().pattern.globals);
    compareClean(*model, goldens, context, most);
    CHECK(context.truncate(kStart));
    compareBlock(*model, goldens, context, ".left", most);
    const CleanInput right{&context, {ids.begin() + kStart + kBlock, ids.end()}, kStart + kBlock};
    model->clean(std::span(&right, 1));
    compareBlock(*model, goldens, context, ".infill", most);
}

CASE(bothStreamsMatchTheReferenceInF32) {
    compareAll(StoredType::F32, {}, 0x1p-23);
}

CASE(bothStreamsMatchTheReferenceInBf16) {
    ModelOptions options;
    options.dtype = torch::kBFloat16;
    compareAll(StoredType::BF16, options, 0x1p-8);
}

// Weights rounded to bf16, activations in f32: what drafting uses on the CPU. Only the weights' rounding is left.
CASE(bothStreamsMatchTheReferenceWithBf16WeightsUnderF32Activations) {
    ModelOptions options;
    options.products = WeightType::Bf16;
    compareAll(StoredType::BF16, options, 0x1p-8);
}

CASE(softStatesAreTheReferences) {
    if (const auto model = openReal(StoredType::F32, {})) {
        const Goldens goldens;
        const auto ids = goldens.ids();
        const auto words = std::span(ids).subspan(600, 16);
        const auto state = model->softState(words, 0.5, goldens["noise"]);
        const auto soft = (goldens["soft.level"] == 0.5f).nonzero().flatten();
        CHECK(soft.numel() == 12);
        near("soft state", state.index_select(0, soft), goldens["soft.state"].index_select(0, soft), 1e-6);
    }
}

CASE(tokensOfTheGoldenTextAreTheReferences) {
    if (const auto model = openReal(StoredType::F32, {})) {
        std::string text;
        for (int i = 0; i < 40; ++i)
            text += "The house stood at the end of a long lane, and nobody had lived in it for eleven years. ";
        const auto ids = model->tokenizer().encode(text);
        const auto wanted = Goldens().ids();
        CHECK(ids.size() >= wanted.size() && std::equal(wanted.begin(), wanted.end(), ids.begin()));
        CHECK(model->tokenizer().decode(ids) == text);
    }
}

} // namespace
} // namespace palimpsest
