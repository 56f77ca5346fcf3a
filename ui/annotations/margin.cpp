#include "ui/annotations/margin.h"

#include "ui/annotations/annotation_marks.h"
#include "ui/theme/icons.h"

#include <QEvent>
#include <QScrollBar>
#include <QTextLayout>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kGap = 26;       // between the column and the cards
constexpr int kBetween = 6;    // cards
constexpr int kEdge = 8;       // from the cards to the end of the window
constexpr int kLeastLeft = 30; // of the page, left of the column
constexpr int kRoom = kGap + MarginCard::kWidth + kEdge;
constexpr int kMarkerSize = 22;

bool hasCard(const Annotation& annotation) {
    return annotation.kind == Carried::Comment || annotation.kind == Carried::Footnote;
}

} // namespace

Margin::Margin(const Theme& theme, SceneEditor& editor, QObject* parent)
    : QObject(parent), m_theme(theme), m_editor(editor) {
    editor.addMarker([this](const QTextBlock& block, PageMarks& marks) { mark(block, marks); });
    m_soon.setSingleShot(true);
    m_soon.setInterval(0); // once the layout knows of the edit
    connect(&m_soon, &QTimer::timeout, this, &Margin::place);
    connect(&editor, &SceneEditor::documentShown, this, &Margin::onDocumentShown);
    connect(&editor, &QTextEdit::cursorPositionChanged, this, &Margin::onCaretMoved);
    connect(editor.verticalScrollBar(), &QScrollBar::valueChanged, this, &Margin::place);
    editor.viewport()->installEventFilter(this);
    onDocumentShown();
}

void Margin::onDocumentShown() {
    const std::vector<MarginCard*> before = m_cards;
    for (MarginCard* card : before)
        if (!m_editor.shows(card->words().document())) drop(card);
    if (m_document && !m_editor.shows(m_document))
        PageLayout::of(*m_document).setMarginRoom(0); // it may come back alone
    m_document = m_editor.document();
    m_currentBegin = -1;
    place();
}

bool Margin::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) m_soon.start();
    return QObject::eventFilter(watched, event);
}

void Margin::onCaretMoved() {
    int current = -1;
    for (const Carried kind : {Carried::Comment, Carried::Footnote})
        if (const Annotation* at = Annotations::of(*m_editor.document()).at(m_editor.textCursor().position(), kind))
            current = std::max(current, at->begin);
    if (std::exchange(m_currentBegin, current) == current) return;
    m_editor.viewport()->update();
    m_soon.start();
}

bool Margin::isCurrent(const Shown& shown) const {
    if (m_writing) return cardFor(shown) == m_writing;
    return shown.document == m_editor.document() && hasCard(*shown.annotation) &&
           shown.annotation->begin == m_currentBegin;
}

void Margin::mark(const QTextBlock& block, PageMarks& marks) const {
    const int begin = block.position(), end = begin + block.length();
    auto* document = const_cast<QTextDocument*>(block.document());
    bool written = m_writing && m_writing->words().document() != document;
    const auto add = [&](const Annotation& each, bool current) {
        if (each.begin >= end || each.end <= begin) return;
        marks.carried.push_back(carriedMark(each, block));
        marks.carried.back().current = current;
    };
    if (const Annotations* annotations = Annotations::find(*document)) {
        for (const Annotation& each : annotations->all()) {
            add(each, isCurrent({document, &each}));
            written = written || (m_writing && m_writing->isFor(each));
        }
    }
    if (m_writing && !written) // nothing hangs there yet
        add({Carried::Comment, m_writing->words().selectionStart(), m_writing->words().selectionEnd(), {}, 0}, true);
}

void Margin::write(Carried kind) {
    const QTextCursor caret = m_editor.textCursor();
    const Annotations& annotations = Annotations::of(*m_editor.document());
    if (!caret.hasSelection())
        if (const Annotation* there = annotations.at(caret.position(), kind)) return open({m_editor.document(), there});
    const QTextCursor words = wordsAt(caret);
    if (!words.hasSelection()) return Q_EMIT said(tr("Select the words it is about, or put the caret behind a word."));
    MarginCard* card = add(kind, words);
    for (const Annotation& each : annotations.all())
        if (each.begin == words.selectionStart() && card->isFor(each)) card->show(each);
    m_writing = card;
    place();
    card->body().setFocus();
}

void Margin::open(const Shown& shown) {
    MarginCard* card = cardFor(shown);
    if (!card) {
        card = add(shown.annotation->kind, Annotations::of(*shown.document).wordsOf(*shown.annotation));
        card->show(*shown.annotation);
    }
    m_writing = card;
    place();
    card->body().setFocus();
    card->body().moveCursor(QTextCursor::End);
}

