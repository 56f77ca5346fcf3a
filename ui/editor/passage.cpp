#include "ui/editor/passage.h"

#include "ui/editor/passage_strip.h"
#include "ui/editor/passage_view.h"
#include "ui/editor/scene_document.h"
#include "ui/editor/word_choices.h"

#include <QMenu>
#include <QScrollBar>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kStripMargin = 8;       // above and below the strip
constexpr int kStripOverhang = 18;    // of the strip beyond the column
constexpr int kWaitingDots = 9;       // shown before the first pass
constexpr double kWeakestShare = 0.1; // of the words, those the model is least sure of
constexpr double kRestStrength = 0.6; // "move the rest": most of what is not locked

} // namespace

Passage::Passage(const Theme& theme, SceneEditor& editor, std::unique_ptr<DraftSession> session, int begin, int end)
    : m_editor(editor),
      m_document(editor.document()),
      m_session(std::move(session)),
      m_view(new PassageView(theme, m_flow, editor.viewport())),
      m_strip(new PassageStrip(theme, *m_session, editor.viewport())),
      m_choices(new WordChoices(theme, editor.viewport())) {
    if (begin < end) {
        QTextCursor first(m_document);
        first.setPosition(begin + 1);
        m_marks = marksOf(first.charFormat());
    }
    connect(m_session.get(), &DraftSession::changed, this, &Passage::onSessionChanged);
    connect(m_view, &PassageView::tokenToggled, this, [this](int token) { m_session->toggleLock(token); });
    connect(m_view, &PassageView::menuAsked, this, &Passage::popUpMenu);
    connect(m_view, &PassageView::rested, this, &Passage::offerChoices);
    connect(m_view, &PassageView::wordLeft, m_choices, &WordChoices::leave);
    connect(m_choices, &WordChoices::chosen, this,
            [this](const QString& word) { m_session->replaceWord(m_offered, word); });
    connect(m_view, &PassageView::acceptAsked, this, &Passage::accept);
    connect(m_view, &PassageView::pageAsked, this, [this] { m_editor.setFocus(); });
    connect(m_strip, &PassageStrip::acceptAsked, this, &Passage::accept);
    connect(m_strip, &PassageStrip::discardAsked, this, &Passage::discard);
    connect(m_strip, &PassageStrip::anotherAsked, this, [this] { m_session->another(); });
    connect(m_strip, &PassageStrip::moveTheRestAsked, this, &Passage::moveTheRest);
    connect(m_strip, &PassageStrip::moveTheWeakestAsked, this, &Passage::moveTheWeakest);
    connect(m_strip, &PassageStrip::branchAsked, this, [this] { m_session->branchFromShown(); });
    PageLayout& layout = PageLayout::of(*m_document);
    connect(&layout, &PageLayout::placesChanged, this, &Passage::place);
    connect(&editor, &SceneEditor::documentShown, this, &Passage::place);
    connect(editor.verticalScrollBar(), &QScrollBar::valueChanged, this, &Passage::place);

    m_flow.setWords(passageWords(std::vector<StepToken>(kWaitingDots)));
    layout.showPassage(begin, end, &m_flow, m_strip->sizeHint().height() + 2 * kStripMargin);
    m_view->wordsChanged();
    m_view->show();
    m_strip->show();
    QWidget::setTabOrder(m_view, m_strip);
    place();
    followOnScreen();
}

Passage::~Passage() {
    if (std::exchange(m_onPage, false) && m_document) {
        disconnect(&PageLayout::of(*m_document), nullptr, this, nullptr);
        PageLayout::of(*m_document)
            .removePassage(); // scrolls a page that has grown shorter: place() is called once more
    }
    delete m_view;
    delete m_strip;
    delete m_choices;
}

bool Passage::isShown() const {
    return m_document && m_onPage && m_editor.shows(m_document);
}

void Passage::onSessionChanged() {
    if (!m_document || !m_onPage) return;
    if (m_session->stepCount() > 0) m_flow.setWords(wordsToShow());
    const bool inView = m_strip->geometry().bottom() <= m_editor.viewport()->height();
    m_following = m_following && inView; // the writer scrolled away: leave the page where it is
    PageLayout::of(*m_document).passageChanged();
    m_view->wordsChanged();
    m_strip->refresh();
    place();
    if (m_following) followOnScreen();
    Q_EMIT changed();
}

