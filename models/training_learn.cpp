// One document of a TrainingDenoiser: its slots, its loss, and the way back.
#include "models/sequential_head.h"
#include "models/training_parts.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace palimpsest {
namespace {

// What the level of a slot means.
struct SlotLevel {
    double share = 1, spread = 0, kappa = 0;

    SlotLevel(double level, const NoiseSchedule& schedule, double scale, bool absorbing) {
        if (level <= 0) return;
        if (level >= 1 && absorbing) {
            share = 0;
            return;
        }
        const double alphaBar = schedule.alphaBar(level);
        share = std::sqrt(alphaBar);
        spread = std::sqrt(1 - alphaBar) * scale;
        kappa = share / ((1 - alphaBar) * scale * scale);
    }
};

} // namespace

torch::Tensor tensorOf(const std::vector<double>& values, torch::Device device, torch::ScalarType type) {
    return torch::tensor(values, torch::kFloat64).to(device, type);
}

std::vector<double> toDoubles(const torch::Tensor& x) {
    const auto host = x.detach().to(torch::kCPU, torch::kFloat64).contiguous();
    return {host.const_data_ptr<double>(), host.const_data_ptr<double>() + host.numel()};
}

// --- slots ---

// A document's slots as plain numbers, one entry each.
struct TrainingDenoiser::SlotRows {
    std::vector<std::int64_t> ids, positions;
    std::vector<double> levels, shares, spreads, kappa, shrink;
    std::vector<std::size_t> targets; // slots that count, as Slots::targets

    void add(std::int64_t id, std::int64_t position, double level, const SlotLevel& meaning) {
        ids.push_back(id);
        positions.push_back(position);
        levels.push_back(level);
        shares.push_back(meaning.share);
        spreads.push_back(meaning.spread);
        kappa.push_back(meaning.kappa);
        shrink.push_back(meaning.kappa * meaning.share);
    }
};

TrainingDenoiser::SlotRows TrainingDenoiser::rowsOf(const TrainingDocument& document, Slots& slots) const {
    SlotRows rows;
    const auto add = [&](std::int64_t position, float level) {
        rows.add(document.ids[std::size_t(position)], position, double(level),
                 SlotLevel(double(level), m_schedule, noiseScale(), m_options.absorbing));
    };
    for (std::size_t b = 0; b < document.blocks.size(); ++b) {
        const TrainingBlock& block = document.blocks[b];
        AttentionRun run{block.start - 1, std::int64_t(block.levels.size()) + 1};
        run.causal = false;
        run.own = true;
        if (document.gaps.empty()) { // what follows holds the answers
            run.hiddenBegin = block.start;
            run.hiddenEnd = kEndOfText;
        }
        slots.runs.push_back(run);
        add(block.start - 1, 0);
        for (std::size_t k = 0; k < block.levels.size(); ++k) {
            if (block.levels[k] > 0) {
                rows.targets.push_back(rows.ids.size());
                slots.targets.push_back({block.levels[k], int(k), int(b), 0, 0, {}});
            }
            add(block.start + std::int64_t(k), block.levels[k]);
        }
    }
    return rows;
}

