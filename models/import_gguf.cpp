#include "models/import_gguf.h"

#include "kernels/cpu/int8_weight_linear.h"
#include "models/calibrate.h"
#include "models/denoiser_fit.h"
#include "models/gguf_shape.h"
#include "models/sentencepiece_export.h"
#include "models/sha256.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <unistd.h>

namespace palimpsest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceValues = 1u << 20; // dequantised at once
constexpr int kCalibrationTokens = 20000;

// A folder that goes away unless it is renamed to its final name.
class PendingFolder {
public:
    static Result<std::unique_ptr<PendingFolder>> create(const fs::path& target) {
        const fs::path absolute = fs::absolute(target).lexically_normal();
        const fs::path final = absolute.has_filename() ? absolute : absolute.parent_path();
        std::error_code error;
        const bool replaces = fs::exists(final, error);
        if (replaces && (!fs::is_directory(final, error) ||
                         (!fs::is_empty(final, error) && !fs::exists(final / "model.json", error))))
            return Error{ErrorCode::InvalidArgument,
                         target.string() + " exists and is not a model folder: choose another place"};
        fs::create_directories(final.parent_path(), error);
        auto pending = std::unique_ptr<PendingFolder>(new PendingFolder);
        pending->m_final = final;
        std::string name(1, '.');
        name.append(final.filename().string()).append(".importing-").append(std::to_string(::getpid()));
        pending->m_path = final.parent_path() / name;
        if (!fs::create_directory(pending->m_path, error) || error)
            return Error{ErrorCode::Io, "cannot create a folder in " + final.parent_path().string() + ": " +
                                            (error ? error.message() : "one of that name is in the way")};
        return pending;
    }
    ~PendingFolder() {
        std::error_code ignored;
        if (!m_path.empty()) fs::remove_all(m_path, ignored);
    }
    const fs::path& path() const { return m_path; }

    Result<fs::path> commit() {
        std::error_code error;
        const fs::path old = m_path.string() + "-old";
        const bool replaces = fs::exists(m_final, error);
        if (replaces) fs::rename(m_final, old, error);
        if (!error) fs::rename(m_path, m_final, error);
        if (error) {
            std::error_code ignored;
            if (replaces && !fs::exists(m_final, ignored)) fs::rename(old, m_final, ignored);
            return Error{ErrorCode::Io, "cannot write " + m_final.string() + ": " + error.message()};
        }
        m_path.clear();
        if (replaces) fs::remove_all(old, error);
        return m_final;
    }

private:
    PendingFolder() = default;
    fs::path m_path, m_final;
};

// One tensor of base.safetensors: the named tensors of the GGUF file below each other. Without sources: the scales of the
// int8 rows before it.
struct Planned {
    TensorEntry entry;
    std::vector<std::string> sources;
};

// Names and shapes as in checkpoint.md.
std::vector<Planned> planBase(const ModelConfig& c, StoredType dtype) {
    std::vector<Planned> plan;
    const std::int64_t queries = std::int64_t(c.heads) * c.headSize, keys = std::int64_t(c.keyHeads) * c.headSize;
    const auto matrix = [&](const std::string& name, std::int64_t rows, std::int64_t columns,
                            std::vector<std::string> sources) {
        plan.push_back({{name, dtype, {rows, columns}}, std::move(sources)});
        if (dtype == StoredType::I8) plan.push_back({{name + kScalesSuffix, StoredType::F32, {rows}}, {}});
    };
    // Tables are looked up and measured by, not only multiplied: they stay finer than int8.
    const auto table = [&](const std::string& name, const std::string& source) {
        const StoredType kept = dtype == StoredType::I8 ? StoredType::BF16 : dtype;
        plan.push_back({{name, kept, {c.vocabulary, c.width}}, {source}});
    };
    const auto norm = [&](const std::string& name, const std::string& source) {
        plan.push_back({{name, StoredType::F32, {c.width}}, {source}});
    };
    table("embedding", "token_embd.weight");
    if (!c.tiedHead) table("head", "output.weight");
    norm("norm", "output_norm.weight");
    for (int l = 0; l < c.layers; ++l) {
        const std::string to = std::to_string(l) + ".", from = "blk." + std::to_string(l) + ".";
        norm(to + "attention_norm", from + "attn_norm.weight");
        matrix(to + "qkv", queries + 2 * keys, c.width,
               {from + "attn_q.weight", from + "attn_k.weight", from + "attn_v.weight"});
        matrix(to + "output", c.width, queries, {from + "attn_output.weight"});
        norm(to + "feed_forward_norm", from + "ffn_norm.weight");
        matrix(to + "gate_up", 2ll * c.feedForward, c.width, {from + "ffn_gate.weight", from + "ffn_up.weight"});
        matrix(to + "down", c.width, c.feedForward, {from + "ffn_down.weight"});
    }
    return plan;
}

