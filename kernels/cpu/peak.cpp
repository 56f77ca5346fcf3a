#include "kernels/cpu/peak.h"

#include "kernels/cpu/instruction_set.h"

#include <algorithm>
#include <chrono>

namespace palimpsest {
namespace {

double best(detail::PeakRound (*loop)(long)) {
    using Clock = std::chrono::steady_clock;
    constexpr long kRounds = 400'000;
    double most = 0;
    for (int i = 0; i < 8; ++i) {
        const auto begin = Clock::now();
        const detail::PeakRound round = loop(kRounds);
        const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
        if (round.sum == round.sum) most = std::max(most, round.operations / seconds); // no NaN: the loop did run
    }
    return most;
}

} // namespace

detail::PeakRound detail::peakScalar(long rounds) {
    constexpr int kSums = 8;
    float sums[kSums] = {};
    volatile float start = 0.999f;
    const float factor = start;
    for (long r = 0; r < rounds; ++r)
        for (float& sum : sums) sum = sum * factor + 1.0f;
    PeakRound done{2.0 * kSums * double(rounds), 0};
    for (const float sum : sums) done.sum += sum;
    return done;
}

double peakFlops(bool bf16) {
    const Instructions& have = instructions();
    if (bf16 && have.bf16) return best(detail::peakAvx512Bf16);
    if (have.has(InstructionSet::Avx512)) return best(detail::peakAvx512);
    if (have.has(InstructionSet::Avx2)) return best(detail::peakAvx2);
    return best(detail::peakScalar);
}

double peakInt8Ops() {
    return instructions().vnni ? best(detail::peakAvx512Vnni) : peakFlops(false);
}

} // namespace palimpsest
