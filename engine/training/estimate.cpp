// What a run would take: measured on a step of the first and one of the last document length.
#include "engine/training/process_memory.h"
#include "engine/training/train_run.h"
#include "engine/training/train_schedule.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace palimpsest {
namespace {

using Clock = std::chrono::steady_clock;

// The most a run takes, from its shapes alone: weights, flat buffers, what a document keeps for the way back. An upper
// bound for the refusal below; the estimate itself is measured.
double boundMb(const TrainConfig& c, const ModelConfig& m) {
    const double bytes = c.dtype == "bfloat16" ? 2 : 4;
    const double layers = m.layers, width = m.width, inner = double(m.heads) * m.headSize;
    const double keys = 2.0 * m.keyHeads * m.headSize;
    const double base = double(m.vocabulary) * width * (m.tiedHead ? 1 : 2) +
                        layers * (width * (2 * inner + keys) + 3 * width * m.feedForward);
    const double adapted = c.layers.empty() ? layers : double(c.layers.size());
    const double trained = adapted * (double(c.rank) * (4 * width + 2 * inner + keys) +
                                      double(c.experts) * width * (3.0 * c.expertWidth + 1));
    double meanBlock = 0, shares = std::accumulate(c.blockShares.begin(), c.blockShares.end(), 0.0);
    for (std::size_t i = 0; i < c.blockSizes.size(); ++i) meanBlock += c.blockSizes[i] * c.blockShares[i] / shares;
    const double slots = c.blocksPerDocument * (meanBlock + 1) * 1.3;
    const double perSlot =
        12 * width + 4 * inner + 2 * keys + 5.0 * m.feedForward + c.expertsPerToken * (4 * width + 5.0 * c.expertWidth);
    const double kept = slots * perSlot * (c.checkpointActivations ? 3 : layers) * bytes;
    const double clean = double(c.lastDocumentTokens) * bytes * (layers * keys + 3.0 * m.feedForward + 8 * width);
    const double head = 8.0 * 128 * m.vocabulary * 4;
    return 400 + (base * (bytes + 2) + trained * 4 * (c.ema > 0 ? 5 : 4) + kept + clean + head) / 1e6;
}

Result<void> checkMemory(const TrainConfig& config) {
    if (config.fromScratch()) return {}; // sizes of which nobody knows better than the measurement
    const auto model = readModelConfig(config.base);
    if (!model) return model.error();
    const double bound = boundMb(config, *model), available = availableMemoryMb();
    if (available <= 0 || bound < available * 1.5) return {}; // a bound: the measurement says more
    return Error{ErrorCode::OutOfMemory, "this training would take up to " + std::to_string(int(bound)) +
                                             " MB of memory, of which " + std::to_string(int(available)) +
                                             " are there: shorten the documents, lower blocks_per_document, or set "
                                             "checkpoint_activations"};
}

template<class F>
double seconds(const F& run) {
    const auto begin = Clock::now();
    run();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

double lengthSum(const TrainConfig& c, double first, double last) {
    // Time grows with the length between the two that were measured.
    double sum = 0;
    const double span = double(c.lastDocumentTokens - c.firstDocumentTokens);
    for (std::int64_t s = 0; s < c.steps; ++s) {
        const double share = span > 0 ? double(documentTokensAt(c, s) - c.firstDocumentTokens) / span : 1;
        sum += first + share * (last - first);
    }
    return sum;
}

} // namespace

Result<TrainEstimate> estimateTraining(const TrainJob& job, std::stop_token stop) try {
    constexpr int kSteps = 3; // measured of each length: their documents differ
    if (auto fits = checkMemory(job.config); !fits) return fits.error();
    std::error_code error;
    std::filesystem::create_directories(job.out, error);
    if (error) return Error{ErrorCode::Io, "cannot make the folder " + job.out.string() + ": " + error.message()};
    auto run = TrainRun::open(job, stop, {});
    if (!run) return run.error();
    const TrainConfig& c = job.config;
    TrainEstimate estimate;
    estimate.parameters = (*run)->parameters();
    const auto measure = [&](std::int64_t step) { // the mean: documents differ
        double sum = 0;
        for (int i = 0; i < kSteps && !stop.stop_requested(); ++i) sum += seconds([&] { (*run)->measureStep(step); });
        return sum / kSteps;
    };
    (*run)->measureStep(0); // what is done once: pages of weights, Torch's own set-up
    estimate.firstStepSeconds = measure(0);
    const bool grows = c.lastDocumentTokens > c.firstDocumentTokens;
    estimate.lastStepSeconds = grows ? measure(c.steps - 1) : estimate.firstStepSeconds;
    double evaluations = 0;
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "stopped while the training was measured"};
    if (c.evaluateSteps > 0 && (*run)->hasHeldOut()) {
        const int documents = std::min(2, c.evaluationDocuments);
        estimate.evaluationSeconds =
            seconds([&] { (*run)->evaluateDocuments(documents); }) / documents * c.evaluationDocuments;
        evaluations = 1 + double(c.steps / c.evaluateSteps);
    }
    estimate.memoryMb = peakMemoryMb();
    estimate.totalHours =
        (lengthSum(c, estimate.firstStepSeconds, estimate.lastStepSeconds) + evaluations * estimate.evaluationSeconds) /
        3600;
    return estimate;
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory for one step of this training"};
} catch (const std::exception& e) {
    const std::string what = e.what();
    return Error{ErrorCode::Internal, "the estimate failed: " + what.substr(0, what.find('\n'))};
}

} // namespace palimpsest
