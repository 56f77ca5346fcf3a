#include "ui/drafting/context_notes.h"

#include "ui/widgets/line_of_text.h"

#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

namespace palimpsest {
namespace {

constexpr int kPassageShown = 22, kPassageInTip = 400; // characters

QString nameOf(const ContextNote& note) {
    if (!note.passage.isEmpty()) {
        const QString words = withoutQuotes(note.passage).simplified();
        return u'“' + (words.size() > kPassageShown ? words.left(kPassageShown).trimmed() + u'…' : words) + u'”';
    }
    return note.title.startsWith(u'@') ? note.title.mid(note.pinned ? 0 : 1) : note.title;
}

} // namespace

ContextNotes::ContextNotes(QWidget* parent) : QWidget(parent), m_rows(new QVBoxLayout(this)) {
    setAccessibleName(tr("Notes the model is given"));
    m_rows->setContentsMargins(12, 0, 0, 0);
    m_rows->setSpacing(0);
}

void ContextNotes::setNotes(const std::vector<ContextNote>& notes) {
    if (notes == m_notes) return;
    m_notes = notes;
    while (QLayoutItem* item = m_rows->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    for (const ContextNote& note : notes) addRow(note);
    setVisible(!notes.empty());
    Q_EMIT rowsChanged();
}

std::vector<QWidget*> ContextNotes::rows() const {
    std::vector<QWidget*> rows;
    for (int i = 0; i < m_rows->count(); ++i) rows.push_back(m_rows->itemAt(i)->widget());
    return rows;
}

void ContextNotes::addRow(const ContextNote& note) {
    const bool passage = !note.passage.isEmpty();
    const QString words =
        note.leftOut ? tr("left out")
                     : tr("%n words", nullptr, note.words) + (note.shortened ? tr(", first paragraph") : QString());
    const QString why = passage       ? tr("passage pinned in “%1”").arg(note.title)
                        : note.pinned ? tr("pinned")
                                      : tr("mentioned in this scene");
    const QString name = nameOf(note);
    auto* row = new QPushButton(this);
    row->setText((note.pinned ? QStringLiteral("◆ ") : QStringLiteral("@ ")) + isolated(name, layoutDirection()) +
                 QStringLiteral(" · ") + words);
    row->setAccessibleName(tr("%1, %2, %3").arg(passage ? name : note.title, why, words));
    row->setToolTip(tr("%1: %2").arg(passage ? note.passage.left(kPassageInTip).toHtmlEscaped() : note.title, why));
    row->setFocusPolicy(Qt::StrongFocus);
    row->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed); // a long passage widens no panel
    row->setObjectName("contextNote");
    row->setAutoDefault(false);
    QFont font = row->font();
    font.setStrikeOut(note.leftOut);
    row->setFont(font);
    auto* menu = new QMenu(row);
    menu->addAction(note.leftOut ? tr("Give it to the model again") : tr("Leave it out of this scene's drafts"), this,
                    [this, note] { Q_EMIT leaveOutAsked(note, !note.leftOut); });
    if (!passage)
        menu->addAction(note.shortened ? tr("Give all of it") : tr("Give its first paragraph only"), this,
                        [this, note] { Q_EMIT shortenAsked(note, !note.shortened); });
    menu->addAction(note.pinned ? tr("Unpin") : tr("Pin: to every draft, of any scene"), this,
                    [this, note] { Q_EMIT pinAsked(note, !note.pinned); });
    menu->addSeparator();
    menu->addAction(tr("Open"), this, [this, note] { Q_EMIT openAsked(note); });
    row->setMenu(menu);
    m_rows->addWidget(row);
}

} // namespace palimpsest
