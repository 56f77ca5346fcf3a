// The server over an engine of the test's own: order, endings, stops, garbage, a peer that does not read.
#include "engine/server/server.h"

#include "engine/api/framing.h"
#include "tests/engine/message_reader.h"
#include "tests/support/cases.h"

#include <atomic>
#include <poll.h>
#include <semaphore>
#include <set>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace palimpsest::test {
namespace {

// Drafts as many steps as it is asked tokens; waits before the first until the test lets it go.
class StepEngine : public Engine {
public:
    StepEngine(std::counting_semaphore<>& go, std::vector<std::string>& prepared) : m_go(go), m_prepared(prepared) {}
    const ModelInfo& model() const override { return m_model; }
    const DeviceInfo& device() const override { return m_device; }
    Result<DraftEnd> draft(const DraftRequest& request, std::stop_token stop, const StepSink& sink) override {
        m_go.acquire();
        if (request.left == "broken") return Error{ErrorCode::Device, "The GPU failed."};
        DraftEnd end;
        end.draft = request.id;
        for (int i = 0; i < request.options.tokens && !stop.stop_requested(); ++i)
            sink({request.id, 0, i, 0, 0, {{"word", 1, PositionState::Committed}}});
        end.outcome = stop.stop_requested() ? DraftOutcome::Stopped : DraftOutcome::Done;
        return end;
    }
    Result<DraftEnd> branch(const DraftBranch&, std::stop_token, const StepSink&) override {
        return Error{ErrorCode::NotFound, "Nothing to branch from."};
    }
    void setLock(const DraftLock&) override {}
    // Until it is stopped: reading a long text.
    Result<void> prepare(const DraftRequest& request, std::stop_token stop) override {
        while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        m_prepared.push_back(request.left);
        return Error{ErrorCode::Cancelled, "Stopped."};
    }
    // One token a byte, its number of nats the byte's place; "broken" as in draft().
    Result<Surprise> surprise(const SurpriseRequest& request, std::stop_token) override {
        if (request.left == "broken") return Error{ErrorCode::Device, "The GPU failed."};
        Surprise surprise;
        for (std::size_t i = 0; i < request.text.size(); ++i) surprise.push_back({i + 1, float(i)});
        return surprise;
    }
    Result<ContextPreview> previewContext(const DraftRequest&) override { return ContextPreview{}; }

private:
    std::counting_semaphore<>& m_go;
    std::vector<std::string>& m_prepared; // read by the test once the server is gone
    ModelInfo m_model{"m", "/m", "llama", 1, 1, 1, 1, 1, "h"};
    DeviceInfo m_device{"cpu", "Because.", "float32", "torch", 1, 1};
};

std::string numbered(std::size_t number) {
    return std::string(1, 'd').append(std::to_string(number));
}

// A served peer: the test's end of a socket pair.
class Peer {
public:
    Peer() {
        socketpair(AF_UNIX, SOCK_STREAM, 0, m_files);
        m_parts.open = [this](const EngineOptions&) -> Result<std::unique_ptr<Engine>> {
            ++opened;
            return std::unique_ptr<Engine>(new StepEngine(go, prepared));
        };
        m_parts.installed = [] { return EngineInfo{}; };
        m_thread = std::thread([this] {
            serveStream(m_files[1], m_files[1], m_parts);
            close(m_files[1]);
        });
    }
    ~Peer() {
        go.release(1000);
        if (m_files[0] >= 0) close(m_files[0]);
        m_thread.join();
    }

    void sendBytes(const std::string& bytes) { CHECK(write(m_files[0], bytes.data(), bytes.size()) > 0); }
    void send(const Json& message) { sendBytes(frame(message.dump())); }
    void start(const std::string& id, int tokens = 3, const std::string& left = "left") {
        send(rpcRequest(method::kDraftStart,
                        {{"id", id}, {"kind", "continue"}, {"left", left}, {"options", {{"tokens", tokens}}}}, ++m_id));
    }
    void stopDraft(const std::string& id) { send(rpcRequest(method::kDraftStop, {{"draft", id}}, ++m_id)); }
    void hangUp() { shutdown(m_files[0], SHUT_WR); }

