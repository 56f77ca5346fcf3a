// Training of a denoiser under a frozen base (DESIGN.md, section 2): the noised stream with gradients, over the keys and
// values of a clean stream without. What it computes is what Model::noised() and Model::logits() compute with the file
// it writes: a test compares them.
//
// Sources: two streams and noised blocks, BD3-LM (arXiv 2503.09573); soft absorbing states, DiffuSeq-v2 (2310.05793);
// balance loss, Switch Transformers (2101.03961), equation 4.
#pragma once

#include "models/backbone.h"
#include "models/evidence.h"
#include "models/model_config.h"
#include "models/noise_schedule.h"
#include "models/training_blocks.h"
#include "models/training_loss.h"
#include "models/training_parameters.h"

#include <filesystem>
#include <memory>

namespace palimpsest {

// What a scratch model minimises.
enum class Objective {
    CrossEntropy, // of the token under the head
    SquaredError, // of the predicted embedding, and the rounding term: DiffuSeq (arXiv 2210.08933), equation 4
};

struct TrainingOptions {
    torch::Device device = torch::kCPU;
    // Of the base and of activations: f32, bf16 (masters and losses stay f32), or f64 (everything, for tests).
    torch::ScalarType dtype = torch::kFloat32;
    SparsePattern pattern{256, 8, 128, 16};
    double gamma = 0.5;      // written to the file; the plan of a document applies it
    std::vector<int> layers; // with adapters and experts, ascending; empty: all
    int rank = 32, experts = 8, expertWidth = 64, expertsPerToken = 2, levelWidth = 128;
    std::filesystem::path initial; // denoiser.safetensors to begin from; empty: fresh tensors drawn from `seed`
    int sequentialWidth = 0;       // hidden units of the sequential head (models/sequential_head.h); 0: none
    bool onlySequential = false;   // nothing else gets a gradient, and a step costs no way back through the layers
    std::uint64_t seed = 1;
    bool checkpointActivations = false;

    // The scratch way: nothing is frozen. f32 or f64, a tied head, no adapters and no checkpointed activations.
    bool trainBase = false;
    Objective objective = Objective::CrossEntropy;
    bool absorbing = true; // false: plain Gaussian diffusion; m is 0 and level 1 is noise
    bool evidence = true;  // added to the logits (models/evidence.h); never with SquaredError
    bool bothWays =
        false; // the clean stream sees itself both ways: only for documents whose gaps hold all that is asked
    int targetTokens = 0; // slots of a target, for models of pairs; written to the file
};

// Used by one thread; Torch's own do the work. Passes may throw c10::Error and std::bad_alloc.
class TrainingDenoiser {
public:
    // Blocks while weights are mapped and converted. NotFound, Corrupt, OutOfMemory; InvalidArgument when the initial
    // file has other sizes than asked for, or layers the base lacks; Unsupported when it was trained for another base.
    static Result<std::unique_ptr<TrainingDenoiser>> open(const std::filesystem::path& folder,
                                                          const TrainingOptions& options);

    const ModelConfig& config() const { return m_config; }
    TrainingParameters& parameters() { return *m_parameters; }
    int adaptedLayers() const;

    // One document forward and back: adds `scale` times the gradient of its mean loss to the parameters' gradients.
    // A document without a noised target adds nothing.
    DocumentLoss learn(const TrainingDocument& document, const TrainingWeights& weights, double scale);
    // Forward only.
    DocumentLoss evaluate(const TrainingDocument& document, const TrainingWeights& weights);

    // For tests: the states of all targets and their normed hidden states, (sum of T, D) each, without gradients.
    struct Forward {
        torch::Tensor states, hidden;
    };
    Forward forward(const TrainingDocument& document);

