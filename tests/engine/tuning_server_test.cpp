// Trainings over the protocol: the real server in this process, trainings in real processes of the real program.
#include "engine/api/framing.h"
#include "engine/api/tuning.h"
#include "engine/server/server.h"
#include "tests/engine/message_reader.h"
#include "tests/engine/tiny_engine.h"
#include "tests/engine/tuning_workplace.h"
#include "tests/support/cases.h"

#include <chrono>
#include <csignal>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace palimpsest::test {
namespace {

class Peer {
public:
    Peer() {
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, m_files); // else a training would keep it open
        m_parts.open = openEngine;
        m_parts.installed = [] { return EngineInfo{}; };
        m_parts.options = {tinyModelFolder(), "cpu", 1, "float32"};
        m_parts.program = (executableFolder() / "palimpsest-engine").string();
        m_thread = std::thread([this] {
            serveStream(m_files[1], m_files[1], m_parts);
            close(m_files[1]);
        });
    }
    ~Peer() { hangUp(); }

    void hangUp() {
        if (m_files[0] < 0) return;
        close(m_files[0]);
        m_files[0] = -1;
        m_thread.join();
    }

    int send(const char* name, Json params) {
        const std::string bytes = frame(rpcRequest(name, std::move(params), ++m_id).dump());
        for (std::size_t at = 0; at < bytes.size();)
            at += std::size_t(write(m_files[0], bytes.data() + at, bytes.size() - at));
        return m_id;
    }

