// The two-stream model of DESIGN.md, section 2: a causal clean stream run by the frozen base alone, and noised blocks
// run with adapters and experts, which see the clean keys that the sparse pattern allows and all of their own block.
//
// Sources: DiffuSeq-v2 (soft absorbing state, arXiv 2310.05793), Longformer (patterns, 2004.05150), BD3-LM (block
// diffusion, 2503.09573); parity with the reference implementation is tested on goldens.
#pragma once

#include "engine/base/result.h"
#include "kernels/cpu/packed_weight_linear.h"
#include "models/clean_context.h"
#include "models/model_config.h"
#include "models/noise_schedule.h"
#include "models/tokenizer.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <torch/torch.h>
#include <vector>

namespace palimpsest {

// What provenance and the writer are told of a model.
struct ModelSummary {
    std::int64_t baseParameters = 0;
    std::int64_t denoiserParameters = 0; // 0: the base alone
    std::string hash;                    // hex digest of base and denoiser, and of what is stacked on them
};

struct ModelOptions {
    torch::Device device = torch::kCPU;
    torch::ScalarType dtype = torch::kFloat32; // of activations, keys and values; logits are always f32
    // How matrices are kept for products on the CPU: packed as bf16 or int8 they take a half or a quarter of the memory
    // and of what a pass has to read (kernels/cpu/packed_weight_linear.h). Nothing: as they are, in dtype.
    std::optional<WeightType> products;
    bool loadDenoiser = true;             // false: the base alone
    std::optional<SparsePattern> pattern; // instead of the model's own: for comparisons
    std::filesystem::path personal;       // a personal file (models/personal.h) to stack on it; empty: none
    double strength = 1;                  // of that file, 0 … 1.5; 0: as if there were none, to the bit

    // Of the tensors that are read: packed ones come from the bf16 of the file.
    torch::ScalarType weights() const { return products && *products != WeightType::F32 ? torch::kBFloat16 : dtype; }
};

// Tokens to add to a context: `ids` at consecutive positions from `firstPosition`.
struct CleanInput {
    CleanContext* context = nullptr; // gains the keys and values of the tokens
    std::vector<std::int64_t> ids;   // at least one
    std::int64_t firstPosition = 0;
};

// One block of T targets at positions start … start+T-1.
struct NoisedBlock {
    const CleanContext* context = nullptr; // left side, and the right one when infilling
    std::int64_t anchor = 0;               // the token at start-1, seen again as slot 0
    std::int64_t start = 0;                // >= 1
    torch::Tensor state;                   // (T, D) f32
    torch::Tensor level;                   // (T) f32: 0 locked (clean), 1 fully absorbed
};

// Ways a text may go on, which share their beginnings. Tokens in an order in which each follows its parent.
struct TokenTree {
    CleanContext* context = nullptr;   // holds what is before `start`
    std::int64_t start = 0;            // position of the tokens without a parent
    std::vector<std::int64_t> ids;     // at least one
    std::vector<std::int32_t> parents; // of each: an earlier index, or -1 when it follows the context
};

// What a pass over a tree of N tokens made of them.
struct TreePass {
    torch::Tensor hidden;            // (N, D): for each what clean() gives for it behind its ancestors
    std::vector<torch::Tensor> rows; // per layer (N, 2 G, K): keys and values
};

// Immutable once opened: any thread may read it, but run one pass at a time (Torch's own threads do the work).
// Passes may throw c10::Error and std::bad_alloc; a clean pass that did leaves its contexts with a prefix of what they
// were to gain. What passes return are inference tensors: hold a c10::InferenceMode to change them in place.
class Model {
public:
    // Blocks while weights are mapped and merged. `folder` as written by importGguf(); see models/checkpoint.md.
    static Result<std::unique_ptr<Model>> open(const std::filesystem::path& folder, const ModelOptions& options);
    ~Model();

