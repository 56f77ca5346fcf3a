// How a draft session follows the engine's runs and keeps itself in the project.
#include "app/services/draft_session_parts.h"

#include <QUuid>
#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

std::string newId() {
    return QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
}

void applyDecisions(StepTokens& tokens, const std::map<int, LockDecision>& decisions) {
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

void updateKept(ProjectService& project, const KeptDraft& kept) {
    project.updateDraft(kept.draft, [trace = kept.trace] { return packTrace(trace); });
}

} // namespace

const SessionCandidate* DraftSession::Parts::shownCandidate() const {
    return candidates.empty() ? nullptr : &candidates[std::size_t(chosen)];
}

SessionCandidate* DraftSession::Parts::shownCandidate() {
    return const_cast<SessionCandidate*>(std::as_const(*this).shownCandidate());
}

SessionCandidate& DraftSession::Parts::candidateFor(const std::string& draft, int number) {
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const SessionCandidate& c) { return c.run == draft && c.number == number; });
    if (found != candidates.end()) return *found;
    SessionCandidate candidate;
    candidate.run = draft;
    candidate.number = number;
    candidates.push_back(std::move(candidate));
    const bool firstOfRun = std::count_if(candidates.begin(), candidates.end(),
                                          [&](const SessionCandidate& c) { return c.run == draft; }) == 1;
    if (draft == run && firstOfRun && !chosenByWriter) {
        chosen = int(candidates.size()) - 1;
        scrubbed.reset();
    }
    return candidates.back();
}

int DraftSession::Parts::shownPlace() const {
    const SessionCandidate* candidate = shownCandidate();
    return candidate ? scrubbed.value_or(candidate->trace.size() - 1) : -1;
}

double DraftSession::Parts::agreement(const SessionCandidate& candidate) const {
    const auto isSameRun = [&](const SessionCandidate& c) { return c.run == candidate.run; };
    if (candidate.agreement < 0 || std::all_of(candidates.begin(), candidates.end(), isSameRun))
        return candidate.agreement;
    const auto textOf = [](const SessionCandidate& c) {
        return toQString(joinedText(c.trace.at(c.trace.size() - 1).tokens));
    };
    double sum = 0; // the engine compared those of one run only
    int others = 0;
    for (const SessionCandidate& other : candidates) {
        if (&other == &candidate || other.agreement < 0) continue;
        sum += wordOverlap(textOf(candidate), textOf(other));
        ++others;
    }
    return others == 0 ? -1 : sum / others;
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

void DraftSession::Parts::rewrite(std::vector<TextRange> locks, double strength) {
    DraftRequest rewritten = request;
    rewritten.kind = DraftKind::Rewrite;
    rewritten.text = joinedText(tokens);
    if (rewritten.text.empty()) return;
    rewritten.locks = std::move(locks);
    rewritten.options = optionsWithNewSeed();
    rewritten.options.strength = std::clamp(strength, 0.0, 1.0);
    rewritten.options.drafts = 1;
    begin([&](const std::string& id) {
        rewritten.id = id;
        engine.startDraft(rewritten);
    });
}

void DraftSession::Parts::addDecided(StepTokens decided) {
    if (decided.empty()) return;
    SessionCandidate candidate;
    candidate.run = newId();
    DraftStep step;
    step.draft = candidate.run;
    step.expected = 1;
    step.tokens = std::move(decided);
    candidate.trace.add(std::move(step));
    candidates.push_back(std::move(candidate));
    chosen = int(candidates.size()) - 1;
    chosenByWriter = true;
    scrubbed.reset();
    refresh();
    keep();
}

DraftOptions DraftSession::Parts::optionsWithNewSeed() const {
    DraftOptions options = request.options;
    options.seed += std::uint64_t(runs);
    return options;
}

// Returns false for a step that is older than what is there.
bool DraftSession::Parts::append(SessionCandidate& candidate, DraftStep step) {
    const int size = candidate.trace.size();
    if (size > 0 && step.index <= candidate.trace.at(size - 1).index) return false;
    const bool thinned = candidate.trace.add(std::move(step));
    if (thinned && scrubbed && &candidate == shownCandidate()) *scrubbed /= 2;
    return true;
}

void DraftSession::Parts::onStep(const DraftStep& step) {
    const bool known = std::any_of(candidates.begin(), candidates.end(),
                                   [&](const SessionCandidate& c) { return c.run == step.draft; });
    if (step.draft != run && !known) return; // another passage's
    SessionCandidate& candidate = candidateFor(step.draft, step.candidate);
    if (!append(candidate, step)) return;
    candidate.toldStep = step.index;
    if (step.draft == run && running) phase = Phase::Forming;
    refresh();
    if (kept->draft.id == 0 && !kept->adding) keep();
}

void DraftSession::Parts::takeResult(const std::string& draft, const DraftCandidate& result) {
    SessionCandidate& candidate = candidateFor(draft, result.index);
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
    const bool known = std::any_of(candidates.begin(), candidates.end(),
                                   [&](const SessionCandidate& c) { return c.run == end.draft; });
    if (end.draft != run && !known) return;
    for (const DraftCandidate& result : end.candidates) takeResult(end.draft, result);
    if (end.draft == run) {
        running = false;
        phase = end.outcome == DraftOutcome::Failed ? Phase::Failed : Phase::Resting;
        sentence = end.outcome == DraftOutcome::Failed ? QString::fromStdString(end.message) : QString();
        if (end.outcome != DraftOutcome::Failed) statistics = end.statistics;
        if (!end.candidates.empty() && !chosenByWriter) {
            const SessionCandidate& best = candidateFor(end.draft, end.candidates.front().index);
            chosen = int(&best - candidates.data());
            scrubbed.reset();
        }
    }
    refresh();
    keep();
}

void DraftSession::Parts::refresh() {
    tokens.clear();
    if (const SessionCandidate* candidate = shownCandidate(); candidate && candidate->trace.size() > 0) {
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
    SessionCandidate* candidate = shownCandidate();
    if (!candidate || positions.count == 0) return;
    for (int p = positions.first; p < positions.first + positions.count; ++p)
        candidate->decisions[p] = {tokens[std::size_t(p)].text, locked};
    tellEngine(positions, locked);
}

// A running draft keeps what is locked; but only words it still has, not those of a step scrubbed back to.
void DraftSession::Parts::tellEngine(PositionRange positions, bool locked) const {
    const SessionCandidate* candidate = shownCandidate();
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
    for (const SessionCandidate& candidate : candidates) {
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

} // namespace palimpsest
