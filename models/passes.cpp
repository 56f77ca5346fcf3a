// The two passes of a Model: the clean stream and the noised stream.
#include "kernels/torch/sparse_attention.h"
#include "kernels/torch/weight_product.h"
#include "models/model_parts.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace palimpsest {
namespace {

// Longer inputs go through all layers in passes of this many tokens: what a pass needs is bounded. Causal, so exact.
constexpr std::int64_t kPassTokens = 1024;

// Views of one run of queries on one context: [phase][chunk of queries].
using Views = std::vector<std::vector<KeyView>>;

std::vector<std::int64_t> consecutive(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) positions[std::size_t(i)] = first + i;
    return positions;
}

KeyView onDevice(KeyView view, torch::Device device) {
    return {view.rows.to(device), view.mask.to(device)};
}

} // namespace

torch::Tensor Model::Parts::finishLayer(torch::Tensor& x, const torch::Tensor& attended, const torch::Tensor& output,
                                        int layer) const {
    x.add_(weightProduct(attended, output));
    auto h = base.normed(x, base.layer(layer).feedForwardNorm);
    base.addFeedForward(x, h, base.layer(layer));
    return h;
}

// One input of a clean pass, at most kPassTokens long.
struct Model::CleanSlice {
    CleanContext::Rows* rows = nullptr;
    std::span<const std::int64_t> ids;
    std::int64_t first = 0;
    std::vector<std::int64_t> firstRows; // per phase, of the rows this pass adds
    Views views;

    std::int64_t count() const { return std::int64_t(ids.size()); }

    // Makes room in the context. Taken back when the pass fails on its way.
    void begin(const Parts& parts) {
        firstRows = rows->append(first, count());
        for (int phase = 0; phase < rows->phases(); ++phase) {
            auto& chunks = views.emplace_back();
            for (std::int64_t at = 0; at < count(); at += kQueryChunk) {
                const QueryRun run{first + at, std::min(kQueryChunk, count() - at), Sight::Causal};
                chunks.push_back(
                    onDevice(viewKeys(rows->pattern, phase, run, rows->positions[std::size_t(phase)], parts.dtype),
                             parts.device));
            }
        }
    }
    void takeBack() {
        if (!firstRows.empty()) rows->dropLast(count());
    }

    // qkv (L, H + 2G, K) of this slice: keeps its keys and values, then attends. -> (L, H K)
    torch::Tensor attendIn(int layer, const torch::Tensor& qkv, std::int64_t heads) {
        const auto phase = std::size_t(rows->phase(layer));
        auto& buffer = rows->buffers[std::size_t(layer)];
        const std::int64_t keyHeads = buffer.size(2);
        buffer.narrow(0, firstRows[phase], count())
            .copy_(qkv.narrow(1, heads, 2 * keyHeads).unflatten(1, {2, keyHeads}));
        std::vector<torch::Tensor> outputs;
        std::int64_t at = 0;
        for (const KeyView& view : views[phase]) {
            const std::int64_t queries = view.mask.size(0);
            outputs.push_back(
                attend(qkv.narrow(0, at, queries).narrow(1, 0, heads), buffer.index_select(0, view.rows), view.mask));
            at += queries;
        }
        return outputs.size() == 1 ? outputs.front() : at::cat(outputs);
    }
};

