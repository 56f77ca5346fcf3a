#include "kernels/cpu/instruction_set.h"

#include <algorithm>
#include <cstdlib>

namespace palimpsest {

Instructions processorInstructions() {
    Instructions have;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) have.set = InstructionSet::Avx2;
    if (have.set == InstructionSet::Avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        have.set = InstructionSet::Avx512;
        have.vnni = __builtin_cpu_supports("avx512vnni");
        have.bf16 = __builtin_cpu_supports("avx512bf16");
    }
#endif
    return have;
}

Instructions limited(Instructions have, std::string_view limit) {
    if (limit == "scalar") return {};
    if (limit == "avx2") return {std::min(have.set, InstructionSet::Avx2)};
    if (limit == "avx512") return {have.set};
    return have;
}

const Instructions& instructions() {
    static const Instructions once = [] {
        const char* limit = std::getenv("PALIMPSEST_KERNELS");
        return limited(processorInstructions(), limit ? limit : "");
    }();
    return once;
}

} // namespace palimpsest
