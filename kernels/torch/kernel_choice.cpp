#include "kernels/torch/kernel_choice.h"

#include <cstdlib>
#include <string_view>

namespace palimpsest {

KernelChoice kernelChoice() {
    static const KernelChoice choice = [] {
        const char* wanted = std::getenv("PALIMPSEST_KERNELS");
        return wanted && std::string_view(wanted) == "reference" ? KernelChoice::Reference : KernelChoice::Best;
    }();
    return choice;
}

} // namespace palimpsest
