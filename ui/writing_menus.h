// The commands of how the writer writes: focus, typewriter, size of the text, and the settings.
//
// UI thread. What they change is in Writing, which says when it changed, by whatever hand.
#pragma once

#include "ui/main_menus.h"
#include "ui/settings/writing.h"

namespace palimpsest {

class WritingMenus : public QObject {
    Q_OBJECT
public:
    WritingMenus(MainMenus& menus, Theme& theme, Writing& writing, QWidget* window);

private:
    QAction* addSwitch(QMenu* menu, const QString& text, const QKeySequence& keys,
                       std::function<bool(const WritingChoices&)> isOn, std::function<void(WritingChoices&, bool)> set);
    void addSize(QMenu* menu, const QString& text, const QList<QKeySequence>& keys, int change);
    void openSettings();

    Theme& m_theme;
    Writing& m_writing;
    QWidget* m_window;
};

} // namespace palimpsest
