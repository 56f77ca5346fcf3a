#include "kernels/cpu/sparse_attention_plan.h"

#include <algorithm>

namespace palimpsest {

const AttentionKernelSet& attentionKernels(const Instructions& instructions) {
    if (instructions.bf16) return attentionKernelsAvx512Bf16();
    if (instructions.has(InstructionSet::Avx512)) return attentionKernelsAvx512();
    if (instructions.has(InstructionSet::Avx2)) return attentionKernelsAvx2();
    return attentionKernelsScalar();
}

const char* sparseAttentionKernel(bool bf16) {
    const AttentionKernelSet& set = attentionKernels(instructions());
    return bf16 ? set.bf16.name : set.f32.name;
}

template<class T>
AttentionPlan<T>::AttentionPlan(const AttentionInput<T>& input)
    : m_input(input), m_shared(input.heads / input.keyHeads) {
    const std::int64_t queries = kTileLanes / std::min<std::int64_t>(m_shared, kTileLanes);
    std::int64_t row = 0;
    for (std::size_t r = 0; r < input.runs.size(); ++r) {
        const std::int64_t count = input.runs[r].count;
        for (std::int64_t query = 0; query < count; query += queries)
            m_tiles.push_back({std::int64_t(r), query, int(std::min(queries, count - query)), row + query, row});
        row += count;
    }
}

template<class T>
HeadPart AttentionPlan<T>::part(std::int64_t index) const {
    const std::int64_t first = index * kTileLanes;
    return {int(first), int(std::min<std::int64_t>(kTileLanes, m_shared - first))};
}

template<class T>
std::int64_t AttentionPlan<T>::head(std::int64_t keyHead, std::int64_t partIndex) const {
    return keyHead * m_shared + part(partIndex).first;
}

template<class T>
AttentionTile<T> AttentionPlan<T>::tile(const QueryTile& tile, std::int64_t keyHead, std::int64_t partIndex,
                                        const SeenKeys& seen) const {
    const AttentionInput<T>& in = m_input;
    const std::int64_t column = keyHead * in.headSize;
    AttentionTile<T> result;
    result.queries = in.queries + tile.row * in.queryStride + head(keyHead, partIndex) * in.headSize;
    result.queryStride = in.queryStride;
    result.count = tile.count;
    result.shared = part(partIndex).count;
    result.headSize = int(in.headSize);
    result.scale = in.scale;
    result.seen = seen.keys.data();
    result.seenByAll = seen.byAll;
    result.rowsSeen = seen.rows;
    result.ownSeen = std::int64_t(seen.keys.size()) - seen.rows;
    result.rowStride = in.rowStride;
    result.ownStride = in.ownStride;
    if (seen.rows) {
        result.keys = in.keys + column;
        result.values = in.values + column;
    }
    if (result.ownSeen) {
        result.ownKeys = in.ownKeys + tile.runRow * in.ownStride + column;
        result.ownValues = in.ownValues + tile.runRow * in.ownStride + column;
    }
    return result;
}

template class AttentionPlan<float>;
template class AttentionPlan<Bf16>;

} // namespace palimpsest
