// The palette: a field over the window in which a few letters find a command, a scene or a note.
//
// UI thread. Arrow keys choose, Return does, Escape leaves. Per key the work is bounded by the names.
#pragma once

#include "app/services/project_service.h"
#include "ui/palette/commands.h"

#include <QDialog>

class QLineEdit;
class QListWidget;

namespace palimpsest {

class CommandPalette : public QDialog {
    Q_OBJECT
public:
    static constexpr int kMostShown = 60;

    // Everything must outlive the palette.
    CommandPalette(const Commands& commands, const ProjectService& project, QWidget* window);

    void open() override; // over the window it was made for

Q_SIGNALS:
    void nodeChosen(qint64 node);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Entry {
        QString name, where, keys;
        QPointer<QAction> action; // or a node
        NodeId node = 0;
    };

    void collect();
    void showFits(const QString& typed);
    void choose();

    const Commands& m_commands;
    const ProjectService& m_project;
    QLineEdit* m_field;
    QListWidget* m_list;
    std::vector<Entry> m_entries;
};

} // namespace palimpsest
