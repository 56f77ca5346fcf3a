// Messages on a byte stream: `Content-Length: N\r\n\r\n` and N bytes of JSON, as in the Language Server Protocol.
//
// Not thread-safe; no I/O of its own. Grammar: engine/protocol.md.
#pragma once

#include "engine/base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace palimpsest {

constexpr std::size_t kMaxMessageBytes = 32u << 20;
constexpr std::size_t kMaxHeaderBytes = 4096;

// Puts the header before a body.
std::string frame(std::string_view body);

// Cuts a stream into message bodies. After garbage it resynchronises at the next `Content-` and goes on; a
// message over the bound is skipped whole without being stored.
class FrameReader {
public:
    // Takes the next bytes of the stream, in pieces of any size.
    void append(std::string_view bytes);

    // The next body, or nothing while it is incomplete. An error (Protocol) tells of bytes that were skipped; the
    // reader is usable afterwards: call again.
    Result<std::optional<std::string>> next();

private:
    // Drops everything before the next header at or after `from`, and says so.
    Error resynchronise(std::size_t from);

    std::string m_buffer;
    std::size_t m_skipBytes = 0; // of an oversized body still to come
};

} // namespace palimpsest