torch::Tensor Model::cleanPass(std::span<CleanSlice> slices) const {
    const Parts& p = *m_parts;
    std::vector<std::int64_t> ids, positions;
    for (CleanSlice& slice : slices) {
        slice.begin(p);
        ids.insert(ids.end(), slice.ids.begin(), slice.ids.end());
        const auto own = consecutive(slice.first, slice.count());
        positions.insert(positions.end(), own.begin(), own.end());
    }
    auto x = p.base.embedding().index_select(0, torch::tensor(ids, torch::kInt64).to(p.device)).to(p.dtype); // (N, D)
    const auto rotation = p.base.rotation(torch::tensor(positions, torch::kInt64).to(p.device));
    for (int l = 0; l < p.config.layers; ++l) {
        const BackboneLayer& layer = p.base.layer(l);
        const auto qkv = p.base.project(p.base.normed(x, layer.attentionNorm), layer.qkv, rotation);
        std::vector<torch::Tensor> attended;
        std::int64_t at = 0;
        for (CleanSlice& slice : slices) {
            attended.push_back(slice.attendIn(l, qkv.narrow(0, at, slice.count()), p.config.heads));
            at += slice.count();
        }
        p.finishLayer(x, attended.size() == 1 ? attended.front() : at::cat(attended), layer.output, l);
    }
    return p.base.normed(x, p.base.finalNorm());
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
            const auto take = std::min(std::size_t(room), in.ids.size() - done);
            slices.push_back({in.context->m_rows.get(),
                              std::span(in.ids).subspan(done, take),
                              in.firstPosition + std::int64_t(done),
                              {},
                              {}});
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
    for (const auto& parts : pieces) results.push_back(parts.size() == 1 ? parts.front() : at::cat(parts));
    return results;
}

// Blocks at one place of one context see the same clean keys: they share views and gathers.
struct Model::BlockPlace {
    const CleanContext::Rows* rows = nullptr;
    std::vector<KeyView> views; // per phase
    torch::Tensor gathered;     // (R, 2, G, K): of the layer being run
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
    std::vector<BlockPlace> places;
    std::vector<std::size_t> placeOf;
    std::map<std::tuple<const void*, std::int64_t, std::int64_t>, std::size_t> known;
    std::vector<std::int64_t> positions;
    for (const NoisedBlock& block : blocks) {
        const CleanContext::Rows& rows = *block.context->m_rows;
        const QueryRun run{block.start - 1, block.state.size(0) + 1, Sight::BothWays};
        const auto [found, added] = known.try_emplace({&rows, run.first, run.count}, places.size());
        placeOf.push_back(found->second);
        if (added) {
            BlockPlace& place = places.emplace_back();
            place.rows = &rows;
            for (int phase = 0; phase < rows.phases(); ++phase)
                place.views.push_back(onDevice(
                    viewKeys(rows.pattern, phase, run, rows.positions[std::size_t(phase)], p.dtype), p.device));
        }
        const auto own = consecutive(run.first, run.count);
        positions.insert(positions.end(), own.begin(), own.end());
    }

    auto x = noisedInput(blocks);
    const auto rotation = p.base.rotation(torch::tensor(positions, torch::kInt64).to(p.device));
    const std::int64_t heads = p.config.heads, keyHeads = p.config.keyHeads;
    for (int l = 0; l < p.config.layers; ++l) {
        const NoisedLayer& layer = p.denoiser.layer(l);
        const auto qkv = p.base.project(p.base.normed(x, p.base.layer(l).attentionNorm), layer.qkv, rotation);
        const auto own = qkv.narrow(1, heads, 2 * keyHeads).unflatten(1, {2, keyHeads});
        for (BlockPlace& place : places)
            place.gathered = place.rows->buffers[std::size_t(l)].index_select(
                0, place.views[std::size_t(place.rows->phase(l))].rows);
        std::vector<torch::Tensor> attended;
        std::int64_t at = 0;
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            const BlockPlace& place = places[placeOf[b]];
            const std::int64_t slots = blocks[b].state.size(0) + 1;
            attended.push_back(attend(qkv.narrow(0, at, slots).narrow(1, 0, heads),
                                      at::cat({place.gathered, own.narrow(0, at, slots)}),
                                      place.views[std::size_t(place.rows->phase(l))].mask));
            at += slots;
        }
        const auto h = p.finishLayer(x, attended.size() == 1 ? attended.front() : at::cat(attended), layer.output, l);
        if (layer.experts) addExperts(x, h, *layer.experts);
    }

    const auto hidden = p.base.normed(x, p.base.finalNorm());
    std::vector<torch::Tensor> results;
    std::int64_t at = 0;
    for (const NoisedBlock& block : blocks) { // slot k predicts target k; the last slot predicts nothing asked for
        results.push_back(hidden.narrow(0, at, block.state.size(0)));
        at += block.state.size(0) + 1;
    }
    return results;
}

} // namespace palimpsest
