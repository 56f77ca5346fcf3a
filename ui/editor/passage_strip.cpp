#include "ui/editor/passage_strip.h"

#include "app/services/draft_diff.h"
#include "ui/theme/icons.h"
#include "ui/widgets/track_slider.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QResizeEvent>
#include <QSignalBlocker>
#include <QToolButton>

namespace palimpsest {
namespace {

constexpr int kSideMargin = 12;
constexpr int kButtonGap = 6;

} // namespace

PassageStrip::PassageStrip(const Theme& theme, DraftSession& session, QWidget* parent)
    : QFrame(parent),
      m_session(session),
      m_stop(new QToolButton(this)),
      m_scrub(new TrackSlider(this)),
      m_progress(new QLabel(this)) {
    setObjectName("passageStrip");
    setAccessibleName(tr("Passage controls"));
    setCursor(Qt::ArrowCursor);

    m_stop->setIcon(drawnIcon(Glyph::Stop, theme.colours().accentText));
    connect(&theme, &Theme::changed, this,
            [this, &theme] { m_stop->setIcon(drawnIcon(Glyph::Stop, theme.colours().accentText)); });
    m_stop->setAccessibleName(tr("Stop drafting"));
    m_stop->setToolTip(tr("Stop drafting (Esc)"));
    m_stop->setFocusPolicy(Qt::StrongFocus);
    connect(m_stop, &QToolButton::clicked, this, [this] { m_session.stop(); });

    m_scrub->setAccented(true);
    m_scrub->setAccessibleName(tr("Pass shown"));
    m_scrub->setToolTip(tr("Go through the passes"));
    connect(m_scrub, &TrackSlider::valueChanged, this,
            [this](int step) { m_session.scrubTo(std::min(step, m_session.stepCount() - 1)); });

    m_accept =
        button(tr("Accept ⏎"), tr("Put the passage into the text (Alt+Return)"), "accent", &PassageStrip::acceptAsked);
    m_another = button(tr("Another"), tr("The same again, differently"), "outline", &PassageStrip::anotherAsked);
    m_moveTheRest = button(tr("Move the rest"), tr("Change the words that are not locked (Ctrl+M)"), nullptr,
                           &PassageStrip::moveTheRestAsked);
    m_branch = button(tr("Branch from here"), tr("Go on differently from the pass shown"), nullptr,
                      &PassageStrip::branchAsked);
    m_discard = button(tr("Discard"), tr("Take the passage away; the text stays as it was"), nullptr,
                       &PassageStrip::discardAsked);
    m_more = new QPushButton(tr("More…"), this);
    m_more->setAccessibleName(tr("More to do with the passage"));
    m_more->setAutoDefault(false);
    m_more->hide();
    connect(m_more, &QPushButton::clicked, this, &PassageStrip::popUpMore);

    auto* top = new QHBoxLayout;
    top->setSpacing(8);
    top->addWidget(m_stop);
    top->addWidget(m_scrub, 1);
    top->addWidget(m_progress);
    auto* bottom = new QHBoxLayout;
    bottom->setSpacing(kButtonGap);
    for (QPushButton* each : {m_accept, m_another, m_moveTheRest, m_branch, m_more}) bottom->addWidget(each);
    bottom->addStretch(1);
    bottom->addWidget(m_discard);
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(kSideMargin, 8, kSideMargin, 9);
    rows->setSpacing(6);
    rows->addLayout(top);
    rows->addLayout(bottom);
    refresh();
}

QPushButton* PassageStrip::button(const QString& text, const QString& tip, const char* look,
                                  void (PassageStrip::*asked)()) {
    auto* made = new QPushButton(text, this);
    made->setToolTip(tip);
    made->setAccessibleName(text.chopped(text.endsWith(u'⏎') ? 2 : 0));
    made->setAutoDefault(false);
    if (look) made->setProperty(look, true);
    connect(made, &QPushButton::clicked, this, asked);
    return made;
}

void PassageStrip::popUpMore() {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(m_moveTheRest->text(), this, &PassageStrip::moveTheRestAsked);
    menu->addAction(m_branch->text(), this, &PassageStrip::branchAsked);
    menu->addAction(tr("Move the weakest tenth"), this, &PassageStrip::moveTheWeakestAsked);
    menu->popup(m_more->mapToGlobal(QPoint(0, m_more->height())));
}

void PassageStrip::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    int wanted = 2 * kSideMargin;
    for (const QPushButton* each : {m_accept, m_another, m_moveTheRest, m_branch, m_discard})
        wanted += each->sizeHint().width() + kButtonGap;
    const bool isNarrow = event->size().width() < wanted;
    m_moveTheRest->setVisible(!isNarrow);
    m_branch->setVisible(!isNarrow);
    m_more->setVisible(isNarrow);
}

void PassageStrip::refresh() {
    const auto phase = m_session.phase();
    const bool runs = phase == DraftSession::Phase::Waiting || phase == DraftSession::Phase::Forming;
    const bool hasWords = m_session.stepCount() > 0 && !m_session.tokens().empty();
    m_stop->setVisible(runs);
    {
        const QSignalBlocker blocker(m_scrub);
        const int steps = runs ? std::max(m_session.expectedSteps(), m_session.stepCount()) : m_session.stepCount();
        m_scrub->setRange(0, std::max(1, steps - 1));
        m_scrub->setValue(std::max(0, m_session.shownStep()));
        m_scrub->setEnabled(m_session.stepCount() > 1);
    }
    m_progress->setText(progress());
    m_accept->setEnabled(hasWords);
    m_another->setEnabled(!runs);
    m_moveTheRest->setEnabled(!runs && hasWords);
    m_branch->setEnabled(!runs && hasWords);
    m_more->setEnabled(!runs && hasWords);
}

QString PassageStrip::progress() const {
    const DraftRequest& request = m_session.request();
    if (request.kind == DraftKind::Rewrite && m_session.phase() == DraftSession::Phase::Resting &&
        m_session.followsNewest() && m_session.stepCount() > 0) {
        const ChangedWords words = changedWords(QString::fromStdString(request.text), m_session.text());
        return tr("%1 of %n words are new", nullptr, words.all).arg(words.changed);
    }
    switch (m_session.phase()) {
    case DraftSession::Phase::Waiting: return tr("reading what is around…");
    case DraftSession::Phase::Failed:
    case DraftSession::Phase::Forming:
    case DraftSession::Phase::Resting: break;
    }
    if (m_session.stepCount() == 0) return tr("stopped before the first pass");
    const bool forming = m_session.phase() == DraftSession::Phase::Forming;
    const int all = forming ? std::max(m_session.expectedSteps(), m_session.stepCount()) : m_session.stepCount();
    return tr("pass %1 of %2").arg(m_session.shownStep() + 1).arg(all);
}

} // namespace palimpsest
