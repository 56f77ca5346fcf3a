#include "kernels/cpu/experts.h"

#include "kernels/cpu/experts_combine.h"
#include "kernels/cpu/experts_plan.h"
#include "kernels/cpu/experts_rows.h"
#include "kernels/cpu/instruction_set.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <type_traits>

namespace palimpsest {
namespace {

using detail::ExpertPlan;
using detail::ExpertTile;
using detail::TileKernel;

// Work is done on so many rows at a time, so that what lies between the two products stays in the caches.
constexpr std::int64_t kRowsAtOnce = 4 * detail::kRowChunk;

// Whether a row of x can serve as prepared activations where it lies.
template<class T>
bool readInPlace(WeightType type, std::int64_t width) {
    if (std::is_same_v<T, float>) return type == WeightType::F32;
    return detail::tileKernel(type).takesBf16 && width % 2 == 0;
}

// The prepared rows of x, made or found.
template<class T>
struct PreparedRows {
    std::vector<std::byte> made;
    const std::byte* first = nullptr;
    std::size_t stride = 0;

    PreparedRows(const ExpertsForward<T>& call, const ParallelFor& parallel) {
        const WeightType type = call.weights.type;
        if (readInPlace<T>(type, call.shape.width)) {
            first = reinterpret_cast<const std::byte*>(call.x);
            stride = std::size_t(call.xStride) * sizeof(T);
            return;
        }
        const std::int64_t width = call.shape.width;
        stride = activationBytes(type, width);
        made.resize(stride * std::size_t(call.rows));
        first = made.data();
        parallelRows(call.rows, width, parallel, [&](std::int64_t begin, std::int64_t end) {
            prepareActivations(type, call.x + begin * call.xStride, call.xStride, end - begin, width,
                               made.data() + stride * std::size_t(begin));
        });
    }
};

// First half: hidden = inward x, active = silu(gate) * up, left as prepared rows in the order of the sorted pairs.
template<class T>
class Inward {
public:
    Inward(const ExpertsForward<T>& call, const ExpertPlan& plan, const PreparedRows<T>& x, std::byte* active)
        : m_call(call),
          m_plan(plan),
          m_x(x),
          m_active(active),
          m_kernel(detail::tileKernel(call.weights.type)),
          m_columns(2 * call.shape.inner),
          m_panels((m_columns + kPanelColumns - 1) / kPanelColumns),
          m_panelBytes(packedPanelBytes(call.weights.type, call.shape.width)) {}

    void run(const ExpertTile* first, const ExpertTile* last) const {
        std::vector<float> hidden(std::size_t(kMostTiles * detail::kMostRowsAtOnce * m_panels * kPanelColumns));
        std::vector<float> active(static_cast<std::size_t>(m_call.shape.inner));
        while (first < last) {
            const ExpertTile* end = first + 1;
            while (end < last && end - first < kMostTiles && end->expert == first->expert) ++end;
            product(first, end, hidden.data());
            activate(first->begin, end[-1].begin + end[-1].count, hidden.data(), active.data());
            first = end;
        }
    }

private:
    static constexpr int kMostTiles = 8; // that each panel passes by, of one expert

    // hidden (rows of the tiles, panels, 32)
    void product(const ExpertTile* first, const ExpertTile* last, float* hidden) const {
        const std::byte* rows[kMostTiles * detail::kMostRowsAtOnce];
        const std::int64_t begin = first->begin, count = last[-1].begin + last[-1].count - begin;
        for (std::int64_t r = 0; r < count; ++r)
            rows[r] = m_x.first + m_x.stride * std::size_t(m_plan.rowOf(begin + r));
        const std::byte* weights = m_call.weights.inward + std::size_t(first->expert * m_panels) * m_panelBytes;
        for (std::int64_t panel = 0; panel < m_panels; ++panel, weights += m_panelBytes)
            for (const ExpertTile* tile = first; tile < last; ++tile) {
                const std::int64_t row = tile->begin - begin;
                detail::Tile product{weights, m_call.shape.width, rows + row,
                                     hidden + (row * m_panels + panel) * kPanelColumns, m_panels * kPanelColumns};
                product.askForNextPanel(m_panelBytes, tile - first, last - first);
                m_kernel.tile(product, tile->count);
            }
    }

