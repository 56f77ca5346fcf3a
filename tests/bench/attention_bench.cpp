// Sparse attention on the CPU as parts of one core's peak, measured in the same run. Built only on request:
//   ninja attention_bench && taskset -c 0 bin/attention_bench [f32|bf16|all] [repeats]
// useful: 4 K operations for each query head and key it sees (10 K backward). executed: the same for every lane of every
// vector that is multiplied, so masked lanes at the edges of a tile and lanes without a query count as well.
#include "kernels/cpu/peak.h"
#include "kernels/cpu/sparse_attention_plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>

namespace palimpsest {
namespace {

struct Setting {
    std::string name;
    std::int64_t heads, keyHeads, headSize;
    SparsePattern pattern;
    std::vector<AttentionRun> runs;
    std::vector<std::int64_t> positions;
    bool interleaved = false; // keys and values of a row side by side, as in the cache
    bool backward = false;
};

std::vector<std::int64_t> whole(std::int64_t length) {
    std::vector<std::int64_t> positions;
    for (std::int64_t p = 0; p < length; ++p) positions.push_back(p);
    return positions;
}

// What a cache keeps of a text of `length`: globals, the grid of phase 0, the window.
std::vector<std::int64_t> cached(const SparsePattern& pattern, std::int64_t length) {
    std::vector<std::int64_t> positions;
    for (std::int64_t p = 0; p < length; ++p)
        if (p < pattern.globals || p > length - pattern.window ||
            (p % pattern.dilation == 0 && p > length - pattern.reach()))
            positions.push_back(p);
    return positions;
}

template<class T>
T fromFloat(float x);
template<>
float fromFloat<float>(float x) {
    return x;
}
template<>
Bf16 fromFloat<Bf16>(float x) {
    return toBf16(x);
}

template<class T>
std::vector<T> random(std::int64_t count) {
    static std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = fromFloat<T>(normal(generator));
    return values;
}

struct Operations {
    double useful = 0, executed = 0, keysPerTile = 0; // of a forward pass
};

template<class T>
Operations count(const AttentionInput<T>& in) {
    const AttentionPlan<T> plan(in);
    const KeyFinder finder(in);
    const std::int64_t shared = in.heads / in.keyHeads, width = 16;
    Operations all;
    SeenKeys seen;
    for (const QueryTile& tile : plan.tiles()) {
        finder.find(in.runs[std::size_t(tile.run)], tile.query, tile.count, seen);
        all.keysPerTile += double(seen.keys.size()) / double(plan.tiles().size());
        for (const SeenKey& key : seen.keys) all.useful += double((key.last - key.first + 1) * shared * in.keyHeads);
        constexpr std::size_t kBlock = 6; // keys that are multiplied at once
        for (std::size_t at = 0; at < seen.keys.size(); at += kBlock) {
            const std::size_t end = std::min(at + kBlock, seen.keys.size());
            std::int64_t first = seen.keys[at].first, last = seen.keys[at].last;
            for (std::size_t i = at; i < end; ++i) {
                first = std::min<std::int64_t>(first, seen.keys[i].first);
                last = std::max<std::int64_t>(last, seen.keys[i].last);
            }
            const std::int64_t from = first * shared / width, to = ((last + 1) * shared + width - 1) / width;
            all.executed += double((to - from) * width * in.keyHeads) * double(end - at);
        }
    }
    all.useful *= 4.0 * double(in.headSize);
    all.executed *= 4.0 * double(in.headSize);
    return all;
}

// Of this thread, so that other work on the machine is left out as far as it can be.
double threadSeconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

// The least time of a call and the highest peak, taken in turns.
struct Figure {
    double seconds = 1e9, peak = 0;
};
template<class Body>
Figure figureOf(int repeats, bool bf16, const Body& body) {
    Figure figure;
    double sincePeak = 1;
    for (int i = 0; i < repeats; ++i) {
        if (sincePeak > 0.02) {
            figure.peak = std::max(figure.peak, peakFlops(bf16));
            sincePeak = 0;
        }
        const double start = threadSeconds();
        body();
        const double seconds = threadSeconds() - start;
        figure.seconds = std::min(figure.seconds, seconds);
        sincePeak += seconds;
    }
    return figure;
}

void print(const char* pass, const char* type, const Setting& s, const Figure& figure, double scale,
           const Operations& ops) {
    const double seconds = figure.seconds, peak = figure.peak;
    std::printf("%-46s %-5s %-8s %10.1f us  useful %6.1f GF/s %5.1f %%  executed %5.1f %% of peak %.0f  keys %.0f\n",
                s.name.c_str(), type, pass, seconds * 1e6, scale * ops.useful / seconds / 1e9,
                100 * scale * ops.useful / seconds / peak, 100 * scale * ops.executed / seconds / peak, peak / 1e9,
                ops.keysPerTile);
}

template<class T>
void measure(const Setting& s, int repeats) {
    const bool bf16 = !std::is_same_v<T, float>;
    const std::int64_t row = s.keyHeads * s.headSize, rows = std::int64_t(s.positions.size());
    std::int64_t queries = 0;
    for (const AttentionRun& run : s.runs) queries += run.count;
    const auto q = random<T>(queries * s.heads * s.headSize), kv = random<T>(2 * rows * row),
               own = random<T>(2 * queries * row), d = random<T>(queries * s.heads * s.headSize);
    AttentionInput<T> in;
    in.heads = s.heads;
    in.keyHeads = s.keyHeads;
    in.headSize = s.headSize;
    in.pattern = s.pattern;
    in.runs = s.runs;
    in.queries = q.data();
    in.queryStride = s.heads * s.headSize;
    in.keys = kv.data();
    in.values = kv.data() + (s.interleaved ? row : rows * row);
    in.rowStride = s.interleaved ? 2 * row : row;
    in.positions = s.positions;
    in.ownKeys = own.data();
    in.ownValues = own.data() + row;
    in.ownStride = 2 * row;
    in.scale = 1 / std::sqrt(float(s.headSize));
    const Operations ops = count(in);
    const ParallelFor serial = [](std::int64_t items, const auto& body) { body(0, items); };
    std::vector<T> out(q.size());
    std::vector<float> sums(std::size_t(queries * s.heads));
    const auto forward = [&] { sparseAttentionForward(in, out.data(), sums.data(), serial); };
    forward();
    print("forward", bf16 ? "bf16" : "f32", s, figureOf(repeats, bf16, forward), 1, ops);
    if (!s.backward) return;
    std::vector<T> dq(q.size()), dk(std::size_t(rows * row)), dv(dk.size()), dok(std::size_t(queries * row)),
        dov(dok.size());
    const AttentionGradients<T> g{d.data(),  out.data(), sums.data(), dq.data(),
                                  dk.data(), dv.data(),  dok.data(),  dov.data()};
    const auto backward = [&] { sparseAttentionBackward(in, g, serial); };
    backward();
    print("backward", bf16 ? "bf16" : "f32", s, figureOf(std::max(2, repeats / 2), bf16, backward), 2.5, ops);
}

std::vector<Setting> settings() {
    const SparsePattern prototype{129, 4, 96, 64}, shipped{256, 8, 128, 16}, standard{512, 8, 256, 16};
    std::vector<Setting> all;
    for (std::int64_t length : {8192, 65536})
        all.push_back({"both ways 6x64, w 129, d 4x96, g 64, L " + std::to_string(length),
                       6,
                       6,
                       64,
                       prototype,
                       {{0, 64, false, false, true}, {64, length - 64, false}},
                       whole(length),
                       false,
                       length < 10000});
    all.push_back(
        {"the same without queries that see all, L 8192", 6, 6, 64, prototype, {{64, 8128, false}}, whole(8192)});
    all.push_back({"the same, L 65536", 6, 6, 64, prototype, {{64, 65472, false}}, whole(65536)});
    for (std::int64_t size : {32, 128})
        all.push_back({"both ways 6x" + std::to_string(size) + ", L 8192",
                       6,
                       6,
                       size,
                       prototype,
                       {{64, 8128, false}},
                       whole(8192),
                       false,
                       true});
    all.push_back({"causal 9/3x64, shipped, L 8192", 9, 3, 64, shipped, {{0, 8192}}, whole(8192), true, true});
    all.push_back({"causal 9/3x64, standard, L 8192", 9, 3, 64, standard, {{0, 8192}}, whole(8192), true});
    // short enough that some call is left alone by the rest of the machine
    for (std::int64_t size : {32, 64, 128})
        all.push_back({"512 queries both ways 6x" + std::to_string(size),
                       6,
                       6,
                       size,
                       prototype,
                       {{4096, 512, false}},
                       whole(8192),
                       false,
                       true});
    all.push_back({"512 queries causal 9/3x64, shipped", 9, 3, 64, shipped, {{7680, 512}}, whole(8192), true, true});
    all.push_back({"512 queries causal 9/3x64, standard", 9, 3, 64, standard, {{7680, 512}}, whole(8192), true, true});
    for (std::int64_t slots : {1, 9, 17, 33, 65})
        all.push_back({"block of " + std::to_string(slots) + ", shipped, cache of 16000",
                       9,
                       3,
                       64,
                       shipped,
                       {{16000, slots, false, true}},
                       cached(shipped, 16000),
                       true});
    all.push_back({"block of 9, standard, cache of 16000",
                   9,
                   3,
                   64,
                   standard,
                   {{16000, 9, false, true}},
                   cached(standard, 16000),
                   true});
    all.push_back({"block of 9 alone", 9, 3, 64, shipped, {{0, 9, false, true}}, {}, true});
    Setting blocks{"64 blocks of 17 in 8192, shipped", 9, 3, 64, shipped, {}, whole(8192), false, true};
    for (std::int64_t at = 100; at < 8192; at += 128)
        blocks.runs.push_back({at, 17, false, true, false, at + 1, kEndOfText});
    all.push_back(blocks);
    return all;
}

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    const std::string type = argc > 1 ? argv[1] : "all";
    const int repeats = argc > 2 ? std::atoi(argv[2]) : 7;
    const std::string only = argc > 3 ? argv[3] : "";
    std::printf("f32 %s, bf16 %s\n", palimpsest::sparseAttentionKernel(false), palimpsest::sparseAttentionKernel(true));
    for (const palimpsest::Setting& s : palimpsest::settings()) {
        if (s.name.find(only) == std::string::npos) continue;
        const bool brief = s.runs.size() == 1 && s.runs[0].count <= 512;
        const int count = brief ? repeats * 20 : repeats;
        if (type != "bf16") palimpsest::measure<float>(s, count);
        if (type != "f32") palimpsest::measure<palimpsest::Bf16>(s, count);
    }
}
