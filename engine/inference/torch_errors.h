// What Torch and the standard library throw, as errors of ours. No Torch in this header.
#pragma once

#include "engine/base/result.h"

#include <exception>

namespace palimpsest {

// `device`: where it was thrown: failures of an accelerator make its engine unusable (ErrorCode::Device).
Error errorOf(const std::exception& exception, const std::string& device);

} // namespace palimpsest
