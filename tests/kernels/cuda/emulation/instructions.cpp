// Compiled without -fsanitize=thread, like fibers.cpp: nothing here touches memory of a kernel.
#include "tests/kernels/cuda/emulation/instructions.h"

#include <bit>
#include <vector>

namespace palimpsest::emulation {
namespace {

struct MultiplyIn {
    std::uint32_t a[4], b[2];
    float sum[4];
};

template<class T>
Packet packed(const T& value) {
    static_assert(sizeof(T) <= sizeof(Packet));
    Packet packet{};
    std::memcpy(packet.bytes, &value, sizeof value);
    return packet;
}

template<class T>
void unpack(T& value, const Packet& packet) {
    std::memcpy(&value, packet.bytes, sizeof value);
}

float (*const kDecode[2])(std::uint16_t) = {fromF16, fromBf16};

template<bool kBf16>
void multiplyWarp(Exchange& exchange) {
    const auto decode = kDecode[kBf16];
    MultiplyIn lanes[kLanes];
    float a[16][16], b[16][8], c[16][8] = {};
    const auto put = [&](float* at, std::ptrdiff_t step, std::uint32_t pair) {
        at[0] = decode(std::uint16_t(pair));
        at[step] = decode(std::uint16_t(pair >> 16));
    };
    for (int lane = 0; lane < kLanes; ++lane) {
        MultiplyIn& in = lanes[lane];
        unpack(in, exchange.in[lane]);
        const int group = lane / 4, pair = lane % 4 * 2;
        for (int part = 0; part < 4; ++part) put(&a[group + part % 2 * 8][pair + part / 2 * 8], 1, in.a[part]);
        for (int part = 0; part < 2; ++part) put(&b[pair + part * 8][group], 8, in.b[part]);
    }
    for (int row = 0; row < 16; ++row)
        for (int k = 0; k < 16; ++k)
            for (int column = 0; column < 8; ++column) c[row][column] += a[row][k] * b[k][column];
    for (int lane = 0; lane < kLanes; ++lane) {
        float* sum = lanes[lane].sum;
        const int group = lane / 4, pair = lane % 4 * 2;
        for (int part = 0; part < 4; ++part) sum[part] += c[group + part / 2 * 8][pair + part % 2];
        std::memcpy(exchange.out[lane].bytes, sum, sizeof lanes[lane].sum);
    }
}

template<bool kTransposed>
void distribute(Exchange& exchange) {
    Matrices rows[kLanes];
    for (int lane = 0; lane < kLanes; ++lane) unpack(rows[lane], exchange.in[lane]);
    for (int lane = 0; lane < kLanes; ++lane)
        for (int matrix = 0; matrix < 4; ++matrix) {
            const int major = lane / 4, minor = lane % 4 * 2;
            const auto element = [&](int second) {
                return kTransposed ? rows[matrix * 8 + minor + second].row[major]
                                   : rows[matrix * 8 + major].row[minor + second];
            };
            const std::uint32_t pair = std::uint32_t(element(0)) | std::uint32_t(element(1)) << 16;
            std::memcpy(exchange.out[lane].bytes + matrix * 4, &pair, 4);
        }
}

// Made before main: a static inside a function would order the threads that meet at it, and hide races.
const std::vector<float> kF16Numbers = [] {
    std::vector<float> table(65536);
    for (unsigned i = 0; i < 65536; ++i)
        table[i] = static_cast<float>(std::bit_cast<_Float16>(static_cast<std::uint16_t>(i)));
    return table;
}();

constexpr int kMostCopies = 256;
struct CopyQueue {
    Copy copies[kMostCopies];
    int next = 0, size = 0;
};
CopyQueue g_copies[1024]; // by thread of the block

struct XorIn {
    float value;
    int lanes;
};

} // namespace

void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1, bool bf16, int site) {
    MultiplyIn in{{a[0], a[1], a[2], a[3]}, {b0, b1}, {sum[0], sum[1], sum[2], sum[3]}};
    unpack(sum, warpExchange(packed(in), bf16 ? multiplyWarp<true> : multiplyWarp<false>, site));
}

void distributeMatrices(std::uint32_t (&registers)[4], const Matrices& mine, bool transposed, int site) {
    const auto instruction = transposed ? distribute<true> : distribute<false>;
    unpack(registers, warpExchange(packed(mine), instruction, site));
}

float exchangeXor(float value, int lanes, int site) {
    const XorIn in{value, lanes};
    const auto instruction = [](Exchange& exchange) {
        for (int lane = 0; lane < kLanes; ++lane) {
            XorIn mine;
            unpack(mine, exchange.in[lane]);
            std::memcpy(exchange.out[lane].bytes, exchange.in[lane ^ mine.lanes].bytes, sizeof(float));
        }
    };
    float result;
    unpack(result, warpExchange(packed(in), instruction, site));
    return result;
}

std::uint16_t toBf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (value != value) return 0x7fff;
    return std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float fromBf16(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t(bits) << 16);
}

std::uint16_t toF16(float value) {
    return std::bit_cast<std::uint16_t>(static_cast<_Float16>(value));
}

float fromF16(std::uint16_t bits) {
    return kF16Numbers[bits];
}

void addPendingCopy(const Copy& copy) {
    CopyQueue& queue = g_copies[threadIndex().x];
    if (queue.size == kMostCopies) stop("more copies under way than the emulation keeps");
    queue.copies[queue.size++] = copy;
}

bool takePendingCopy(Copy& copy) {
    CopyQueue& queue = g_copies[threadIndex().x];
    if (queue.next == queue.size) {
        queue.next = queue.size = 0;
        return false;
    }
    copy = queue.copies[queue.next++];
    return true;
}

void requireNoCopies() {
    const CopyQueue& queue = g_copies[threadIndex().x];
    if (queue.next != queue.size) stop("a thread ended with copies it never waited for");
}

} // namespace palimpsest::emulation
