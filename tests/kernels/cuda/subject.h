// What the CUDA tests run on: the emulation, or the plug-in on a device. Linked in twice, by two test programs.
#pragma once

#include "kernels/cuda/plugin.h"
#include "tests/support/cases.h"

#include <cstring>
#include <string>
#include <vector>

namespace palimpsest::cuda {

struct Subject {
    const CudaKernels* kernels = nullptr; // null: there is nothing to run on, and why
    std::string reason;
    bool bf16 = true; // offered on this card
};
const Subject& subject();

// Memory of the subject; a program without room for it is a broken test.
class CardMemory {
public:
    // Filled with 0xff: NaN in every format, so that a number never written is seen.
    explicit CardMemory(std::size_t bytes) : m_bytes(bytes) {
        m_data = subject().kernels->allocate(std::int64_t(bytes > 0 ? bytes : 1));
        const std::vector<unsigned char> blank(bytes, 0xff);
        subject().kernels->upload(m_data, blank.data(), std::int64_t(bytes));
    }
    template<class T>
    explicit CardMemory(const std::vector<T>& host) : CardMemory(host.size() * sizeof(T)) {
        subject().kernels->upload(m_data, host.data(), std::int64_t(m_bytes));
    }
    ~CardMemory() { subject().kernels->release(m_data); }
    CardMemory(const CardMemory&) = delete;
    CardMemory& operator=(const CardMemory&) = delete;

    template<class T>
    T* as() const {
        return static_cast<T*>(m_data);
    }
    template<class T>
    std::vector<T> read() const {
        std::vector<T> host(m_bytes / sizeof(T));
        subject().kernels->download(host.data(), m_data, std::int64_t(m_bytes));
        return host;
    }

private:
    void* m_data = nullptr;
    std::size_t m_bytes;
};

// 16-bit numbers as a vector of what they are worth.
std::uint16_t encode(float value, Format format); // nearest, ties to even
float decode(std::uint16_t bits, Format format);
std::vector<std::uint16_t> encode(const std::vector<float>& values, Format format);
std::vector<float> decode(const std::vector<std::uint16_t>& bits, Format format);

constexpr double unitRoundoff(Format format) {
    return format == Format::Bf16 ? 1.0 / 256 : 1.0 / 2048;
}
// The formats to try shape number `shape` in: both, where bf16 is offered; under a sanitizer, which is slow and asks only
// what the code touches, they take turns.
std::vector<Format> formatsOf(std::size_t shape, bool bf16);
// Normal draws, rounded to the format.
std::vector<float> randomNumbers(std::size_t count, Format format, unsigned seed, float deviation = 1);

// What a result should be, and how far rounding may carry it.
struct Bounded {
    std::vector<double> value, bound;
    explicit Bounded(std::size_t count = 0) : value(count), bound(count) {}
};
// Largest error in units of its bound; 2 or more for NaN, and for sizes that differ.
double worstRatio(const std::vector<float>& result, const Bounded& expected);

} // namespace palimpsest::cuda

// In every case: leaves it as skipped when there is nothing to run on.
#define NEEDS_SUBJECT()                                                                                                \
    if (!subject().kernels) return ::palimpsest::test::skip(subject().reason)
