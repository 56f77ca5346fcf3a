#include "app/services/draft_session.h"

#include "app/services/draft_passage.h"
#include "app/services/draft_trace.h"

#include <QUuid>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

namespace palimpsest {
namespace {

// What the writer decided about a position; it holds as long as the position has this text.
struct Decision {
    std::string text;
    bool locked = true;
};

struct Candidate {
    std::string run; // the engine's draft that it comes from, and its number there
    int number = 0;
    std::uint64_t seed = 0;
    double agreement = -1;
    DraftTrace trace;
    std::map<int, Decision> decisions; // by position
};

// What the project keeps of the session. Outlives it while the project has not yet answered with an id.
struct Kept {
    StoredDraft draft;
    std::vector<StoredCandidate> trace;
    bool adding = false;
    bool changedSince = false; // while adding
};

std::string newId() {
    return QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
}

QString toQString(const std::string& text) {
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

void applyDecisions(StepTokens& tokens, const std::map<int, Decision>& decisions) {
    for (const auto& [position, decision] : decisions) {
        if (position >= int(tokens.size())) break;
        StepToken& token = tokens[std::size_t(position)];
        if (token.state == PositionState::Absorbed || token.text != decision.text) continue;
        if (decision.locked)
            token.state = PositionState::Locked;
        else if (token.state == PositionState::Locked)
            token.state = PositionState::Committed;
    }
}

void updateKept(ProjectService& project, const Kept& kept) {
    project.updateDraft(kept.draft, [trace = kept.trace] { return packTrace(trace); });
}

} // namespace

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
    std::vector<Candidate> candidates;
    int chosen = 0;
    std::optional<int> scrubbed; // place in the chosen trace; nothing = the newest
    StepTokens tokens;           // as shown
    std::optional<DraftStatistics> statistics;
    std::shared_ptr<Kept> kept = std::make_shared<Kept>();
    bool announcing = false;

    const Candidate* shownCandidate() const;
    Candidate* shownCandidate();
    Candidate& candidateFor(const std::string& draft, int number);
    int shownPlace() const;

    void begin(const std::function<void(const std::string& id)>& start);
    void endRun();
    DraftOptions optionsWithNewSeed() const;
    void onStep(const DraftStep& step);
    void onEnd(const DraftEnd& end);
    void takeResult(const std::string& draft, const DraftCandidate& result);
    bool append(Candidate& candidate, DraftStep step);
    void decide(PositionRange positions, bool locked);
    void tellEngine(PositionRange positions, bool locked) const;

    void refresh();
    void keep();
    void finish(StoredDraft::State state);
};

const Candidate* DraftSession::Parts::shownCandidate() const {
    return candidates.empty() ? nullptr : &candidates[std::size_t(chosen)];
}

Candidate* DraftSession::Parts::shownCandidate() {
    return const_cast<Candidate*>(std::as_const(*this).shownCandidate());
}

Candidate& DraftSession::Parts::candidateFor(const std::string& draft, int number) {
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& c) { return c.run == draft && c.number == number; });
    if (found != candidates.end()) return *found;
    Candidate candidate;
    candidate.run = draft;
    candidate.number = number;
    candidates.push_back(std::move(candidate));
    const bool firstOfRun =
        std::count_if(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.run == draft; }) == 1;
    if (draft == run && firstOfRun && !chosenByWriter) {
        chosen = int(candidates.size()) - 1;
        scrubbed.reset();
    }
    return candidates.back();
}

int DraftSession::Parts::shownPlace() const {
    const Candidate* candidate = shownCandidate();
    return candidate ? scrubbed.value_or(candidate->trace.size() - 1) : -1;
}

// Every run of the engine for this passage goes through here.
void DraftSession::Parts::begin(const std::function<void(const std::string& id)>& start) {
    endRun();
    run = newId();
    running = true;
    ++runs;
    chosenByWriter = false;
    phase = Phase::Waiting;
    sentence.clear();
    start(run);
    refresh();
}

