// What a training run is asked to do: a JSON object whose keys are the names of fields.cpp. Torch-free.
// Defaults: the recipe of the shipped denoiser. The table of keys is in docs/training.md.
#pragma once

#include "engine/base/result.h"
#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

// Every field: default; unit; range.
struct TrainConfig {
    // What is trained
    std::string base;            // model folder of the frozen base; empty: the command's --model, or the installed one
    std::string initial;         // denoiser.safetensors to begin from; empty: a fresh one
    int rank = 32;               // of the attention adapters; 0 … 1024, 0: none
    int experts = 8;             // per adapted layer; 0 … 256, 0: none
    int expertWidth = 64;        // hidden units of one expert; 1 … 65536
    int expertsPerToken = 2;     // 1 … experts
    int sequentialWidth = 1152;  // hidden units of the sequential head (models/sequential_head.h); 0 … 65536, 0: none
    bool onlySequential = false; // it alone learns; all else stays as `initial` has it
    int levelWidth = 128;        // hidden units of the level embedding; 1 … 65536
    std::vector<int> layers;     // that get adapters and experts, ascending; empty: all. The others run as the base's
    SparsePattern pattern{256, 8, 128, 16}; // window, dilation, count, globals: seen from the first step on
    double gamma = 0.5;                     // share of exactly absorbed positions at level 1; 0 … 1

    // The scratch way: all weights are trained, from random ones; `base`, `initial`, `rank` and `layers` say nothing
    std::string way = "imported"; // or scratch
    bool pairs = false;    // the corpus holds pairs (engine/data/pair_corpus.h): sources seen both ways, targets noised
    int targetTokens = 64; // slots of a target, filled up with its end; longer ones are left out; 2 … 512
    std::string tokenizer; // SentencePiece model with byte pieces; empty: learnt from the corpus
    int vocabulary = 1024; // pieces of a learnt one; 300 … 1048576
    int depth = 4;         // layers; 1 … 1024
    int width = 128;       // a multiple of twice `heads`; 4 … 65536
    int heads = 4;         // 1 … 1024
    int feedForward = 384; // hidden units of the dense feed-forward; 1 … 1048576
    int context = 2048;    // positions the model may be trained on; 64 … 1048576
    std::string objective = "cross_entropy"; // or squared_error: of embeddings, with the rounding term, as DiffuSeq
    std::string schedule = "calibrated";     // on the random embeddings; or square_root, as DiffuSeq
    bool absorbing = true;                   // soft absorbing states; false: plain Gaussian diffusion
    bool evidence = true;                    // added to the logits (models/evidence.h); not with squared_error

    // How much
    int steps = 1000;              // updates of the whole schedule; 1 … 10^8
    int documentsPerStep = 2;      // by each process: each is one accumulated gradient; 1 … 65536
    int firstDocumentTokens = 320; // document length at the first step; tokens, 64 … 1048576
    int lastDocumentTokens = 640;  // and at the last: it doubles on the way, in stages of equally many steps; >= first
    int blocksPerDocument = 34;    // 1 … 4096
    std::vector<int> blockSizes{8, 16, 32, 64};            // targets; each 1 … 512
    std::vector<double> blockShares{0.35, 0.35, 0.2, 0.1}; // of the sizes; as many, >= 0, not all 0
    int leastContext = 64; // clean tokens before a block; 1 … 1048576, at most half a first document

    // What the noised stream meets
    double infillShare = 0.3;   // of documents; 0 … 1
    int gapsPerDocument = 4;    // places left out of an infilling document, each trained at several levels; 1 … 4096
    double frontierShare = 0.4; // of blocks: a locked prefix, the rest not locked; 0 … 1
    double frontierAbsorbed = 0.5; // of those: the rest all absorbed, else at the block's level; 0 … 1
    double lockShare = 0.5;        // of targets locked at level 0, less towards 1 (outside of frontiers); 0 … 1

    // The loss
    double distillation = 0.7; // weight of the base's own distribution; 0 … 100. On infilling: all cross-entropy
    double crossEntropy = 0.3; // weight of the token itself; 0 … 100
    double balance = 0.01;     // weight of the experts' balance loss; 0 … 100
    double positionDecay = 1;  // weight of a target = decay^(targets before it that are not locked); above 0 … 1

    // The optimiser: AdamW
    double learningRate = 1e-3;       // at its highest; above 0 … 1
    double lastRateShare = 0.1;       // of it left at the last step (cosine); 0 … 1
    int warmupSteps = 20;             // linear; 0 … steps
    double beta1 = 0.9, beta2 = 0.98; // 0 … below 1
    double epsilon = 1e-8;            // above 0 … 1
    double weightDecay = 0.01;        // of matrices; 0 … 1
    double clip = 1;                  // largest norm of the gradient; 0: not clipped; 0 … 10^6
    double ema = 0; // decay of the running mean of the weights that is written; 0: none; 0 … below 1

    // How
    std::string dtype = "float32";      // of the computation: float32, or bfloat16 with float32 masters
    bool checkpointActivations = false; // keep only each layer's input and run it again on the way back
    std::uint64_t seed = 1;
    int checkpointSteps = 100;    // updates between two checkpoints; 1 … 10^8
    int evaluateSteps = 100;      // updates between two held-out evaluations; 0: none; 0 … 10^8
    int evaluationDocuments = 12; // 1 … 4096

    bool fromScratch() const { return way == "scratch"; }
    bool adapts(int layer) const; // is `layer` one of `layers`?
};

// InvalidArgument with one line that names the key and its range: no JSON, an unknown key, a value of another type or
// out of range, values that do not fit together.
Result<TrainConfig> trainConfigFromText(std::string_view text);
Result<TrainConfig> readTrainConfig(const std::filesystem::path& file); // also NotFound, Io

// All fields, one a line; trainConfigFromText() of it gives the same.
std::string trainConfigText(const TrainConfig& config);

// The key whose value keeps a run of `before` from being continued with `now`; empty when none does. How often
// checkpoints and evaluations are made may change.
std::string continuationProblem(const TrainConfig& before, const TrainConfig& now);

// The names of all keys, in order (for the page that documents them).
std::vector<std::string> trainConfigKeys();

} // namespace palimpsest
