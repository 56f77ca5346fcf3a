// Backward of the experts in f32. With a = silu(g) u of a pair, o = Wout a, share s and G the gradient of the row's sum:
//   da = s Woutᵀ G      ds = a · Woutᵀ G      dg, du by the gate      dx += Wgateᵀ dg + Wupᵀ du
//   dWout = Σ s G aᵀ    dWgate = Σ dg xᵀ      dWup = Σ du xᵀ          sums over the expert's pairs
// A weight's gradient is summed by one thread, over blocks of pairs in order; nothing is added atomically.
#include "kernels/cpu/experts.h"
#include "kernels/cpu/experts_combine.h"
#include "kernels/cpu/experts_plan.h"
#include "kernels/cpu/experts_rows.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <algorithm>

namespace palimpsest {
namespace {

using detail::ExpertPlan;
using detail::ExpertTile;

constexpr std::int64_t kPairBlock = 512; // 32 columns of so many rows stay in the second-level cache

std::int64_t panelsOf(std::int64_t columns) {
    return (columns + kPanelColumns - 1) / kPanelColumns;
}

// Packs the transpose of m (K, N), rows `stride` apart, as f32 panels of a matrix (N, K), `panelStride` apart: runs of
// columns, no transposing.
void packTransposed(const float* m, std::int64_t stride, std::int64_t columns, std::int64_t k, float* panels,
                    std::int64_t panelStride) {
    for (std::int64_t panel = 0; panel < panelsOf(columns); ++panel) {
        float* packed = panels + panel * panelStride;
        const std::int64_t width = std::min(kPanelColumns, columns - panel * kPanelColumns);
        for (std::int64_t i = 0; i < k; ++i, packed += kPanelColumns) {
            std::copy_n(m + i * stride + panel * kPanelColumns, width, packed);
            std::fill(packed + width, packed + kPanelColumns, 0.0f);
        }
    }
}

class Backward {
public:
    Backward(const ExpertsBackward& call, const ParallelFor& parallel)
        : m_call(call),
          m_parallel(parallel),
          m_width(call.shape.width),
          m_inner(call.shape.inner),
          m_plan(detail::planExperts(call.shape, call.routes.chosen, call.rows)),
          m_hiddenGradient(m_plan.pairs.size() * std::size_t(2 * m_inner)),
          m_scaledActive(m_plan.pairs.size() * std::size_t(m_inner)) {}

    void run() {
        throughGates();
        gradientOfRows();
        m_hiddenTurned = turned(m_hiddenGradient, 2 * m_inner);
        m_activeTurned = turned(m_scaledActive, m_inner);
        m_parallel(m_call.shape.experts * panelsOf(m_width),
                   [&](std::int64_t first, std::int64_t last) { Weights(*this).run(first, last); });
    }

private:
    // Woutᵀ G of every pair; with it the gradients of shares, gates and ups, and s a.
    void throughGates() {
        const std::int64_t size = panelsOf(m_inner) * kPanelColumns * m_width;
        std::vector<float> packed(std::size_t(m_call.shape.experts * size));
        std::vector<ExpertTile> tiles;
        for (std::int64_t e = 0; e < m_call.shape.experts; ++e) {
            packTransposed(m_call.outward + e * m_inner, m_call.shape.experts * m_inner, m_inner, m_width,
                           packed.data() + e * size, m_width * kPanelColumns);
            detail::appendTiles(e, m_plan.begins[std::size_t(e)], m_plan.begins[std::size_t(e) + 1],
                                m_kernel.rowsAtOnce, tiles);
        }
        m_parallel(std::int64_t(tiles.size()), [&](std::int64_t first, std::int64_t last) {
            std::vector<float> gradient(std::size_t(detail::kMostRowsAtOnce * panelsOf(m_inner) * kPanelColumns));
            for (std::int64_t i = first; i < last; ++i) {
                const ExpertTile& tile = tiles[std::size_t(i)];
                outwardTransposed(tile, packed.data() + tile.expert * size, gradient.data());
                for (int r = 0; r < tile.count; ++r)
                    throughGate(tile.begin + r, gradient.data() + r * panelsOf(m_inner) * kPanelColumns);
            }
        });
    }