// Every source is there, of the right shape and inside the file: checked before anything is written.
Result<void> checkSources(const GgufFile& gguf, const std::vector<Planned>& plan) {
    for (const Planned& planned : plan) {
        if (planned.sources.empty()) continue;
        std::int64_t rows = 0;
        for (const std::string& name : planned.sources) {
            const GgufTensor* tensor = gguf.find(name);
            if (!tensor)
                return Error{ErrorCode::Corrupt, gguf.path().string() + " lacks the tensor \"" + name +
                                                     "\": it is cut off or not a whole model"};
            if (tensor->shape.size() != planned.entry.shape.size() ||
                tensor->shape.back() != planned.entry.shape.back())
                return Error{ErrorCode::Corrupt, "tensor \"" + name + "\" of " + gguf.path().string() +
                                                     " has another shape than the file's own description"};
            if (auto bytes = gguf.bytes(name, *tensor); !bytes) return bytes.error();
            rows += tensor->shape.front();
        }
        if (rows != planned.entry.shape.front())
            return Error{ErrorCode::Corrupt, "tensor \"" + planned.sources.front() + "\" of " + gguf.path().string() +
                                                 " has another shape than the file's own description"};
    }
    return {};
}

// Writes values in the stored type, counts and fingerprints what went out.
class BaseWriter {
public:
    BaseWriter(SafetensorsWriter& file, std::uint64_t totalBytes, const std::function<void(double)>& progress)
        : m_file(file), m_totalBytes(totalBytes), m_progress(progress) {}

    Result<void> write(std::span<const float> values, StoredType type) {
        if (type != StoredType::BF16) return append(std::as_bytes(values));
        m_narrow.resize(values.size());
        std::ranges::transform(values, m_narrow.begin(), floatToBfloat);
        return append(std::as_bytes(std::span(m_narrow)));
    }
    Result<void> copy(const GgufFile& gguf, const Planned& planned) {
        if (planned.sources.empty()) return write(std::exchange(m_scales, {}), StoredType::F32);
        for (const std::string& name : planned.sources) {
            const GgufTensor& tensor = *gguf.find(name);
            const QuantisedFormat& format = *quantisedFormat(tensor.type);
            auto bytes = gguf.bytes(name, tensor);
            if (!bytes) return bytes.error();
            const auto row = std::size_t(tensor.shape.back());
            const std::size_t pieceRows = std::max<std::size_t>(1, kPieceValues / std::max<std::size_t>(1, row));
            const std::size_t rowBytes = row / std::size_t(format.blockValues) * std::size_t(format.blockBytes);
            for (std::span<const std::byte> rest = *bytes; !rest.empty();) {
                const auto piece = rest.first(std::min(rest.size(), pieceRows * rowBytes));
                m_values.resize(piece.size() / rowBytes * row);
                dequantise(format, piece, m_values);
                const StoredType type = planned.entry.type;
                if (auto done = type == StoredType::I8 ? writeInt8(row) : write(m_values, type); !done) return done;
                rest = rest.subspan(piece.size());
            }
        }
        return {};
    }
    std::string digest() { return m_digest.hex(); }

private:
    Result<void> append(std::span<const std::byte> bytes) {
        m_digest.add(bytes);
        m_doneBytes += bytes.size();
        if (m_progress) m_progress(double(m_doneBytes) / double(m_totalBytes));
        return m_file.append(bytes);
    }
    // m_values, whole rows. By way of bf16: a draft is the same from this file and from a bf16 one that is quantised
    // when it is loaded.
    Result<void> writeInt8(std::size_t row) {
        m_int8.resize(m_values.size());
        for (float& value : m_values) value = bfloatToFloat(floatToBfloat(value));
        for (std::size_t at = 0; at < m_values.size(); at += row)
            m_scales.push_back(quantise(m_values.data() + at, std::int64_t(row), m_int8.data() + at));
        return append(std::as_bytes(std::span(m_int8)));
    }

