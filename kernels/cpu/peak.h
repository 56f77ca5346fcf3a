// What one core of this machine multiplies and adds at most, measured by loops that do nothing else: the yardstick of
// every benchmark. Blocks for some 50 ms each.
#pragma once

namespace palimpsest {

// FLOP/s of the widest fused multiply-add that instructions() allows: of f32, or of bf16 pairs summed in f32 (where the
// processor has none, the f32 figure).
double peakFlops(bool bf16);

// Operations a second of 8-bit products summed in 32 bits (vpdpbusd); the f32 figure where the processor has none.
double peakInt8Ops();

namespace detail { // multiply-adds of `rounds` rounds, one per instruction set; the sum keeps them from being optimised away
struct PeakRound {
    double operations = 0; // multiplications and additions
    float sum = 0;
};
PeakRound peakScalar(long rounds);
PeakRound peakAvx2(long rounds);
PeakRound peakAvx512(long rounds);
PeakRound peakAvx512Bf16(long rounds);
PeakRound peakAvx512Vnni(long rounds);
} // namespace detail

} // namespace palimpsest
