// The two passes of a Model: the clean stream and the noised stream.
#include "kernels/torch/sparse_attention.h"
#include "kernels/torch/weight_product.h"
#include "models/model_parts.h"

#include <algorithm>

namespace palimpsest {
namespace {

// Longer inputs go through all layers in passes of this many tokens: what a pass needs is bounded. Causal, so exact.
constexpr std::int64_t kPassTokens = 1024;

std::vector<std::int64_t> consecutive(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) positions[std::size_t(i)] = first + i;
    return positions;
}

// What a product of one layer projected, qkv (N, H + 2 G, K): its queries, and its keys and values.
struct Projected {
    torch::Tensor queries;
    AttentionOwn own;
};
Projected projected(const torch::Tensor& qkv, const ModelConfig& c) {
    return {qkv.narrow(1, 0, c.heads),
            {qkv.narrow(1, c.heads, c.keyHeads), qkv.narrow(1, c.heads + c.keyHeads, c.keyHeads)}};
}

torch::Tensor joined(const std::vector<torch::Tensor>& pieces) {
    return pieces.size() == 1 ? pieces.front() : at::cat(pieces);
}

} // namespace

// One input of a clean pass, at most kPassTokens long.
struct Model::CleanSlice {
    CleanContext::Rows* rows = nullptr;
    std::span<const std::int64_t> ids;
    std::int64_t first = 0;
    std::vector<std::int64_t> firstRows; // per phase, of the rows this pass adds

    std::int64_t count() const { return std::int64_t(ids.size()); }

    // Makes room in the context. Taken back when the pass fails on its way.
    void begin(const Backbone& base) {
        rows->turnGlobals(first, base);
        firstRows = rows->append(first, count());
    }
    void takeBack() {
        if (!firstRows.empty()) rows->dropLast(count());
    }

    // qkv (L, H + 2G, K) of this slice: keeps its keys and values, then attends. -> (L, H, K)
    torch::Tensor attendIn(int layer, const torch::Tensor& qkv, std::int64_t heads, bool bothWays) {
        auto& buffer = rows->buffers[std::size_t(layer)];
        const std::int64_t keyHeads = buffer.size(2);
        buffer.narrow(0, firstRows[std::size_t(rows->phase(layer))], count())
            .copy_(qkv.narrow(1, heads, 2 * keyHeads).unflatten(1, {2, keyHeads}));
        const AttentionRun run{first, count(), !bothWays};
        return sparseAttention(qkv.narrow(1, 0, heads), rows->view(layer), std::span(&run, 1)).output;
    }
};

// x (N, D) at its positions through all layers -> normed hidden states (N, D). The clean stream has the base's
// matrices, the noised one adapted ones and experts besides. What attends differs: attend(layer, qkv (N, H + 2G, K)) ->
// (N, H, K).
torch::Tensor Model::throughLayers(Stream stream, torch::Tensor x, const std::vector<std::int64_t>& positions,
                                   const std::function<torch::Tensor(int, const torch::Tensor&)>& attend) const {
    const Parts& p = *m_parts;
    const auto turns = p.base.turns(torch::tensor(positions, torch::kInt64).to(p.device));
    torch::Tensor pending; // the feed-forward's and the experts' output, not added to x yet
    for (int l = 0; l < p.config.layers; ++l) {
        const BackboneLayer& layer = p.base.layer(l);
        const BackboneProducts& products = p.base.products(l);
        const NoisedLayer* const noised = stream == Stream::Noised ? &p.denoiser.layer(l) : nullptr;
        const auto qkv = p.base.project(p.base.addAndNorm(x, pending, layer.attentionNorm),
                                        noised ? noised->qkv : products.qkv, turns);
        const auto output = weightProduct(attend(l, qkv).flatten(1), noised ? noised->output : products.output);
        const auto h = p.base.addAndNorm(x, output, layer.feedForwardNorm);
        pending = p.base.feedForward(h, products);
        if (noised && noised->experts) addExperts(pending, h, *noised->experts);
    }
    return p.base.addAndNorm(x, pending, p.base.finalNorm());
}

// The same of tokens in the clean stream.
torch::Tensor Model::throughBase(const std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& positions,
                                 const std::function<torch::Tensor(int, const torch::Tensor&)>& attend) const {
    const Parts& p = *m_parts;
    const auto rows = torch::tensor(ids, torch::kInt64).to(p.device);
    return throughLayers(Stream::Clean, p.base.embedding().index_select(0, rows).to(p.dtype), positions, attend);
}

