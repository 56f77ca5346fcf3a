// Every command of the menus by name, and the writer's own shortcuts for them.
//
// UI thread. Made once the menus are; reads them anew whenever asked, so that commands that come later are there too.
// A menu with the property "passing" holds no commands (recent files). The writer's keys are stored at once, by the
// command's id: its texts may change, and are others in another language.
#pragma once

#include <QAction>
#include <QHash>
#include <QKeySequence>
#include <QObject>
#include <QPointer>
#include <vector>

class QMenu;
class QMenuBar;

namespace palimpsest {

struct Command {
    QString id;   // the action's object name: an English word or two, set where the action is made, its own for ever
    QString name; // "Find in the scene"
    QString menu; // "Edit", "View › Theme"
    QPointer<QAction> action;
};

class Commands : public QObject {
    Q_OBJECT
public:
    explicit Commands(QMenuBar& bar, QObject* parent = nullptr); // the writer's keys are in force afterwards

    std::vector<Command> all() const; // in the order of the menus

    QList<QKeySequence> usualKeys(const Command& command) const;
    bool hasUsualKeys(const Command& command) const;
    // The other command that has these keys or begins with them; empty when none does.
    QString ownerOf(const QKeySequence& keys, const Command& asking) const;
    // Empty keys take the command's away. Another command that had them loses them.
    void setKeys(const Command& command, const QKeySequence& keys);
    void setUsualKeys(const Command& command); // one that has them now loses them
    void setAllUsualKeys();

private:
    void collect(const QMenu& menu, const QString& path, std::vector<Command>& found) const;
    void apply(const Command& command, const QList<QKeySequence>& keys);

    QMenuBar& m_bar;
    QHash<QString, QList<QKeySequence>> m_usual; // by id, of commands that were there at first
};

} // namespace palimpsest