void DraftSession::Parts::endRun() {
    if (std::exchange(running, false)) engine.stopDraft(toQString(run));
}

DraftOptions DraftSession::Parts::optionsWithNewSeed() const {
    DraftOptions options = request.options;
    options.seed += std::uint64_t(runs);
    return options;
}

// Returns false for a step that is older than what is there.
bool DraftSession::Parts::append(Candidate& candidate, DraftStep step) {
    const int size = candidate.trace.size();
    if (size > 0 && step.index <= candidate.trace.at(size - 1).index) return false;
    const bool thinned = candidate.trace.add(std::move(step));
    if (thinned && scrubbed && &candidate == shownCandidate()) *scrubbed /= 2;
    return true;
}

void DraftSession::Parts::onStep(const DraftStep& step) {
    const bool known =
        std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.run == step.draft; });
    if (step.draft != run && !known) return; // another passage's
    if (!append(candidateFor(step.draft, step.candidate), step)) return;
    if (step.draft == run && running) phase = Phase::Forming;
    refresh();
    if (kept->draft.id == 0 && !kept->adding) keep();
}

void DraftSession::Parts::takeResult(const std::string& draft, const DraftCandidate& result) {
    Candidate& candidate = candidateFor(draft, result.index);
    candidate.agreement = result.agreement;
    candidate.seed = result.seed;
    const int size = candidate.trace.size();
    if (size > 0 && candidate.trace.at(size - 1).tokens == result.tokens) return;
    DraftStep last; // the last steps may have been dropped on the way, or the end cut back to a sentence
    last.draft = draft;
    last.candidate = result.index;
    last.index = size > 0 ? candidate.trace.at(size - 1).index + 1 : 0;
    last.expected = last.index + 1;
    last.tokens = result.tokens;
    append(candidate, std::move(last));
}

void DraftSession::Parts::onEnd(const DraftEnd& end) {
    const bool known =
        std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.run == end.draft; });
    if (end.draft != run && !known) return;
    for (const DraftCandidate& result : end.candidates) takeResult(end.draft, result);
    if (end.draft == run) {
        running = false;
        phase = end.outcome == DraftOutcome::Failed ? Phase::Failed : Phase::Resting;
        sentence = end.outcome == DraftOutcome::Failed ? QString::fromStdString(end.message) : QString();
        if (end.outcome != DraftOutcome::Failed) statistics = end.statistics;
        if (!end.candidates.empty() && !chosenByWriter) {
            const Candidate& best = candidateFor(end.draft, end.candidates.front().index);
            chosen = int(&best - candidates.data());
            scrubbed.reset();
        }
    }
    refresh();
    keep();
}

void DraftSession::Parts::refresh() {
    tokens.clear();
    if (const Candidate* candidate = shownCandidate(); candidate && candidate->trace.size() > 0) {
        tokens = candidate->trace.at(shownPlace()).tokens;
        applyDecisions(tokens, candidate->decisions);
    }
    if (std::exchange(announcing, true)) return;
    QMetaObject::invokeMethod(
        &session,
        [this] {
            announcing = false;
            Q_EMIT session.changed();
        },
        Qt::QueuedConnection);
}

void DraftSession::Parts::decide(PositionRange positions, bool locked) {
    Candidate* candidate = shownCandidate();
    if (!candidate || positions.count == 0) return;
    for (int p = positions.first; p < positions.first + positions.count; ++p)
        candidate->decisions[p] = {tokens[std::size_t(p)].text, locked};
    tellEngine(positions, locked);
}

// A running draft keeps what is locked; but only words it still has, not those of a step scrubbed back to.
void DraftSession::Parts::tellEngine(PositionRange positions, bool locked) const {
    const Candidate* candidate = shownCandidate();
    if (!running || candidate->run != run) return;
    const StepTokens& newest = candidate->trace.at(candidate->trace.size() - 1).tokens;
    for (int p = positions.first; p < positions.first + positions.count; ++p)
        if (p >= int(newest.size()) || newest[std::size_t(p)].text != tokens[std::size_t(p)].text) return;
    engine.lockPositions({run, candidate->number, positions.first, positions.count, locked});
}