torch::Tensor Model::cleanPass(std::span<CleanSlice> slices) const {
    const Parts& p = *m_parts;
    std::vector<std::int64_t> ids, positions;
    for (CleanSlice& slice : slices) {
        slice.begin(p.base);
        ids.insert(ids.end(), slice.ids.begin(), slice.ids.end());
        const auto own = consecutive(slice.first, slice.count());
        positions.insert(positions.end(), own.begin(), own.end());
    }
    return throughBase(ids, positions, [&](int layer, const torch::Tensor& qkv) {
        std::vector<torch::Tensor> attended; // (N, H, K)
        std::int64_t at = 0;
        for (CleanSlice& slice : slices) {
            attended.push_back(slice.attendIn(layer, qkv.narrow(0, at, slice.count()), p.config.heads, p.bothWays));
            at += slice.count();
        }
        return joined(attended);
    });
}

std::vector<torch::Tensor> Model::clean(std::span<const CleanInput> inputs) const {
    const c10::InferenceMode guard;
    std::vector<std::vector<torch::Tensor>> pieces(inputs.size());
    std::size_t input = 0, done = 0; // tokens of inputs[input] that are done
    while (input < inputs.size()) {
        std::vector<CleanSlice> slices;
        std::vector<std::size_t> owners;
        for (std::int64_t room = kPassTokens; room > 0 && input < inputs.size();) {
            const CleanInput& in = inputs[input];
            CleanContext::Rows* rows = in.context->m_rows.get();
            const std::int64_t first = in.firstPosition + std::int64_t(done);
            const auto take =
                std::min(std::size_t(std::min(room, rows->stretchEnd(first) - first)), in.ids.size() - done);
            slices.push_back({rows, std::span(in.ids).subspan(done, take), first, {}});
            owners.push_back(input);
            room -= std::int64_t(take);
            done += take;
            if (done < in.ids.size()) break;
            ++input;
            done = 0;
        }
        torch::Tensor hidden;
        try {
            hidden = cleanPass(slices);
        } catch (...) {
            for (CleanSlice& slice : slices) slice.takeBack();
            throw;
        }
        std::int64_t at = 0;
        for (std::size_t s = 0; s < slices.size(); ++s) {
            slices[s].rows->length = std::max(slices[s].rows->length, slices[s].first + slices[s].count());
            pieces[owners[s]].push_back(hidden.narrow(0, at, slices[s].count()));
            at += slices[s].count();
        }
    }
    std::vector<torch::Tensor> results;
    for (const auto& parts : pieces) results.push_back(joined(parts));
    return results;
}

// The tokens of a tree in preorder, as attention wants them.
struct Model::TreeOrder {
    std::vector<std::int64_t> ids, positions; // of the slots
    std::vector<TreeSlot> slots;
    std::vector<std::int64_t> places; // token -> slot

    explicit TreeOrder(const TokenTree& tree) : places(tree.ids.size()) {
        std::vector<std::vector<std::size_t>> children(tree.ids.size());
        for (std::size_t token = 0; token < tree.ids.size(); ++token)
            if (tree.parents[token] >= 0) children[std::size_t(tree.parents[token])].push_back(token);
        for (std::size_t token = 0; token < tree.ids.size(); ++token)
            if (tree.parents[token] < 0) add(tree, children, token, 0);
    }

private:
    void add(const TokenTree& tree, const std::vector<std::vector<std::size_t>>& children, std::size_t token,
             std::int32_t depth) { // as deep as a block is long
        const std::size_t slot = slots.size();
        places[token] = std::int64_t(slot);
        ids.push_back(tree.ids[token]);
        positions.push_back(tree.start + depth);
        slots.push_back({depth, 0});
        for (const std::size_t child : children[token]) add(tree, children, child, depth + 1);
        slots[slot].end = std::int32_t(slots.size());
    }
};

std::vector<TreePass> Model::branches(std::span<const TokenTree> trees) const {
    const c10::InferenceMode guard;
    const Parts& p = *m_parts;
    std::vector<std::int64_t> ids, positions;
    std::vector<TreeOrder> orders;
    for (const TokenTree& tree : trees) {
        tree.context->m_rows->turnGlobals(tree.start, p.base);
        const TreeOrder& own = orders.emplace_back(tree);
        ids.insert(ids.end(), own.ids.begin(), own.ids.end());
        positions.insert(positions.end(), own.positions.begin(), own.positions.end());
    }
    std::vector<torch::Tensor> rows; // per layer
    const auto hidden = throughBase(ids, positions, [&](int layer, const torch::Tensor& qkv) {
        rows.push_back(qkv.narrow(1, p.config.heads, 2 * p.config.keyHeads));
        std::vector<torch::Tensor> attended; // (N, H, K)
        std::int64_t at = 0;
        for (std::size_t t = 0; t < trees.size(); ++t) {
            const auto count = std::int64_t(trees[t].ids.size());
            const auto [queries, own] = projected(qkv.narrow(0, at, count), p.config);
            attended.push_back(
                treeAttention(queries, trees[t].context->m_rows->view(layer), trees[t].start, orders[t].slots, own));
            at += count;
        }
        return joined(attended);
    });
    std::vector<TreePass> results;
    std::int64_t at = 0;
    for (const TreeOrder& own : orders) {
        const auto places = torch::tensor(own.places, torch::kInt64).to(p.device) + at;
        TreePass& result = results.emplace_back();
        result.hidden = hidden.index_select(0, places);
        for (const auto& layer : rows) result.rows.push_back(layer.index_select(0, places));
        at += std::int64_t(own.ids.size());
    }
    return results;
}