    SafetensorsWriter& m_file;
    std::uint64_t m_totalBytes, m_doneBytes = 0;
    const std::function<void(double)>& m_progress;
    std::vector<float> m_values;
    std::vector<std::uint16_t> m_narrow;
    std::vector<std::int8_t> m_int8;
    std::vector<float> m_scales; // of the int8 rows since the last scales were written
    Sha256 m_digest;
};

// Nothing of the base's own says how noise should rise: calibrated on its embedding table.
Result<std::vector<float>> scheduleOf(const GgufFile& gguf, const ModelConfig& config) {
    const GgufTensor& table = *gguf.find("token_embd.weight");
    auto bytes = gguf.bytes("token_embd.weight", table);
    if (!bytes) return bytes.error();
    auto embedding = torch::empty({config.vocabulary, config.width});
    dequantise(*quantisedFormat(table.type), *bytes, {embedding.data_ptr<float>(), std::size_t(embedding.numel())});
    std::vector<std::int64_t> allowed;
    for (std::int64_t id = 0; id < config.vocabulary; ++id)
        if (!std::ranges::binary_search(config.neverSampled, id)) allowed.push_back(id);
    if (allowed.empty())
        return Error{ErrorCode::Corrupt, gguf.path().string() + " has a vocabulary of control tokens only"};
    const auto rows = calibrateSchedule(embedding, drawByRank(allowed, kCalibrationTokens, 0), {});
    std::vector<float> values;
    for (const auto& row : rows) values.insert(values.end(), {float(row.t), float(row.logAlphaBar)});
    return values;
}

Result<std::string> writeBase(const GgufFile& gguf, const GgufShape& shape, const fs::path& folder,
                              const ImportOptions& options) {
    const auto plan = planBase(shape.config, options.dtype);
    if (auto sound = checkSources(gguf, plan); !sound) return sound.error();
    auto schedule = scheduleOf(gguf, shape.config);
    if (!schedule) return schedule.error();
    std::vector<TensorEntry> entries;
    for (const Planned& planned : plan) entries.push_back(planned.entry);
    entries.push_back({"schedule", StoredType::F32, {std::int64_t(schedule->size() / 2), 2}});
    if (!shape.ropeFactors.empty())
        entries.push_back({"rope_factors", StoredType::F32, {std::int64_t(shape.ropeFactors.size())}});
    std::uint64_t total = 0;
    for (const TensorEntry& entry : entries) total += entry.bytes();

    auto file = SafetensorsWriter::create(folder / "base.safetensors", entries, {{"format", "palimpsest-base"}});
    if (!file) return file.error();
    BaseWriter writer(*file, total, options.progress);
    for (const Planned& planned : plan)
        if (auto done = writer.copy(gguf, planned); !done) return done.error();
    if (auto done = writer.write(*schedule, StoredType::F32); !done) return done.error();
    if (auto done = writer.write(shape.ropeFactors, StoredType::F32); !done) return done.error();
    if (auto done = file->finish(); !done) return done.error();
    return writer.digest();
}

// The denoiser to attach: the one asked for, which must fit, or the first shipped one that does.
Result<std::optional<SafetensorsFile>> chooseDenoiser(const GgufFile& gguf, const ModelConfig& config,
                                                      const ImportOptions& options) {
    if (!options.denoiser.empty()) {
        auto asked = SafetensorsFile::open(options.denoiser);
        if (!asked) return asked.error();
        if (!denoiserFits(*asked, gguf, config))
            return Error{ErrorCode::InvalidArgument,
                         options.denoiser.string() + " was not trained for the model in " + gguf.path().string()};
        return std::optional(*std::move(asked));
    }
    std::error_code error;
    if (options.shippedDenoisers.empty()) return std::optional<SafetensorsFile>();
    for (const auto& entry : fs::directory_iterator(options.shippedDenoisers, error)) {
        auto shipped = SafetensorsFile::open(entry.path() / "denoiser.safetensors");
        if (shipped && denoiserFits(*shipped, gguf, config)) return std::optional(*std::move(shipped));
    }
    return std::optional<SafetensorsFile>();
}

Result<void> writeWhole(const fs::path& path, std::span<const std::byte> bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    file.close();
    if (file) return {};
    std::error_code error;
    const auto space = fs::space(path.parent_path(), error);
    const bool full = !error && space.available < bytes.size();
    return Error{full ? ErrorCode::Full : ErrorCode::Io,
                 "cannot write " + path.string() + (full ? ": the disk is full" : "")};
}

Result<ImportedModel> import(const fs::path& path, const fs::path& folder, const ImportOptions& options) {
    auto gguf = GgufFile::open(path);
    if (!gguf) return gguf.error();
    auto shape = readGgufShape(*gguf);
    if (!shape) return shape.error();
    ModelConfig& config = shape->config;
    auto tokenizer = exportSentencePiece(*gguf, config.vocabulary);
    if (!tokenizer) return tokenizer.error();
    config.neverSampled = std::move(tokenizer->neverSampled);
    // Files are named for people, general.name often for the training run ("Smollm2 135M 8k Lc100K Mix1 Ep2").
    config.name = path.stem().string();
    auto denoiser = chooseDenoiser(*gguf, config, options);
    if (!denoiser) return denoiser.error();

    auto pending = PendingFolder::create(folder);
    if (!pending) return pending.error();
    const fs::path& into = (*pending)->path();
    if (denoiser->has_value()) {
        const SafetensorsFile& chosen = **denoiser;
        if (auto done = takeDenoiserSettings(chosen, config); !done) return done.error();
        if (auto done = writeWhole(into / "denoiser.safetensors", chosen.file()->bytes()); !done) return done.error();
        Sha256 digest;
        digest.add(chosen.data());
        config.denoiserDigest = digest.hex();
    }
    if (auto done = writeWhole(into / "tokenizer.model", std::as_bytes(std::span(tokenizer->model))); !done)
        return done.error();
    auto digest = writeBase(*gguf, *shape, into, options);
    if (!digest) return digest.error();
    config.baseDigest = *digest;
    if (auto done = writeModelConfig(config, into); !done) return done.error();
    auto final = (*pending)->commit();
    if (!final) return final.error();
    return ImportedModel{*final, config.name, denoiser->has_value()};
}

} // namespace

Result<ImportedModel> importGguf(const fs::path& gguf, const fs::path& folder, const ImportOptions& options) try {
    return import(gguf, folder, options);
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory to import " + gguf.string()};
} catch (const c10::Error& e) {
    return Error{ErrorCode::Internal, "cannot import " + gguf.string() + ": " + e.what_without_backtrace()};
} catch (const std::exception& e) {
    return Error{ErrorCode::Internal, "cannot import " + gguf.string() + ": " + e.what()};
}

} // namespace palimpsest
