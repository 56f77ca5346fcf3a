// A plug-in for load_plugin_test: of the version PLANTED_VERSION, with one device that can do nothing.
#include "kernels/cuda/plugin.h"

using namespace palimpsest::cuda;

#ifdef PLANTED_VERSION
extern "C" const CudaKernels* palimpsestCudaKernels() {
    static const CudaKernels kernels = [] {
        CudaKernels table{};
        table.version = PLANTED_VERSION;
        table.deviceCount = []() -> std::int32_t { return 1; };
        return table;
    }();
    return &kernels;
}
#else
extern "C" int somethingElse() {
    return 0;
}
#endif
