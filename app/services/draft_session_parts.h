// Inside of DraftSession, shared by its two source files: what the writer asks for, and what the engine answers.
#pragma once

#include "app/services/draft_passage.h"
#include "app/services/draft_session.h"
#include "app/services/draft_trace.h"

#include <map>
#include <optional>

namespace palimpsest {

// What the writer decided about a position; it holds as long as the position has this text.
struct LockDecision {
    std::string text;
    bool locked = true;
};

struct SessionCandidate {
    std::string run; // the engine's draft that it comes from, and its number there
    int number = 0;
    std::uint64_t seed = 0;
    double agreement = -1; // among those of its run
    int toldStep = -1;     // the newest the engine told of; the end may have added one that the engine does not know
    DraftTrace trace;
    std::map<int, LockDecision> decisions; // by position
};

// What the project keeps of the session. Outlives it while the project has not yet answered with an id.
struct KeptDraft {
    StoredDraft draft;
    std::vector<StoredCandidate> trace;
    bool adding = false;
    bool changedSince = false; // while adding
};

struct DraftSession::Parts {
    Parts(DraftSession& owner, EngineService& e, ProjectService& p) : session(owner), engine(e), project(p) {}

    DraftSession& session;
    EngineService& engine;
    ProjectService& project;
    DraftRequest request;
    Phase phase = Phase::Waiting;
    QString sentence;
    std::string run; // the newest; its end decides the phase
    bool running = false;
    int runs = 0;
    bool chosenByWriter = false; // since the run began
    std::vector<SessionCandidate> candidates;
    int chosen = 0;
    std::optional<int> scrubbed; // place in the chosen trace; nothing = the newest
    StepTokens tokens;           // as shown
    std::optional<DraftStatistics> statistics;
    std::shared_ptr<KeptDraft> kept = std::make_shared<KeptDraft>();
    bool announcing = false;

    const SessionCandidate* shownCandidate() const;
    SessionCandidate* shownCandidate();
    SessionCandidate& candidateFor(const std::string& draft, int number);
    int shownPlace() const;
    double agreement(const SessionCandidate& candidate) const;

    void begin(const std::function<void(const std::string& id)>& start);
    void endRun();
    void rewrite(std::vector<TextRange> locks, double strength);
    void addDecided(StepTokens decided); // a candidate that no run made
    DraftOptions optionsWithNewSeed() const;
    void onStep(const DraftStep& step);
    void onEnd(const DraftEnd& end);
    void takeResult(const std::string& draft, const DraftCandidate& result);
    bool append(SessionCandidate& candidate, DraftStep step);
    void decide(PositionRange positions, bool locked);
    void tellEngine(PositionRange positions, bool locked) const;

    void refresh();
    void keep();
    void finish(StoredDraft::State state);
};

inline QString toQString(const std::string& text) {
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

} // namespace palimpsest