void Margin::goToNext(bool backwards) {
    const Annotations& annotations = Annotations::of(*m_editor.document());
    const bool here = m_writing && m_writing->words().document() == m_editor.document();
    const int from = here ? m_writing->words().selectionStart() : m_editor.textCursor().selectionStart();
    const Annotation* next = annotations.next(from, Carried::Comment, backwards);
    if (!next) return Q_EMIT said(tr("No comment in this scene."));
    goTo(*next);
}

void Margin::goTo(const Annotation& annotation) {
    QTextCursor caret = m_editor.textCursor();
    caret.setPosition(annotation.begin);
    m_editor.setTextCursor(caret);
    m_editor.ensureCursorVisible();
    m_editor.setFocus();
}

MarginCard* Margin::cardFor(const Shown& shown) const {
    const auto found = std::find_if(m_cards.begin(), m_cards.end(), [&](const MarginCard* card) {
        return card->words().document() == shown.document && card->isFor(*shown.annotation);
    });
    return found == m_cards.end() ? nullptr : *found;
}

MarginCard* Margin::add(Carried kind, const QTextCursor& words) {
    auto* card = new MarginCard(m_theme, kind, words, m_editor.viewport());
    connect(card, &MarginCard::heightChanged, &m_soon, qOverload<>(&QTimer::start));
    connect(card, &MarginCard::pageAsked, this, [this, card] {
        QTextCursor caret = card->words();
        caret.setPosition(caret.selectionEnd());
        m_editor.goTo(caret);
        m_editor.setFocus();
    });
    connect(card, &MarginCard::entered, this, [this, card] {
        m_writing = card;
        m_editor.viewport()->update();
        m_soon.start();
    });
    connect(card, &MarginCard::left, this, [this, card] {
        if (m_writing == card) m_writing = nullptr;
        m_editor.viewport()->update();
        m_soon.start();
    });
    m_cards.push_back(card);
    return card;
}

void Margin::drop(MarginCard* card) {
    std::erase(m_cards, card);
    card->store();
    card->disconnect(this);
    if (m_writing == card) m_writing = nullptr;
    card->hide();
    card->deleteLater(); // it may be in the midst of telling us
}

qreal Margin::rowOf(const QTextDocument& document, int position) {
    const QTextBlock block = document.findBlock(position);
    const QTextLine line = block.layout()->lineForTextPosition(position - block.position());
    return PageLayout::of(document).blockBoundingRect(block).top() + (line.isValid() ? line.y() : 0);
}

void Margin::place() {
    const PageLayout& layout = *m_editor.pageLayout();
    std::vector<Shown> shown;
    for (QTextDocument* document : m_editor.documents()) {
        Annotations& annotations = Annotations::of(*document);
        const auto soon = qOverload<>(&QTimer::start);
        connect(&annotations, &Annotations::changed, &m_soon, soon, Qt::UniqueConnection);
        connect(&PageLayout::of(*document), &PageLayout::placesChanged, &m_soon, soon, Qt::UniqueConnection);
        for (const Annotation& each : annotations.all())
            if (hasCard(each) && !PageLayout::of(*document).isHidden(each.begin + 1))
                shown.push_back({document, &each});
    }
    m_wide = m_editor.viewport()->width() >= layout.columnWidth() + kLeastLeft + kRoom;
    m_editor.setMarginRoom(m_wide && (m_writing || !shown.empty()) ? kRoom : 0);
    if (shown.empty() && m_cards.empty() && m_markers.empty()) return;
    matchCards(shown);
    stack();
    placeMarkers(shown);
}

// A card for every annotation near the part of the page in sight, and no other but the one being written.
void Margin::matchCards(const std::vector<Shown>& shown) {
    const int top = m_editor.verticalScrollBar()->value(), height = m_editor.viewport()->height();
    std::vector<MarginCard*> kept;
    for (const Shown& each : shown) {
        const qreal y = rowOf(*each.document, each.annotation->begin);
        MarginCard* card = cardFor(each);
        const bool near = y > top - height / 2 && y < top + height + height / 2;
        if (!(card && card == m_writing) && !(m_wide && near)) continue;
        if (!card) card = add(each.annotation->kind, Annotations::of(*each.document).wordsOf(*each.annotation));
        card->show(*each.annotation);
        card->setCurrent(isCurrent(each));
        if (std::find(kept.begin(), kept.end(), card) == kept.end()) kept.push_back(card);
    }
    if (m_writing && std::find(kept.begin(), kept.end(), m_writing) == kept.end()) {
        kept.push_back(m_writing);
        const auto row = [](const MarginCard* card) {
            return rowOf(*card->words().document(), card->words().selectionStart());
        };
        std::stable_sort(kept.begin(), kept.end(), [&](auto* a, auto* b) { return row(a) < row(b); });
    }
    const std::vector<MarginCard*> before = m_cards;
    for (MarginCard* card : before)
        if (std::find(kept.begin(), kept.end(), card) == kept.end()) drop(card);
    m_cards = std::move(kept);
}

