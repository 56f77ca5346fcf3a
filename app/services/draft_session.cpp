#include "app/services/draft_session.h"

#include "app/services/draft_session_parts.h"
#include "engine/api/messages.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

constexpr double kWeakestStrength = 0.95; // the few words that are chosen are all to change

} // namespace

DraftSession::DraftSession(EngineService& engine, ProjectService& project, NodeId node, DraftRequest request,
                           QObject* parent)
    : QObject(parent), m_parts(std::make_unique<Parts>(*this, engine, project)) {
    Parts& parts = *m_parts;
    parts.request = std::move(request);
    connect(&engine, &EngineService::draftStepped, this, [this](const DraftStep& step) { m_parts->onStep(step); });
    connect(&engine, &EngineService::draftEnded, this, [this](const DraftEnd& end) { m_parts->onEnd(end); });
    parts.kept->draft.node = node;
    parts.kept->draft.created = QDateTime::currentDateTimeUtc();
    parts.begin([&](const std::string& id) {
        parts.request.id = id;
        engine.startDraft(parts.request);
    });
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
    const SessionCandidate* candidate = m_parts->shownCandidate();
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
    return m_parts->agreement(m_parts->candidates[std::size_t(candidate)]);
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
    m_parts->rewrite(lockedRanges(m_parts->tokens), strength);
}

void DraftSession::moveTheWeakest(double share) {
    const std::vector<PositionRange> weakest = weakestWords(m_parts->tokens, share);
    if (weakest.empty()) return;
    StepTokens kept = m_parts->tokens;
    for (StepToken& token : kept) token.state = PositionState::Locked;
    for (const PositionRange& word : weakest)
        for (int p = word.first; p < word.first + word.count; ++p)
            kept[std::size_t(p)].state = PositionState::Committed;
    m_parts->rewrite(lockedRanges(kept), kWeakestStrength);
}

void DraftSession::addCandidate(const QString& text) {
    m_parts->addDecided(decidedTokens(text));
}

QStringList DraftSession::alternatives(int position, int most) const {
    const PositionRange word = wordAt(m_parts->tokens, position);
    const SessionCandidate* candidate = m_parts->shownCandidate();
    if (word.count == 0 || !candidate) return {};
    const auto part = [word](const StepTokens& tokens) {
        return StepTokens(tokens.begin() + word.first, tokens.begin() + word.first + word.count);
    };
    const QString now = toQString(joinedText(part(m_parts->tokens))).trimmed();
    std::map<QString, float> found;
    for (const auto& step : candidate->trace.steps()) {
        if (int(step->tokens.size()) < word.first + word.count) continue;
        const StepTokens tokens = part(step->tokens);
        float confidence = 1;
        bool known = true;
        for (const StepToken& token : tokens) {
            confidence = std::min(confidence, token.confidence);
            known = known && token.state != PositionState::Absorbed;
        }
        const QString text = toQString(joinedText(tokens)).trimmed();
        if (!known || text.isEmpty() || text == now || text.contains(u' ')) continue;
        float& best = found[text];
        best = std::max(best, confidence);
    }
    QStringList words;
    for (const auto& [text, confidence] : found) words << text;
    std::stable_sort(words.begin(), words.end(),
                     [&](const QString& a, const QString& b) { return found.at(a) > found.at(b); });
    return words.mid(0, most);
}

void DraftSession::replaceWord(int position, const QString& word) {
    const PositionRange range = wordAt(m_parts->tokens, position);
    if (range.count == 0 || word.isEmpty()) return;
    StepTokens tokens = m_parts->tokens;
    StepToken& first = tokens[std::size_t(range.first)];
    const QString was = toQString(first.text);
    qsizetype spaces = 0;
    while (spaces < was.size() && was[spaces].isSpace()) ++spaces;
    first = {(was.left(spaces) + word).toStdString(), 1, PositionState::Locked};
    tokens.erase(tokens.begin() + range.first + 1, tokens.begin() + range.first + range.count);
    m_parts->addDecided(std::move(tokens));
}

void DraftSession::branchFromShown() {
    const SessionCandidate* candidate = m_parts->shownCandidate();
    if (!candidate || candidate->toldStep < 0) return;
    DraftBranch branch{{},
                       candidate->run,
                       candidate->number,
                       std::min(candidate->trace.at(m_parts->shownPlace()).index, candidate->toldStep),
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