    void activate(std::int64_t begin, std::int64_t end, const float* hidden, float* active) const { // sorted pairs
        const detail::ExpertRows& onRows = detail::expertRows();
        const std::int64_t inner = m_call.shape.inner;
        const std::size_t activeBytes = activationBytes(m_call.weights.type, inner);
        for (std::int64_t sorted = begin; sorted < end; ++sorted, hidden += m_panels * kPanelColumns) {
            if (m_call.hidden)
                std::copy_n(hidden, m_columns, m_call.hidden + m_plan.pairs[std::size_t(sorted)] * m_columns);
            std::byte* prepared = m_active + activeBytes * std::size_t(sorted);
            if (m_call.weights.type == WeightType::F32) {
                onRows.gate(hidden, hidden + inner, inner, reinterpret_cast<float*>(prepared));
                continue;
            }
            onRows.gate(hidden, hidden + inner, inner, active);
            m_kernel.prepareRow(active, inner, prepared);
        }
    }

    const ExpertsForward<T>& m_call;
    const ExpertPlan& m_plan;
    const PreparedRows<T>& m_x;
    std::byte* m_active; // (N * k) prepared rows
    const TileKernel& m_kernel;
    std::int64_t m_columns, m_panels; // 2W
    std::size_t m_panelBytes;
};

// A row as f32: where it lies, or widened.
const float* asFloats(const float* x, std::int64_t, std::vector<float>&) {
    return x;
}
const float* asFloats(const Bf16* x, std::int64_t count, std::vector<float>& widened) {
    widened.resize(std::size_t(count));
    detail::tileKernel(WeightType::F32).widen(&x->bits, count, widened.data());
    return widened.data();
}

// The k largest shares of one row; `scores` (E) becomes its softmax.
void takeLargest(std::vector<float>& scores, std::int64_t count, std::int64_t* chosen, float* shares) {
    const float most = *std::ranges::max_element(scores);
    float total = 0;
    for (float& score : scores) total += score = std::exp(score - most);
    for (float& score : scores) score /= total;
    for (std::int64_t choice = 0; choice < count; ++choice) {
        const auto best = std::ranges::max_element(scores);
        chosen[choice] = best - scores.begin();
        shares[choice] = *best;
        *best = -1; // below every share: not taken again
    }
}

} // namespace

template<class T>
void routeExperts(const ExpertsShape& shape, const T* x, std::int64_t xStride, std::int64_t rows, const float* router,
                  std::int64_t* chosen, float* shares) {
    const detail::ExpertRows& onRows = detail::expertRows();
    std::vector<float> scores(static_cast<std::size_t>(shape.experts)), widened;
    for (std::int64_t n = 0; n < rows; ++n) {
        onRows.dots(asFloats(x + n * xStride, shape.width, widened), router, shape.experts, shape.width, scores.data());
        takeLargest(scores, shape.perToken, chosen + n * shape.perToken, shares + n * shape.perToken);
    }
}

std::size_t packedInwardBytes(WeightType type, const ExpertsShape& shape) {
    return packedWeightBytes(type, 2 * shape.inner, shape.width) * std::size_t(shape.experts);
}

std::size_t packedOutwardBytes(WeightType type, const ExpertsShape& shape) {
    return packedWeightBytes(type, shape.width, shape.inner) * std::size_t(shape.experts);
}

template<class T>
void packExperts(WeightType type, const ExpertsShape& shape, const T* inward, const T* outward, std::byte* packedInward,
                 std::byte* packedOutward) {
    const std::size_t inwardBytes = packedWeightBytes(type, 2 * shape.inner, shape.width),
                      panelBytes = packedPanelBytes(type, shape.inner);
    std::vector<std::byte> outwardOfOne(packedWeightBytes(type, shape.width, shape.inner));
    const std::size_t panels = outwardOfOne.size() / std::max<std::size_t>(panelBytes, 1);
    for (std::int64_t e = 0; e < shape.experts; ++e) {
        packWeights(type, inward + e * 2 * shape.inner * shape.width, shape.width, 2 * shape.inner, shape.width,
                    packedInward + std::size_t(e) * inwardBytes);
        packWeights(type, outward + e * shape.inner, shape.experts * shape.inner, shape.width, shape.inner,
                    outwardOfOne.data());
        for (std::size_t panel = 0; panel < panels; ++panel)
            std::copy_n(outwardOfOne.data() + panel * panelBytes, panelBytes,
                        packedOutward + (panel * std::size_t(shape.experts) + std::size_t(e)) * panelBytes);
    }
}

namespace {

template<class T>
void forwardRows(const ExpertsForward<T>& call, std::byte* active, const ParallelFor& parallel) {
    const WeightType type = call.weights.type;
    const ExpertPlan plan = detail::planExperts(call.shape, call.routes.chosen, call.rows);
    const PreparedRows<T> x(call, parallel);
    const std::size_t activeBytes = activationBytes(type, call.shape.inner);
    std::vector<ExpertTile> tiles;
    for (std::int64_t e = 0; e < call.shape.experts; ++e)
        detail::appendTiles(e, plan.begins[std::size_t(e)], plan.begins[std::size_t(e) + 1],
                            detail::tileKernel(type).rowsAtOnce, tiles);
    const Inward<T> inward(call, plan, x, active);
    parallel(std::int64_t(tiles.size()),
             [&](std::int64_t first, std::int64_t last) { inward.run(tiles.data() + first, tiles.data() + last); });

    const detail::PairProduct outward{type,   call.weights.outward, call.shape.width,  call.shape.inner,
                                      active, activeBytes,          call.routes.shares};
    detail::addPairs<T>(plan, outward, call.rows, call.sum, call.sumStride, parallel);
}

} // namespace

template<class T>
void expertsForward(const ExpertsForward<T>& call, const ParallelFor& parallel) {
    const std::size_t activeBytes = activationBytes(call.weights.type, call.shape.inner);
    const auto active = std::make_unique_for_overwrite<std::byte[]>(
        activeBytes * std::size_t(std::min(call.rows, kRowsAtOnce) * call.shape.perToken));
    for (std::int64_t first = 0; first < call.rows; first += kRowsAtOnce) {
        ExpertsForward<T> part = call;
        part.rows = std::min(kRowsAtOnce, call.rows - first);
        part.routes = {call.routes.chosen + first * call.shape.perToken,
                       call.routes.shares + first * call.shape.perToken};
        part.x += first * call.xStride;
        part.sum += first * call.sumStride;
        if (call.hidden) part.hidden += first * call.shape.perToken * 2 * call.shape.inner;
        forwardRows(part, active.get(), parallel);
    }
}

const detail::ExpertRows& detail::expertRows() {
#if defined(__x86_64__)
    if (instructions().has(InstructionSet::Avx512)) return kExpertRowsAvx512;
    if (instructions().has(InstructionSet::Avx2)) return kExpertRowsAvx2;
#endif
    return kExpertRowsScalar;
}

template void routeExperts(const ExpertsShape&, const float*, std::int64_t, std::int64_t, const float*, std::int64_t*,
                           float*);
template void routeExperts(const ExpertsShape&, const Bf16*, std::int64_t, std::int64_t, const float*, std::int64_t*,
                           float*);
template void packExperts(WeightType, const ExpertsShape&, const float*, const float*, std::byte*, std::byte*);
template void packExperts(WeightType, const ExpertsShape&, const Bf16*, const Bf16*, std::byte*, std::byte*);
template void expertsForward(const ExpertsForward<float>&, const ParallelFor&);
template void expertsForward(const ExpertsForward<Bf16>&, const ParallelFor&);

} // namespace palimpsest