// From the card the writer is at, which stands at its words, downwards and upwards.
void Margin::stack() {
    if (m_cards.empty()) return;
    const PageLayout& layout = *m_editor.pageLayout();
    const int scrolled = m_editor.verticalScrollBar()->value();
    const auto isAt = [this](const MarginCard* card) {
        if (m_writing) return card == m_writing;
        return card->words().document() == m_editor.document() && card->words().selectionStart() == m_currentBegin;
    };
    const auto found = std::find_if(m_cards.begin(), m_cards.end(), isAt);
    const std::size_t from = found == m_cards.end() ? 0 : std::size_t(found - m_cards.begin());
    std::vector<int> tops(m_cards.size()), heights(m_cards.size());
    for (std::size_t i = 0; i < m_cards.size(); ++i) {
        heights[i] = m_cards[i]->neededHeight();
        const QTextCursor words = m_cards[i]->words();
        tops[i] = qRound(rowOf(*words.document(), words.selectionStart())) + (m_wide ? 0 : int(layout.metrics().pitch));
    }
    for (std::size_t i = from + 1; i < tops.size(); ++i)
        tops[i] = std::max(tops[i], tops[i - 1] + heights[i - 1] + kBetween);
    for (std::size_t i = from; i-- > 0;) tops[i] = std::min(tops[i], tops[i + 1] - heights[i] - kBetween);
    const int width = m_editor.viewport()->width();
    const int x = m_wide ? int(layout.columnLeft() + layout.columnWidth()) + kGap : width - MarginCard::kWidth - kEdge;
    for (std::size_t i = 0; i < tops.size(); ++i) {
        m_cards[i]->setGeometry(x, tops[i] - scrolled, MarginCard::kWidth, heights[i]);
        m_cards[i]->setVisible(true);
        m_cards[i]->raise();
    }
}

void Margin::placeMarkers(const std::vector<Shown>& shown) {
    const PageLayout& layout = *m_editor.pageLayout();
    const int scrolled = m_editor.verticalScrollBar()->value(), height = m_editor.viewport()->height();
    const int right = int(layout.columnLeft() + layout.columnWidth()) + 3;
    const int x = std::min(right, m_editor.viewport()->width() - kMarkerSize);
    std::size_t used = 0;
    int last = -kMarkerSize;
    for (const auto& [document, each] : shown) {
        const int y = std::max(qRound(rowOf(*document, each->begin)) - scrolled, last);
        if (m_wide || y < -kMarkerSize || y > height) continue;
        last = y + kMarkerSize;
        if (used == m_markers.size()) m_markers.push_back(addMarker());
        QToolButton& marker = *m_markers[used++];
        const bool comment = each->kind == Carried::Comment;
        marker.setProperty("document", QVariant::fromValue(static_cast<QObject*>(document)));
        marker.setProperty("begin", each->begin);
        marker.setProperty("kind", int(each->kind));
        marker.setToolTip(each->text);
        marker.setIcon(comment ? drawnIcon(Glyph::Comment, m_theme.colours().quiet) : QIcon());
        marker.setText(comment ? QString() : QString::number(each->number));
        marker.setAccessibleName(comment ? tr("Comment: %1").arg(each->text)
                                         : tr("Footnote %1: %2").arg(each->number).arg(each->text));
        marker.setGeometry(x, y, kMarkerSize, kMarkerSize);
        marker.show();
    }
    for (; m_markers.size() > used; m_markers.pop_back()) {
        m_markers.back()->hide();
        m_markers.back()->deleteLater();
    }
}

QToolButton* Margin::addMarker() {
    auto* marker = new QToolButton(m_editor.viewport());
    marker->setAutoRaise(true);
    marker->setCursor(Qt::ArrowCursor);
    connect(marker, &QToolButton::clicked, this, [this, marker] {
        const int begin = marker->property("begin").toInt();
        const auto kind = Carried(marker->property("kind").toInt());
        auto* document = qobject_cast<QTextDocument*>(marker->property("document").value<QObject*>());
        if (!document || !m_editor.shows(document)) return;
        if (const Annotation* there = Annotations::of(*document).at(begin, kind)) open({document, there});
    });
    return marker;
}

} // namespace palimpsest
