// The commands of how the writer writes: focus, typewriter, size of the text, spelling, and the settings.
//
// UI thread. What they change is in Writing, which says when it changed, by whatever hand.
#pragma once

#include "ui/editor/scene_spelling.h"
#include "ui/main_menus.h"
#include "ui/settings/project_language.h"

namespace palimpsest {

class WritingMenus : public QObject {
    Q_OBJECT
public:
    struct Desk {
        Theme& theme;
        Writing& writing;
        ProjectLanguage& language;
        Spelling& spelling;
        SceneSpelling& misspelt;
    };

    WritingMenus(MainMenus& menus, const Desk& desk, QWidget* window);

private:
    QAction* addSwitch(QMenu* menu, const char* id, const QString& text, const QKeySequence& keys,
                       std::function<bool(const WritingChoices&)> isOn, std::function<void(WritingChoices&, bool)> set);
    void addSize(QMenu* menu, const char* id, const QString& text, const QList<QKeySequence>& keys, int change);
    QAction* add(QMenu* menu, const char* id, const QString& text, const QKeySequence& keys, std::function<void()> act);
    void buildView(QMenu* menu);
    void buildEdit(QMenu* menu);
    void openSettings();

    Desk m_desk;
    Writing& m_writing;
    QWidget* m_window;
};

} // namespace palimpsest
