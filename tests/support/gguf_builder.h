// Builds GGUF files for tests, sound ones and hostile ones.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest::test {

class GgufBuilder {
public:
    enum Type : std::uint32_t { U32 = 4, I32 = 5, F32 = 6, Bool = 7, String = 8, Array = 9 };

    template<class T>
    static void put(std::string& to, T value) {
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        to.append(bytes, sizeof value);
    }
    static void putText(std::string& to, std::string_view text) {
        put(to, std::uint64_t(text.size()));
        to += text;
    }

    void integer(std::string_view key, std::uint32_t value) { put(begin(key, U32), value); }
    void real(std::string_view key, float value) { put(begin(key, F32), value); }
    void text(std::string_view key, std::string_view value) { putText(begin(key, String), value); }
    void texts(std::string_view key, const std::vector<std::string>& values) {
        std::string& to = array(key, String, values.size());
        for (const std::string& value : values) putText(to, value);
    }
    void integers(std::string_view key, const std::vector<std::int32_t>& values) {
        std::string& to = array(key, I32, values.size());
        for (std::int32_t value : values) put(to, value);
    }
    void reals(std::string_view key, const std::vector<float>& values) {
        std::string& to = array(key, F32, values.size());
        for (float value : values) put(to, value);
    }
    // `shape` slowest first, as tensors are written in text; `bytes` in the type's own layout.
    void tensor(std::string_view name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                std::string_view bytes) {
        putText(m_tensors, name);
        put(m_tensors, std::uint32_t(shape.size()));
        for (std::size_t d = shape.size(); d-- > 0;) put(m_tensors, shape[d]);
        put(m_tensors, type);
        put(m_tensors, std::uint64_t(m_data.size()));
        m_data += bytes;
        m_data.resize((m_data.size() + 31) / 32 * 32);
        ++m_tensorCount;
    }
    void tensor(std::string_view name, const std::vector<std::uint64_t>& shape, std::span<const float> values) {
        tensor(name, shape, 0, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    }

    std::string bytes() const {
        std::string all = "GGUF";
        put(all, std::uint32_t(3));
        put(all, m_tensorCount);
        put(all, m_keyCount);
        all += m_keys + m_tensors;
        all.resize((all.size() + 31) / 32 * 32);
        return all + m_data;
    }
    void write(const std::filesystem::path& file) const { writeFile(file, bytes()); }

    static void writeFile(const std::filesystem::path& file, std::string_view bytes) {
        std::ofstream(file, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
    }

private:
    std::string& begin(std::string_view key, Type type) {
        ++m_keyCount;
        putText(m_keys, key);
        put(m_keys, std::uint32_t(type));
        return m_keys;
    }
    std::string& array(std::string_view key, Type element, std::size_t count) {
        std::string& to = begin(key, Array);
        put(to, std::uint32_t(element));
        put(to, std::uint64_t(count));
        return to;
    }
    std::string m_keys, m_tensors, m_data;
    std::uint64_t m_keyCount = 0, m_tensorCount = 0;
};

} // namespace palimpsest::test
