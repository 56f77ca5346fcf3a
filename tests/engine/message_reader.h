// The messages that a server sends, read from a test's end of its stream.
#pragma once

#include "engine/api/framing.h"
#include "engine/api/messages.h"

#include <poll.h>
#include <unistd.h>

namespace palimpsest::test {

class MessageReader {
public:
    // The next message of `file`; null when none comes within `ms`.
    Json receive(int file, int ms) {
        for (;;) {
            auto body = m_reader.next();
            if (body && *body) return Json::parse(**body);
            pollfd ready{file, POLLIN, 0};
            if (poll(&ready, 1, ms) <= 0) return nullptr;
            char piece[65536];
            const ssize_t count = read(file, piece, sizeof piece);
            if (count <= 0) return nullptr;
            m_reader.append({piece, std::size_t(count)});
        }
    }

private:
    FrameReader m_reader;
};

} // namespace palimpsest::test
