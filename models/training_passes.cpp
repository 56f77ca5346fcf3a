// The layers of a TrainingDenoiser: the clean stream without and the noised stream with gradients.
#include "kernels/torch/experts.h"
#include "kernels/torch/weight_product.h"
#include "models/training_parts.h"

#include <optional>

namespace palimpsest {

// --- the clean stream ---

TrainingDenoiser::CleanStream TrainingDenoiser::encode(const TrainingDocument& document) const {
    std::optional<at::NoGradGuard> frozen;
    if (!m_options.trainBase) frozen.emplace();
    std::vector<std::int64_t> ids, positions;
    std::vector<AttentionRun> runs;
    std::int64_t from = 0;
    const auto take = [&](std::int64_t to) {
        if (to > from) runs.push_back({from, to - from, !m_options.bothWays});
        for (; from < to; ++from) {
            positions.push_back(from);
            ids.push_back(document.ids[std::size_t(from)]);
        }
    };
    for (const TrainingGap& gap : document.gaps) {
        take(gap.begin);
        from = gap.end;
    }
    take(std::int64_t(document.ids.size()));

    CleanStream clean;
    clean.positions = torch::tensor(positions, torch::kInt64);
    const auto rotation = rotationOf(positions);
    auto x = m_base.embedding().index_select(0, torch::tensor(ids, torch::kInt64).to(m_options.device)); // (L, D)
    const std::int64_t heads = m_config.heads, keyHeads = m_config.keyHeads;
    for (int l = 0; l < m_config.layers; ++l) {
        const BackboneLayer& layer = m_base.layer(l);
        const auto qkv = weightProduct(normed(x, layer.attentionNorm), layer.qkv.floats())
                             .unflatten(1, {heads + 2 * keyHeads, m_config.headSize});
        const auto turned = rotated(qkv.narrow(1, 0, heads + keyHeads), rotation);
        clean.keys.push_back(turned.narrow(1, heads, keyHeads).contiguous());
        clean.values.push_back(qkv.narrow(1, heads + keyHeads, keyHeads).contiguous());
        const AttentionRows rows{clean.keys.back(), clean.values.back(), clean.positions, m_options.pattern, l};
        const auto attention = sparseAttention(turned.narrow(1, 0, heads).contiguous(), rows, runs).output;
        x = x + weightProduct(attention.flatten(1), layer.output.floats());
        x = x + feedForward(normed(x, layer.feedForwardNorm), l);
    }
    clean.hidden = normed(x, m_base.finalNorm());
    return clean;
}

// --- both ---

torch::Tensor TrainingDenoiser::normed(const torch::Tensor& x, const torch::Tensor& weight) const {
    return at::rms_norm(x, {weight.size(0)}, weight, m_config.normEpsilon);
}

torch::Tensor TrainingDenoiser::feedForward(const torch::Tensor& h, int layer) const {
    const auto both = at::linear(h, m_base.layer(layer).gateUp.floats()).chunk(2, 1);
    return at::linear(at::silu(both[0]) * both[1], m_base.layer(layer).down.floats());
}

torch::Tensor TrainingDenoiser::rotationOf(const std::vector<std::int64_t>& positions) const {
    const auto at = torch::tensor(positions, torch::kInt64).to(m_options.device, torch::kFloat32);
    const auto angles = at::outer(at, m_base.turnRates()).to(m_wide);
    return at::polar(torch::ones_like(angles), angles).unsqueeze(1);
}

// heads (N, h, K): interleaved pairs are complex numbers as they lie in memory. Complex products exist in f32 and f64.
torch::Tensor TrainingDenoiser::rotated(const torch::Tensor& heads, const torch::Tensor& rotation) const {
    const auto pairs = heads.to(m_wide).unflatten(2, {heads.size(2) / 2, 2}).contiguous();
    return at::view_as_real(at::view_as_complex(pairs) * rotation).flatten(2).to(m_options.dtype);
}

// --- the noised stream ---

bool TrainingDenoiser::has(int layer, const char* name) const {
    return m_parameters->has(std::to_string(layer) + "." + name);
}

torch::Tensor TrainingDenoiser::parameter(int layer, const char* name) const {
    return m_parameters->at(std::to_string(layer) + "." + name).to(m_options.dtype);
}

torch::Tensor TrainingDenoiser::levelEmbedding(const torch::Tensor& levels) const {
    const TrainingParameters& p = *m_parameters;
    const auto angles = at::outer(levels, m_frequencies);
    const auto hidden =
        at::silu(at::linear(at::cat({angles.cos(), angles.sin()}, 1), p.at("level.0.weight"), p.at("level.0.bias")));
    return at::linear(hidden, p.at("level.2.weight"), p.at("level.2.bias")) * (levels > 0).unsqueeze(1);
}

torch::Tensor TrainingDenoiser::stateOf(const Slots& slots) const {
    const auto words = m_base.embedding().index_select(0, slots.ids).to(m_wide);
    const auto& absorbing = m_parameters->at("absorbing");
    if (!m_options.absorbing) return words * slots.shares + slots.noise * slots.spreads;
    return words * slots.shares + absorbing * (1 - slots.shares) + slots.noise * slots.spreads;
}

torch::Tensor TrainingDenoiser::inputOf(const Slots& slots, const torch::Tensor& states) const {
    return (states + levelEmbedding(slots.levels)).to(m_options.dtype);
}

// Normed input h (N, D) -> attention (N, H, K).
torch::Tensor TrainingDenoiser::attended(const torch::Tensor& h, int layer, const Slots& slots,
                                         const CleanStream& clean) const {
    const std::int64_t heads = m_config.heads, keyHeads = m_config.keyHeads;
    auto qkv = at::linear(h, m_base.layer(layer).qkv.floats());
    if (has(layer, "attn_q.A")) {
        const auto inward = at::cat(
            {parameter(layer, "attn_q.A"), parameter(layer, "attn_k.A"), parameter(layer, "attn_v.A")}); // (3R, D)
        const auto narrow = at::linear(h, inward).chunk(3, 1);
        qkv = qkv + at::cat({at::linear(narrow[0], parameter(layer, "attn_q.B")),
                             at::linear(narrow[1], parameter(layer, "attn_k.B")),
                             at::linear(narrow[2], parameter(layer, "attn_v.B"))},
                            1);
    }
    const auto split = qkv.unflatten(1, {heads + 2 * keyHeads, m_config.headSize});
    const auto turned = rotated(split.narrow(1, 0, heads + keyHeads), slots.rotation);
    const auto at = std::size_t(layer);
    const AttentionRows rows{clean.keys[at], clean.values[at], clean.positions, m_options.pattern, layer};
    return sparseAttention(turned.narrow(1, 0, heads).contiguous(), rows, slots.runs,
                           {turned.narrow(1, heads, keyHeads).contiguous(),
                            split.narrow(1, heads + keyHeads, keyHeads).contiguous()})
        .output;
}

// Normed input h (N, D) -> the sum of the chosen experts' outputs.
torch::Tensor TrainingDenoiser::experts(const torch::Tensor& h, int layer, LayerResult& result) const {
    const std::int64_t count = m_options.experts, chosenEach = std::min<std::int64_t>(m_options.expertsPerToken, count);
    const auto shares = at::linear(h, parameter(layer, "router")).to(m_wide).softmax(-1); // (N, E)
    const auto [weights, chosen] = shares.topk(chosenEach, -1, true, false);
    result.load = chosen.flatten().bincount({}, count);
    // The even share of choices times the mean probability, E sum f P (Switch Transformers, equation 4).
    const auto fractions = result.load.to(m_wide) / double(chosen.numel());
    result.balance = (fractions * shares.mean(0)).sum() * double(count);

    const auto inward = parameter(layer, "experts.in").flatten(0, 1);                   // (E 2W, D)
    const auto outward = parameter(layer, "experts.out").transpose(0, 1).flatten(1, 2); // (E, D, W) -> (D, E W)
    return routedExperts({h, chosen, weights.to(m_options.dtype), inward, outward, count});
}

TrainingDenoiser::LayerResult TrainingDenoiser::runLayer(const torch::Tensor& x, int layer, const Slots& slots,
                                                         const CleanStream& clean) const {
    LayerResult result;
    const BackboneLayer& base = m_base.layer(layer);
    const auto attention = attended(normed(x, base.attentionNorm), layer, slots, clean).flatten(1);
    auto y = x + at::linear(attention, base.output.floats());
    if (has(layer, "attn_output.A"))
        y = y + at::linear(at::linear(attention, parameter(layer, "attn_output.A")), parameter(layer, "attn_output.B"));
    const auto h = normed(y, base.feedForwardNorm);
    y = y + feedForward(h, layer);
    result.output = has(layer, "router") ? y + experts(h, layer, result) : y;
    return result;
}

} // namespace palimpsest