    const ModelConfig& config() const;
    const ModelSummary& summary() const;
    const Tokenizer& tokenizer() const;
    const NoiseSchedule& schedule() const;
    bool hasDenoiser() const;
    bool hasSequentialHead() const; // else afterTokens() must not be called
    torch::Dtype dtype() const;
    torch::Device device() const;
    // What a row more costs a pass over a few, as a part of a pass over one; on a GPU, with arithmetic to spare, 0.
    double rowCost() const;

    // A context that holds nothing yet. Its first `globals` positions are seen from everywhere.
    CleanContext makeContext(int globals) const;

    // One pass of the clean stream over several contexts at once (each its own, none twice). Queries see the keys of
    // their context at positions not after their own, within the sparse pattern. Positions are appended in
    // ascending order; a gap between them stays one (the right side of an infilling).
    // Returns the normed hidden states of each input: (L_i, D) in dtype().
    std::vector<torch::Tensor> clean(std::span<const CleanInput> inputs) const;

    // One pass of the clean stream over trees (each its own context), which leaves the contexts as they are. No token
    // may be at CleanContext::passEnd(start) or later.
    std::vector<TreePass> branches(std::span<const TokenTree> trees) const;

    // What clean() would have done with the tokens on the way to `last`, one of the tree: the context gains them. The
    // context must be as it was when `pass` was made.
    void take(const TokenTree& tree, const TreePass& pass, std::int32_t last) const;

    // One pass of the noised stream over several blocks (they may share a context, which is not changed).
    // Returns the normed hidden states: (T_i, D) in dtype(); row k predicts target k.
    std::vector<torch::Tensor> noised(std::span<const NoisedBlock> blocks) const;

    // The hidden states of a noised pass, (N, D), as they are when the two tokens before each are known and the pass
    // did not know the nearer one: the head that lets words of one pass depend on each other
    // (models/sequential_head.h).
    torch::Tensor afterTokens(const torch::Tensor& hidden, std::span<const std::int64_t> before,
                              std::span<const std::int64_t> beforeThat) const;

    // (N, D) -> (N, V) f32: the tied head.
    torch::Tensor logits(const torch::Tensor& hidden) const;

    // (N, D) -> (N, V / 3) f32: those of the first third of the vocabulary, for a third of the time. Vocabularies of
    // byte-pair encoding number their pieces as they were learnt, so those are the frequent ones (for proposals:
    // FR-Spec, arXiv 2502.14856): of the base's own texts 96 of 100 tokens.
    torch::Tensor frequentLogits(const torch::Tensor& hidden) const;

    // As logits(hidden), plus the exact Gaussian evidence of each soft position (0 < level < 1).
    // hidden (N, D), state (N, D) f32, level (N) f32 -> (N, V) f32
    torch::Tensor logits(const torch::Tensor& hidden, const torch::Tensor& state, const torch::Tensor& level) const;

    // Rows of the embedding table: (N) -> (N, D) f32.
    torch::Tensor embed(std::span<const std::int64_t> ids) const;

    // The learned absorbing vector m: (D) f32.
    const torch::Tensor& absorbing() const;

    // The mean of the soft absorbing state at level t, m + sqrt(abar(t)) (e - m), no noise drawn: (N) -> (N, D) f32.
    torch::Tensor meanState(std::span<const std::int64_t> ids, double t) const;

    // A soft absorbing state at level t with `noise` (N, D) standard normal: (N, D) f32.
    torch::Tensor softState(std::span<const std::int64_t> ids, double t, const torch::Tensor& noise) const;

private:
    struct Parts;
    struct CleanSlice;
    struct BlockGroup;
    struct TreeOrder;
    enum class Stream { Clean, Noised };
    torch::Tensor throughLayers(Stream stream, torch::Tensor x, const std::vector<std::int64_t>& positions,
                                const std::function<torch::Tensor(int, const torch::Tensor&)>& attend) const;
    torch::Tensor throughBase(const std::vector<std::int64_t>& ids, const std::vector<std::int64_t>& positions,
                              const std::function<torch::Tensor(int, const torch::Tensor&)>& attend) const;
    torch::Tensor cleanPass(std::span<CleanSlice> slices) const;
    torch::Tensor noisedInput(std::span<const NoisedBlock> blocks) const; // (sum of S, D)
    explicit Model(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest
