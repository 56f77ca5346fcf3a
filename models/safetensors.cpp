#include "models/safetensors.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <unistd.h>

namespace palimpsest {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor bytes are little-endian");

constexpr std::uint64_t kMaxHeaderBytes = 100u << 20; // as the format's own reader
constexpr std::size_t kMaxDimensions = 8;
constexpr std::size_t kDataAlignment = 64; // of the first tensor, so that mapped bytes can be used in place

using Json = nlohmann::json;

std::optional<StoredType> parseType(const std::string& name) {
    for (StoredType type : {StoredType::F32, StoredType::F16, StoredType::BF16, StoredType::I64, StoredType::I8})
        if (name == storedTypeName(type)) return type;
    return {};
}

// Elements times `each`, or nothing when that does not fit.
std::optional<std::uint64_t> byteCount(const std::vector<std::int64_t>& shape, std::size_t each) {
    std::uint64_t total = each;
    for (std::int64_t extent : shape)
        if (__builtin_mul_overflow(total, static_cast<std::uint64_t>(extent), &total)) return {};
    return total;
}

struct Placed {
    std::string name;
    StoredTensor tensor;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

Error corrupt(const std::filesystem::path& path, const std::string& what) {
    return {ErrorCode::Corrupt, path.string() + " is not a sound safetensors file: " + what};
}

Result<Placed> parseTensor(const std::filesystem::path& path, const std::string& name, const Json& json) {
    const auto bad = [&](const char* what) { return corrupt(path, "tensor \"" + name + "\" " + what); };
    if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") || !json.contains("data_offsets"))
        return bad("has no type, shape or offsets");
    const Json &dtype = json["dtype"], &shape = json["shape"], &offsets = json["data_offsets"];
    if (!dtype.is_string() || !shape.is_array() || shape.size() > kMaxDimensions || !offsets.is_array() ||
        offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
        return bad("has a malformed type, shape or offsets");
    const auto type = parseType(dtype.get<std::string>());
    if (!type)
        return Error{ErrorCode::Unsupported,
                     "tensor \"" + name + "\" of " + path.string() + " has an element type this program does not read"};
    Placed placed{name, {}, offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
    placed.tensor.type = *type;
    for (const Json& extent : shape) {
        if (!extent.is_number_unsigned() || extent.get<std::uint64_t>() > std::uint64_t(INT64_MAX))
            return bad("has a malformed shape");
        placed.tensor.shape.push_back(extent.get<std::int64_t>());
    }
    const auto bytes = byteCount(placed.tensor.shape, storedTypeBytes(*type));
    if (!bytes || placed.begin > placed.end || placed.end - placed.begin != *bytes)
        return bad("has offsets that do not fit its shape");
    return placed;
}

} // namespace

std::size_t storedTypeBytes(StoredType type) {
    switch (type) {
    case StoredType::F32: return 4;
    case StoredType::F16: return 2;
    case StoredType::BF16: return 2;
    case StoredType::I64: return 8;
    case StoredType::I8: return 1;
    }
    return 0;
}

const char* storedTypeName(StoredType type) {
    switch (type) {
    case StoredType::F32: return "F32";
    case StoredType::F16: return "F16";
    case StoredType::BF16: return "BF16";
    case StoredType::I64: return "I64";
    case StoredType::I8: return "I8";
    }
    return "";
}

std::size_t TensorEntry::bytes() const {
    return byteCount(shape, storedTypeBytes(type)).value_or(0);
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
    auto mapped = MappedFile::open(path);
    if (!mapped) return mapped.error();
    const auto bytes = (*mapped)->bytes();
    std::uint64_t headerBytes = 0;
    if (bytes.size() < sizeof headerBytes) return corrupt(path, "it is too short to hold a header");
    std::memcpy(&headerBytes, bytes.data(), sizeof headerBytes);
    if (headerBytes > kMaxHeaderBytes || headerBytes > bytes.size() - sizeof headerBytes)
        return corrupt(path, "its header is cut off or longer than any real one");
    const auto* text = reinterpret_cast<const char*>(bytes.data()) + sizeof headerBytes;
    const Json header = Json::parse(text, text + headerBytes, nullptr, false);
    if (!header.is_object()) return corrupt(path, "its header is not a JSON object");

    SafetensorsFile result;
    const auto data = bytes.subspan(sizeof headerBytes + headerBytes);
    std::vector<Placed> placed;
    for (const auto& [name, json] : header.items()) {
        if (name == "__metadata__") {
            for (const auto& [key, value] : json.items())
                if (value.is_string()) result.m_metadata[key] = value.get<std::string>();
            continue;
        }
        auto tensor = parseTensor(path, name, json);
        if (!tensor) return tensor.error();
        placed.push_back(*std::move(tensor));
    }
    // Empty tensors may share an offset with their neighbour: the end decides.
    std::ranges::sort(placed, {}, [](const Placed& p) { return std::pair(p.begin, p.end); });
    std::uint64_t end = 0;
    for (Placed& p : placed) {
        if (p.begin != end || p.end > data.size())
            return corrupt(path, "the bytes of tensor \"" + p.name + "\" overlap others or are cut off");
        end = p.end;
        p.tensor.bytes = data.subspan(p.begin, p.end - p.begin);
        result.m_tensors.emplace(std::move(p.name), std::move(p.tensor));
    }
    if (end != data.size()) return corrupt(path, "it holds bytes that belong to no tensor");
    result.m_data = data;
    result.m_file = *std::move(mapped);
    return result;
}

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? nullptr : &found->second;
}

std::string SafetensorsFile::metadata(std::string_view key) const {
    const auto found = m_metadata.find(key);
    return found == m_metadata.end() ? std::string() : found->second;
}

SafetensorsWriter::SafetensorsWriter(std::filesystem::path path, int file, std::uint64_t expected)
    : m_path(std::move(path)), m_file(file), m_expectedBytes(expected) {}

SafetensorsWriter::SafetensorsWriter(SafetensorsWriter&& other) noexcept
    : m_path(std::move(other.m_path)),
      m_file(std::exchange(other.m_file, -1)),
      m_expectedBytes(other.m_expectedBytes),
      m_writtenBytes(other.m_writtenBytes) {}

SafetensorsWriter::~SafetensorsWriter() {
    if (m_file < 0) return;
    ::close(m_file);
    std::error_code ignored;
    std::filesystem::remove(part(), ignored);
}

std::filesystem::path SafetensorsWriter::part() const {
    return m_path.string() + ".part";
}

Result<SafetensorsWriter> SafetensorsWriter::create(const std::filesystem::path& path, std::vector<TensorEntry> entries,
                                                    const std::map<std::string, std::string>& metadata) {
    nlohmann::ordered_json header;
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t end = 0;
    for (const TensorEntry& entry : entries) {
        const std::uint64_t begin = end;
        end += entry.bytes();
        header[entry.name] = {
            {"dtype", storedTypeName(entry.type)}, {"shape", entry.shape}, {"data_offsets", {begin, end}}};
    }
    std::string text = entries.empty() && metadata.empty() ? "{}" : header.dump();
    std::uint64_t length = text.size();
    length += (kDataAlignment - (sizeof length + length) % kDataAlignment) % kDataAlignment;
    text.resize(length, ' ');

    SafetensorsWriter writer(path, -1, sizeof length + length + end);
    writer.m_file = ::open(writer.part().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (writer.m_file < 0) return Error{ErrorCode::Io, "cannot write " + path.string() + ": " + std::strerror(errno)};
    if (auto done = writer.append(std::as_bytes(std::span(&length, 1))); !done) return done.error();
    if (auto done = writer.append(std::as_bytes(std::span(text))); !done) return done.error();
    return writer;
}

Result<void> SafetensorsWriter::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(m_file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const bool full = errno == ENOSPC || errno == EDQUOT;
            return Error{full ? ErrorCode::Full : ErrorCode::Io,
                         full ? "the disk is full: make room and write " + m_path.string() + " again"
                              : "cannot write " + m_path.string() + ": " + std::strerror(errno)};
        }
        m_writtenBytes += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> SafetensorsWriter::finish() {
    if (m_writtenBytes != m_expectedBytes)
        return Error{ErrorCode::Internal, "the tensors written to " + m_path.string() + " are not those announced"};
    bool durable = ::fsync(m_file) == 0;
    int reason = errno;
    if (::close(std::exchange(m_file, -1)) != 0 && durable) {
        durable = false;
        reason = errno;
    }
    std::error_code error;
    if (durable)
        std::filesystem::rename(part(), m_path, error);
    else
        error.assign(reason, std::generic_category());
    if (!error) return {};
    std::error_code ignored;
    std::filesystem::remove(part(), ignored);
    return Error{error == std::errc::no_space_on_device ? ErrorCode::Full : ErrorCode::Io,
                 "cannot write " + m_path.string() + ": " + error.message()};
}

} // namespace palimpsest
