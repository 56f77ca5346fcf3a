#include "engine/inference/torch_errors.h"

#include "engine/base/log.h"

#include <c10/util/Exception.h>
#include <new>

namespace palimpsest {

Error errorOf(const std::exception& exception, const std::string& device) {
    logLine(exception.what()); // for the log file: a person gets the sentence below
    const std::string what = exception.what();
    // LibTorch's CPU allocator has no type of its own for it.
    const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&exception) ||
                        dynamic_cast<const std::bad_alloc*>(&exception) ||
                        what.find("DefaultCPUAllocator") != std::string::npos;
    if (memory)
        return {ErrorCode::OutOfMemory,
                "There is not enough memory for this: close other programs, or ask for fewer or shorter drafts."};
    if (device.starts_with("cuda") || what.find("CUDA") != std::string::npos)
        return {ErrorCode::Device, "The GPU failed: the engine has to start again, or use the CPU."};
    return {ErrorCode::Internal, "The model failed in a way it should not; the log file says more."};
}

} // namespace palimpsest