// Stores the session as it stands.
void DraftSession::Parts::keep() {
    kept->draft.text = toQString(joinedText(tokens));
    kept->draft.model = statistics ? QString::fromStdString(statistics->model) : engine.modelName();
    if (statistics) kept->draft.modelHash = QString::fromStdString(statistics->modelHash);
    kept->trace.clear();
    for (const Candidate& candidate : candidates) {
        if (candidate.trace.size() == 0) continue;
        StepTokens last = candidate.trace.at(candidate.trace.size() - 1).tokens;
        applyDecisions(last, candidate.decisions);
        kept->trace.push_back({candidate.seed, candidate.agreement, lockedRanges(last), candidate.trace.steps()});
    }
    if (kept->draft.id != 0) return updateKept(project, *kept);
    kept->changedSince = kept->adding;
    if (std::exchange(kept->adding, true)) return;
    project.addDraft(kept->draft, &project, [kept = kept, &project = project](const Result<qint64>& id) {
        kept->adding = false;
        if (!id) return; // the next step, lock or end tries again
        kept->draft.id = *id;
        if (kept->changedSince) updateKept(project, *kept);
    });
}

void DraftSession::Parts::finish(StoredDraft::State state) {
    endRun();
    session.disconnect(&engine, nullptr, &session, nullptr);
    phase = Phase::Resting;
    kept->draft.state = state;
    keep();
}

DraftSession::DraftSession(EngineService& engine, ProjectService& project, NodeId node, DraftRequest request,
                           QObject* parent)
    : QObject(parent), m_parts(std::make_unique<Parts>(*this, engine, project)) {
    Parts& parts = *m_parts;
    parts.request = std::move(request);
    connect(&engine, &EngineService::draftStepped, this, [this](const DraftStep& step) { m_parts->onStep(step); });
    connect(&engine, &EngineService::draftEnded, this, [this](const DraftEnd& end) { m_parts->onEnd(end); });
    parts.begin([&](const std::string& id) {
        parts.request.id = id;
        engine.startDraft(parts.request);
    });
    parts.kept->draft.node = node;
    parts.kept->draft.created = QDateTime::currentDateTimeUtc();
    parts.kept->draft.request = QByteArray::fromStdString(writeMessage(toJson(parts.request)));
}

DraftSession::~DraftSession() {
    Parts& parts = *m_parts;
    const bool undecided = parts.kept->draft.state == StoredDraft::State::Open;
    parts.endRun();
    if (undecided && !parts.candidates.empty()) parts.keep();
}

DraftSession::Phase DraftSession::phase() const {
    return m_parts->phase;
}

QString DraftSession::sentence() const {
    return m_parts->sentence;
}

NodeId DraftSession::node() const {
    return m_parts->kept->draft.node;
}

qint64 DraftSession::storedId() const {
    return m_parts->kept->draft.id;
}

const DraftRequest& DraftSession::request() const {
    return m_parts->request;
}

const std::vector<StepToken>& DraftSession::tokens() const {
    return m_parts->tokens;
}

QString DraftSession::text() const {
    return toQString(joinedText(m_parts->tokens));
}

int DraftSession::stepCount() const {
    const Candidate* candidate = m_parts->shownCandidate();
    return candidate ? candidate->trace.size() : 0;
}

int DraftSession::shownStep() const {
    return m_parts->shownPlace();
}

int DraftSession::expectedSteps() const {
    const int count = stepCount();
    if (count == 0) return 0;
    const DraftStep& newest = m_parts->shownCandidate()->trace.at(count - 1);
    const double share = double(count) / (newest.index + 1); // below one when steps were dropped or thinned out
    return std::max(count, int(std::lround(newest.expected * share)));
}

bool DraftSession::followsNewest() const {
    return !m_parts->scrubbed;
}

