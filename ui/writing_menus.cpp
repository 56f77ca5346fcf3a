#include "ui/writing_menus.h"

#include "ui/settings/settings_dialog.h"

#include <QAction>
#include <QMenu>

namespace palimpsest {

WritingMenus::WritingMenus(MainMenus& menus, const Desk& desk, QWidget* window)
    : QObject(window), m_desk(desk), m_writing(desk.writing), m_window(window) {
    buildView(menus.viewMenu());
    buildEdit(menus.editMenu());
}

void WritingMenus::buildView(QMenu* menu) {
    menu->addSeparator();
    const auto focus = [this, menu](const char* id, const QString& text, const QKeySequence& keys, FocusOn what) {
        addSwitch(
            menu, id, text, keys, [what](const WritingChoices& c) { return c.focus == what; },
            [what](WritingChoices& c, bool on) { c.focus = on ? what : FocusOn::Everything; });
    };
    focus("focus_sentence", tr("Focus on the se&ntence"), QKeySequence(Qt::Key_F6), FocusOn::Sentence);
    focus("focus_paragraph", tr("Focus on the para&graph"), QKeySequence(Qt::SHIFT | Qt::Key_F6), FocusOn::Paragraph);
    addSwitch(
        menu, "typewriter_scrolling", tr("T&ypewriter scrolling"), QKeySequence(Qt::Key_F8),
        [](const WritingChoices& c) { return c.typewriter; }, [](WritingChoices& c, bool on) { c.typewriter = on; });
    menu->addSeparator();
    addSize(menu, "larger_text", tr("&Larger text"),
            {QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)}, 1);
    addSize(menu, "smaller_text", tr("&Smaller text"), {QKeySequence(Qt::CTRL | Qt::Key_Minus)}, -1);
    addSize(menu, "usual_text", tr("&Usual size of text"), {QKeySequence(Qt::CTRL | Qt::Key_0)}, 0);
}

void WritingMenus::buildEdit(QMenu* menu) {
    SceneSpelling* misspelt = &m_desk.misspelt;
    menu->addSeparator();
    addSwitch(
        menu, "check_spelling", tr("Check spe&lling"), {}, [](const WritingChoices& c) { return c.spelling; },
        [](WritingChoices& c, bool on) { c.spelling = on; });
    addSwitch(
        menu, "smart_punctuation", tr("Sma&rt punctuation"), {},
        [](const WritingChoices& c) { return c.smartPunctuation; },
        [](WritingChoices& c, bool on) { c.smartPunctuation = on; });
    add(menu, "next_misspelt_word", tr("Next &misspelt word"), QKeySequence(Qt::Key_F7),
        [misspelt] { misspelt->goToNext(); });
    add(menu, "suggestions", tr("Su&ggestions for the word"), QKeySequence(Qt::SHIFT | Qt::Key_F7),
        [misspelt] { misspelt->openMenu(); });
    menu->addSeparator();
    add(menu, "settings", tr("&Settings…"), QKeySequence(Qt::CTRL | Qt::Key_Comma), [this] { openSettings(); });
}

QAction* WritingMenus::add(QMenu* menu, const char* id, const QString& text, const QKeySequence& keys,
                           std::function<void()> act) {
    QAction* action = menu->addAction(text);
    action->setObjectName(id);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, std::move(act));
    return action;
}

QAction* WritingMenus::addSwitch(QMenu* menu, const char* id, const QString& text, const QKeySequence& keys,
                                 std::function<bool(const WritingChoices&)> isOn,
                                 std::function<void(WritingChoices&, bool)> set) {
    QAction* action = menu->addAction(text);
    action->setObjectName(id);
    action->setShortcut(keys);
    action->setCheckable(true);
    const auto show = [this, action, isOn = std::move(isOn)] { action->setChecked(isOn(m_writing.choices())); };
    show();
    connect(&m_writing, &Writing::changed, action, show);
    connect(action, &QAction::triggered, this, [this, set = std::move(set)](bool on) {
        WritingChoices choices = m_writing.choices();
        set(choices, on);
        m_writing.choose(choices);
    });
    return action;
}

// `change` in pixels; 0 = back to the usual size.
void WritingMenus::addSize(QMenu* menu, const char* id, const QString& text, const QList<QKeySequence>& keys,
                           int change) {
    QAction* action = menu->addAction(text);
    action->setObjectName(id);
    action->setShortcuts(keys);
    connect(action, &QAction::triggered, this, [this, change] {
        WritingChoices choices = m_writing.choices();
        choices.pixels = change ? choices.pixels + change : WritingChoices().pixels;
        m_writing.choose(choices);
    });
}

void WritingMenus::openSettings() {
    auto* dialog = new SettingsDialog(m_desk.theme, m_writing, m_desk.language, m_desk.spelling, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

} // namespace palimpsest
