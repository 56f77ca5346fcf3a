#include "engine/inference/pair_sampler.h"

#include "models/safetensors.h"
#include "models/stored_weights.h"

#include <charconv>
#include <cmath>
#include <numeric>

namespace palimpsest {
namespace {

constexpr double kFirstLevel =
    0.999; // pure noise, all but; at exactly 1 a slot holds the absorbing vector and no noise
constexpr std::size_t kBlocksTogether = 64; // of one pass: bounds the logits

torch::Tensor drawn(at::IntArrayRef shape, at::Generator& generator) {
    return torch::randn(shape, generator, torch::kFloat32);
}

} // namespace

Result<PairSampler> PairSampler::open(const Model& model, const std::filesystem::path& folder) {
    const c10::InferenceMode guard;
    const auto file = SafetensorsFile::open(folder / "denoiser.safetensors");
    if (!file) return file.error();
    PairSampler sampler(model);
    const std::string slots = file->metadata("target_tokens");
    std::from_chars(slots.data(), slots.data() + slots.size(), sampler.m_slots);
    if (sampler.m_slots < 1)
        return Error{ErrorCode::Unsupported, "the model in " + folder.string() + " was not trained on pairs"};
    sampler.m_absorbing = file->metadata("absorbing") != "none";
    const auto vocabulary = std::int64_t(model.config().vocabulary), width = std::int64_t(model.config().width);
    std::vector<std::int64_t> all(static_cast<std::size_t>(vocabulary));
    std::iota(all.begin(), all.end(), std::int64_t(0));
    sampler.m_embedding = model.embed(all);
    StoredWeights weights(*file, model.device(), torch::kFloat32);
    if (weights.has("output_projection"))
        sampler.m_projection = weights.read("output_projection", {width, width}).clone();
    else
        sampler.m_scale = (sampler.m_embedding - sampler.m_embedding.mean(0)).square().mean().sqrt().item<double>();
    if (!weights.error()) return weights.error().error();
    return sampler;
}

PairSampler::Level PairSampler::levelAt(double t) const {
    const double alphaBar = m_model->schedule().alphaBar(t);
    return {t, std::sqrt(alphaBar), std::sqrt(1 - alphaBar) * m_scale};
}

std::vector<PairSampler::Level> PairSampler::levels(int steps) const {
    std::vector<Level> all;
    for (int i = 0; i < steps; ++i) all.push_back(levelAt(kFirstLevel * (1 - double(i) / steps)));
    return all;
}

PairSampler::Prediction PairSampler::predict(std::vector<NoisedBlock>& blocks, const torch::Tensor& states,
                                             double t) const {
    const auto level = torch::full({m_slots}, t, torch::kFloat32);
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        blocks[b].state = states[std::int64_t(b)];
        blocks[b].level = level;
    }
    const auto hidden = at::cat(m_model->noised(blocks)); // (N T, D)
    const auto shape = std::vector<std::int64_t>{states.size(0), m_slots, states.size(2)};
    if (m_projection.defined()) {
        const auto guess = at::linear(hidden.to(torch::kFloat32), m_projection);
        const auto ids = (at::linear(guess, m_embedding) - m_embedding.square().sum(1) / 2).argmax(1);
        return {(m_embedding.index_select(0, ids) - m_model->absorbing()).view(shape), ids.view({-1, m_slots})};
    }
    const auto flat = states.flatten(0, 1);
    const auto logits = m_model->logits(hidden, flat, torch::full({flat.size(0)}, t, torch::kFloat32));
    const auto mean = at::softmax(logits, 1).matmul(m_embedding);
    return {(mean - m_model->absorbing()).view(shape), logits.argmax(1).view({-1, m_slots})};
}

torch::Tensor PairSampler::run(std::vector<NoisedBlock>& blocks, const PairSampling& sampling, std::uint64_t seed,
                               const std::stop_token& stop) const {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    const auto path = levels(sampling.steps);
    const std::vector<std::int64_t> shape{std::int64_t(blocks.size()), m_slots, m_embedding.size(1)};
    auto z = drawn(shape, generator).mul_(path.front().spread * sampling.noise); // as seen from the absorbing vector
    Prediction now;
    torch::Tensor before; // the data predicted a step earlier
    double lastStep = 0;  // of log(share / spread)
    for (std::size_t i = 0; i < path.size() && !stop.stop_requested(); ++i) {
        now = predict(blocks, z + m_model->absorbing(), path[i].t);
        if (i + 1 == path.size()) break;
        const Level &from = path[i], &to = path[i + 1];
        if (sampling.ancestral) {
            const double kept = from.share / to.share, scale = m_scale * m_scale;
            const double fresh = 1 - kept * kept, variance = to.spread * to.spread / scale;
            const double all = from.spread * from.spread / scale;
            z = z * (kept * variance / all) + now.data * (to.share * fresh / all) +
                drawn(shape, generator) * (sampling.noise * m_scale * std::sqrt(variance * fresh / all));
            continue;
        }
        const double step = std::log(to.share / to.spread) - std::log(from.share / from.spread);
        auto data = now.data;
        if (before.defined()) data = data + (now.data - before) * (step / (2 * lastStep));
        z = z * (to.spread / from.spread) - data * (to.share * std::expm1(-step));
        before = now.data;
        lastStep = step;
    }
    return now.ids;
}

std::vector<std::vector<std::int64_t>> PairSampler::sample(const std::vector<std::vector<std::int64_t>>& sources,
                                                           int count, const PairSampling& sampling,
                                                           std::stop_token stop) const {
    const c10::InferenceMode guard;
    std::vector<std::vector<std::int64_t>> all;
    const std::size_t together = std::max<std::size_t>(1, kBlocksTogether / std::size_t(count));
    for (std::size_t first = 0; first < sources.size() && !stop.stop_requested(); first += together) {
        const auto some = std::span(sources).subspan(first, std::min(together, sources.size() - first));
        std::vector<CleanContext> contexts;
        for (const auto& source : some) {
            contexts.push_back(m_model->makeContext(m_model->config().pattern.globals));
            const CleanInput input{&contexts.back(), source, 0};
            m_model->clean(std::span(&input, 1));
        }
        std::vector<NoisedBlock> blocks;
        for (std::size_t s = 0; s < some.size(); ++s)
            for (int c = 0; c < count; ++c)
                blocks.push_back({&contexts[s], some[s].back(), std::int64_t(some[s].size()), {}, {}});
        const auto ids = run(blocks, sampling, sampling.seed + first, stop);
        if (stop.stop_requested()) break;
        for (std::int64_t b = 0; b < ids.size(0); ++b) {
            const auto row = ids[b].contiguous();
            all.emplace_back(row.const_data_ptr<std::int64_t>(), row.const_data_ptr<std::int64_t>() + m_slots);
        }
    }
    return all;
}

} // namespace palimpsest
