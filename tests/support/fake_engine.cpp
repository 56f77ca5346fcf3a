// An engine without a model for tests: speaks engine/protocol.md on standard input and output, and behaves as told.
//
//   --text TEXT       what a draft says (words split at spaces)
//   --steps N         passes of a draft (8)          --delay-ms N   before each pass (5)
//   --no-model        none is installed              --load-ms N    time to load it (0)
//   --protocol N      another version of the protocol
//   --mute            reads, never answers           --garbage      noise before every message
//   --crash-at K      dies instead of pass K         --hang-at K    goes silent for good instead of pass K
//   --once FILE       crashing, hanging and --mute only while FILE is not there, which is then made
//   --hang-at-load    goes silent for good instead of loading
//   --stubborn        ignores draft/stop             --refuse       draft/start is answered with an error
//   --waver           moving words are not yet what they become: "grey"
//   --cut             the end gives a word less than the last step
//   --record FILE     appends every message received, one a line
//
// Words arrive in pairs: at pass k of N the first k/N are committed, the next are moving, the rest absorbed. A Rewrite
// keeps what is locked and puts "new" in place of the other words; candidate i > 0 has " i" after its first word. A word surprises
// by half as many nats again as it has letters.
#include "engine/api/framing.h"
#include "engine/api/messages.h"
#include "engine/api/surprise.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <poll.h>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>

namespace palimpsest {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

struct Script {
    std::string text = "The water had been so still that she could see the chain going down and down, green, "
                       "and then only the idea of it.";
    int steps = 8, delayMs = 5, loadMs = 0, protocol = kProtocolVersion;
    int crashAt = -1, hangAt = -1;
    bool hangAtLoad = false, noModel = false, mute = false, garbage = false, stubborn = false, refuse = false,
         cut = false, waver = false;
    std::string once, record;
};

struct Draft {
    DraftRequest request;
    std::vector<StepToken> goal; // of candidate 0
    int kept = 0;                // leading tokens that a branch began with
    int pass = 0;
    std::set<int> locked;
    Clock::time_point due;
};

std::vector<StepToken> tokensOf(const std::string& text) {
    std::vector<StepToken> tokens;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find_first_of(" \n", at + 1), text.size());
        tokens.push_back({text.substr(at, end - at), 0.9f, PositionState::Committed});
        at = end;
    }
    return tokens;
}

// Tokens that never cross the edge of a lock, so that what is locked stays to the letter.
std::vector<StepToken> rewritten(const DraftRequest& request) {
    std::vector<StepToken> tokens;
    const auto open = [&](std::size_t begin, std::size_t end) {
        for (StepToken& token : tokensOf(request.text.substr(begin, end - begin))) {
            token.text = token.text.front() == ' ' ? " new" : "new";
            tokens.push_back(token);
        }
    };
    std::size_t at = 0;
    for (const TextRange& lock : request.locks) {
        open(at, lock.begin);
        for (StepToken& token : tokensOf(request.text.substr(lock.begin, lock.end - lock.begin))) {
            token.state = PositionState::Locked;
            tokens.push_back(token);
        }
        at = lock.end;
    }
    open(at, request.text.size());
    return tokens;
}

class FakeEngine {
public:
    explicit FakeEngine(Script script) : m_script(std::move(script)) {}
    int run();

private:
    void send(const Json& message);
    void onMessage(const Json& message);
    void onCall(const std::string& name, const Json& id, const Json& params);
    void load(const Json& id);
    void start(DraftRequest request, int kept);
    void branch(const DraftBranch& branch);
    bool pass(Draft& draft);
    void misbehave(int pass);
    void end(const Draft& draft, DraftOutcome outcome);
    std::vector<StepToken> tokensAt(const Draft& draft, int candidate, int pass) const;
    EngineInfo description() const;
    bool isDue(); // is misbehaviour with --once still to come?

    Script m_script;
    FrameReader m_reader;
    std::list<Draft> m_drafts;
    std::map<std::string, Draft> m_past;
    bool m_over = false;
};

void FakeEngine::send(const Json& message) {
    const std::string bytes = (m_script.garbage ? "\x01\xFFgarbage {\"\n" : "") + frame(writeMessage(message));
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
    std::fflush(stdout);
}

bool FakeEngine::isDue() {
    if (m_script.once.empty()) return true;
    if (std::filesystem::exists(m_script.once)) return false;
    std::ofstream(m_script.once) << "done\n";
    return true;
}

EngineInfo FakeEngine::description() const {
    EngineInfo info;
    info.version = PALIMPSEST_VERSION;
    info.device = {"cpu", "This is an engine for tests.", "float32", "none", 1, 1.0};
    if (!m_script.noModel) {
        ModelInfo model{"fake-model", "/models/fake-model", "llama", 1, 8, 16, 1000, 100, "f00d"};
        info.defaultModel = model.path;
        info.models = {model};
    }
    return info;
}