TrainingDenoiser::Slots TrainingDenoiser::layOut(const TrainingDocument& document) const {
    Slots slots;
    const SlotRows rows = rowsOf(document, slots);
    // Targets with evidence first: the loss is cheaper where none of its rows has any.
    std::vector<std::size_t> order(rows.targets.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_partition(order, [&](std::size_t i) { return rows.kappa[rows.targets[i]] > 0; });
    std::vector<TargetLoss> sorted;
    std::vector<std::int64_t> targetSlots, targetPositions;
    for (const std::size_t i : order) {
        sorted.push_back(slots.targets[i]);
        targetSlots.push_back(std::int64_t(rows.targets[i]));
        targetPositions.push_back(rows.positions[rows.targets[i]]);
    }
    slots.targets = std::move(sorted);

    const torch::Device device = m_options.device;
    const auto numbers = [&](const std::vector<double>& values) { return tensorOf(values, device, m_wide); };
    const auto indices = [&](const std::vector<std::int64_t>& values) {
        return torch::tensor(values, torch::kInt64).to(device);
    };
    slots.ids = indices(rows.ids);
    slots.levels = numbers(rows.levels);
    slots.shares = numbers(rows.shares).unsqueeze(1);
    slots.spreads = numbers(rows.spreads).unsqueeze(1);
    slots.kappa = numbers(rows.kappa);
    slots.shrink = numbers(rows.shrink);
    slots.targetSlots = indices(targetSlots);
    slots.positions = indices(targetPositions);
    // Drawn on the CPU, so that every device sees the same noise.
    auto generator = at::make_generator<at::CPUGeneratorImpl>(document.noiseSeed);
    slots.noise = torch::randn({slots.ids.size(0), m_config.width}, generator, torch::kFloat32).to(device, m_wide);
    slots.rotation = rotationOf(rows.positions);
    return slots;
}

// --- the loss ---

// Fewer undecided words before a target, more weight.
std::vector<double> TrainingDenoiser::targetShares(const Slots& slots, const TrainingDocument& document,
                                                   const TrainingWeights& weights) const {
    std::vector<double> share(slots.targets.size());
    double total = 0;
    std::vector<std::vector<int>> undecided(document.blocks.size());
    for (std::size_t b = 0; b < document.blocks.size(); ++b) {
        int count = 0;
        for (const float level : document.blocks[b].levels) {
            undecided[b].push_back(count);
            count += level > 0;
        }
    }
    for (std::size_t i = 0; i < share.size(); ++i) {
        const TargetLoss& target = slots.targets[i];
        share[i] = std::pow(weights.positionDecay, undecided[std::size_t(target.block)][std::size_t(target.position)]);
        total += share[i];
    }
    for (double& value : share) value /= std::max(total, 1e-30);
    return share;
}

HeadLossInput TrainingDenoiser::headInput(const Slots& slots, const torch::Tensor& states, const CleanStream& clean,
                                          const TrainingDocument& document, const TrainingWeights& weights) const {
    HeadLossInput in;
    const auto& at = slots.targetSlots;
    in.pull =
        (states.index_select(0, at) - m_parameters->at("absorbing")) * slots.kappa.index_select(0, at).unsqueeze(1);
    in.shrink = slots.shrink.index_select(0, at);
    in.targets = slots.ids.index_select(0, at);
    const bool distils = document.gaps.empty() && weights.distillation > 0;
    if (distils) in.teacher = clean.hidden.index_select(0, slots.positions - 1);
    const auto each = tensorOf(targetShares(slots, document, weights), m_options.device, m_wide);
    in.crossEntropyWeight = each * (weights.crossEntropy + (distils ? 0 : weights.distillation));
    in.distillationWeight = each * weights.distillation;
    return in;
}

void TrainingDenoiser::addLoss(DocumentLoss& loss, const Slots& slots, const HeadLossInput& in,
                               const HeadLoss& head) const {
    loss.targets = slots.targets;
    const auto crossEntropy = toDoubles(head.crossEntropy), divergence = toDoubles(head.divergence);
    for (std::size_t i = 0; i < loss.targets.size(); ++i) {
        loss.targets[i].crossEntropy = float(crossEntropy[i]);
        loss.targets[i].divergence = float(divergence[i]);
    }
    auto sum = (head.crossEntropy * in.crossEntropyWeight).sum();
    if (in.teacher.defined()) sum = sum + (head.divergence * in.distillationWeight).sum();
    loss.loss = sum.item<double>();
}

void TrainingDenoiser::learnSequence(const HeadLossInput& in, const Slots& slots, const TrainingDocument& document,
                                     double scale, DocumentLoss& loss) const {
    if (m_options.sequentialWidth == 0) return;
    std::vector<std::int64_t> rows; // of targets
    for (std::size_t i = 0; i < slots.targets.size(); ++i) {
        const TargetLoss& target = slots.targets[i];
        const auto& levels = document.blocks[std::size_t(target.block)].levels;
        if (target.position > 0 && levels[std::size_t(target.position - 1)] > 0) rows.push_back(std::int64_t(i));
    }
    if (rows.empty()) return;
    const auto index = torch::tensor(rows, torch::kInt64).to(m_options.device);
    const auto pick = [&](const torch::Tensor& x) { return x.defined() ? x.index_select(0, index) : x; };
    const auto word = [&](std::int64_t before) {
        const auto ids = slots.ids.index_select(0, pick(slots.targetSlots) - before);
        return m_base.embedding().index_select(0, ids).to(m_wide);
    };
    const auto product = [&](const char* name) {
        return [&, name](const torch::Tensor& x) { return at::linear(x, m_parameters->at(name)); };
    };
    const SequentialHead head{product(sequential_head::kIn), product(sequential_head::kOut),
                              m_parameters->at(sequential_head::kBias)};
    HeadLossInput own;
    own.hidden = behindTokens(head, pick(in.hidden.detach()).to(m_wide), word(1), word(2)).to(m_options.dtype);
    own.pull = pick(in.pull.detach());
    own.shrink = pick(in.shrink);
    own.targets = pick(in.targets);
    own.teacher = pick(in.teacher);
    // The same two weights, over these targets alone.
    const double share = double(slots.targets.size()) / double(rows.size());
    own.crossEntropyWeight = pick(in.crossEntropyWeight) * share;
    own.distillationWeight = pick(in.distillationWeight) * share;
    const HeadLoss result = headLoss(own, m_base.head(), m_base.embedding(), m_evidence.halfNorms(), scale != 0);
    const auto crossEntropy = toDoubles(result.crossEntropy);
    for (std::size_t i = 0; i < rows.size(); ++i)
        loss.targets[std::size_t(rows[i])].sequential = float(crossEntropy[i]);
    if (scale != 0) torch::autograd::backward({own.hidden}, {result.hiddenGradient * scale});
}

void TrainingDenoiser::addLoad(DocumentLoss& loss, const LayerResult& layer) const {
    if (!layer.balance.defined()) return;
    loss.balance += layer.balance.item<double>() / double(adaptedLayers());
    const auto load = layer.load.to(torch::kCPU);
    loss.load.insert(loss.load.end(), load.const_data_ptr<std::int64_t>(),
                     load.const_data_ptr<std::int64_t>() + load.numel());
}

// --- forward and back ---

TrainingDenoiser::AllLayers TrainingDenoiser::runAll(torch::Tensor x, const Slots& slots, const CleanStream& clean,
                                                     DocumentLoss& loss) const {
    torch::Tensor balance = torch::zeros({}, torch::TensorOptions().dtype(m_wide).device(m_options.device));
    for (int l = 0; l < m_config.layers; ++l) {
        const LayerResult layer = runLayer(x, l, slots, clean);
        x = layer.output;
        addLoad(loss, layer);
        if (layer.balance.defined()) balance = balance + layer.balance;
    }
    return {normed(x, m_base.finalNorm()).index_select(0, slots.targetSlots - 1), balance};
}

void TrainingDenoiser::learnPlainly(const Slots& slots, const CleanStream& clean, const TrainingDocument& document,
                                    const TrainingWeights& weights, double scale, DocumentLoss& loss) {
    const auto states = stateOf(slots);
    const AllLayers all = runAll(inputOf(slots, states), slots, clean, loss);
    HeadLossInput in = headInput(slots, states, clean, document, weights);
    in.hidden = all.predicting;
    const HeadLoss head = headLoss(in, m_base.head(), m_base.embedding(), m_evidence.halfNorms(), true);
    addLoss(loss, slots, in, head);
    learnSequence(in, slots, document, scale, loss);
    std::vector<torch::Tensor> ends{in.hidden, in.pull};
    std::vector<torch::Tensor> gradients{head.hiddenGradient * scale, head.pullGradient * scale};
    if (all.balance.requires_grad()) {
        ends.push_back(all.balance);
        gradients.push_back(torch::full({}, scale * weights.balance, all.balance.options()));
    }
    torch::autograd::backward(ends, gradients);
}

// Keeps each layer's input only and runs the layer again on the way back: one layer's activations at a time.
void TrainingDenoiser::learnAgain(const Slots& slots, const CleanStream& clean, const TrainingDocument& document,
                                  const TrainingWeights& weights, double scale, DocumentLoss& loss) {
    const auto states = stateOf(slots);
    const auto input = inputOf(slots, states);
    std::vector<torch::Tensor> inputs{input.detach()};
    {
        const at::NoGradGuard guard;
        for (int l = 0; l < m_config.layers; ++l) {
            const LayerResult layer = runLayer(inputs.back(), l, slots, clean);
            inputs.push_back(layer.output);
            addLoad(loss, layer);
        }
    }
    torch::Tensor leaf = inputs.back().detach().requires_grad_();
    inputs.pop_back();
    HeadLossInput in = headInput(slots, states, clean, document, weights);
    in.hidden = normed(leaf, m_base.finalNorm()).index_select(0, slots.targetSlots - 1);
    const HeadLoss head = headLoss(in, m_base.head(), m_base.embedding(), m_evidence.halfNorms(), true);
    addLoss(loss, slots, in, head);
    learnSequence(in, slots, document, scale, loss);
    torch::autograd::backward({in.hidden}, {head.hiddenGradient * scale});
    for (int l = m_config.layers - 1; l >= 0; --l) {
        const auto gradient = leaf.grad();
        leaf = inputs.back().requires_grad_();
        inputs.pop_back();
        const LayerResult layer = runLayer(leaf, l, slots, clean);
        std::vector<torch::Tensor> ends{layer.output}, gradients{gradient};
        if (layer.balance.defined()) {
            ends.push_back(layer.balance);
            gradients.push_back(torch::full({}, scale * weights.balance, layer.balance.options()));
        }
        torch::autograd::backward(ends, gradients);
    }
    torch::autograd::backward({input, in.pull}, {leaf.grad(), head.pullGradient * scale});
}

DocumentLoss TrainingDenoiser::learn(const TrainingDocument& document, const TrainingWeights& weights, double scale) {
    if (m_options.trainBase) return learnAll(document, weights, scale, true);
    DocumentLoss loss;
    const Slots slots = layOut(document);
    if (slots.targets.empty()) return loss;
    const CleanStream clean = encode(document);
    loss.slots = slots.ids.size(0);
    loss.cleanTokens = clean.positions.size(0);
    if (m_options.onlySequential)
        passOver(slots, clean, document, weights, scale, loss);
    else if (m_options.checkpointActivations)
        learnAgain(slots, clean, document, weights, scale, loss);
    else
        learnPlainly(slots, clean, document, weights, scale, loss);
    return loss;
}

DocumentLoss TrainingDenoiser::evaluate(const TrainingDocument& document, const TrainingWeights& weights) {
    const at::NoGradGuard guard;
    if (m_options.trainBase) return learnAll(document, weights, 0, false);
    DocumentLoss loss;
    const Slots slots = layOut(document);
    if (!slots.targets.empty()) passOver(slots, encode(document), document, weights, 0, loss);
    return loss;
}

// Forward alone; with a scale the sequential head learns from it.
void TrainingDenoiser::passOver(const Slots& slots, const CleanStream& clean, const TrainingDocument& document,
                                const TrainingWeights& weights, double scale, DocumentLoss& loss) {
    HeadLossInput in;
    {
        const at::NoGradGuard guard;
        const auto states = stateOf(slots);
        in = headInput(slots, states, clean, document, weights);
        in.hidden = runAll(inputOf(slots, states), slots, clean, loss).predicting;
        addLoss(loss, slots, in, headLoss(in, m_base.head(), m_base.embedding(), m_evidence.halfNorms(), false));
    }
    learnSequence(in, slots, document, scale, loss);
}

// --- for tests ---

TrainingDenoiser::Forward TrainingDenoiser::forward(const TrainingDocument& document) {
    const at::NoGradGuard guard;
    const Slots slots = layOut(document);
    const CleanStream clean = encode(document);
    const auto states = stateOf(slots);
    auto x = inputOf(slots, states);
    for (int l = 0; l < m_config.layers; ++l) x = runLayer(x, l, slots, clean).output;
    std::vector<std::int64_t> targets;
    std::int64_t at = 0;
    for (const TrainingBlock& block : document.blocks) {
        for (std::size_t k = 1; k <= block.levels.size(); ++k) targets.push_back(at + std::int64_t(k));
        at += std::int64_t(block.levels.size()) + 1;
    }
    const auto index = torch::tensor(targets, torch::kInt64).to(m_options.device);
    return {states.index_select(0, index), normed(x, m_base.finalNorm()).index_select(0, index - 1)};
}

} // namespace palimpsest
