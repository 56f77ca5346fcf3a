#include "ui/drafting/context_notes.h"

#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

namespace palimpsest {

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
}

void ContextNotes::addRow(const ContextNote& note) {
    const QString words =
        note.leftOut ? tr("left out")
                     : tr("%n words", nullptr, note.words) + (note.shortened ? tr(", first paragraph") : QString());
    const QString why = note.pinned ? tr("pinned") : tr("mentioned in this scene");
    auto* row = new QPushButton(this);
    row->setText((note.pinned ? QStringLiteral("◆ ") : QStringLiteral("@ ")) +
                 (note.title.startsWith(u'@') ? note.title.mid(note.pinned ? 0 : 1) : note.title) +
                 QStringLiteral(" · ") + words);
    row->setAccessibleName(tr("%1, %2, %3").arg(note.title, why, words));
    row->setToolTip(tr("%1: %2").arg(note.title, why));
    row->setFocusPolicy(Qt::StrongFocus);
    row->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    row->setObjectName("contextNote");
    row->setAutoDefault(false);
    QFont font = row->font();
    font.setStrikeOut(note.leftOut);
    row->setFont(font);
    auto* menu = new QMenu(row);
    const qint64 id = note.node;
    menu->addAction(note.leftOut ? tr("Give it to the model again") : tr("Leave it out of this scene's drafts"), this,
                    [this, id, out = !note.leftOut] { Q_EMIT leaveOutAsked(id, out); });
    menu->addAction(note.shortened ? tr("Give all of it") : tr("Give its first paragraph only"), this,
                    [this, id, shorten = !note.shortened] { Q_EMIT shortenAsked(id, shorten); });
    menu->addAction(note.pinned ? tr("Unpin") : tr("Pin: to every draft, of any scene"), this,
                    [this, id, pin = !note.pinned] { Q_EMIT pinAsked(id, pin); });
    menu->addSeparator();
    menu->addAction(tr("Open"), this, [this, id] { Q_EMIT openAsked(id); });
    row->setMenu(menu);
    m_rows->addWidget(row);
}

} // namespace palimpsest