void DraftSession::scrubTo(int step) {
    const int last = stepCount() - 1;
    if (last < 0) return;
    m_parts->scrubbed.reset();
    if (step < last) m_parts->scrubbed = std::max(step, 0);
    m_parts->refresh();
}

int DraftSession::candidateCount() const {
    return int(m_parts->candidates.size());
}

int DraftSession::candidate() const {
    return m_parts->chosen;
}

void DraftSession::chooseCandidate(int candidate) {
    if (candidate < 0 || candidate >= candidateCount()) return;
    m_parts->chosen = candidate;
    m_parts->chosenByWriter = true;
    m_parts->scrubbed.reset();
    m_parts->refresh();
}

QString DraftSession::candidateText(int candidate) const {
    if (candidate < 0 || candidate >= candidateCount()) return {};
    const DraftTrace& trace = m_parts->candidates[std::size_t(candidate)].trace;
    return trace.size() == 0 ? QString() : toQString(joinedText(trace.at(trace.size() - 1).tokens));
}

double DraftSession::agreement(int candidate) const {
    if (candidate < 0 || candidate >= candidateCount()) return -1;
    return m_parts->candidates[std::size_t(candidate)].agreement;
}

void DraftSession::toggleLock(int position) {
    const StepTokens& tokens = m_parts->tokens;
    const PositionRange word = wordAt(tokens, position);
    if (word.count == 0) return;
    const auto first = tokens.begin() + word.first;
    const bool allLocked =
        std::all_of(first, first + word.count, [](const StepToken& t) { return t.state == PositionState::Locked; });
    m_parts->decide(word, !allLocked);
    m_parts->refresh();
    m_parts->keep();
}

void DraftSession::setAllLocks(bool locked) {
    const int count = int(m_parts->tokens.size());
    for (int position = 0; position < count;) {
        const PositionRange word = wordAt(m_parts->tokens, position);
        m_parts->decide(word, locked);
        position = word.count == 0 ? position + 1 : word.first + word.count;
    }
    m_parts->refresh();
    m_parts->keep();
}

void DraftSession::stop() {
    if (m_parts->running) m_parts->engine.stopDraft(toQString(m_parts->run));
}

void DraftSession::another() {
    DraftRequest request = m_parts->request;
    request.options = m_parts->optionsWithNewSeed();
    m_parts->begin([&](const std::string& id) {
        request.id = id;
        m_parts->engine.startDraft(request);
    });
}

void DraftSession::moveTheRest(double strength) {
    DraftRequest request = m_parts->request;
    request.kind = DraftKind::Rewrite;
    request.text = joinedText(m_parts->tokens);
    if (request.text.empty()) return;
    request.locks = lockedRanges(m_parts->tokens);
    request.options = m_parts->optionsWithNewSeed();
    request.options.strength = std::clamp(strength, 0.0, 1.0);
    request.options.drafts = 1;
    m_parts->begin([&](const std::string& id) {
        request.id = id;
        m_parts->engine.startDraft(request);
    });
}

void DraftSession::branchFromShown() {
    const Candidate* candidate = m_parts->shownCandidate();
    if (!candidate || candidate->trace.size() == 0) return;
    DraftBranch branch{{},
                       candidate->run,
                       candidate->number,
                       candidate->trace.at(m_parts->shownPlace()).index,
                       m_parts->optionsWithNewSeed()};
    m_parts->begin([&](const std::string& id) {
        branch.id = id;
        m_parts->engine.branchDraft(branch);
    });
}

QString DraftSession::accept() {
    const QString accepted = text();
    m_parts->finish(StoredDraft::State::Accepted);
    Q_EMIT ended(); // a listener may delete this
    return accepted;
}

void DraftSession::discard() {
    m_parts->finish(StoredDraft::State::Discarded);
    Q_EMIT ended();
}

const DraftStatistics* DraftSession::statistics() const {
    return m_parts->statistics ? &*m_parts->statistics : nullptr;
}

} // namespace palimpsest