void FakeEngine::load(const Json& id) {
    if (m_script.hangAtLoad && isDue())
        for (;;) ::pause();
    const EngineInfo info = description();
    ModelState state;
    state.kind = ModelState::Kind::Loading;
    send(rpcResult(id, Json::object()));
    send(rpcNotification(method::kModelState, toJson(state)));
    std::this_thread::sleep_for(Milliseconds(m_script.loadMs));
    state.kind = ModelState::Kind::Ready;
    if (!info.models.empty()) state.model = info.models.front();
    state.device = info.device;
    send(rpcNotification(method::kModelState, toJson(state)));
}

void FakeEngine::start(DraftRequest request, int kept) {
    Draft draft;
    draft.goal = request.kind == DraftKind::Rewrite ? rewritten(request) : tokensOf(m_script.text);
    draft.kept = kept;
    draft.request = std::move(request);
    draft.due = Clock::now() + Milliseconds(m_script.delayMs);
    m_drafts.push_back(std::move(draft));
}

void FakeEngine::branch(const DraftBranch& branch) {
    DraftRequest request;
    if (const auto past = m_past.find(branch.from); past != m_past.end()) request = past->second.request;
    request.id = branch.id;
    request.options = branch.options;
    const int words = int(tokensOf(m_script.text).size());
    start(std::move(request), words * (branch.step + 1) / m_script.steps);
}

void FakeEngine::onCall(const std::string& name, const Json& id, const Json& params) {
    if (name == method::kInitialize) {
        Json answer = toJson(description());
        answer["protocol"] = m_script.protocol;
        return send(rpcResult(id, std::move(answer)));
    }
    if (name == method::kModelLoad) return load(id);
    if (name == method::kContextPreview) return send(rpcResult(id, toJson(ContextPreview{10, 20, 30, 1, 2, 3, 100})));
    if (name == method::kTextSurprise) {
        const auto request = surpriseRequestFromJson(params);
        if (!request) return send(rpcError(id, request.error()));
        Surprise surprise;
        for (const StepToken& token : tokensOf(request->text))
            surprise.push_back({(surprise.empty() ? 0 : surprise.back().end) + token.text.size(),
                                1.5f * float(std::count_if(token.text.begin(), token.text.end(), ::isalpha))});
        return send(rpcResult(id, toJson(surprise)));
    }
    if (name == method::kDraftStart) {
        auto request = draftRequestFromJson(params);
        if (!request) return send(rpcError(id, request.error()));
        if (m_script.refuse) return send(rpcError(id, Error{ErrorCode::Unsupported, "This engine refuses to draft."}));
        send(rpcResult(id, Json::object()));
        return start(std::move(*request), 0);
    }
    if (name == method::kDraftBranch) {
        auto asked = draftBranchFromJson(params);
        if (!asked) return send(rpcError(id, asked.error()));
        const auto past = m_past.find(asked->from);
        if (past == m_past.end() || asked->step >= past->second.pass)
            return send(rpcError(id, Error{ErrorCode::NotFound, "The step to branch from is not remembered."}));
        send(rpcResult(id, Json::object()));
        return branch(*asked);
    }
    if (name == method::kDraftLock) {
        const auto lock = draftLockFromJson(params);
        if (!lock) return send(rpcError(id, lock.error()));
        for (Draft& draft : m_drafts)
            for (int p = lock->first; draft.request.id == lock->draft && p < lock->first + lock->count; ++p)
                lock->locked ? void(draft.locked.insert(p)) : void(draft.locked.erase(p));
    }
    if (name == method::kDraftStop && !m_script.stubborn) {
        const std::string draft = params.value("draft", "");
        const auto found =
            std::find_if(m_drafts.begin(), m_drafts.end(), [&](const Draft& d) { return d.request.id == draft; });
        if (found != m_drafts.end()) {
            end(*found, DraftOutcome::Stopped);
            m_drafts.erase(found);
        }
    }
    m_over = m_over || name == method::kShutdown;
    send(rpcResult(id, Json::object()));
}

std::vector<StepToken> FakeEngine::tokensAt(const Draft& draft, int candidate, int pass) const {
    std::vector<StepToken> tokens = draft.goal;
    if (candidate > 0 && !tokens.empty()) tokens.front().text += " " + std::to_string(candidate);
    const int count = int(tokens.size());
    const int committed = std::max(draft.kept, count * (pass + 1) / m_script.steps);
    const int moving = std::max(2, count / m_script.steps);
    for (int i = 0; i < count; ++i) {
        StepToken& token = tokens[std::size_t(i)];
        if (draft.locked.count(i) != 0) token.state = PositionState::Locked;
        if (token.state == PositionState::Locked || i < committed) continue;
        token.state = i < committed + moving ? PositionState::Moving : PositionState::Absorbed;
        token.confidence = token.state == PositionState::Moving ? 0.2f + 0.6f * float(i % 2) : 0.0f;
        if (token.state == PositionState::Absorbed) token.text.clear();
        if (token.state == PositionState::Moving && m_script.waver) token.text = " grey";
    }
    return tokens;
}

