// The torch library "palimpsest": the schemas of our operations, in one place. Each operation's file registers its
// backends (TORCH_LIBRARY_IMPL) and calls through operation(), so that tracing, autograd and meta tensors see it.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace palimpsest {

// The operation palimpsest::`name`; throws c10::Error when there is none.
c10::OperatorHandle operation(const char* name);

} // namespace palimpsest
