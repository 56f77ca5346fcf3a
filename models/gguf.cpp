#include "models/gguf.h"

#include <cmath>
#include <cstring>

namespace palimpsest {
namespace {

constexpr std::uint64_t kMaxKeys = 1u << 16;
constexpr std::uint64_t kMaxTensors = 1u << 17;
constexpr std::uint64_t kMaxKeyBytes = 1u << 16;
constexpr std::uint32_t kMaxDimensions = 4;
constexpr std::uint64_t kDefaultAlignment = 32;
constexpr std::uint64_t kMaxAlignment = 1u << 20;

enum ValueType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

std::size_t valueBytes(std::uint32_t type) {
    switch (type) {
    case U8:
    case I8:
    case Bool: return 1;
    case U16:
    case I16: return 2;
    case U32:
    case I32:
    case F32: return 4;
    case U64:
    case I64:
    case F64: return 8;
    default: return 0;
    }
}

struct Malformed {
    ErrorCode code;
    std::string what;
};

} // namespace

// Reads front to back. Throws Malformed, caught in GgufFile::open: a parser with forty exits stays readable that way.
class GgufParser {
public:
    explicit GgufParser(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    void parse(GgufFile& file) {
        header();
        for (std::uint64_t i = 0; i < m_keyCount; ++i) {
            const std::string key(text(kMaxKeyBytes));
            file.m_values.insert_or_assign(key, value(number<std::uint32_t>()));
        }
        for (std::uint64_t i = 0; i < m_tensorCount; ++i) tensor(file);
        std::uint64_t alignment = kDefaultAlignment;
        if (const auto stated = file.integer("general.alignment")) {
            if (*stated <= 0 || std::uint64_t(*stated) > kMaxAlignment || (*stated & (*stated - 1)) != 0)
                throw Malformed{ErrorCode::Corrupt, "its alignment is not a power of two"};
            alignment = std::uint64_t(*stated);
        }
        const std::uint64_t start = (m_at + alignment - 1) / alignment * alignment;
        if (start < m_bytes.size()) file.m_data = m_bytes.subspan(start);
    }

private:
    void header() {
        if (m_bytes.size() < 4 || std::memcmp(m_bytes.data(), "GGUF", 4) != 0)
            throw Malformed{ErrorCode::Corrupt, "it does not begin with the mark of a GGUF file"};
        m_at = 4;
        const auto version = number<std::uint32_t>();
        if (version != 2 && version != 3)
            throw Malformed{ErrorCode::Unsupported,
                            "its version is " + std::to_string(version) + ", and only 2 and 3 can be read"};
        m_tensorCount = number<std::uint64_t>();
        m_keyCount = number<std::uint64_t>();
        if (m_tensorCount > kMaxTensors || m_keyCount > kMaxKeys)
            throw Malformed{ErrorCode::Corrupt, "it announces more keys or tensors than any model has"};
    }

    std::span<const std::byte> take(std::uint64_t count) {
        if (count > m_bytes.size() - m_at) throw Malformed{ErrorCode::Corrupt, "it is cut off"};
        const auto taken = m_bytes.subspan(m_at, count);
        m_at += count;
        return taken;
    }

    template<class T>
    T number() {
        T result;
        std::memcpy(&result, take(sizeof(T)).data(), sizeof(T));
        return result;
    }

    std::string_view text(std::uint64_t limit) {
        const auto length = number<std::uint64_t>();
        if (length > limit) throw Malformed{ErrorCode::Corrupt, "it holds a string of absurd length"};
        const auto taken = take(length);
        return {reinterpret_cast<const char*>(taken.data()), taken.size()};
    }

    double scalar(std::uint32_t type) {
        switch (type) {
        case U8: return number<std::uint8_t>();
        case I8: return number<std::int8_t>();
        case U16: return number<std::uint16_t>();
        case I16: return number<std::int16_t>();
        case U32: return number<std::uint32_t>();
        case I32: return number<std::int32_t>();
        case F32: return number<float>();
        case U64: return double(number<std::uint64_t>());
        case I64: return double(number<std::int64_t>());
        case F64: return number<double>();
        case Bool: return number<std::uint8_t>() != 0;
        default: throw Malformed{ErrorCode::Corrupt, "it holds a value of an unknown type"};
        }
    }

    GgufValue value(std::uint32_t type) {
        if (type == String) return text(m_bytes.size());
        if (type == Bool) return scalar(type) != 0;
        if (type != Array) return scalar(type);
        const auto element = number<std::uint32_t>();
        const auto count = number<std::uint64_t>();
        if (element == Array) throw Malformed{ErrorCode::Unsupported, "it holds an array of arrays"};
        const std::uint64_t smallest = element == String ? sizeof(std::uint64_t) : valueBytes(element);
        if (smallest == 0) throw Malformed{ErrorCode::Corrupt, "it holds a value of an unknown type"};
        // Checked before anything is reserved: a count that the file cannot hold costs no memory.
        if (count > (m_bytes.size() - m_at) / smallest) throw Malformed{ErrorCode::Corrupt, "it is cut off"};
        if (element == String) {
            GgufStrings all;
            all.reserve(count);
            for (std::uint64_t i = 0; i < count; ++i) all.push_back(text(m_bytes.size()));
            return all;
        }
        GgufNumbers all;
        all.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) all.push_back(scalar(element));
        return all;
    }

