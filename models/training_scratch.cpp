// The scratch way of a TrainingDenoiser: everything is differentiated.
#include "models/training_parts.h"

namespace palimpsest {

// Of the targets, M of them.
struct TrainingDenoiser::Predicted {
    torch::Tensor logits; // (M, V): of the tokens, by which they are chosen
    torch::Tensor loss;   // (M): what is minimised
};

TrainingDenoiser::Predicted TrainingDenoiser::predict(const Slots& slots, const torch::Tensor& states,
                                                      const torch::Tensor& hidden) const {
    const auto& at = slots.targetSlots;
    const auto ids = slots.ids.index_select(0, at);
    const auto token = [&](const torch::Tensor& logits) { return at::cross_entropy_loss(logits, ids, {}, 0); };
    if (m_options.objective == Objective::SquaredError) {
        const auto embedding = m_base.embedding(), words = embedding.index_select(0, ids);
        const auto guess = at::linear(hidden, m_parameters->at("output_projection"));
        // The nearest embedding is the likeliest token; the published rounding term is of the clean embedding.
        const auto nearest = at::linear(guess, embedding) - embedding.square().sum(1) / 2;
        return {nearest.detach(), (guess - words).square().mean(1) + token(at::linear(words, embedding))};
    }
    auto logits = at::linear(hidden, m_base.head());
    if (m_options.evidence) {
        // Of the table as it is: no gradient makes words easier to tell apart by moving their evidence.
        const auto u = states.detach().index_select(0, at) - m_parameters->at("absorbing").detach();
        logits = logits + at::linear(u * slots.kappa.index_select(0, at).unsqueeze(1), m_base.embedding().detach()) -
                 at::outer(slots.shrink.index_select(0, at), m_evidence.halfNorms().to(m_wide));
    }
    return {logits, token(logits)};
}

// The clean stream of a text is a language model of its own: what judges, and verifies, drafts.
torch::Tensor TrainingDenoiser::nextTokenLoss(const CleanStream& clean, const TrainingDocument& document) const {
    std::vector<std::int64_t> rows, ids;
    const auto* positions = clean.positions.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i + 1 < clean.positions.size(0); ++i) {
        if (positions[i + 1] != positions[i] + 1) continue;
        rows.push_back(i);
        ids.push_back(document.ids[std::size_t(positions[i + 1])]);
    }
    if (rows.empty()) return {};
    const auto index = [&](const std::vector<std::int64_t>& values) {
        return torch::tensor(values, torch::kInt64).to(m_options.device);
    };
    return at::cross_entropy_loss(at::linear(clean.hidden.index_select(0, index(rows)), m_base.head()), index(ids));
}

DocumentLoss TrainingDenoiser::learnAll(const TrainingDocument& document, const TrainingWeights& weights, double scale,
                                        bool back) {
    DocumentLoss loss;
    m_evidence = Evidence(m_base.embedding().detach());
    const Slots slots = layOut(document);
    if (slots.targets.empty()) return loss;
    const CleanStream clean = encode(document);
    loss.slots = slots.ids.size(0);
    loss.cleanTokens = clean.positions.size(0);
    const auto states = stateOf(slots);
    const AllLayers all = runAll(inputOf(slots, states), slots, clean, loss);
    const Predicted predicted = predict(slots, states, all.predicting);
    const auto shares = tensorOf(targetShares(slots, document, weights), m_options.device, m_wide);
    auto total = (predicted.loss * shares).sum() * (weights.crossEntropy + weights.distillation);
    loss.loss = total.item<double>();
    loss.targets = slots.targets;
    const auto ids = slots.ids.index_select(0, slots.targetSlots);
    const auto nats = toDoubles(at::cross_entropy_loss(predicted.logits.detach(), ids, {}, 0));
    const auto right = toDoubles(predicted.logits.detach().argmax(1).eq(ids));
    for (std::size_t i = 0; i < loss.targets.size(); ++i) {
        loss.targets[i].crossEntropy = float(nats[i]);
        loss.targets[i].correct = right[i] > 0;
    }
    if (!back) return loss;
    if (const auto next = m_options.bothWays ? torch::Tensor() : nextTokenLoss(clean, document); next.defined())
        total = total + next;
    ((total + all.balance * weights.balance) * scale).backward();
    return loss;
}

} // namespace palimpsest