    void outwardTransposed(const ExpertTile& tile, const float* packed, float* out) const {
        const std::byte* rows[detail::kMostRowsAtOnce];
        for (int r = 0; r < tile.count; ++r)
            rows[r] = reinterpret_cast<const std::byte*>(m_call.sumGradient + m_plan.rowOf(tile.begin + r) * m_width);
        for (std::int64_t panel = 0; panel < panelsOf(m_inner); ++panel)
            m_kernel.tile({reinterpret_cast<const std::byte*>(packed + panel * kPanelColumns * m_width), m_width, rows,
                           out + panel * kPanelColumns, panelsOf(m_inner) * kPanelColumns},
                          tile.count);
    }

    void throughGate(std::int64_t sorted, float* activeGradient) {
        const std::int64_t pair = m_plan.pairs[std::size_t(sorted)];
        const float* gates = m_call.hidden + pair * 2 * m_inner;
        const float share = m_call.routes.shares[pair];
        float* active = m_scaledActive.data() + sorted * m_inner;
        float* hidden = m_hiddenGradient.data() + sorted * 2 * m_inner;
        m_rows.gate(gates, gates + m_inner, m_inner, active);
        m_rows.dots(active, activeGradient, 1, m_inner, m_call.sharesGradient + pair);
        for (std::int64_t i = 0; i < m_inner; ++i) {
            active[i] *= share;
            activeGradient[i] *= share;
        }
        m_rows.gateBackward(gates, gates + m_inner, activeGradient, m_inner, hidden, hidden + m_inner);
    }

    void gradientOfRows() {
        const std::int64_t k = 2 * m_inner, size = panelsOf(m_width) * kPanelColumns * k;
        std::vector<float> packed(std::size_t(m_call.shape.experts * size));
        m_parallel(m_call.shape.experts, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t e = first; e < last; ++e)
                packTransposed(m_call.inward + e * k * m_width, m_width, m_width, k,
                               packed.data() + e * k * kPanelColumns, m_call.shape.experts * k * kPanelColumns);
        });
        const detail::PairProduct product{WeightType::F32,
                                          reinterpret_cast<const std::byte*>(packed.data()),
                                          m_width,
                                          k,
                                          reinterpret_cast<const std::byte*>(m_hiddenGradient.data()),
                                          std::size_t(k) * sizeof(float),
                                          nullptr};
        std::fill_n(m_call.xGradient, m_call.rows * m_width, 0.0f);
        detail::addPairs(m_plan, product, m_call.rows, m_call.xGradient, m_width, m_parallel);
    }