    void tensor(GgufFile& file) {
        const std::string name(text(kMaxKeyBytes));
        GgufTensor tensor;
        const auto dimensions = number<std::uint32_t>();
        if (dimensions == 0 || dimensions > kMaxDimensions)
            throw Malformed{ErrorCode::Corrupt, "tensor \"" + name + "\" has a malformed shape"};
        tensor.shape.resize(dimensions);
        std::int64_t elements = 1;
        for (std::uint32_t d = 0; d < dimensions; ++d) {
            const auto extent = number<std::uint64_t>();
            if (extent == 0 || extent > std::uint64_t(INT64_MAX) ||
                __builtin_mul_overflow(elements, std::int64_t(extent), &elements))
                throw Malformed{ErrorCode::Corrupt, "tensor \"" + name + "\" has an absurd size"};
            tensor.shape[dimensions - 1 - d] = std::int64_t(extent);
        }
        tensor.type = number<std::uint32_t>();
        tensor.offset = number<std::uint64_t>();
        if (!file.m_tensors.emplace(name, std::move(tensor)).second)
            throw Malformed{ErrorCode::Corrupt, "tensor \"" + name + "\" is there twice"};
    }

    std::span<const std::byte> m_bytes;
    std::uint64_t m_at = 0;
    std::uint64_t m_tensorCount = 0;
    std::uint64_t m_keyCount = 0;
};

std::int64_t GgufTensor::elements() const {
    std::int64_t product = 1;
    for (std::int64_t extent : shape) product *= extent;
    return product;
}

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
    auto mapped = MappedFile::open(path);
    if (!mapped) return mapped.error();
    GgufFile file;
    file.m_file = *std::move(mapped);
    try {
        GgufParser(file.m_file->bytes()).parse(file);
    } catch (const Malformed& malformed) {
        return Error{malformed.code, path.string() + " cannot be read as GGUF: " + malformed.what};
    }
    return file;
}

std::optional<double> GgufFile::number(std::string_view key) const {
    const auto found = m_values.find(key);
    const auto* value = found == m_values.end() ? nullptr : std::get_if<double>(&found->second);
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
    constexpr double kExact = 9007199254740992.0; // 2^53
    const auto value = number(key);
    if (!value || !(std::abs(*value) <= kExact) || std::trunc(*value) != *value) return {};
    return std::int64_t(*value);
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
    const auto found = m_values.find(key);
    const auto* value = found == m_values.end() ? nullptr : std::get_if<bool>(&found->second);
    return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::string_view> GgufFile::string(std::string_view key) const {
    const auto found = m_values.find(key);
    const auto* value = found == m_values.end() ? nullptr : std::get_if<std::string_view>(&found->second);
    return value ? std::optional(*value) : std::nullopt;
}

const GgufStrings* GgufFile::strings(std::string_view key) const {
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : std::get_if<GgufStrings>(&found->second);
}

const GgufNumbers* GgufFile::numbers(std::string_view key) const {
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : std::get_if<GgufNumbers>(&found->second);
}

const GgufTensor* GgufFile::find(std::string_view name) const {
    const auto found = m_tensors.find(name);
    return found == m_tensors.end() ? nullptr : &found->second;
}

Result<std::span<const std::byte>> GgufFile::bytes(std::string_view name, const GgufTensor& tensor) const {
    const QuantisedFormat* format = quantisedFormat(tensor.type);
    if (!format)
        return Error{ErrorCode::Unsupported, "tensor \"" + std::string(name) + "\" of " + path().string() +
                                                 " has a quantisation (type " + std::to_string(tensor.type) +
                                                 ") this program does not read; take a " +
                                                 "Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q6_K, F16, BF16 or F32 file"};
    const std::int64_t row = tensor.shape.back();
    if (row % format->blockValues != 0)
        return Error{ErrorCode::Corrupt, "tensor \"" + std::string(name) + "\" of " + path().string() +
                                             " has rows that are no whole number of " + format->name + " blocks"};
    std::uint64_t size = 0;
    if (__builtin_mul_overflow(std::uint64_t(tensor.elements() / format->blockValues),
                               std::uint64_t(format->blockBytes), &size) ||
        tensor.offset > m_data.size() || size > m_data.size() - tensor.offset)
        return Error{ErrorCode::Corrupt, "the bytes of tensor \"" + std::string(name) + "\" lie outside " +
                                             path().string() + ": the file is cut off or damaged"};
    return m_data.subspan(tensor.offset, size);
}

} // namespace palimpsest
