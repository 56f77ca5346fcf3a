#include "ui/editor/find_bar.h"

#include "ui/widgets/close_button.h"
#include "ui/widgets/line_of_text.h"
#include "ui/widgets/search_terms.h"

#include <QAccessible>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>

namespace palimpsest {

FindBar::FindBar(const Theme& theme, SceneEditor& editor, QWidget* parent)
    : QFrame(parent),
      m_editor(editor),
      m_find(editor),
      m_terms(new SearchTerms(tr("Find"), this)),
      m_close(new CloseButton(theme, tr("Close the search"), this)),
      m_next(addButton(tr("Next"), tr("Go to the next hit"), &FindBar::next)),
      m_previous(addButton(tr("Previous"), tr("Go to the hit before"), &FindBar::previous)),
      m_replace(addButton(tr("Replace"), tr("Replace this hit and go to the next"), &FindBar::replace)),
      m_replaceAll(
          addButton(tr("Replace all"), tr("Replace every hit on the page, as one step to undo"), &FindBar::replaceAll)),
      m_state(new LineLabel(this)) {
    setObjectName("findBar");
    setAccessibleName(tr("Find and replace"));
    m_state->setObjectName("quiet");
    connect(m_close, &QToolButton::clicked, this, &FindBar::close);
    connect(m_terms, &SearchTerms::queryChanged, this, &FindBar::search);
    connect(&m_find, &SceneFind::changed, this, &FindBar::refresh);
    editor.installEventFilter(this);
    arrange();
    hide();
}

QPushButton* FindBar::addButton(const QString& text, const QString& tip, void (FindBar::*act)()) {
    auto* button = new QPushButton(text, this);
    button->setAccessibleName(text);
    button->setToolTip(tip);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, act);
    return button;
}

void FindBar::arrange() {
    const auto row = [](std::initializer_list<QWidget*> widgets) {
        auto* box = new QHBoxLayout;
        box->setSpacing(4);
        for (QWidget* widget : widgets) box->addWidget(widget);
        return box;
    };
    m_state->setMinimumWidth(fontMetrics().averageCharWidth() * 8); // "12 of 29"
    QHBoxLayout* finding = row({m_terms->matchCase, m_terms->wholeWord, m_terms->regex, m_previous, m_next, m_state});
    finding->setStretchFactor(m_state, 1);
    finding->addWidget(m_close);
    QHBoxLayout* replacing = row({m_terms->preserveCase, m_replace, m_replaceAll});
    replacing->addStretch(1);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(14, 6, 8, 6);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(5);
    grid->addWidget(m_terms->words, 0, 0);
    grid->addLayout(finding, 0, 1);
    grid->addWidget(m_terms->with, 1, 0);
    grid->addLayout(replacing, 1, 1);
    grid->setColumnStretch(0, 2);
    grid->setColumnStretch(1, 3);
    const QList<QWidget*> order{
        m_terms->words, m_terms->with,         m_terms->matchCase, m_terms->wholeWord, m_terms->regex, m_previous,
        m_next,         m_terms->preserveCase, m_replace,          m_replaceAll,       m_close};
    for (qsizetype i = 1; i < order.size(); ++i) setTabOrder(order[i - 1], order[i]);
}

void FindBar::open(bool replacing) {
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_terms->with, m_terms->preserveCase, m_replace, m_replaceAll})
        widget->setVisible(replacing);
    const QString selected = m_editor.textCursor().selectedText();
    const bool ofOneParagraph = !selected.isEmpty() && !selected.contains(QChar::ParagraphSeparator);
    m_find.setOrigin(m_editor.textCursor().selectionStart());
    show();
    if (ofOneParagraph && !m_terms->regex->isChecked()) {
        const QSignalBlocker quiet(m_terms->words);
        m_terms->words->setText(selected);
    }
    search();
    m_terms->words->setFocus();
    m_terms->words->selectAll();
}

void FindBar::close() {
    m_find.search({});
    hide();
    m_editor.setFocus();
}

void FindBar::goTo(bool backwards) {
    if (!isVisible() || m_terms->words->text().isEmpty()) return open(false);
    m_find.goTo(backwards);
}

void FindBar::search() {
    if (!isVisible()) return;
    m_find.search(m_terms->query());
    m_find.goToFirst();
}

void FindBar::replace() {
    const bool replaced = m_find.replaceSelected(m_terms->replacement());
    m_find.goTo(false);
    if (!replaced) refresh(); // there was no hit to replace: now there is one to look at
}

void FindBar::replaceAll() {
    m_find.replaceAll(m_terms->replacement(), [this](int count) { say(tr("%n replaced", nullptr, count)); });
}

void FindBar::say(const QString& words) {
    m_state->setText(words);
    m_state->setAccessibleName(words);
    QAccessibleEvent changed(m_state, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&changed);
}

void FindBar::refresh() {
    const int count = m_find.count(), number = m_find.selectedNumber();
    for (QPushButton* button : {m_next, m_previous, m_replace, m_replaceAll})
        button->setEnabled(count > 0 || !m_find.isCounted() || m_editor.together());
    if (!m_find.problem().isEmpty()) return say(m_find.problem());
    if (m_terms->words->text().isEmpty()) return say({});
    if (!m_find.isCounted()) return;
    if (count == 0) return say(m_editor.together() ? tr("Not in this scene") : tr("Not found"));
    if (number == 0) return say(tr("%n hits", nullptr, count));
    const QString place = (m_editor.together() ? tr("%1 of %2 in this scene") : tr("%1 of %2")).arg(number).arg(count);
    say(m_find.wrapped() ? tr("%1, from the other end").arg(place) : place);
}

void FindBar::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (event->key() == Qt::Key_Escape) return close();
    if (enter && m_terms->with->hasFocus()) return replace();
    if (enter && m_terms->words->hasFocus()) return goTo(event->modifiers() & Qt::ShiftModifier);
    QFrame::keyPressEvent(event);
}

bool FindBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &m_editor && isVisible() && event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        close();
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

} // namespace palimpsest
