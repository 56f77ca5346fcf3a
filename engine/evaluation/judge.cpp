#include "engine/evaluation/judge.h"

#include "engine/inference/model_options.h"

#include <ATen/Parallel.h>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr std::size_t kPiece = 512; // tokens of a pass: bounds the logits

// Sum of the cross-entropies of `targets` under `hidden` (N, D), row by row.
double crossEntropySum(const Model& model, const torch::Tensor& hidden, std::vector<std::int64_t> targets) {
    const auto rows = torch::tensor(targets, torch::kInt64).to(hidden.device());
    const auto likelihoods = at::log_softmax(model.logits(hidden), -1).gather(1, rows.unsqueeze(1));
    return -likelihoods.to(torch::kFloat64).sum().item<double>();
}

} // namespace

Result<Judge> Judge::open(const std::string& folder, const std::string& device, int threads,
                          std::optional<SparsePattern> pattern, const std::string& personal, double strength) {
    // Whatever drafts are made with, they are judged with bf16 matrices and f32 sums.
    auto choice = chooseDevice(device, "auto", threads);
    if (!choice) return choice.error();
    if (choice->products) choice->products = WeightType::Bf16;
    at::set_num_threads(choice->info.threads);
    ModelOptions options = modelOptionsOf(*choice);
    options.loadDenoiser = false;
    options.pattern = pattern;
    options.personal = personal;
    options.strength = strength;
    auto model = Model::open(folder, options);
    if (!model) return model.error();
    return Judge(*std::move(model));
}

template<class Body>
void Judge::read(std::span<const std::int64_t> ids, int globals, const std::stop_token& stop, const Body& body) const {
    const c10::InferenceMode guard;
    auto context = m_model->makeContext(globals < 0 ? m_model->config().pattern.globals : globals);
    for (std::size_t at = 0; at < ids.size(); at += kPiece) {
        if (stop.stop_requested()) throw Cancelled{};
        const auto piece = ids.subspan(at, std::min(kPiece, ids.size() - at));
        const CleanInput input{&context, {piece.begin(), piece.end()}, std::int64_t(at)};
        const auto hidden = m_model->clean(std::span(&input, 1)).front();
        context.trim(std::int64_t(at + piece.size()));
        body(at, hidden);
    }
}

Nats Judge::score(std::span<const std::int64_t> ids, std::size_t from, std::stop_token stop, int globals) const {
    Nats all;
    if (ids.empty()) return all;
    // The last token predicts nothing asked for.
    read(ids.first(ids.size() - 1), globals, stop, [&](std::size_t at, const torch::Tensor& hidden) {
        const std::size_t first = std::max(from, at + 1), last = at + std::size_t(hidden.size(0)) + 1; // targets
        if (first >= last) return;
        const auto targets = ids.subspan(first, last - first);
        all.sum +=
            crossEntropySum(*m_model, hidden.slice(0, std::int64_t(first - 1 - at)), {targets.begin(), targets.end()});
        all.tokens += std::int64_t(targets.size());
    });
    return all;
}

Nats Judge::scoreText(const std::string& before, const std::string& text, std::stop_token stop) const {
    return score(encode(before + text), std::max<std::size_t>(1, encode(before).size()), stop);
}

std::vector<double> Judge::nextAfter(std::span<const std::int64_t> ids, const std::vector<std::int64_t>& tokens,
                                     std::stop_token stop, int globals) const {
    const c10::InferenceMode guard;
    torch::Tensor last; // (1, D)
    read(ids, globals, stop, [&](std::size_t, const torch::Tensor& hidden) { last = hidden.slice(0, -1).clone(); });
    const auto all = at::log_softmax(m_model->logits(last), -1)[0].to(torch::kCPU);
    std::vector<double> chosen;
    for (const std::int64_t token : tokens) chosen.push_back(all[token].item<double>());
    return chosen;
}

std::vector<Nats> Judge::scoreAll(std::span<const std::vector<std::int64_t>> sequences) const {
    const c10::InferenceMode guard;
    std::vector<CleanContext> contexts;
    contexts.reserve(sequences.size());
    std::vector<CleanInput> inputs;
    for (const auto& ids : sequences) {
        contexts.push_back(m_model->makeContext(m_model->config().pattern.globals));
        inputs.push_back({&contexts.back(), {ids.begin(), ids.end() - 1}, 0});
    }
    const auto hidden = m_model->clean(inputs);
    std::vector<Nats> all;
    for (std::size_t i = 0; i < sequences.size(); ++i)
        all.push_back({crossEntropySum(*m_model, hidden[i], {sequences[i].begin() + 1, sequences[i].end()}),
                       std::int64_t(sequences[i].size()) - 1});
    return all;
}

} // namespace palimpsest
