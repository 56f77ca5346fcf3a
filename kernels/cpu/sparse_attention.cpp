#include "kernels/sparse_attention.h"

#include "kernels/cpu/sparse_attention_plan.h"

#include <algorithm>

namespace palimpsest {
namespace {

// Where a call has few tiles, as when a block is drafted, the keys of each are cut too, so that every core has work.
constexpr std::int64_t kFewItems = 8;    // below this many
constexpr std::int64_t kPieceKeys = 300; // not into less than so many keys

// Neighbouring tiles see mostly the same rows, and the rows of one key head fit the second-level cache where those of
// all do not. So work goes through this many tiles for one key head, then for the next, with the lists of keys kept.
constexpr std::int64_t kGroupTiles = 32;

// Kept from call to call, since a drafting pass makes thirty calls of a few dozen microseconds: per thread the state and
// scratch of one tile and the lists of keys of a group of tiles.
struct Memory {
    FloatBuffer floats, pieces;
    std::vector<SeenKeys> lists; // of a group of tiles
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
    // One tile for one key head and one part of the query heads that share it.
    struct Item {
        std::int64_t tile, keyHead, part;
    };

    Item itemAt(std::int64_t index) const {
        const auto tiles = std::int64_t(m_plan.tiles().size());
        const std::int64_t first = index / (kGroupTiles * m_perTile) * kGroupTiles;
        const std::int64_t inGroup = std::min(kGroupTiles, tiles - first), rest = index - first * m_perTile;
        const std::int64_t other = rest / inGroup;
        return {first + rest % inGroup, other / m_plan.parts(), other % m_plan.parts()};
    }

    AttentionTile<T> tileOf(const Item& item, const SeenKeys& seen) const {
        return m_plan.tile(m_plan.tiles()[std::size_t(item.tile)], item.keyHead, item.part, seen);
    }

    void find(std::int64_t tile, SeenKeys& seen) const {
        const QueryTile& t = m_plan.tiles()[std::size_t(tile)];
        m_finder.find(m_input.runs[std::size_t(t.run)], t.query, t.count, seen);
    }

    void finish(const Item& item, const AttentionTile<T>& tile, const float* state) const {
        const std::int64_t row = m_plan.tiles()[std::size_t(item.tile)].row;
        const std::int64_t at = row * m_input.heads + m_plan.head(item.keyHead, item.part);
        m_kernels.finish(tile, state, m_out + at * m_input.headSize, m_input.heads * m_input.headSize,
                         m_logSumExp ? m_logSumExp + at : nullptr, m_input.heads);
    }

    void prefetch(const Item& item) const {
        const QueryTile& tile = m_plan.tiles()[std::size_t(item.tile)];
        const std::int64_t column = m_plan.head(item.keyHead, item.part) * m_input.headSize;
        const std::int64_t elements = m_plan.part(item.part).count * m_input.headSize;
        prefetchRows(m_input.queries + tile.row * m_input.queryStride + column, m_input.queryStride, tile.count,
                     elements);
    }

    void whole(std::int64_t first, std::int64_t last) const {
        Memory& memory = memoryOfThread();
        const std::int64_t stateFloats = attentionStateFloats(int(m_input.headSize));
        float* state = memory.floats.atLeast(stateFloats + attentionScratchFloats(int(m_input.headSize)));
        memory.lists.resize(std::size_t(kGroupTiles));
        std::int64_t found[kGroupTiles]; // the tiles whose lists are there
        std::fill_n(found, kGroupTiles, -1);
        for (std::int64_t index = first; index < last; ++index) {
            const Item item = itemAt(index);
            SeenKeys& seen = memory.lists[std::size_t(item.tile % kGroupTiles)];
            if (found[item.tile % kGroupTiles] != item.tile) find(item.tile, seen);
            found[item.tile % kGroupTiles] = item.tile;
            const AttentionTile<T> tile = tileOf(item, seen);
            m_kernels.begin(tile, state);
            if (index + 1 < last) prefetch(itemAt(index + 1));
            m_kernels.attend(tile, 0, tile.rowsSeen + tile.ownSeen, state, state + stateFloats);
            finish(item, tile, state);
        }
    }

    void inPieces(std::int64_t tiles, const ParallelFor& parallel) {
        std::vector<SeenKeys>& seen = memoryOfThread().lists;
        seen.resize(std::size_t(kGroupTiles)); // more than kFewItems
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
                const Item item = itemAt(at / pieces);
                const AttentionTile<T> tile = tileOf(item, seen[std::size_t(item.tile)]);
                attendPiece(tile, at % pieces, pieces, stateOf(at / pieces, at % pieces), scratch);
                if (pieces == 1) finish(item, tile, stateOf(at, 0));
            }
        });
        if (pieces == 1) return;
        const std::int64_t lanes = m_plan.tiles().front().count * m_plan.part(0).count;
        parallelRows(items, pieces * lanes * m_input.headSize, parallel, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t at = first; at < last; ++at) {
                const Item item = itemAt(at);
                const AttentionTile<T> tile = tileOf(item, seen[std::size_t(item.tile)]);
                for (std::int64_t p = 1; p < pieces; ++p) m_kernels.merge(tile, stateOf(at, 0), stateOf(at, p));
                finish(item, tile, stateOf(at, 0));
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