    // The next message; null when none comes within `ms`.
    Json receive(int ms = 20'000) { return m_reader.receive(m_files[0], ms); }
    // Messages up to the ending of `draft`, that included.
    std::vector<Json> untilEnd(const std::string& draft) {
        std::vector<Json> all;
        do {
            all.push_back(receive());
        } while (!all.back().is_null() && !isEnd(all.back(), draft));
        return all;
    }
    void untilAnswer(int id) {
        for (Json message = receive(); !message.is_null() && message.value("id", 0) != id;) message = receive();
    }
    static bool isEnd(const Json& message, const std::string& draft) {
        return message.value("method", "") == method::kDraftEnded && message["params"]["draft"] == draft;
    }

    void prepare(const std::string& left) {
        send(rpcRequest(method::kContextPrepare, {{"id", "p"}, {"kind", "continue"}, {"left", left}}, ++m_id));
    }

    std::counting_semaphore<> go{0};
    std::atomic<int> opened = 0;
    std::vector<std::string> prepared;

private:
    int m_files[2] = {-1, -1};
    ServerParts m_parts;
    MessageReader m_reader;
    std::int64_t m_id = 0;
    std::thread m_thread;
};

CASE(everyDraftEndsOnceAndInOrder) {
    Peer peer;
    for (const char* id : {"a", "b", "c"}) peer.start(id);
    peer.stopDraft("b"); // while it waits
    peer.untilAnswer(4);
    peer.go.release(3);
    std::vector<std::string> ended;
    for (const Json& message : peer.untilEnd("c"))
        if (message.value("method", "") == method::kDraftEnded)
            ended.push_back(message["params"]["draft"].get<std::string>() +
                            message["params"]["outcome"].get<std::string>());
    CHECK(ended == (std::vector<std::string>{"adone", "bstopped", "cdone"}));
    peer.hangUp();
    for (Json rest = peer.receive(); !rest.is_null(); rest = peer.receive())
        CHECK(rest.value("method", "") != method::kDraftEnded) << rest.dump();
}

CASE(requestsAreAnsweredWhileADraftRuns) {
    Peer peer;
    peer.start("a");
    peer.send(rpcRequest(method::kModelList, Json::object(), 70));
    Json message = peer.receive();
    while (!message.is_null() && message.value("id", 0) != 70) message = peer.receive();
    CHECK(!message.is_null());
    peer.start("a"); // its id is taken
    message = peer.receive();
    while (!message.is_null() && !message.contains("error")) message = peer.receive();
    CHECK(message["error"]["code"] == -32602);
}

CASE(aStepIsNeverSentAfterItsEndAndTheNewestIs) {
    Peer peer;
    peer.start("a", 1000);
    peer.go.release();
    const auto all = peer.untilEnd("a");
    int last = -1, steps = 0;
    for (const Json& message : all) {
        if (message.value("method", "") != method::kDraftStep) continue;
        CHECK(message["params"]["index"] > last);
        last = message["params"]["index"];
        ++steps;
    }
    CHECK(last == 999) << last;
    CHECK(steps < 500) << "a thousand steps in an instant are more than thirty a second";
}

CASE(aPeerThatDoesNotReadHoldsNobodyUp) {
    Peer peer;
    for (std::size_t i = 0; i < 20; ++i) {
        peer.start(numbered(i), 1024);
        peer.go.release();
    }
    peer.send(rpcRequest(method::kShutdown, Json::object(), 99));
    int ended = 0;
    for (Json message = peer.receive(); !message.is_null(); message = peer.receive())
        ended += message.value("method", "") == method::kDraftEnded;
    CHECK(ended == 20) << ended;
}

CASE(readingAheadGivesWayToADraftAndToANewerWish) {
    std::vector<std::string> prepared;
    {
        Peer peer;
        peer.prepare("before a model is there"); // 1: forgotten
        peer.untilAnswer(1);
        peer.start("a"); // 2
        peer.go.release(2);
        (void)peer.untilEnd("a");
        peer.prepare("an older page"); // 3
        peer.untilAnswer(3);
        peer.send(rpcRequest(method::kModelList, Json::object(), 70)); // the engine is not busy for its peer
        peer.untilAnswer(70);
        std::this_thread::sleep_for(std::chrono::milliseconds(50)); // the worker takes the older wish first
        peer.prepare("the page in sight");                          // 4
        peer.untilAnswer(4);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        peer.start("b");
        CHECK(!peer.untilEnd("b").back().is_null());
        peer.hangUp();
        while (!peer.receive().is_null()) {
        }
        prepared = peer.prepared;
    }
    CHECK(prepared == (std::vector<std::string>{"an older page", "the page in sight"})) << prepared.size();
}

CASE(theQueueIsBounded) {
    Peer peer;
    for (std::size_t i = 0; i < Worker::kWaiting + 3; ++i) peer.start(numbered(i));
    int full = 0;
    for (std::size_t answers = 0; answers < Worker::kWaiting + 3;) {
        const Json message = peer.receive();
        if (message.is_null()) break;
        answers += message.contains("id");
        full += message.contains("error") && message["error"]["data"]["kind"] == "full";
    }
    CHECK(full >= 2 && full <= 3) << full;
}

CASE(garbageGetsAnErrorAndTheEngineLives) {
    Peer peer;
    const std::vector<std::pair<std::string, int>> garbage{
        {"hello\r\n", -32700},
        {frame("{"), -32700},
        {frame("[]"), -32600},
        {frame("{\"jsonrpc\":\"1.0\",\"method\":\"initialize\",\"id\":1}"), -32600},
        {frame("{\"jsonrpc\":\"2.0\",\"method\":7,\"id\":1}"), -32600},
        {frame("{\"jsonrpc\":\"2.0\",\"method\":\"tea/make\",\"id\":1}"), -32601},
        {frame("{\"jsonrpc\":\"2.0\",\"method\":\"draft/start\",\"params\":[1],\"id\":1}"), -32602},
        {frame("{\"jsonrpc\":\"2.0\",\"method\":\"draft/start\",\"params\":{\"id\":\"a\"},\"id\":1}"), -32602},
        {frame("{\"jsonrpc\":\"2.0\",\"method\":\"draft/lock\",\"params\":{\"draft\":\"zzz\",\"first\":0},\"id\":1}"),
         -32001},
        {frame("\xff\xfe"), -32700},
        {frame("{\"a\":" + std::string(100'000, '[') + "}"), -32600}};
    for (const auto& [bytes, code] : garbage) {
        peer.sendBytes(bytes);
        const Json answer = peer.receive();
        CHECK(answer.contains("error") && answer["error"]["code"] == code) << bytes.substr(0, 80) << answer.dump();
    }
    peer.send(rpcRequest(method::kInitialize, Json::object(), 5));
    CHECK(peer.receive()["result"]["protocol"] == kProtocolVersion);
}

CASE(aSurpriseIsAnsweredAfterTheDraftBeforeItAndOthersMeanwhile) {
    Peer peer;
    peer.start("a");
    peer.send(rpcRequest(method::kTextSurprise, {{"left", "x"}, {"text", "abc"}}, 80));
    peer.send(rpcRequest(method::kModelList, Json::object(), 81));
    peer.untilAnswer(81);
    peer.go.release(1);
    bool ended = false;
    Json message = peer.receive();
    for (; !message.is_null() && message.value("id", 0) != 80; message = peer.receive())
        ended = ended || Peer::isEnd(message, "a");
    CHECK(ended);
    CHECK(message["result"]["ends"] == Json({1, 2, 3})) << message.dump();
    CHECK(message["result"]["nats"] == Json({0.0, 1.0, 2.0})) << message.dump();
}

CASE(aFailedDeviceIsToldToWhoeverAskedForASurprise) {
    Peer peer;
    peer.send(rpcRequest(method::kTextSurprise, {{"left", "broken"}, {"text", "abc"}}, 80));
    Json message = peer.receive();
    while (!message.is_null() && message.value("id", 0) != 80) message = peer.receive();
    CHECK(message["error"]["data"]["kind"] == errorCodeName(ErrorCode::Device)) << message.dump();
}

CASE(aNotificationIsNeverAnswered) {
    Peer peer;
    peer.send(rpcNotification("tea/make", Json::object()));
    peer.send(rpcNotification(method::kTextSurprise, {{"text", "abc"}}));
    peer.send(rpcRequest(method::kInitialize, Json::object(), 5));
    CHECK(peer.receive()["id"] == 5);
}

CASE(aFailedDeviceEndsTheDraftAndTheNextOneOpensAnEngineAnew) {
    Peer peer;
    peer.start("a", 3, "broken");
    peer.start("b");
    peer.go.release(2);
    bool failed = false;
    for (const Json& message : peer.untilEnd("b"))
        failed = failed || (Peer::isEnd(message, "a") && message["params"]["outcome"] == "failed" &&
                            message["params"]["message"] == "The GPU failed.");
    CHECK(failed && peer.opened == 2) << peer.opened;
}

CASE(theEndOfItsInputEndsTheEngineAndTheDraftItRuns) {
    Peer peer;
    peer.start("a", 1000);
    peer.hangUp();
    peer.go.release();
    const auto all = peer.untilEnd("a");
    CHECK(!all.back().is_null());
    CHECK(peer.receive().is_null());
}

// A server at a socket of its own, and connections to it.
struct SocketServer {
    explicit SocketServer(const std::string& at) : path(at) {
        parts.open = [this](const EngineOptions&) -> Result<std::unique_ptr<Engine>> {
            return std::unique_ptr<Engine>(new StepEngine(go, prepared));
        };
        parts.installed = [] { return EngineInfo{}; };
        thread = std::thread([this] { result = serveSocket(path, parts); });
    }
    int connected() const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        const int file = socket(AF_UNIX, SOCK_STREAM, 0);
        for (int i = 0; i < 200; ++i) {
            if (connect(file, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return file;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return -1;
    }
    std::string path;
    std::counting_semaphore<> go{0};
    std::vector<std::string> prepared;
    ServerParts parts;
    Result<void> result;
    std::thread thread;
};

std::string readSome(int file) {
    char piece[4096];
    pollfd ready{file, POLLIN, 0};
    if (poll(&ready, 1, 20'000) <= 0) return {};
    const ssize_t count = read(file, piece, sizeof piece);
    return {piece, std::size_t(std::max<ssize_t>(count, 0))};
}

CASE(aSocketIsPrivateServesOnePeerAndIsNotTakenOver) {
    const std::string path = "/tmp/palimpsest-test-" + std::to_string(getpid());
    SocketServer server(path);
    const int file = server.connected();
    CHECK(file >= 0);
    struct stat status {};
    CHECK(stat(path.c_str(), &status) == 0 && (status.st_mode & 0777) == 0600);
    const auto ask = [&](const char* name) {
        const std::string bytes = frame(rpcRequest(name, Json::object(), 1).dump());
        CHECK(write(file, bytes.data(), bytes.size()) > 0);
        return readSome(file);
    };
    CHECK(ask(method::kInitialize).find("\"protocol\":1") != std::string::npos);
    const int second = server.connected();
    CHECK(readSome(second).find("locked") != std::string::npos);
    close(second);
    const Result<void> other = serveSocket(path, server.parts);
    CHECK(!other.ok() && other.error().code == ErrorCode::Locked);
    CHECK(ask(method::kShutdown).find("null") != std::string::npos);
    server.thread.join();
    close(file);
    CHECK(server.result.ok() && stat(path.c_str(), &status) != 0);
}

CASE(aDeadSocketIsReplacedAndAFileIsNot) {
    const std::string path = "/tmp/palimpsest-dead-" + std::to_string(getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    close(dead);
    SocketServer server(path);
    const int file = server.connected();
    CHECK(file >= 0);
    const std::string bytes = frame(rpcRequest(method::kShutdown, Json::object(), 1).dump());
    CHECK(write(file, bytes.data(), bytes.size()) > 0);
    server.thread.join();
    close(file);
    const auto refused = serveSocket("/etc/passwd", server.parts);
    CHECK(!refused.ok() && refused.error().code == ErrorCode::Io);
    CHECK(!serveSocket("/tmp/" + std::string(200, 'x'), server.parts).ok());
}

} // namespace
} // namespace palimpsest::test
