#include "kernels/sparse_attention.h"

#include "kernels/cpu/sparse_attention_plan.h"

#include <algorithm>

namespace palimpsest {
namespace {

// A piece is consecutive tiles whose gradients of rows are summed by one thread at a time, tile after tile, in rows of
// its own; the pieces' rows are added in order afterwards. So no sum depends on the number of threads. About this many
// pieces times key heads, of not less than so many tiles: a piece costs memory for the rows that it reaches.
constexpr std::int64_t kPieces = 16, kPieceTiles = 8;

struct Piece {
    std::int64_t firstTile, lastTile; // runs with own slots are never cut
    RowRange rows;                    // reached; global rows outside have places after these
    std::int64_t offset = 0;          // of its sums, in rows, for the first key head
};

// Kept from call to call by the thread that calls, since the system takes about as long to hand out so much memory as the
// kernels to fill it: for each key head some (L + reach x pieces, 2, K) floats.
struct Memory {
    FloatBuffer rowSums, ownSums;
};
Memory& memoryOfCaller() {
    thread_local Memory memory;
    return memory;
}
struct TileKeys {
    SeenKeys seen;
    std::vector<std::int32_t> slots; // of its rows, among the sums of their gradients
};
struct PieceMemory { // of each thread that works
    FloatBuffer tile;
    std::vector<TileKeys> lists; // of a piece's tiles
};
PieceMemory& memoryOfWorker() {
    thread_local PieceMemory memory;
    return memory;
}

// The sums of the gradients of one kind of rows: (places, padded K), or where they are wanted.
struct Sums {
    float *keys = nullptr, *values = nullptr;
    std::int64_t stride = 0;
};

template<class T>
class Backward {
public:
    Backward(const AttentionKernels<T>& kernels, const AttentionInput<T>& input, const AttentionGradients<T>& gradients)
        : m_kernels(kernels),
          m_in(input),
          m_g(gradients),
          m_plan(input),
          m_finder(input),
          m_globals(m_finder.globalRows()),
          m_padded(paddedHeadSize(input.headSize)) {}

    void run(const ParallelFor& parallel) {
        cut();
        m_direct = writesDirectly(m_pieces.size() <= 1);
        m_ownDirect = writesDirectly(true);
        allocate();
        const std::int64_t heads = m_in.keyHeads;
        parallel(std::int64_t(m_pieces.size()) * heads, [&](std::int64_t first, std::int64_t last) {
            const Piece* found = nullptr; // whose lists are there
            for (std::int64_t item = first; item < last; ++item) {
                const Piece& piece = m_pieces[std::size_t(item / heads)];
                if (found != &piece) findKeys(piece);
                found = &piece;
                runPiece(piece, item % heads);
            }
        });
        if (m_g.keys && !(m_direct && !m_pieces.empty()))
            parallel(std::int64_t(m_in.positions.size()),
                     [this](std::int64_t first, std::int64_t last) { addPieces(first, last); });
    }

private:
    // Whether sums can be made where gradients are wanted: f32, and no vector reaches past a row.
    static constexpr bool kFloat = std::is_same_v<T, float>;
    bool writesDirectly(bool onePiece) const { return kFloat && onePiece && m_padded == m_in.headSize; }

    void cut() {
        const auto& tiles = m_plan.tiles();
        const auto count = std::int64_t(tiles.size());
        const std::int64_t wanted = std::max<std::int64_t>(1, kPieces / m_in.keyHeads);
        const std::int64_t each = std::max(kPieceTiles, (count + wanted - 1) / wanted);
        std::int64_t first = 0;
        for (std::int64_t t = 1; t <= count; ++t) {
            const bool end = t == count;
            if (!end && t - first < each) continue;
            if (!end && m_in.runs[std::size_t(tiles[std::size_t(t)].run)].own && tiles[std::size_t(t)].query != 0)
                continue;
            m_pieces.push_back({first, t, reached(first, t)});
            first = t;
        }
    }

    RowRange reached(std::int64_t firstTile, std::int64_t lastTile) const {
        RowRange rows{std::int64_t(m_in.positions.size()), 0};
        for (std::int64_t t = firstTile; t < lastTile; ++t) {
            const QueryTile& tile = m_plan.tiles()[std::size_t(t)];
            const RowRange of = m_finder.reached(m_in.runs[std::size_t(tile.run)], tile.query, tile.count);
            if (of.first < of.last) rows = {std::min(rows.first, of.first), std::max(rows.last, of.last)};
        }
        return {std::min(rows.first, rows.last), rows.last};
    }

    std::int64_t places(const Piece& piece) const {
        return piece.rows.last - piece.rows.first + std::int64_t(m_globals.size());
    }

