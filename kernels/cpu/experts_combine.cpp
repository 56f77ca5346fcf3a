#include "kernels/cpu/experts_combine.h"

#include "kernels/cpu/experts_rows.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <algorithm>
#include <type_traits>

namespace palimpsest::detail {
namespace {

// One panel of columns of one chunk of rows: all that is written by one item of work.
class PanelOfChunk {
public:
    PanelOfChunk(const ExpertPlan& plan, const PairProduct& product, std::int64_t rows)
        : m_rowCount(rows),
          m_plan(plan),
          m_product(product),
          m_kernel(tileKernel(product.type)),
          m_panelBytes(packedPanelBytes(product.type, product.k)),
          m_experts(std::int64_t(plan.begins.size()) - 1),
          m_sums(std::size_t(std::min(rows, kRowChunk) * kPanelColumns)) {}

    const float* add(std::int64_t chunk, std::int64_t panel) { // (kRowChunk, 32)
        const std::int64_t rows = std::min(kRowChunk, m_rowCount - chunk * kRowChunk);
        std::fill_n(m_sums.begin(), rows * kPanelColumns, 0.0f);
        const std::int64_t* begins = m_plan.chunkBegins.data() + chunk * m_experts;
        for (std::int64_t e = 0; e < m_experts; ++e) {
            m_tiles.clear();
            appendTiles(e, begins[e], begins[m_experts + e], m_kernel.rowsAtOnce, m_tiles);
            for (std::size_t i = 0; i < m_tiles.size(); ++i) addTile(i, chunk, panel);
        }
        return m_sums.data();
    }

private:
    void addTile(std::size_t i, std::int64_t chunk, std::int64_t panel) {
        const ExpertTile& tile = m_tiles[i];
        const std::byte* rows[kMostRowsAtOnce];
        for (int r = 0; r < tile.count; ++r)
            rows[r] = m_product.activations + m_product.activationBytes * std::size_t(tile.begin + r);
        float out[kMostRowsAtOnce * kPanelColumns];
        const std::byte* weights = m_product.weights + std::size_t(panel * m_experts + tile.expert) * m_panelBytes;
        Tile product{weights, m_product.k, rows, out, kPanelColumns};
        product.askForNextPanel(m_panelBytes, std::int64_t(i), std::int64_t(m_tiles.size()));
        m_kernel.tile(product, tile.count);
        float shares[kMostRowsAtOnce], *sums[kMostRowsAtOnce];
        for (int r = 0; r < tile.count; ++r) {
            const std::int64_t sorted = tile.begin + r;
            shares[r] = m_product.shares ? m_product.shares[m_plan.pairs[std::size_t(sorted)]] : 1.0f;
            sums[r] = m_sums.data() + (m_plan.rowOf(sorted) - chunk * kRowChunk) * kPanelColumns;
        }
        m_rows.addPanels(out, shares, tile.count, sums);
    }

    std::int64_t m_rowCount;
    const ExpertPlan& m_plan;
    const PairProduct& m_product;
    const TileKernel& m_kernel;
    const ExpertRows& m_rows = expertRows();
    std::size_t m_panelBytes;
    std::int64_t m_experts;
    std::vector<float> m_sums;
    std::vector<ExpertTile> m_tiles;
};

void addTo(const float* values, std::int64_t count, float* sum) {
    expertRows().addScaled(values, 1, count, sum);
}

void addTo(const float* values, std::int64_t count, Bf16* sum) {
    expertRows().addToBf16(values, count, &sum->bits);
}

// Rows of sums lie too far from each other for the processor to read ahead.
constexpr std::int64_t kRowsAhead = 12;
template<class T>
void askForPanel(const T* columns) { // any address will do
    for (std::int64_t c = 0; c < kPanelColumns; c += 64 / std::int64_t(sizeof(T))) __builtin_prefetch(columns + c, 1);
}

} // namespace

template<class T>
void addPairs(const ExpertPlan& plan, const PairProduct& product, std::int64_t rows, T* sum, std::int64_t sumStride,
              const ParallelFor& parallel) {
    const std::int64_t panels = (product.columns + kPanelColumns - 1) / kPanelColumns,
                       chunks = (rows + kRowChunk - 1) / kRowChunk;
    parallel(chunks * panels, [&](std::int64_t first, std::int64_t last) {
        PanelOfChunk part(plan, product, rows);
        for (std::int64_t item = first; item < last; ++item) {
            const std::int64_t chunk = item / panels, column = item % panels * kPanelColumns;
            const float* sums = part.add(chunk, item % panels);
            const std::int64_t begin = chunk * kRowChunk, end = std::min(rows, begin + kRowChunk);
            for (std::int64_t row = begin; row < end; ++row) {
                askForPanel(sum + (row + kRowsAhead) * sumStride + column);
                addTo(sums + (row - begin) * kPanelColumns, std::min(kPanelColumns, product.columns - column),
                      sum + row * sumStride + column);
            }
        }
    });
}

template void addPairs(const ExpertPlan&, const PairProduct&, std::int64_t, float*, std::int64_t, const ParallelFor&);
template void addPairs(const ExpertPlan&, const PairProduct&, std::int64_t, Bf16*, std::int64_t, const ParallelFor&);

} // namespace palimpsest::detail
