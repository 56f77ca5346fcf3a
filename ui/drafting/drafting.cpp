#include "ui/drafting/drafting.h"

#include "ui/drafting/context_notes.h"
#include "ui/drafting/draft_comparison.h"
#include "ui/editor/scene_document.h"

#include <utility>

namespace palimpsest {
namespace {

constexpr int kPreviewDelayMs = 400; // after the last key or move of the caret
constexpr int kKeptDelayMs = 150;
constexpr int kReadAheadDelayMs = 1000; // the caret rests
constexpr int kNearChars = 800;         // of text on both sides, which every model's window covers

bool seesTheSame(const DraftRequest& a, const DraftRequest& b) {
    return a.id == b.id && a.kind == b.kind && a.notes == b.notes && a.left == b.left && a.right == b.right &&
           a.text == b.text;
}

} // namespace

Drafting::Drafting(Desk desk, QObject* parent)
    : QObject(parent), m_desk(std::move(desk)), m_context(m_desk.project, m_desk.notes, m_desk.passages) {
    m_preview.setSingleShot(true);
    m_preview.setInterval(kPreviewDelayMs);
    m_kept.setSingleShot(true);
    m_kept.setInterval(kKeptDelayMs);
    m_ahead.setSingleShot(true);
    m_ahead.setInterval(kReadAheadDelayMs);
    connect(&m_preview, &QTimer::timeout, this, &Drafting::preview);
    connect(&m_ahead, &QTimer::timeout, this, &Drafting::readAhead);
    connect(&m_kept, &QTimer::timeout, this, &Drafting::loadKept);
    connect(&m_desk.editor, &QTextEdit::cursorPositionChanged, this, &Drafting::onSurroundingsChanged);
    connect(&m_desk.panel, &DraftingPanel::choicesChanged, this, &Drafting::onSurroundingsChanged);
    connect(&m_desk.project, &ProjectService::nodesChanged, this, &Drafting::onSurroundingsChanged);
    connect(&m_desk.project, &ProjectService::closing, this, &Drafting::forgetProject);
    connect(&m_desk.shelf, &SceneShelf::edited, this, [this](qint64 node) {
        m_edited.insert(node);
        onSurroundingsChanged();
    });
    connect(&m_desk.engine, &EngineService::stateChanged, this, &Drafting::onEngineChanged);
    connect(&m_desk.notes, &NoteIndex::changed, this, &Drafting::onSurroundingsChanged);
    connect(&m_desk.passages, &PinnedPassages::changed, this, &Drafting::onSurroundingsChanged);
    connectPanel();
}

void Drafting::connectPanel() {
    DraftingPanel& panel = m_desk.panel;
    connect(&panel.notes(), &ContextNotes::leaveOutAsked, this, [this](const ContextNote& note, bool out) {
        m_context.setLeftOut(m_node, note, out);
        preview();
    });
    connect(&panel.notes(), &ContextNotes::shortenAsked, this, [this](const ContextNote& note, bool shortened) {
        m_context.setShortened(note, shortened);
        preview();
    });
    connect(&panel.notes(), &ContextNotes::pinAsked, this, [this](const ContextNote& note, bool pinned) {
        if (note.passage.isEmpty())
            m_desk.project.setPinned(note.node, pinned);
        else
            unpin(note);
    });
    connect(&panel.notes(), &ContextNotes::openAsked, this, &Drafting::goTo);
    connect(&panel, &DraftingPanel::startAsked, this, [this] { start(m_desk.panel.choices().kind); });
    connect(&panel, &DraftingPanel::stopAsked, this, &Drafting::stop);
    connect(&panel, &DraftingPanel::candidateChosen, this, [this](int candidate) {
        if (m_passage) m_passage->session().chooseCandidate(candidate);
    });
    connect(&panel, &DraftingPanel::keptInsertAsked, this, &Drafting::insertKept);
    connect(&panel, &DraftingPanel::keptDiscardAsked, this, &Drafting::discardKept);
    connect(&panel, &DraftingPanel::modelSwitched, this, &Drafting::useModel);
    panel.showEngine(m_desk.engine);
}

Drafting::~Drafting() = default;

void Drafting::setScene(NodeId node) {
    m_node = node;
    m_desk.panel.showKept({});
    if (node)
        m_kept.start();
    else
        m_desk.panel.showContext(nullptr);
    showNotes();
    onSurroundingsChanged();
    Q_EMIT stateChanged();
}

void Drafting::forgetProject() {
    m_passage.reset();
    m_context.clear();
    m_edited.clear();
    m_desk.panel.showSession(nullptr);
    setScene(0);
}

// What a draft would see may be something else now.
void Drafting::onSurroundingsChanged() {
    m_preview.start();
    m_ahead.start();
}

bool Drafting::isRunning() const {
    if (!m_passage) return false;
    const auto phase = m_passage->session().phase();
    return phase == DraftSession::Phase::Waiting || phase == DraftSession::Phase::Forming;
}

DraftRequest Drafting::request(DraftKind kind, DraftPlace place) const {
    const QTextDocument& document = *m_desk.editor.document();
    const int last = document.characterCount() - 1;
    DraftRequest request;
    request.kind = kind;
    request.options = m_desk.panel.choices().options;
    const QString before = m_context.before(m_node, m_desk.scenesInOrder());
    request.left = (before + modelText(document, 0, place.begin)).toStdString();
    request.right = modelText(document, place.end, last).toStdString();
    if (kind == DraftKind::Rewrite) request.text = modelText(document, place.begin, place.end).toStdString();
    const QString nearby =
        modelText(document, std::max(0, place.begin - kNearChars), std::min(last, place.end + kNearChars));
    request.notes = m_context.notes(m_node, nearby).toStdString();
    return request;
}

bool Drafting::usesModel() const {
    return m_desk.engine.state() != EngineService::State::Off;
}

void Drafting::useModel(bool on) {
    if (on)
        m_desk.engine.start();
    else
        m_desk.engine.stop();
    Q_EMIT modelSwitched(on);
}

void Drafting::setChangesShown(bool shown) {
    m_changesShown = shown;
    if (m_passage) m_passage->setChangesShown(shown);
}

void Drafting::compare() {
    if (m_passage) (new DraftComparison(m_desk.theme, m_passage->session(), &m_desk.editor))->show();
}

void Drafting::onEngineChanged() {
    const auto state = m_desk.engine.state();
    m_desk.panel.showEngine(m_desk.engine);
    if (state != EngineService::State::Ready) m_readAhead = {}; // it reads something else, or is gone
    if (state != EngineService::State::Failed && m_refusal != m_desk.engine.sentence() && !m_refusal.isEmpty())
        Q_EMIT unsaid(std::exchange(m_refusal, {}));
    onSurroundingsChanged();
    Q_EMIT stateChanged();
}

void Drafting::refuse(const QString& sentence) {
    m_refusal = sentence;
    Q_EMIT said(sentence);
}

bool Drafting::canStart() {
    const auto state = m_desk.engine.state();
    if (!m_node) {
        Q_EMIT said(tr("Open a scene first: a draft goes where its caret is."));
    } else if (state == EngineService::State::Off) {
        refuse(tr("The model is switched off. Tick “Use the model” in the Draft menu to draft."));
    } else if (state != EngineService::State::Ready && state != EngineService::State::Drafting) {
        refuse(m_desk.engine.sentence());
    } else {
        return true;
    }
    return false;
}

void Drafting::start(DraftKind kind) {
    if (!canStart()) return;
    const QTextCursor caret = m_desk.editor.textCursor();
    const DraftPlace place = draftPlace(caret, kind);
    if (kind == DraftKind::Rewrite && place.begin == place.end)
        return Q_EMIT said(tr("Select the words to rewrite, or put the caret into a sentence."));
    startAt(kind, selected(m_desk.editor.document(), place.begin, place.end), {});
}

// The text may change while the notes are loaded: the place and what is locked in it follow.
void Drafting::startAt(DraftKind kind, const QTextCursor& place, const std::vector<QTextCursor>& open) {
    m_desk.panel.setKind(kind);
    m_desk.panel.drawNewSeed();
    putAside();
    withContext([this, kind, place, open, node = m_node] {
        if (node == m_node && place.document() == m_desk.editor.document()) begin(kind, place, open);
    });
}

void Drafting::begin(DraftKind kind, const QTextCursor& place, const std::vector<QTextCursor>& open) {
    const DraftPlace at{place.selectionStart(), place.selectionEnd()};
    QTextCursor caret = m_desk.editor.textCursor();
    caret.setPosition(at.end); // what was selected is under the passage now
    m_desk.editor.setTextCursor(caret);
    m_failure.clear();
    m_passage.reset();
    DraftRequest asked = request(kind, at);
    if (!open.empty()) asked.locks = locksAround(*m_desk.editor.document(), at, open);
    m_passage = std::make_unique<Passage>(
        m_desk.theme, m_desk.editor,
        std::make_unique<DraftSession>(m_desk.engine, m_desk.project, m_node, std::move(asked)), at.begin, at.end);
    m_passage->setChangesShown(m_changesShown);
    connect(m_passage.get(), &Passage::changed, this, &Drafting::onPassageChanged);
    // Later: the passage is in the midst of telling us.
    connect(m_passage.get(), &Passage::finished, this, &Drafting::onPassageFinished, Qt::QueuedConnection);
    onPassageChanged();
}

void Drafting::onPassageChanged() {
    DraftSession& session = m_passage->session();
    m_desk.panel.showSession(&session);
    if (session.phase() == DraftSession::Phase::Failed && session.sentence() != m_failure) {
        m_failure = session.sentence();
        const bool hasWords = session.stepCount() > 0;
        Q_EMIT said(hasWords ? tr("%1 The words so far stay on the page.").arg(m_failure)
                             : tr("%1 Nothing was drafted yet; the text is as it was.").arg(m_failure));
        // With nothing to show there is nothing to decide about. Later: the passage is in the midst of telling us.
        if (!hasWords) QMetaObject::invokeMethod(this, &Drafting::onPassageFinished, Qt::QueuedConnection);
    }
    Q_EMIT stateChanged();
}

void Drafting::onPassageFinished() {
    m_passage.reset();
    m_desk.panel.showSession(nullptr);
    m_kept.start();
    Q_EMIT stateChanged();
}

void Drafting::stop() {
    if (m_passage) m_passage->session().stop();
}

void Drafting::putAside() {
    if (!m_passage) return;
    const bool hasWords = !m_passage->session().tokens().empty();
    m_passage.reset();
    m_desk.panel.showSession(nullptr);
    m_kept.start();
    if (hasWords) Q_EMIT said(tr("The passage before is kept under “Kept drafts of this scene”."));
    Q_EMIT stateChanged();
}

void Drafting::loadKept() {
    if (!m_node) return;
    m_desk.project.loadDrafts(m_node, this, [this, node = m_node](const Result<std::vector<StoredDraft>>& drafts) {
        if (node != m_node || !drafts) return;
        std::vector<StoredDraft> kept = *drafts;
        if (m_passage)
            std::erase_if(kept, [this](const StoredDraft& d) { return d.id == m_passage->session().storedId(); });
        m_desk.panel.showKept(kept);
    });
}

// What was written since the context was last asked for is read only now: a key costs nothing here.
void Drafting::takeEdits() {
    for (const NodeId node : std::exchange(m_edited, {}))
        if (const SceneShelf::Scene* scene = m_desk.shelf.find(node))
            m_context.replace(node, modelText(readDocument(scene->document)));
}

void Drafting::withContext(std::function<void()> done) {
    takeEdits();
    m_context.prepare(m_node, m_desk.scenesInOrder(), [this, done = std::move(done)] {
        takeEdits();
        done();
    });
}

void Drafting::showNotes() {
    takeEdits();
    m_desk.panel.notes().setNotes(m_node ? m_context.noteList(m_node) : std::vector<ContextNote>{});
}

void Drafting::preview() {
    if (!m_node || !usesModel()) return;
    withContext([this, node = m_node] {
        if (node != m_node) return;
        showNotes();
        if (m_desk.engine.state() != EngineService::State::Ready) return;
        const DraftKind kind = m_desk.panel.choices().kind;
        DraftRequest wanted = request(kind, draftPlace(m_desk.editor.textCursor(), kind));
        wanted.id = "preview";
        m_desk.engine.previewContext(wanted, this, [this](const Result<ContextPreview>& seen) {
            m_desk.panel.showContext(seen ? &*seen : nullptr);
        });
    });
}

void Drafting::readAhead() {
    if (!m_node || m_desk.engine.state() != EngineService::State::Ready) return;
    withContext([this, node = m_node] {
        if (node != m_node || m_desk.engine.state() != EngineService::State::Ready) return;
        const DraftKind kind = m_desk.panel.choices().kind;
        DraftRequest wanted = request(kind, draftPlace(m_desk.editor.textCursor(), kind));
        wanted.id = "ahead";
        if (seesTheSame(wanted, m_readAhead)) return;
        if (m_desk.engine.prepareContext(wanted))
            m_readAhead = std::move(wanted);
        else
            m_ahead.start();
    });
}

void Drafting::insertKept(StoredDraft draft) {
    const int caret = m_desk.editor.textCursor().selectionEnd();
    m_desk.editor.insertDraft(caret, caret, paragraphsOf(draft.text, Provenance::Drafted, draft.id));
    m_desk.editor.setFocus();
    draft.state = StoredDraft::State::Accepted;
    keepState(std::move(draft));
}

void Drafting::discardKept(StoredDraft draft) {
    draft.state = StoredDraft::State::Discarded;
    keepState(std::move(draft));
}

// A listed draft comes without its trace: it is read before it is written again.
void Drafting::keepState(StoredDraft draft) {
    m_desk.project.loadTrace(draft.id, this, [this, draft](const Result<QByteArray>& trace) {
        if (!trace) return Q_EMIT said(QString::fromStdString(trace.error().message));
        m_desk.project.updateDraft(draft, [packed = *trace] { return packed; });
        m_kept.start();
    });
}

} // namespace palimpsest
