#include "kernels/sparse_attention.h"

#include "kernels/cpu/sparse_attention_plan.h"

#include <algorithm>

namespace palimpsest {
namespace {

// Where a call has few tiles, as when a block is drafted, the keys of each are cut too, so that every core has work.
constexpr std::int64_t kFewItems = 8;    // below this many
constexpr std::int64_t kPieceKeys = 300; // not into less than so many keys

// Kept from call to call, since a drafting pass makes thirty calls of a few dozen microseconds: per thread the state and
// scratch of one tile and the list of its keys (at most 8 bytes for each row of the stream).
struct Memory {
    FloatBuffer floats, pieces;
    SeenKeys seen;
    std::vector<SeenKeys> lists; // of fewer than kFewItems tiles
};
Memory& memoryOfThread() {
    thread_local Memory memory;
    return memory;
}

template<class T>
class Forward {
public:
    Forward(const AttentionKernels<T>& kernels, const AttentionInput<T>& input, T* out, float* logSumExp)
        : m_kernels(kernels),
          m_input(input),
          m_plan(input),
          m_finder(input),
          m_out(out),
          m_logSumExp(logSumExp),
          m_perTile(input.keyHeads * m_plan.parts()) {}

    void run(const ParallelFor& parallel) {
        const auto tiles = std::int64_t(m_plan.tiles().size());
        if (tiles == 0) return;
        if (tiles * m_perTile >= kFewItems) {
            parallel(tiles * m_perTile, [this](std::int64_t first, std::int64_t last) { whole(first, last); });
        } else
            inPieces(tiles, parallel);
    }

private:
    AttentionTile<T> tileOf(std::int64_t item, const SeenKeys& seen) const {
        const std::int64_t rest = item % m_perTile;
        return m_plan.tile(m_plan.tiles()[std::size_t(item / m_perTile)], rest / m_plan.parts(), rest % m_plan.parts(),
                           seen);
    }

    void find(std::int64_t tile, SeenKeys& seen) const {
        const QueryTile& t = m_plan.tiles()[std::size_t(tile)];
        m_finder.find(m_input.runs[std::size_t(t.run)], t.query, t.count, seen);
    }

    void finish(std::int64_t item, const AttentionTile<T>& tile, const float* state) const {
        const std::int64_t rest = item % m_perTile, head = m_plan.head(rest / m_plan.parts(), rest % m_plan.parts());
        const std::int64_t at = m_plan.tiles()[std::size_t(item / m_perTile)].row * m_input.heads + head;
        m_kernels.finish(tile, state, m_out + at * m_input.headSize, m_input.heads * m_input.headSize,
                         m_logSumExp ? m_logSumExp + at : nullptr, m_input.heads);
    }

    // The items of a tile lie side by side: a list of keys is found once for all of them.
    void whole(std::int64_t first, std::int64_t last) const {
        Memory& memory = memoryOfThread();
        const std::int64_t stateFloats = attentionStateFloats(int(m_input.headSize));
        float* state = memory.floats.atLeast(stateFloats + attentionScratchFloats(int(m_input.headSize)));
        for (std::int64_t item = first; item < last; ++item) {
            if (item == first || item % m_perTile == 0) find(item / m_perTile, memory.seen);
            const AttentionTile<T> tile = tileOf(item, memory.seen);
            m_kernels.begin(tile, state);
            m_kernels.attend(tile, 0, tile.rowsSeen + tile.ownSeen, state, state + stateFloats);
            finish(item, tile, state);
        }
    }

    void inPieces(std::int64_t tiles, const ParallelFor& parallel) {
        std::vector<SeenKeys>& seen = memoryOfThread().lists;
        seen.resize(std::max(seen.size(), std::size_t(tiles)));
        std::int64_t keys = 0;
        for (std::int64_t t = 0; t < tiles; ++t) {
            find(t, seen[std::size_t(t)]);
            keys = std::max(keys, std::int64_t(seen[std::size_t(t)].keys.size()));
        }
        const std::int64_t items = tiles * m_perTile;
        const std::int64_t pieces =
            std::max<std::int64_t>(1, std::min((kFewItems + items - 1) / items, keys / kPieceKeys));
        const std::int64_t stateFloats = attentionStateFloats(int(m_input.headSize));
        float* states = memoryOfThread().pieces.atLeast(items * pieces * stateFloats);
        const auto stateOf = [=](std::int64_t item, std::int64_t piece) {
            return states + (item * pieces + piece) * stateFloats;
        };
        parallel(items * pieces, [&](std::int64_t first, std::int64_t last) {
            float* scratch = memoryOfThread().floats.atLeast(attentionScratchFloats(int(m_input.headSize)));
            for (std::int64_t at = first; at < last; ++at) {
                const AttentionTile<T> tile = tileOf(at / pieces, seen[std::size_t(at / pieces / m_perTile)]);
                attendPiece(tile, at % pieces, pieces, stateOf(at / pieces, at % pieces), scratch);
                if (pieces == 1) finish(at, tile, stateOf(at, 0));
            }
        });
        if (pieces == 1) return;
        parallel(items, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t item = first; item < last; ++item) {
                const AttentionTile<T> tile = tileOf(item, seen[std::size_t(item / m_perTile)]);
                for (std::int64_t p = 1; p < pieces; ++p) m_kernels.merge(tile, stateOf(item, 0), stateOf(item, p));
                finish(item, tile, stateOf(item, 0));
            }
        });
    }

    void attendPiece(const AttentionTile<T>& tile, std::int64_t piece, std::int64_t pieces, float* state,
                     float* scratch) const {
        const std::int64_t keys = tile.rowsSeen + tile.ownSeen;
        const std::int64_t each = ((keys + pieces - 1) / pieces + kKeyChunk - 1) / kKeyChunk * kKeyChunk;
        m_kernels.begin(tile, state);
        m_kernels.attend(tile, std::min(piece * each, keys), std::min((piece + 1) * each, keys), state, scratch);
    }

    const AttentionKernels<T>& m_kernels;
    const AttentionInput<T>& m_input;
    AttentionPlan<T> m_plan;
    KeyFinder m_finder;
    T* m_out;
    float* m_logSumExp;
    std::int64_t m_perTile; // items: key heads times parts of heads
};

} // namespace

template<class T>
void sparseAttentionForward(const AttentionKernels<T>& kernels, const AttentionInput<T>& input, T* out,
                            float* logSumExp, const ParallelFor& parallel) {
    Forward<T>(kernels, input, out, logSumExp).run(parallel);
}

template<class T>
void sparseAttentionForward(const AttentionInput<T>& input, T* out, float* logSumExp, const ParallelFor& parallel) {
    sparseAttentionForward(kernelsFor(attentionKernels(instructions()), T()), input, out, logSumExp, parallel);
}

template void sparseAttentionForward(const AttentionKernels<float>&, const AttentionInput<float>&, float*, float*,
                                     const ParallelFor&);
template void sparseAttentionForward(const AttentionKernels<Bf16>&, const AttentionInput<Bf16>&, Bf16*, float*,
                                     const ParallelFor&);
template void sparseAttentionForward(const AttentionInput<float>&, float*, float*, const ParallelFor&);
template void sparseAttentionForward(const AttentionInput<Bf16>&, Bf16*, float*, const ParallelFor&);

} // namespace palimpsest