    // perPair (N * k, count) -> for one expert after the other (count, its pairs).
    std::vector<float> turned(const std::vector<float>& perPair, std::int64_t count) const {
        constexpr std::int64_t kBlock = 16;
        std::vector<float> result(perPair.size());
        m_parallel(m_call.shape.experts, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t e = first; e < last; ++e) {
                const std::int64_t begin = m_plan.begins[std::size_t(e)],
                                   pairs = m_plan.begins[std::size_t(e) + 1] - begin;
                const float* from = perPair.data() + begin * count;
                float* to = result.data() + begin * count;
                for (std::int64_t block = 0; block < pairs; block += kBlock)
                    for (std::int64_t i = 0; i < count; ++i)
                        for (std::int64_t p = block; p < std::min(pairs, block + kBlock); ++p)
                            to[i * pairs + p] = from[p * count + i];
            }
        });
        return result;
    }

    // Gradients of one expert's matrices for 32 of the D columns. Lanes are columns, the pairs are what is summed over.
    class Weights {
    public:
        explicit Weights(const Backward& b)
            : m_b(b),
              m_panel(std::size_t(kPairBlock * kPanelColumns)),
              m_sums(std::size_t(2 * b.m_inner * kPanelColumns)) {}

        void run(std::int64_t first, std::int64_t last) {
            for (std::int64_t item = first; item < last; ++item) {
                const std::int64_t panels = panelsOf(m_b.m_width), expert = item / panels;
                const std::int64_t column = item % panels * kPanelColumns,
                                   columns = std::min(kPanelColumns, m_b.m_width - column);
                inward(expert, column, columns);
                outward(expert, column, columns);
            }
        }

    private:
        void inward(std::int64_t expert, std::int64_t column, std::int64_t columns) {
            const std::int64_t k = 2 * m_b.m_inner;
            sumOverPairs(expert, m_b.m_hiddenTurned.data(), k, m_b.m_call.x + column, columns);
            float* out = m_b.m_call.inwardGradient + expert * k * m_b.m_width + column;
            for (std::int64_t i = 0; i < k; ++i)
                std::copy_n(m_sums.data() + i * kPanelColumns, columns, out + i * m_b.m_width);
        }

        void outward(std::int64_t expert, std::int64_t column, std::int64_t columns) {
            const std::int64_t k = m_b.m_inner, stride = m_b.m_call.shape.experts * k;
            sumOverPairs(expert, m_b.m_activeTurned.data(), k, m_b.m_call.sumGradient + column, columns);
            float* out = m_b.m_call.outwardGradient + column * stride + expert * k;
            for (std::int64_t c = 0; c < columns; ++c)
                for (std::int64_t i = 0; i < k; ++i) out[c * stride + i] = m_sums[std::size_t(i * kPanelColumns + c)];
        }

        // m_sums (count, 32) = Σ over the expert's pairs of perPair (count) ⊗ perRow (columns); perPair as turned() leaves it.
        void sumOverPairs(std::int64_t expert, const float* perPair, std::int64_t count, const float* perRow,
                          std::int64_t columns) {
            std::fill_n(m_sums.begin(), count * kPanelColumns, 0.0f);
            const std::int64_t start = m_b.m_plan.begins[std::size_t(expert)],
                               end = m_b.m_plan.begins[std::size_t(expert) + 1];
            for (std::int64_t begin = start; begin < end; begin += kPairBlock) {
                const std::int64_t pairs = std::min(kPairBlock, end - begin);
                for (std::int64_t p = 0; p < pairs; ++p) {
                    float* to = m_panel.data() + p * kPanelColumns;
                    std::copy_n(perRow + m_b.m_plan.rowOf(begin + p) * m_b.m_width, columns, to);
                    std::fill(to + columns, to + kPanelColumns, 0.0f);
                }
                addBlock(perPair + start * count + (begin - start), count, end - start, pairs);
            }
        }

        // turned (count, pairs), rows `stride` apart.
        void addBlock(const float* turned, std::int64_t count, std::int64_t stride, std::int64_t pairs) {
            const std::int64_t tiles = detail::tilesOf(count, m_b.m_kernel.rowsAtOnce);
            for (std::int64_t t = 0; t < tiles; ++t) {
                const std::int64_t first = t * count / tiles;
                const int rows = int((t + 1) * count / tiles - first);
                const std::byte* activations[detail::kMostRowsAtOnce];
                for (int r = 0; r < rows; ++r)
                    activations[r] = reinterpret_cast<const std::byte*>(turned + (first + r) * stride);
                float out[detail::kMostRowsAtOnce * kPanelColumns];
                m_b.m_kernel.tile(
                    {reinterpret_cast<const std::byte*>(m_panel.data()), pairs, activations, out, kPanelColumns}, rows);
                m_b.m_rows.addScaled(out, 1, rows * kPanelColumns, m_sums.data() + first * kPanelColumns);
            }
        }

        const Backward& m_b;
        std::vector<float> m_panel; // (pairs, 32) rows of x or of G
        std::vector<float> m_sums;  // (2W, 32)
    };

    const ExpertsBackward& m_call;
    const ParallelFor& m_parallel;
    std::int64_t m_width, m_inner; // D, W
    ExpertPlan m_plan;
    std::vector<float> m_hiddenGradient;               // (N * k, 2W) in the order of the sorted pairs
    std::vector<float> m_scaledActive;                 // (N * k, W), likewise: s a
    std::vector<float> m_hiddenTurned, m_activeTurned; // the same, by expert (2W, pairs) and (W, pairs)
    const detail::TileKernel& m_kernel = detail::tileKernel(WeightType::F32);
    const detail::ExpertRows& m_rows = detail::expertRows();
};

} // namespace

void expertsBackward(const ExpertsBackward& call, const ParallelFor& parallel) {
    Backward(call, parallel).run();
}

} // namespace palimpsest