    // denoiser.safetensors (models/checkpoint.md) of `values` laid out as parameters().values(): atomic. Matrices of
    // adapters and experts are stored as `type`, all else as f32.
    Result<void> write(const std::filesystem::path& path, const torch::Tensor& values, std::int64_t step,
                       StoredType type) const;
    // A whole model folder (models/checkpoint.md), with `tokenizer`; replaces one that is there. For `trainBase`.
    Result<void> writeModel(const std::filesystem::path& folder, const torch::Tensor& values, std::int64_t step,
                            const std::filesystem::path& tokenizer) const;

private:
    struct CleanStream;
    struct Slots;
    struct SlotRows;
    struct LayerResult;
    struct AllLayers;
    struct Predicted;
    TrainingDenoiser(ModelConfig config, TrainingOptions options, Backbone base);
    Result<void> takeInitial(const SafetensorsFile& file);
    void drawFresh(std::string_view prefix = {}); // those whose names begin so
    void takeBase();                              // makes the base's tensors parameters
    double noiseScale() const { return m_options.objective == Objective::SquaredError ? 1 : m_evidence.scale(); }
    bool adapts(int layer) const;
    bool has(int layer, const char* name) const;
    torch::Tensor parameter(int layer, const char* name) const; // in the compute type

    CleanStream encode(const TrainingDocument& document) const;
    SlotRows rowsOf(const TrainingDocument& document, Slots& slots) const; // fills its runs and targets
    Slots layOut(const TrainingDocument& document) const;
    torch::Tensor stateOf(const Slots& slots) const; // (N, D): with gradient to the absorbing vector
    torch::Tensor inputOf(const Slots& slots, const torch::Tensor& states) const;
    torch::Tensor levelEmbedding(const torch::Tensor& levels) const;
    torch::Tensor normed(const torch::Tensor& x, const torch::Tensor& weight) const;
    torch::Tensor feedForward(const torch::Tensor& h, int layer) const;
    torch::Tensor rotationOf(const std::vector<std::int64_t>& positions) const; // (N, 1, K / 2) complex
    torch::Tensor rotated(const torch::Tensor& heads, const torch::Tensor& rotation) const;
    torch::Tensor attended(const torch::Tensor& h, int layer, const Slots& slots, const CleanStream& clean) const;
    torch::Tensor experts(const torch::Tensor& h, int layer, LayerResult& result) const;
    LayerResult runLayer(const torch::Tensor& x, int layer, const Slots& slots, const CleanStream& clean) const;
    // Of the noised stream, all layers; their load goes into `loss`.
    AllLayers runAll(torch::Tensor x, const Slots& slots, const CleanStream& clean, DocumentLoss& loss) const;
    HeadLossInput headInput(const Slots& slots, const torch::Tensor& states, const CleanStream& clean,
                            const TrainingDocument& document, const TrainingWeights& weights) const;
    std::vector<double> targetShares(const Slots& slots, const TrainingDocument& document,
                                     const TrainingWeights& weights) const; // of the document's loss; sum 1
    Predicted predict(const Slots& slots, const torch::Tensor& states, const torch::Tensor& hidden) const;
    torch::Tensor nextTokenLoss(const CleanStream& clean, const TrainingDocument& document) const;
    DocumentLoss learnAll(const TrainingDocument& document, const TrainingWeights& weights, double scale, bool back);
    void learnPlainly(const Slots&, const CleanStream&, const TrainingDocument&, const TrainingWeights&, double scale,
                      DocumentLoss& loss);
    void learnAgain(const Slots&, const CleanStream&, const TrainingDocument&, const TrainingWeights&, double scale,
                    DocumentLoss& loss);
    void passOver(const Slots&, const CleanStream&, const TrainingDocument&, const TrainingWeights&, double scale,
                  DocumentLoss& loss);
    void addLoss(DocumentLoss& loss, const Slots& slots, const HeadLossInput& input, const HeadLoss& head) const;
    // The sequential head on hidden states that it does not move: of targets whose token before was not locked. Adds
    // `scale` times its gradient; 0: none is worked out.
    void learnSequence(const HeadLossInput& input, const Slots& slots, const TrainingDocument& document, double scale,
                       DocumentLoss& loss) const;
    void addLoad(DocumentLoss& loss, const LayerResult& layer) const;

    ModelConfig m_config;
    TrainingOptions m_options;
    Backbone m_base;
    Evidence m_evidence;
    NoiseSchedule m_schedule;
    torch::ScalarType m_wide; // of masters, states and losses
    std::unique_ptr<TrainingParameters> m_parameters;
    torch::Tensor m_frequencies;                    // of the level embedding
    torch::Tensor m_printTokens, m_printEmbeddings; // the fingerprint: (N) int64, (N, D) f32
};

} // namespace palimpsest
