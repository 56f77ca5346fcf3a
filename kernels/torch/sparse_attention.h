// The sparse attention kernels as one operation of Torch, palimpsest::sparse_attention: autograd, meta, CPU, CUDA.
//
// The kernels run for f32 and bf16 on the CPU and for bf16 and f16 on a GPU whose plug-in is loaded; every other type and
// device, and PALIMPSEST_KERNELS=reference (kernel_choice.h), takes the definition, a composition of ATen operations
// that ATen differentiates itself. A test compares the two.
// What is seen: kernels/sparse_attention.h. Shape letters: models/shapes.h.
#pragma once

#include "kernels/sparse_attention.h"

#include <span>
#include <torch/torch.h>

namespace palimpsest {

// The rows of a clean stream in one layer. Nothing is copied.
struct AttentionRows {
    torch::Tensor keys, values; // (L, G, K): rows any distance apart, each dense
    torch::Tensor positions;    // (L) int64 on the CPU, strictly ascending; holes are allowed
    SparsePattern pattern;
    int layer = 0; // its phase of the grid
};

struct AttentionOwn {           // of the slots of noised blocks; undefined when no run has own rows
    torch::Tensor keys, values; // (N, G, K): rows any distance apart, each dense
};

struct AttentionResult {
    torch::Tensor output;    // (N, H, K) contiguous, in the type of the queries
    torch::Tensor logSumExp; // (N, H) f32; without gradient
};

// queries (N, H, K), those of the runs one after the other, rows any distance apart, each dense. Scores are scaled by
// 1 / sqrt(K). Differentiable in queries, rows and own rows. Throws c10::Error for shapes that do not fit together.
AttentionResult sparseAttention(const torch::Tensor& queries, const AttentionRows& rows,
                                std::span<const AttentionRun> runs, const AttentionOwn& own = {});

// The definition: for a few hundred queries at a time one gather of what they see and one masked softmax, in f32 (f64
// for f64). O(queries x reach) memory.
AttentionResult sparseAttentionDefinition(const torch::Tensor& queries, const AttentionRows& rows,
                                          std::span<const AttentionRun> runs, const AttentionOwn& own = {});

// A run of one tree: its slots (N, as `tree` says) are at positions from `first` on and see the rows before, themselves
// and their ancestors among the own rows. -> (N, H, K) contiguous. Without gradient.
torch::Tensor treeAttention(const torch::Tensor& queries, const AttentionRows& rows, std::int64_t first,
                            std::span<const TreeSlot> tree, const AttentionOwn& own);

// The same as a composition: what a slot sees of the rows by sparseAttention(), of the tree by ATen operations, joined
// by their shares of the softmax.
torch::Tensor treeAttentionComposed(const torch::Tensor& queries, const AttentionRows& rows, std::int64_t first,
                                    std::span<const TreeSlot> tree, const AttentionOwn& own);

// What the CPU kernels run on: "avx512bf16", …; "reference" when the definition was asked for.
const char* sparseAttentionKernelInUse(torch::ScalarType dtype);

} // namespace palimpsest
