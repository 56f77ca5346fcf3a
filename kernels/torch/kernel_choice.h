// Whether the kernels run, or the compositions of ATen operations that define them.
#pragma once

namespace palimpsest {

enum class KernelChoice { Best, Reference };

// Reference when PALIMPSEST_KERNELS=reference, to compare live; read at the first call only. Any other value of it limits
// the instruction set of the kernels (kernels/cpu/instruction_set.h). Thread-safe.
KernelChoice kernelChoice();

} // namespace palimpsest