void Passage::place() {
    const bool shown = isShown();
    m_view->setVisible(shown);
    m_strip->setVisible(shown);
    m_choices->hide(); // the words are elsewhere now
    if (!shown) return;
    const PageLayout& layout = PageLayout::of(*m_document);
    const int y = m_editor.verticalScrollBar()->value(), width = int(layout.columnWidth());
    const QPoint origin = layout.passageOrigin().toPoint() - QPoint(0, y);
    m_view->place(origin, width, m_document->findBlock(layout.passageBegin()).textDirection() == Qt::RightToLeft);
    const int overhang = std::min(kStripOverhang, int(layout.columnLeft()) - 2);
    m_strip->setGeometry(origin.x() - overhang, origin.y() + int(m_flow.height()) + kStripMargin, width + 2 * overhang,
                         m_strip->sizeHint().height());
}

// Keeps the strip on the screen, but never at the price of the passage's beginning.
void Passage::followOnScreen() {
    if (!isShown()) return;
    const int hidden = m_strip->geometry().bottom() + kStripMargin - m_editor.viewport()->height();
    const int room = m_view->geometry().top() - kStripMargin;
    if (hidden > 0 && room > 0) {
        QScrollBar* bar = m_editor.verticalScrollBar();
        bar->setValue(bar->value() + std::min(hidden, room));
    }
}

void Passage::accept() {
    if (!isShown() || m_session->tokens().empty()) return;
    PageLayout& layout = PageLayout::of(*m_document);
    const int begin = layout.passageBegin(), end = layout.passageEnd();
    if (m_editor.document() != m_document)
        m_editor.goTo(selected(m_document, begin, begin)); // it stands in another text
    const qint64 draft = m_session->storedId();
    SceneText text = paragraphsOf(m_session->accept(), Provenance::Drafted, draft);
    for (Block& block : text.blocks)
        for (Span& span : block.spans) span.marks = m_marks;
    m_onPage = false;
    disconnect(&layout, nullptr, this, nullptr);
    layout.removePassage();
    m_editor.insertDraft(begin, end, text);
    m_editor.setFocus();
    Q_EMIT finished();
}

void Passage::discard() {
    m_session->discard();
    m_editor.setFocus();
    Q_EMIT finished();
}

void Passage::moveTheRest() {
    m_session->moveTheRest(kRestStrength);
}

void Passage::moveTheWeakest() {
    m_session->moveTheWeakest(kWeakestShare);
}

void Passage::setChangesShown(bool shown) {
    m_changesShown = shown;
    onSessionChanged();
}

PassageWords Passage::wordsToShow() const {
    PassageWords words = passageWords(m_session->tokens());
    const bool rests = m_session->phase() == DraftSession::Phase::Resting;
    const DraftRequest& request = m_session->request();
    if (!m_changesShown || !rests || request.kind != DraftKind::Rewrite || !m_session->followsNewest()) return words;
    return withChanges(words, QString::fromStdString(request.text));
}

// What stood there at other passes, to be chosen instead.
void Passage::popUpMenu(int token, const QPoint& at) {
    auto* menu = new QMenu(m_view);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Lock or free the word"), this, [this, token] { m_session->toggleLock(token); });
    menu->addSeparator();
    const QStringList words = m_session->alternatives(token);
    for (const QString& word : words)
        menu->addAction(QString(word).replace(u'&', QStringLiteral("&&")), this,
                        [this, token, word] { m_session->replaceWord(token, word); });
    if (words.isEmpty()) menu->addAction(tr("It was this word at every pass"))->setEnabled(false);
    menu->popup(at);
}

// From the trace: nothing is asked of the engine. Without a choice the word still says what it is.
void Passage::offerChoices(int word) {
    const PassageWord& rested = m_flow.words().words[std::size_t(word)];
    const bool moves =
        m_session->phase() == DraftSession::Phase::Waiting || m_session->phase() == DraftSession::Phase::Forming;
    const bool none = moves || rested.removed || rested.state == PositionState::Absorbed;
    m_offered = rested.token;
    const QRect where = m_view->rectOf(word).translated(m_view->pos());
    m_choices->offer(describeWord(m_flow.words(), std::size_t(word)),
                     none ? QStringList() : m_session->alternatives(rested.token), where);
}

void Passage::focus() {
    m_view->setFocus(Qt::ShortcutFocusReason);
}

} // namespace palimpsest
