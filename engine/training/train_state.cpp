#include "engine/training/train_state.h"

#include "engine/data/durable_file.h"
#include "models/stored_weights.h"

#include <charconv>

namespace palimpsest {
namespace {

constexpr const char* kFormat = "palimpsest-training";

std::vector<std::pair<const char*, torch::Tensor>> named(const TrainBuffers& b) {
    std::vector<std::pair<const char*, torch::Tensor>> all{
        {"values", b.values}, {"first", b.first}, {"second", b.second}};
    if (b.mean.defined()) all.emplace_back("mean", b.mean);
    return all;
}

bool parse(const std::string& text, std::int64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= 0;
}

} // namespace

Result<void> writeTrainState(const std::filesystem::path& path, const TrainState& state, const TrainBuffers& buffers) {
    std::vector<TensorEntry> entries;
    for (const auto& [name, tensor] : named(buffers)) entries.push_back({name, StoredType::F32, {tensor.numel()}});
    auto writer = SafetensorsWriter::create(path, entries,
                                            {{"format", kFormat},
                                             {"step", std::to_string(state.step)},
                                             {"documents", std::to_string(state.documents)},
                                             {"base", state.base},
                                             {"corpus", state.corpus},
                                             {"config", trainConfigText(state.config)}});
    if (!writer) return writer.error();
    for (const auto& [name, tensor] : named(buffers)) {
        const auto host = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
        const std::span<const float> values(host.const_data_ptr<float>(), std::size_t(host.numel()));
        if (auto done = writer->append(std::as_bytes(values)); !done) return done;
    }
    if (auto done = writer->finish(); !done) return done;
    return syncFolder(path.parent_path());
}

Result<TrainState> readTrainState(const std::filesystem::path& path, const TrainBuffers& buffers) {
    auto file = SafetensorsFile::open(path);
    if (!file) return file.error();
    TrainState state;
    auto config = trainConfigFromText(file->metadata("config"));
    if (file->metadata("format") != kFormat || !parse(file->metadata("step"), state.step) ||
        !parse(file->metadata("documents"), state.documents) || !config)
        return Error{ErrorCode::Corrupt, path.string() + " is not the checkpoint of a training run"};
    state.config = *std::move(config);
    state.base = file->metadata("base");
    state.corpus = file->metadata("corpus");
    StoredWeights weights(*file, torch::kCPU, torch::kFloat32);
    const at::NoGradGuard guard;
    for (const auto& [name, tensor] : named(buffers)) {
        const auto stored = weights.readFloat(name, {tensor.numel()});
        if (!weights.error())
            return Error{ErrorCode::InvalidArgument, path.string() + " belongs to a run of another config"};
        tensor.detach().copy_(stored); // shares what `tensor` holds
    }
    return state;
}

} // namespace palimpsest