void FakeEngine::misbehave(int pass) {
    if (pass == m_script.crashAt && isDue()) std::raise(SIGKILL);
    if (pass != m_script.hangAt || !isDue()) return;
    for (;;) ::pause();
}

// One pass of a draft; true when it was the last.
bool FakeEngine::pass(Draft& draft) {
    misbehave(draft.pass);
    for (int candidate = 0; candidate < draft.request.options.drafts; ++candidate) {
        DraftStep step{draft.request.id, candidate, draft.pass, m_script.steps, 0, {}};
        step.tokens = tokensAt(draft, candidate, draft.pass);
        send(rpcNotification(method::kDraftStep, toJson(step)));
    }
    draft.due = Clock::now() + Milliseconds(m_script.delayMs);
    return ++draft.pass >= m_script.steps;
}

void FakeEngine::end(const Draft& draft, DraftOutcome outcome) {
    DraftEnd ended;
    ended.draft = draft.request.id;
    ended.outcome = outcome;
    for (int candidate = 0; draft.pass > 0 && candidate < draft.request.options.drafts; ++candidate) {
        DraftCandidate result;
        result.index = candidate;
        result.tokens = tokensAt(draft, candidate, draft.pass - 1);
        if (m_script.cut) result.tokens.pop_back();
        for (const StepToken& token : result.tokens) result.text += token.text;
        result.seed = draft.request.options.seed + std::uint64_t(candidate);
        result.agreement = 1.0 / (1 + candidate);
        ended.candidates.push_back(std::move(result));
    }
    ended.statistics.steps = draft.pass;
    ended.statistics.tokens = int(draft.goal.size());
    ended.statistics.device = "cpu";
    ended.statistics.model = "fake-model";
    ended.statistics.modelHash = "f00d";
    m_past[draft.request.id] = draft;
    send(rpcNotification(method::kDraftEnded, toJson(ended)));
}

void FakeEngine::onMessage(const Json& message) {
    if (!m_script.record.empty()) std::ofstream(m_script.record, std::ios::app) << writeMessage(message) << '\n';
    if (m_script.mute && isDue())
        for (;;) ::pause();
    if (message.contains("method") && message.contains("id"))
        onCall(message["method"].get<std::string>(), message["id"], message.value("params", Json::object()));
}

int FakeEngine::run() {
    while (!m_over) {
        pollfd input{STDIN_FILENO, POLLIN, 0};
        const int waitMs = m_drafts.empty() ? -1 : std::max(1, m_script.delayMs);
        if (::poll(&input, 1, waitMs) > 0) {
            char bytes[65536];
            const ssize_t size = ::read(STDIN_FILENO, bytes, sizeof bytes);
            if (size <= 0) return 0;
            m_reader.append({bytes, std::size_t(size)});
            for (auto body = m_reader.next(); body.ok() && body->has_value(); body = m_reader.next())
                if (const auto message = parseMessage(**body)) onMessage(*message);
        }
        // In the order they came, one after the other, as the real one does.
        if (m_drafts.empty() || Clock::now() < m_drafts.front().due) continue;
        if (!pass(m_drafts.front())) continue;
        end(m_drafts.front(), DraftOutcome::Done);
        m_drafts.pop_front();
    }
    return 0;
}

Script scriptOf(int argc, char** argv) {
    Script script;
    const std::map<std::string, int*> numbers{{"--steps", &script.steps},      {"--delay-ms", &script.delayMs},
                                              {"--load-ms", &script.loadMs},   {"--protocol", &script.protocol},
                                              {"--crash-at", &script.crashAt}, {"--hang-at", &script.hangAt}};
    const std::map<std::string, std::string*> texts{
        {"--text", &script.text}, {"--once", &script.once}, {"--record", &script.record}};
    const std::map<std::string, bool*> flags{{"--no-model", &script.noModel},  {"--hang-at-load", &script.hangAtLoad},
                                             {"--mute", &script.mute},         {"--garbage", &script.garbage},
                                             {"--stubborn", &script.stubborn}, {"--refuse", &script.refuse},
                                             {"--cut", &script.cut},           {"--waver", &script.waver}};
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        const char* value = i + 1 < argc ? argv[i + 1] : "";
        if (const auto flag = flags.find(name); flag != flags.end()) *flag->second = true;
        if (const auto number = numbers.find(name); number != numbers.end()) *number->second = std::atoi(value);
        if (const auto text = texts.find(name); text != texts.end()) *text->second = value;
    }
    script.steps = std::max(1, script.steps);
    return script;
}

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    return palimpsest::FakeEngine(palimpsest::scriptOf(argc, argv)).run();
}
