// A base imported with int8 matrices: for drafting it is the bf16 import quantised at loading, for all others numbers.
#include "kernels/torch/kernel_choice.h"
#include "models/backbone.h"
#include "models/import_gguf.h"
#include "models/training_denoiser.h"
#include "tests/models/tiny_fixture.h"

#include "tests/support/cases.h"

namespace palimpsest {
namespace {

namespace fs = std::filesystem;
using test::ScratchFolder;

// The tiny model with its matrices stored as `dtype`.
class Imported {
public:
    explicit Imported(StoredType dtype) {
        test::tinyGguf().write(m_scratch.path() / "x.gguf");
        ImportOptions options;
        options.dtype = dtype;
        const auto imported = importGguf(m_scratch.path() / "x.gguf", folder(), options);
        CHECK(imported.ok()) << (imported ? "" : imported.error().message);
    }
    fs::path folder() const { return m_scratch.path() / "model"; }
    SafetensorsFile base() const { return *SafetensorsFile::open(folder() / "base.safetensors"); }
    Backbone backbone(ProductType products) const {
        const auto type = products ? torch::kBFloat16 : torch::kFloat32;
        auto loaded = Backbone::load(base(), *readModelConfig(folder()), torch::kCPU, torch::kFloat32, type, products);
        loaded->prepareProducts(products);
        return *std::move(loaded);
    }
    std::unique_ptr<Model> model(ProductType products) const {
        ModelOptions options;
        options.products = products;
        auto opened = Model::open(folder(), options);
        CHECK(opened.ok()) << (opened ? "" : opened.error().message);
        return opened ? *std::move(opened) : nullptr;
    }

private:
    ScratchFolder m_scratch;
};

const Imported& int8() {
    static const Imported one(StoredType::I8);
    return one;
}

const Imported& bf16() {
    static const Imported one(StoredType::BF16);
    return one;
}

CASE(int8RowsPackToTheBitsOfABf16FileQuantisedAtLoading) {
    const Backbone stored = int8().backbone(WeightType::Int8), quantised = bf16().backbone(WeightType::Int8);
    const auto same = [](const PreparedWeight& a, const PreparedWeight& b) {
        if (!a.packed.defined())
            return at::allclose(a.original.to(torch::kFloat32), b.original.to(torch::kFloat32), 0, 0.02);
        return a.type == b.type && a.columns == b.columns && a.k == b.k && at::equal(a.packed, b.packed);
    };
    for (int l = 0; l < 3; ++l) {
        const BackboneProducts &a = stored.products(l), &b = quantised.products(l);
        CHECK(stored.layer(l).qkv.scales.defined() && !quantised.layer(l).qkv.scales.defined());
        CHECK(same(a.qkv, b.qkv) && same(a.output, b.output) && same(a.gateUp, b.gateUp) && same(a.down, b.down)) << l;
    }
    CHECK(same(stored.headProduct(), quantised.headProduct()));
    CHECK(stored.parameters() == quantised.parameters());
}

CASE(bothPassesComputeTheSameFromEither) {
    const auto run = [](const Imported& imported) {
        const c10::InferenceMode guard;
        const auto model = imported.model(WeightType::Int8);
        auto context = model->makeContext(4);
        const auto clean = model->logits(test::encode(*model, context, test::someIds(90), 0));
        const NoisedBlock block{&context, 5, 90, model->meanState(test::someIds(6), 0.7), torch::full({6}, 0.7)};
        return std::pair(clean, model->noised({&block, 1})[0]);
    };
    const auto stored = run(int8()), quantised = run(bf16());
    // Definitions quantise at every product, and find a scale that is a last bit apart.
    const auto same = [](const torch::Tensor& a, const torch::Tensor& b) {
        return kernelChoice() == KernelChoice::Best ? at::equal(a, b) : test::apart(a, b) < 0.02;
    };
    CHECK(same(stored.first, quantised.first)) << test::apart(stored.first, quantised.first);
    CHECK(same(stored.second, quantised.second)) << test::apart(stored.second, quantised.second);
}

CASE(otherReadersGetEachByteTimesTheScaleOfItsRow) {
    const SafetensorsFile file = int8().base();
    StoredWeights reader(file, torch::kCPU, torch::kFloat32);
    const auto numbers = reader.read("1.down", {32, 64});
    const StoredMatrix matrix = reader.readMatrix("1.down", {32, 64}, true);
    CHECK(matrix.rows.scalar_type() == torch::kInt8 && matrix.scales.size(0) == 32);
    CHECK(at::equal(numbers, matrix.rows.to(torch::kFloat32) * matrix.scales.unsqueeze(1)));
    CHECK(at::equal(numbers, reader.readFloat("1.down", {32, 64})));
    CHECK((matrix.rows.abs().amax(1) == 127).all().item<bool>())
        << "a row's largest number is not the end of its range";
    const SafetensorsFile exact = bf16().base();
    const auto wanted = StoredWeights(exact, torch::kCPU, torch::kFloat32).read("1.down", {32, 64});
    CHECK(((numbers - wanted).abs() <= 0.5001 * matrix.scales.unsqueeze(1)).all().item<bool>());
    for (const char* table : {"embedding", "norm"})
        CHECK(file.find(table)->type == exact.find(table)->type && !file.find(std::string(table) + kScalesSuffix));
    CHECK(reader.error().ok());
}

CASE(productsInF32AndTrainingReadAnInt8Base) {
    const auto clean = [](const Imported& imported) {
        const c10::InferenceMode guard;
        const auto model = imported.model({});
        auto context = model->makeContext(4);
        return model->logits(test::encode(*model, context, test::someIds(60), 0));
    };
    const auto rounded = clean(int8()), exact = clean(bf16());
    CHECK(test::apart(rounded, exact) < 0.05) << test::apart(rounded, exact);
    CHECK(!at::equal(rounded, exact));
    const auto training = TrainingDenoiser::open(int8().folder(), {});
    CHECK(training.ok()) << (training ? "" : training.error().message);
}

CASE(int8RowsWithoutFittingScalesAreNamed) {
    const ScratchFolder scratch;
    for (const char* damage : {"0.qkv.scalez", "0.qkv.scales\":{\"dtype\":\"F32\",\"shape\":[65]"}) {
        const fs::path folder = scratch.path() / "m";
        fs::remove_all(folder);
        fs::copy(int8().folder(), folder);
        std::fstream file(folder / "base.safetensors", std::ios::in | std::ios::out | std::ios::binary);
        std::string text((std::istreambuf_iterator<char>(file)), {});
        const std::string by = damage, before = "0.qkv.scales\":{\"dtype\":\"F32\",\"shape\":[64]";
        const auto at = text.find(before.substr(0, by.size()));
        CHECK(at != std::string::npos);
        test::GgufBuilder::writeFile(folder / "base.safetensors", text.replace(at, by.size(), by));
        ModelOptions options;
        options.products = WeightType::Int8;
        const auto model = Model::open(folder, options);
        const std::string message = model ? "opened" : model.error().message;
        CHECK(message.find("0.qkv.scale") != std::string::npos) << message;
    }
}

} // namespace
} // namespace palimpsest
