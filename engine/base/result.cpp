#include "engine/base/result.h"

namespace palimpsest {

const char* errorCodeName(ErrorCode code) {
    switch (code) {
    case ErrorCode::InvalidArgument: return "invalid-argument";
    case ErrorCode::NotFound: return "not-found";
    case ErrorCode::Io: return "io";
    case ErrorCode::Full: return "full";
    case ErrorCode::Corrupt: return "corrupt";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::NewerFormat: return "newer-format";
    case ErrorCode::Locked: return "locked";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::OutOfMemory: return "out-of-memory";
    case ErrorCode::Device: return "device";
    case ErrorCode::Protocol: return "protocol";
    case ErrorCode::Internal: return "internal";
    }
    return "internal";
}

} // namespace palimpsest