    // The place of a row among a piece's sums; -1: none.
    std::int64_t place(const Piece& piece, std::int64_t row) const {
        if (row >= piece.rows.first && row < piece.rows.last) return row - piece.rows.first;
        const auto at = std::ranges::lower_bound(m_globals, row);
        if (at == m_globals.end() || *at != row) return -1;
        return piece.rows.last - piece.rows.first + (at - m_globals.begin());
    }

    void allocate() {
        std::int64_t rows = 0;
        for (Piece& piece : m_pieces) {
            piece.offset = rows;
            rows += places(piece) * m_in.keyHeads;
        }
        if (m_g.keys && !m_direct) m_rowSums = memoryOfCaller().rowSums.atLeast(rows * 2 * m_padded);
        std::int64_t slots = 0;
        for (const AttentionRun& run : m_in.runs) slots += run.count;
        if (m_g.ownKeys && !m_ownDirect)
            m_ownSums = memoryOfCaller().ownSums.atLeast(slots * m_in.keyHeads * 2 * m_padded);
    }

    static void clear(const Sums& sums, std::int64_t rows, std::int64_t size) {
        for (std::int64_t row = 0; row < rows; ++row) {
            std::fill_n(sums.keys + row * sums.stride, size, 0.0f);
            std::fill_n(sums.values + row * sums.stride, size, 0.0f);
        }
    }

    Sums rowSums(const Piece& piece, std::int64_t keyHead) {
        if (!m_g.keys) return {};
        if constexpr (kFloat)
            if (m_direct)
                return {m_g.keys + keyHead * m_in.headSize, m_g.values + keyHead * m_in.headSize,
                        m_in.keyHeads * m_in.headSize};
        float* sums = m_rowSums + (piece.offset + places(piece) * keyHead) * 2 * m_padded;
        return {sums, sums + m_padded, 2 * m_padded};
    }

    // Of the run whose first query is row `runRow`.
    Sums ownSums(std::int64_t runRow, std::int64_t keyHead) {
        if (!m_g.ownKeys) return {};
        const std::int64_t at = runRow * m_in.keyHeads + keyHead;
        if constexpr (kFloat)
            if (m_ownDirect)
                return {m_g.ownKeys + at * m_in.headSize, m_g.ownValues + at * m_in.headSize,
                        m_in.keyHeads * m_in.headSize};
        float* sums = m_ownSums + at * 2 * m_padded;
        return {sums, sums + m_padded, m_in.keyHeads * 2 * m_padded};
    }

    void findKeys(const Piece& piece) const {
        std::vector<TileKeys>& lists = memoryOfWorker().lists;
        lists.resize(std::max(lists.size(), std::size_t(piece.lastTile - piece.firstTile)));
        for (std::int64_t t = piece.firstTile; t < piece.lastTile; ++t) {
            const QueryTile& tile = m_plan.tiles()[std::size_t(t)];
            auto& [seen, slots] = lists[std::size_t(t - piece.firstTile)];
            m_finder.find(m_in.runs[std::size_t(tile.run)], tile.query, tile.count, seen);
            slots.resize(std::size_t(seen.rows));
            for (std::size_t i = 0; i < slots.size(); ++i)
                slots[i] = std::int32_t(m_direct ? seen.keys[i].row : place(piece, seen.keys[i].row));
        }
    }

    void runPiece(const Piece& piece, std::int64_t keyHead) {
        const Sums rows = rowSums(piece, keyHead);
        if (rows.keys) clear(rows, m_direct ? std::int64_t(m_in.positions.size()) : places(piece), m_padded);
        auto& [buffer, lists] = memoryOfWorker();
        for (std::int64_t t = piece.firstTile; t < piece.lastTile; ++t) {
            const QueryTile& tile = m_plan.tiles()[std::size_t(t)];
            const AttentionRun& run = m_in.runs[std::size_t(tile.run)];
            const Sums own = run.own ? ownSums(tile.runRow, keyHead) : Sums{};
            if (own.keys && tile.query == 0) clear(own, run.count, m_padded);
            if (t + 1 < piece.lastTile) prefetch(m_plan.tiles()[std::size_t(t + 1)], keyHead);
            for (std::int64_t part = 0; part < m_plan.parts(); ++part)
                runTile(tile, keyHead, part, lists[std::size_t(t - piece.firstTile)], rows, own,
                        buffer.atLeast(attentionBackwardFloats(int(m_in.headSize))));
            if (own.keys && tile.query + tile.count == run.count) writeOwn(own, tile.runRow, run.count, keyHead);
        }
    }

    void prefetch(const QueryTile& tile, std::int64_t keyHead) const {
        const std::int64_t elements = m_in.heads / m_in.keyHeads * m_in.headSize, column = keyHead * elements;
        const std::int64_t stride = m_in.heads * m_in.headSize, at = tile.row * stride + column;
        prefetchRows(m_in.queries + tile.row * m_in.queryStride + column, m_in.queryStride, tile.count, elements);
        prefetchRows(m_g.outputGradient + at, stride, tile.count, elements);
        prefetchRows(m_g.output + at, stride, tile.count, elements);
    }

