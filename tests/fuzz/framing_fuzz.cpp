// A stream from a peer gone mad: the reader goes on, always forward, and finds the next sound message.
//
// Input: one byte for the size of the pieces, then the stream.
#include "engine/api/framing.h"
#include "tests/fuzz/fuzz.h"

namespace palimpsest::fuzz {
namespace {

struct Read {
    std::vector<std::string> bodies;
    std::size_t errors = 0;
};

void drain(FrameReader& reader, std::size_t streamBytes, Read& read) {
    for (;;) {
        auto next = reader.next();
        if (!next) {
            require(next.error().code == ErrorCode::Protocol && !next.error().message.empty(), "an error says what");
            require(++read.errors <= streamBytes, "every error skips something");
            continue;
        }
        if (!*next) return;
        require((*next)->size() <= kMaxMessageBytes, "no message is over the bound");
        read.bodies.push_back(**std::move(next));
        require(read.bodies.size() <= streamBytes, "every message takes something");
    }
}

Read readInPieces(FrameReader& reader, std::string_view stream, std::size_t piece) {
    Read read;
    const std::size_t all = stream.size();
    for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
        reader.append(stream.substr(0, piece));
        drain(reader, all, read);
    }
    return read;
}

void readAll(std::string_view bytes) {
    Cursor cursor(bytes);
    const std::size_t piece = 1 + cursor.byte();
    FrameReader reader, whole;
    const Read read = readInPieces(reader, cursor.rest(), piece);
    const Read atOnce = readInPieces(whole, cursor.rest(), cursor.rest().size() + 1);
    require(read.bodies == atOnce.bodies, "messages are the same however the stream is cut");
}

} // namespace

Plan plan() {
    const std::string stream = frame("{\"a\":1}") + "garbage\n" + frame("") + "Content-Length: 99999999999\r\n\r\n" +
                               frame("{}") + "Content-Type: x\r\nContent-Length: 2\r\n\r\n{}";
    return {{std::string(1, '\0') + stream, "\x06" + stream, "\xFF" + stream,
             "\x03"
             "Content-Length: 40000000\r\n\r\n" +
                 stream},
            200000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
