#include "ui/annotations/annotation_commands.h"

#include "app/document/provenance.h"
#include "ui/annotations/annotation_list.h"
#include "ui/editor/scene_document.h"

#include <QAction>
#include <QMenu>

namespace palimpsest {

AnnotationCommands::AnnotationCommands(const Theme& theme, SceneEditor& editor, const Menus& menus, QObject* parent)
    : QObject(parent), m_editor(editor), m_margin(new Margin(theme, editor, this)), m_links(new Links(editor, this)) {
    Margin* margin = m_margin;
    Links* links = m_links;
    connect(margin, &Margin::said, this, &AnnotationCommands::said);
    connect(links, &Links::said, this, &AnnotationCommands::said);
    menus.insert.addSeparator();
    m_comment = add(menus.insert, "comment", tr("Comme&nt"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_M),
                    [margin] { margin->write(Carried::Comment); });
    m_footnote = add(menus.insert, "footnote", tr("&Footnote"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_F),
                     [margin] { margin->write(Carried::Footnote); });
    m_link = add(menus.insert, "link", tr("&Link…"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_U),
                 [links] { links->edit(); });
    menus.edit.addSeparator();
    add(menus.edit, "next_comment", tr("Next co&mment"), QKeySequence(Qt::Key_F4),
        [margin] { margin->goToNext(false); });
    add(menus.edit, "previous_comment", tr("Previous comment"), QKeySequence(Qt::SHIFT | Qt::Key_F4),
        [margin] { margin->goToNext(true); });
    add(menus.edit, "annotations", tr("Comments, footnotes, l&inks and pins…"),
        QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_C), [this] { showList(); });
    m_openLink = add(menus.edit, "open_link", tr("&Open the link"), QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_O),
                     [links] { links->openAtCaret(); });
    menus.draft.addSeparator();
    m_pin = add(menus.draft, "pin_passage", tr("P&in the passage for every draft, or unpin it"),
                QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I), [this] { togglePin(); });
    connect(&editor, &SceneEditor::menuAboutToShow, this, [this](QMenu* menu, int at) { fillContextMenu(*menu, at); });
    const auto enable = [this] {
        for (QAction* action : {m_comment, m_footnote, m_link, m_pin}) action->setEnabled(m_editor.isEnabled());
    };
    connect(&editor, &SceneEditor::documentShown, this, enable);
    enable();
}

QAction* AnnotationCommands::add(QMenu& menu, const char* id, const QString& text, const QKeySequence& keys,
                                 std::function<void()> act) {
    QAction* action = menu.addAction(text);
    action->setObjectName(id);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, std::move(act));
    return action;
}

void AnnotationCommands::fillContextMenu(QMenu& menu, int position) {
    menu.addSeparator();
    menu.addActions({m_comment, m_footnote, m_link, m_pin});
    if (Annotations::of(*m_editor.document()).at(position, Carried::Link)) menu.addAction(m_openLink);
}

void AnnotationCommands::showList() {
    auto* list = new AnnotationList(*m_editor.document(), m_editor.window());
    connect(list, &AnnotationList::chosen, m_margin, &Margin::goTo);
    connect(&m_editor, &SceneEditor::documentShown, list, &QDialog::reject); // another scene, other words
    list->show();
}

void AnnotationCommands::togglePin() {
    QTextCursor words = m_editor.textCursor();
    const Annotations& annotations = Annotations::of(*m_editor.document());
    const Annotation* pinned = annotations.at(words.selectionStart(), Carried::Pin);
    if (!words.hasSelection() && pinned)
        words = annotations.wordsOf(*pinned);
    else if (!words.hasSelection()) {
        const int start = words.block().position();
        const Interval sentence = sentenceAround(words.block().text(), words.positionInBlock());
        words = selected(m_editor.document(), start + int(sentence.begin), start + int(sentence.end));
    }
    if (words.selectedText().trimmed().isEmpty())
        return Q_EMIT said(tr("Select the words that every draft is to see."));
    const bool covers = pinned && pinned->begin <= words.selectionStart() && pinned->end >= words.selectionEnd();
    setCarried(words, Carried::Pin, covers ? QString() : QStringLiteral("1"));
    Q_EMIT said(covers ? tr("The passage is not pinned any more.")
                       : tr("Every draft is given this passage, from any distance."));
}

} // namespace palimpsest