    // The next message; null when none comes within `ms`.
    Json receive(int ms = 60'000) { return m_reader.receive(m_files[0], ms); }
    // The next message for which `wanted` holds; those on the way are counted by their method.
    template<class F>
    Json until(const F& wanted) {
        for (;;) {
            Json message = receive();
            if (message.is_null() || wanted(message)) return message;
            ++seen[message.value("method", "answer")];
        }
    }
    Json answer(int id) {
        return until([&](const Json& message) { return message.value("id", 0) == id; });
    }
    Json notified(const char* name) {
        return until([&](const Json& message) { return message.value("method", "") == name; });
    }

    std::map<std::string, int> seen;

private:
    ServerParts m_parts;
    std::thread m_thread;
    int m_files[2] = {-1, -1};
    int m_id = 0;
    MessageReader m_reader;
};

Json request(const TuningWorkplace& work, Json changes = Json::object()) {
    Json json = {
        {"texts", {{{"name", "A house"}, {"text", prose(60)}}}}, {"out", work.path("mine")}, {"preset", "quick"}};
    json.update(changes);
    return json;
}
const Json kEndless = {{"minutes", 60}};

bool within10s(const auto& condition) {
    for (int i = 0; i < 1000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

CASE(aTrainingIsAnsweredWithItsEstimateTellsSamplesAndEndsOnce) {
    const TuningWorkplace work;
    Peer peer;
    const int id = peer.send(method::kTrainStart, request(work));
    const Json first = peer.receive();
    CHECK(first.value("id", 0) == id && first.contains("result")) << first.dump();
    const auto estimate = tuningEstimateFromJson(first["result"]);
    CHECK(estimate.ok() && estimate->steps >= 30 && estimate->secondsPerStep > 0 && estimate->minutes > 0 &&
          estimate->words > 2000 && estimate->heldOutWords > 0)
        << first.dump();
    int withSamples = 0;
    std::string before, after;
    Json message;
    for (message = peer.receive(); message.value("method", "") == method::kTrainProgress; message = peer.receive()) {
        const auto progress = tuningProgressFromJson(message["params"]);
        CHECK(progress.ok() && progress->steps == estimate->steps) << message.dump();
        if (!progress || progress->samples.empty()) continue;
        ++withSamples;
        (progress->step == 0 ? before : after) = progress->samples.front().text;
    }
    CHECK(withSamples >= 3 && !before.empty() && !after.empty() && before != after) << withSamples;
    CHECK(message.value("method", "") == method::kTrainEnded) << message.dump();
    const auto end = tuningEndFromJson(message["params"]);
    CHECK(end.ok() && end->reason == TuningReason::Finished && end->step == estimate->steps) << message.dump();
    CHECK(end->path == work.path("mine") && end->heldOut.best < end->heldOut.before);
    CHECK(peer.receive(300).is_null()) << "something came after the end";
    // Its file is one that drafts take.
    peer.send(method::kModelLoad, {{"personal", work.path("mine")}, {"strength", 0.5}});
    const Json ready = peer.until([](const Json& m) {
        return m.value("method", "") == method::kModelState && m["params"]["state"] != "loading";
    });
    CHECK(ready["params"]["state"] == "ready" && ready["params"]["model"]["strength"] == 0.5) << ready.dump();
}

CASE(draftsGoOnWhileTheModelLearns) {
    const TuningWorkplace work;
    Peer peer;
    CHECK(peer.answer(peer.send(method::kTrainStart, request(work, kEndless))).contains("result"));
    const Json draft = {{"id", "d"}, {"kind", "continue"}, {"left", "The house stood"}, {"options", {{"tokens", 20}}}};
    peer.send(method::kDraftStart, draft);
    CHECK(peer.notified(method::kDraftEnded)["params"]["outcome"] == "done");
    const Json one = peer.notified(method::kTrainProgress), later = peer.notified(method::kTrainProgress);
    CHECK(one["params"]["step"] < later["params"]["step"] && later["params"]["state"] == "running");
    peer.send(method::kTrainStop, Json::object());
    CHECK(peer.notified(method::kTrainEnded)["params"]["reason"] == "stopped");
}

CASE(aPausedTrainingStandsStillAndGoesOn) {
    const TuningWorkplace work;
    Peer peer;
    CHECK(peer.answer(peer.send(method::kTrainStart, request(work, kEndless))).contains("result"));
    CHECK(peer.answer(peer.send(method::kTrainPause, Json::object()))["result"]["state"] == "paused");
    while (!peer.receive(700).is_null()) {
    } // what was on its way; then nothing comes
    CHECK(peer.receive(1000).is_null());
    CHECK(peer.answer(peer.send(method::kTrainResume, Json::object()))["result"]["state"] == "running");
    CHECK(!peer.until([](const Json& m) { return m.contains("params") && m["params"]["step"] > 20; }).is_null());
    CHECK(peer.answer(peer.send(method::kTrainPause, Json::object())).contains("result"));
    // A paused one can be stopped, and its best is kept.
    CHECK(peer.answer(peer.send(method::kTrainStop, Json::object())).contains("result"));
    const Json end = peer.notified(method::kTrainEnded);
    CHECK(end["params"]["reason"] == "stopped" && end["params"]["path"] == work.path("mine")) << end.dump();
    CHECK(std::filesystem::exists(work.path("mine")));
}

CASE(aWindowThatClosesLosesNothing) {
    const TuningWorkplace work;
    {
        Peer peer;
        CHECK(peer.answer(peer.send(method::kTrainStart, request(work, kEndless))).contains("result"));
        CHECK(within10s([&] { return std::filesystem::exists(work.path("mine.run/state.safetensors")); }));
    }
    Peer peer;
    const Json again = peer.answer(peer.send(method::kTrainStart, request(work, kEndless)));
    CHECK(again.contains("result") && again["result"]["step"].get<int>() >= 10) << again.dump();
}

CASE(whatCannotBeLearntFromIsOneError) {
    const TuningWorkplace work;
    Peer peer;
    const auto refused = [&](const Json& params, const std::string& kind, const std::string& word) {
        const Json answer = peer.answer(peer.send(method::kTrainStart, params));
        CHECK(answer.contains("error") && answer["error"]["data"]["kind"] == kind &&
              answer["error"]["message"].get<std::string>().find(word) != std::string::npos)
            << answer.dump();
    };
    refused(request(work, {{"texts", {{{"text", "Too little."}}}}}), "invalid-argument", "2 words");
    refused(request(work, {{"texts", Json::array()}}), "invalid-argument", "texts or files");
    refused(request(work, {{"preset", "slow"}}), "invalid-argument", "preset");
    refused(request(work, {{"out", ""}}), "invalid-argument", "out");
    refused(request(work, {{"held_out_share", 0.9}}), "invalid-argument", "held_out_share");
    refused(request(work, {{"files", {work.path("none.txt")}}}), "not-found", "none.txt");
    refused(request(work, {{"model", work.path("none")}}), "not-found", "none");
    for (const char* name : {method::kTrainPause, method::kTrainResume, method::kTrainStop})
        CHECK(peer.answer(peer.send(name, Json::object()))["error"]["data"]["kind"] == "not-found") << name;
    const int first = peer.send(method::kTrainStart, request(work, kEndless));
    const Json second = peer.answer(peer.send(method::kTrainStart, request(work, {{"out", work.path("other")}})));
    CHECK(second["error"]["data"]["kind"] == "locked") << second.dump();
    CHECK(peer.answer(first).contains("result"));
    CHECK(peer.seen["train/ended"] == 0);
}

CASE(aTrainingThatDiesIsToldOnce) {
    const TuningWorkplace work;
    Peer peer;
    CHECK(peer.answer(peer.send(method::kTrainStart, request(work, kEndless))).contains("result"));
    CHECK(within10s([&] { return std::filesystem::exists(work.path("mine.run/state.safetensors")); }));
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) { // the one child of this process
        std::ifstream status(entry.path() / "status");
        for (std::string line; std::getline(status, line);)
            if (line == "PPid:\t" + std::to_string(getpid())) kill(std::stoi(entry.path().filename()), SIGKILL);
    }
    const Json end = peer.notified(method::kTrainEnded);
    CHECK(end["params"]["reason"] == "failed" && end["params"]["kind"] == "out-of-memory") << end.dump();
    CHECK(std::filesystem::exists(work.path("mine.run/state.safetensors")));
}

} // namespace
} // namespace palimpsest::test