    void runTile(const QueryTile& tile, std::int64_t keyHead, std::int64_t part, const TileKeys& keys, const Sums& rows,
                 const Sums& own, float* buffer) const {
        const std::int64_t at = tile.row * m_in.heads + m_plan.head(keyHead, part), element = at * m_in.headSize;
        AttentionTileGradients<T> g;
        g.outputGradient = m_g.outputGradient + element;
        g.output = m_g.output + element;
        g.queries = m_g.queries + element;
        g.outStride = m_in.heads * m_in.headSize;
        g.logSumExp = m_g.logSumExp + at;
        g.logSumExpStride = m_in.heads;
        g.keys = rows.keys;
        g.values = rows.values;
        g.slots = keys.slots.data();
        g.rowStride = rows.stride;
        g.ownKeys = own.keys;
        g.ownValues = own.values;
        g.ownStride = own.stride;
        m_kernels.backward(m_plan.tile(tile, keyHead, part, keys.seen), g, buffer);
    }

    static void write(const float* from, std::int64_t count, T* to) {
        for (std::int64_t i = 0; i < count; ++i) {
            if constexpr (kFloat)
                to[i] = from[i];
            else
                to[i] = toBf16(from[i]);
        }
    }

    void writeOwn(const Sums& own, std::int64_t runRow, std::int64_t count, std::int64_t keyHead) const {
        if (m_ownDirect) return;
        for (std::int64_t slot = 0; slot < count; ++slot) {
            const std::int64_t to = ((runRow + slot) * m_in.keyHeads + keyHead) * m_in.headSize;
            write(own.keys + slot * own.stride, m_in.headSize, m_g.ownKeys + to);
            write(own.values + slot * own.stride, m_in.headSize, m_g.ownValues + to);
        }
    }

    // The gradients of rows [first, last): the sums of the pieces that reach them, in order.
    void addPieces(std::int64_t first, std::int64_t last) {
        std::vector<float> total(std::size_t(2 * m_padded));
        for (std::int64_t row = first; row < last; ++row)
            for (std::int64_t head = 0; head < m_in.keyHeads; ++head) {
                std::ranges::fill(total, 0.0f);
                for (const Piece& piece : m_pieces) {
                    const std::int64_t at = place(piece, row);
                    if (at < 0) continue;
                    const float* sums = rowSums(piece, head).keys + at * 2 * m_padded;
                    for (std::size_t i = 0; i < total.size(); ++i) total[i] += sums[i];
                }
                const std::int64_t to = (row * m_in.keyHeads + head) * m_in.headSize;
                write(total.data(), m_in.headSize, m_g.keys + to);
                write(total.data() + m_padded, m_in.headSize, m_g.values + to);
            }
    }

    const AttentionKernels<T>& m_kernels;
    const AttentionInput<T>& m_in;
    const AttentionGradients<T>& m_g;
    AttentionPlan<T> m_plan;
    KeyFinder m_finder;
    std::vector<std::int32_t> m_globals; // rows
    std::int64_t m_padded;               // K
    std::vector<Piece> m_pieces;
    bool m_direct = false, m_ownDirect = false; // sums are made in the gradients themselves
    float* m_rowSums = nullptr;                 // pieces x G x (places, 2, padded K)
    float* m_ownSums = nullptr;                 // (N, G, 2, padded K)
};

} // namespace

template<class T>
void sparseAttentionBackward(const AttentionKernels<T>& kernels, const AttentionInput<T>& input,
                             const AttentionGradients<T>& gradients, const ParallelFor& parallel) {
    Backward<T>(kernels, input, gradients).run(parallel);
}

template<class T>
void sparseAttentionBackward(const AttentionInput<T>& input, const AttentionGradients<T>& gradients,
                             const ParallelFor& parallel) {
    sparseAttentionBackward(kernelsFor(attentionKernels(instructions()), T()), input, gradients, parallel);
}

template void sparseAttentionBackward(const AttentionKernels<float>&, const AttentionInput<float>&,
                                      const AttentionGradients<float>&, const ParallelFor&);
template void sparseAttentionBackward(const AttentionKernels<Bf16>&, const AttentionInput<Bf16>&,
                                      const AttentionGradients<Bf16>&, const ParallelFor&);
template void sparseAttentionBackward(const AttentionInput<float>&, const AttentionGradients<float>&,
                                      const ParallelFor&);
template void sparseAttentionBackward(const AttentionInput<Bf16>&, const AttentionGradients<Bf16>&, const ParallelFor&);

} // namespace palimpsest
