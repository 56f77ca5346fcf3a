#include "engine/api/framing.h"
#include "tests/support/cases.h"

namespace palimpsest::test {
namespace {

// Everything the reader gives for `bytes` fed in pieces of `size`: bodies as they are, errors as "!".
std::vector<std::string> readAll(const std::string& bytes, std::size_t size) {
    FrameReader reader;
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
        reader.append(std::string_view(bytes).substr(at, size));
        for (;;) {
            auto next = reader.next();
            if (next && !*next) break;
            out.push_back(next ? **next : "!");
        }
    }
    return out;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

CASE(messagesComeWholeHoweverTheStreamIsCut) {
    const std::string stream = frame("{\"a\":1}") + frame("") + frame("grüße\r\n\r\n") + frame("{}");
    const std::vector<std::string> expected{"{\"a\":1}", "", "grüße\r\n\r\n", "{}"};
    for (std::size_t size = 1; size <= stream.size(); ++size) CHECK(readAll(stream, size) == expected) << size;
}

CASE(garbageIsToldAtOnceAndTheNextMessageIsRead) {
    for (const std::string garbage : {"hello\n", "{\"jsonrpc\":\"2.0\"}\n", "\r\n\r\n\r\n", "\xff\xfe\x00\x01", "Cont",
                                      "Content-Length: abc\r\n\r\n", "Content-Length: -5\r\n\r\n",
                                      "Content-Type: x\r\n\r\n", "Content-Length: 99999999999999999999\r\n\r\n"}) {
        for (const std::size_t size : {std::size_t(1), std::size_t(7), std::size_t(1000)}) {
            const auto out = readAll(garbage + frame("{}"), size);
            CHECK(contains(out, "!")) << garbage << size;
            CHECK(!out.empty() && out.back() == "{}") << garbage << size;
        }
    }
    CHECK(readAll("garbage with nothing after it", 1000).size() == 1);
}

CASE(aHeaderWithoutEndIsGivenUp) {
    const auto out = readAll("Content-Length: 5" + std::string(kMaxHeaderBytes, ' ') + frame("{}"), 512);
    CHECK(contains(out, "!"));
    CHECK(out.back() == "{}");
}

CASE(anOversizedMessageIsSkippedWhole) {
    const std::size_t size = kMaxMessageBytes + 1;
    const std::string stream =
        "Content-Length: " + std::to_string(size) + "\r\n\r\n" + std::string(size, 'x') + frame("{}");
    const auto out = readAll(stream, 1 << 20);
    CHECK(out.size() == 2);
    CHECK(out.front() == "!" && out.back() == "{}");
}

CASE(otherHeaderFieldsAreRead) {
    const auto out = readAll("Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 3);
    CHECK(out == std::vector<std::string>{"{}"});
}

} // namespace
} // namespace palimpsest::test