void Model::take(const TokenTree& tree, const TreePass& pass, std::int32_t last) const {
    const c10::InferenceMode guard;
    std::vector<std::int64_t> path;
    for (std::int32_t token = last; token >= 0; token = tree.parents[std::size_t(token)]) path.push_back(token);
    std::ranges::reverse(path);
    const auto count = std::int64_t(path.size());
    const auto index = torch::tensor(path, torch::kInt64).to(m_parts->device);
    CleanContext::Rows& rows = *tree.context->m_rows;
    const auto firstRows = rows.append(tree.start, count);
    for (int l = 0; l < m_parts->config.layers; ++l) {
        auto& buffer = rows.buffers[std::size_t(l)];
        buffer.narrow(0, firstRows[std::size_t(rows.phase(l))], count)
            .copy_(pass.rows[std::size_t(l)].index_select(0, index).unflatten(1, {2, buffer.size(2)}));
    }
    rows.length = std::max(rows.length, tree.start + count);
}

// Blocks of one context go through one attention: as many runs over the same rows.
struct Model::BlockGroup {
    const CleanContext::Rows* rows = nullptr;
    std::vector<AttentionRun> runs;
    std::int64_t begin = 0, count = 0; // their slots
};

torch::Tensor Model::noisedInput(std::span<const NoisedBlock> blocks) const {
    const Parts& p = *m_parts;
    std::vector<std::int64_t> anchors;
    for (const NoisedBlock& block : blocks) anchors.push_back(block.anchor);
    const auto anchorRows = embed(anchors);
    std::vector<torch::Tensor> states, levels;
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        states.push_back(anchorRows.narrow(0, std::int64_t(b), 1));
        states.push_back(blocks[b].state.to(p.device));
        levels.push_back(torch::zeros({1}, states.back().options()));
        levels.push_back(blocks[b].level.to(p.device));
    }
    auto x = at::cat(states); // (N, D) f32
    if (const auto levelled = p.denoiser.levelEmbedding(at::cat(levels)); levelled.defined()) x.add_(levelled);
    return x.to(p.dtype);
}

std::vector<torch::Tensor> Model::noised(std::span<const NoisedBlock> blocks) const {
    const c10::InferenceMode guard;
    const Parts& p = *m_parts;
    std::vector<BlockGroup> groups; // of neighbouring blocks with one context
    std::vector<std::int64_t> positions;
    for (const NoisedBlock& block : blocks) {
        const CleanContext::Rows* rows = block.context->m_rows.get();
        if (groups.empty() || groups.back().rows != rows)
            groups.push_back({rows, {}, std::int64_t(positions.size()), 0});
        AttentionRun run{block.start - 1, block.state.size(0) + 1};
        run.causal = false;
        run.own = true;
        groups.back().runs.push_back(run);
        groups.back().count += run.count;
        const auto own = consecutive(run.first, run.count);
        positions.insert(positions.end(), own.begin(), own.end());
    }

    const auto hidden =
        throughLayers(Stream::Noised, noisedInput(blocks), positions, [&](int layer, const torch::Tensor& qkv) {
            std::vector<torch::Tensor> attended; // (N, H, K)
            for (const BlockGroup& group : groups) {
                const auto [queries, own] = projected(qkv.narrow(0, group.begin, group.count), p.config);
                attended.push_back(sparseAttention(queries, group.rows->view(layer), group.runs, own).output);
            }
            return joined(attended);
        });
    std::vector<torch::Tensor> results;
    std::int64_t at = 0;
    for (const NoisedBlock& block : blocks) { // slot k predicts target k; the last slot predicts nothing asked for
        results.push_back(hidden.narrow(0, at, block.state.size(0)));
        at += block.state.size(0) + 1;
    }
    return results;
}

} // namespace palimpsest
