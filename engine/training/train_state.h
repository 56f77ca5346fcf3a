// The checkpoint of a training run: one file, replaced as a whole.
//
// state.safetensors: "values", "first", "second" and, with a running mean, "mean", (P) f32 each: masters and the
// optimiser's moments, laid out as TrainingParameters (the file of a run is read by a run of the same config only).
// Metadata: "format" = "palimpsest-training", "step", "documents", "base" and "corpus" (hex digests), "config" (text).
// All random numbers are functions of the config's seed and the number of documents: there is no other state.
#pragma once

#include "engine/base/result.h"
#include "engine/training/train_config.h"
#include "models/safetensors.h"

#include <filesystem>
#include <map>
#include <torch/torch.h>

namespace palimpsest {

struct TrainState {
    std::int64_t step = 0;      // updates done
    std::int64_t documents = 0; // taken so far, by all processes
    std::string base, corpus;   // digests
    TrainConfig config;
};

// The buffers of a run, in place: read into, written from. `mean` may be undefined.
struct TrainBuffers {
    torch::Tensor values, first, second, mean; // (P)
};

// A checkpoint of any kind: the buffers, and what `metadata` says of them. Io, Full: the file is as it was.
Result<void> writeBuffers(const std::filesystem::path& file, const TrainBuffers& buffers,
                          const std::map<std::string, std::string>& metadata);
// False when the file holds none of these sizes: then nothing has changed.
bool readBuffers(const SafetensorsFile& file, const TrainBuffers& buffers);

// Io, Full: the file is as it was.
Result<void> writeTrainState(const std::filesystem::path& file, const TrainState& state, const TrainBuffers& buffers);

// Corrupt; InvalidArgument for buffers of another size.
Result<TrainState> readTrainState(const std::filesystem::path& file, const TrainBuffers& buffers);

} // namespace palimpsest
