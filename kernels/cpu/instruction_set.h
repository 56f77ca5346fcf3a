// Which instructions the CPU kernels may use: what the processor and the system have, limited by the environment.
//
// PALIMPSEST_KERNELS=scalar|avx2|avx512 limits it, to compare kernels live and to test the paths of lesser processors;
// avx512 leaves out the VNNI and bf16 additions. Any other value (reference is kernels/torch's) limits nothing; a limit
// never adds what the processor lacks.
//
// A kernel has one file per instruction set, compiled with its flags (kernels/cpu/CMakeLists.txt) and entered only where
// instructions() says so. Such files must not instantiate inline functions of shared headers that the linker could merge
// into other files' copies: plain loops, anonymous namespaces and intrinsics only.
#pragma once

#include <string_view>

namespace palimpsest {

// Each includes the ones before. Avx2: with FMA. Avx512: F, BW, DQ and VL.
enum class InstructionSet { Scalar, Avx2, Avx512 };

struct Instructions {
    InstructionSet set = InstructionSet::Scalar;
    bool vnni = false; // AVX512_VNNI (vpdpbusd on 512 bits); only with Avx512
    bool bf16 = false; // AVX512_BF16 (vdpbf16ps on 512 bits); only with Avx512

    bool has(InstructionSet wanted) const { return set >= wanted; }
    bool operator==(const Instructions&) const = default;
};

// What this processor has, no limit applied. Thread-safe.
Instructions processorInstructions();

// `have` under a limit as PALIMPSEST_KERNELS would state it.
Instructions limited(Instructions have, std::string_view limit);

// processorInstructions() under PALIMPSEST_KERNELS; the environment is read at the first call only. Thread-safe.
const Instructions& instructions();

} // namespace palimpsest
