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

Result<void> writeBuffers(const std::filesystem::path& path, const TrainBuffers& buffers,
                          const std::map<std::string, std::string>& metadata) {
    std::vector<TensorEntry> entries;
    for (const auto& [name, tensor] : named(buffers)) entries.push_back({name, StoredType::F32, {tensor.numel()}});
    auto writer = SafetensorsWriter::create(path, entries, metadata);
    if (!writer) return writer.error();
    for (const auto& [name, tensor] : named(buffers)) {
        const auto host = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
        const std::span<const float> values(host.const_data_ptr<float>(), std::size_t(host.numel()));
        if (auto done = writer->append(std::as_bytes(values)); !done) return done;
    }
    if (auto done = writer->finish(); !done) return done;
    return syncFolder(path.parent_path());
}

bool readBuffers(const SafetensorsFile& file, const TrainBuffers& buffers) {
    StoredWeights weights(file, torch::kCPU, torch::kFloat32);
    const at::NoGradGuard guard;
    std::vector<torch::Tensor> stored;
    for (const auto& [name, tensor] : named(buffers)) stored.push_back(weights.readFloat(name, {tensor.numel()}));
    if (!weights.error()) return false;
    auto next = stored.begin();
    for (const auto& [name, tensor] : named(buffers)) tensor.detach().copy_(*next++); // shares what `tensor` holds
    return true;
}

Result<void> writeTrainState(const std::filesystem::path& path, const TrainState& state, const TrainBuffers& buffers) {
    return writeBuffers(path, buffers,
                        {{"format", kFormat},
                         {"step", std::to_string(state.step)},
                         {"documents", std::to_string(state.documents)},
                         {"base", state.base},
                         {"corpus", state.corpus},
                         {"config", trainConfigText(state.config)}});
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
    if (!readBuffers(*file, buffers))
        return Error{ErrorCode::InvalidArgument, path.string() + " belongs to a run of another config"};
    return state;
}

} // namespace palimpsest
