// Sparse attention: a run of queries over the rows of a clean stream, and over the own slots of a noised block.
//
// Which keys a query sees is DESIGN.md, section 2 (Longformer, arXiv 2004.05150; one shared dilation grid per layer).
// A key at position j is in sight of the query positions within its radius,
//   radius(j) = infinite when j is global, reach() when j = phase (mod dilation), else window:
//   causal       j <= i < j + radius(j)
//   both ways    |i - j| < radius(j)
// and nothing in [hiddenBegin, hiddenEnd) is seen. So what a key is seen by is one interval of query positions.
// Every slot of a run with own rows also sees all slots of its run; where they are a tree, itself and its ancestors.
//
// A query that sees nothing gives zeros and a log-sum-exp of -infinity. Shape letters: models/shapes.h.
#pragma once

#include "kernels/parallel_for.h"
#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <limits>
#include <span>

namespace palimpsest {

struct Bf16 {
    std::uint16_t bits = 0;
};

// Queries at consecutive positions first … first + count - 1; they lie one after the other in `queries`, run by run.
struct AttentionRun {
    std::int64_t first = 0;
    std::int64_t count = 0;                      // 0: an empty run
    bool causal = true;                          // false: keys on either side are seen
    bool own = false;                            // the run's slots see each other (ownKeys, ownValues)
    bool seesAll = false;                        // global queries: every radius is infinite (causal order kept)
    std::int64_t hiddenBegin = 0, hiddenEnd = 0; // positions of rows this run does not see; empty by default

    bool operator==(const AttentionRun&) const = default;
};
constexpr std::int64_t kEndOfText = std::numeric_limits<std::int64_t>::max();

// A slot of a tree: ways to go on that share their beginnings, in preorder (each slot behind its parent, with all that
// descends from it behind itself).
struct TreeSlot {
    std::int32_t depth = 0; // its position is the run's first + depth; of a slot without a parent 0
    std::int32_t end = 0;   // one past its last descendant; 0 <= slot < end <= N
};

// T is float or Bf16; sums are in f32. Nothing is owned.
template<class T>
struct AttentionInput {
    std::int64_t heads = 1, keyHeads = 1, headSize = 1; // H, G (a divisor of H), K
    SparsePattern pattern;                              // globals: the first so many positions
    int phase = 0;                                      // 0 … dilation - 1, of the layer
    std::span<const std::int64_t> globals;              // further global positions, ascending
    std::span<const AttentionRun> runs;
    std::span<const TreeSlot> tree; // (N): the slots of the only run, which has own rows; empty: consecutive positions

    const T* queries = nullptr; // (N, H, K): N is the sum of the runs' counts
    std::int64_t queryStride = 0;
    const T* keys = nullptr; // (L, G, K), rows `rowStride` elements apart; heads are contiguous within a row
    const T* values = nullptr;
    std::int64_t rowStride = 0;
    std::span<const std::int64_t> positions; // (L), strictly ascending; holes are allowed
    const T* ownKeys = nullptr;              // (N, G, K), rows `ownStride` apart; read for runs with own = true
    const T* ownValues = nullptr;
    std::int64_t ownStride = 0;
    float scale = 1; // of the scores: 1 / sqrt(K) for the backbone
};

template<class T>
struct AttentionGradients {
    const T* outputGradient = nullptr; // (N, H, K) contiguous
    const T* output = nullptr;         // (N, H, K) contiguous: as the forward pass left it
    const float* logSumExp = nullptr;  // (N, H), likewise
    T* queries = nullptr;              // (N, H, K) contiguous, overwritten
    T* keys = nullptr;                 // (L, G, K) contiguous, overwritten; null (with values): not wanted
    T* values = nullptr;
    T* ownKeys =
        nullptr; // (N, G, K) contiguous, overwritten where a run has own rows; null (with ownValues): not wanted
    T* ownValues = nullptr;
};

// out (N, H, K) contiguous; logSumExp (N, H) f32, may be null. Deterministic; working memory O(L K) at most. Blocks.
template<class T>
void sparseAttentionForward(const AttentionInput<T>& input, T* out, float* logSumExp, const ParallelFor& parallel);

// Gradients of a loss with respect to queries, rows and own rows; not of trees. Deterministic. Blocks.
template<class T>
void sparseAttentionBackward(const AttentionInput<T>& input, const AttentionGradients<T>& gradients,
                             const ParallelFor& parallel);

// "avx512bf16", "avx512", "avx2" or "scalar": what runs on this machine for f32 / bf16 inputs.
const char* sparseAttentionKernel(bool bf16);

} // namespace palimpsest
