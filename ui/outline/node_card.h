// What is known of the one chosen in the binder: its synopsis, to be written here, its status and label, and a list of
// what it has to do with: the notes of a scene, the scenes of a note.
//
// UI thread. The synopsis is stored when the keyboard rests or goes elsewhere, as one change each time.
#pragma once

#include "app/services/note_index.h"
#include "ui/outline/outline_edits.h"

#include <QTimer>
#include <QWidget>

class QListWidget;
class QPlainTextEdit;

namespace palimpsest {

class ChoiceBox;
class SectionTitle;

class NodeCard : public QWidget {
    Q_OBJECT
public:
    NodeCard(ProjectService& project, NoteIndex& notes, OutlineEdits& edits, QWidget* parent = nullptr);

    void showNodes(const std::vector<NodeId>& chosen); // the first one's, changed for all
    void store();                                      // the synopsis, at once
    QListWidget& related() const { return *m_related; }

Q_SIGNALS:
    void opened(qint64 node);

private:
    ChoiceBox* addChoice(const QString& name, Marker::Family family);
    void refresh();
    void fill(ChoiceBox& box, Marker::Family family, MarkerId now);
    void refreshRelated();
    void addRelated(NodeId node, const QString& tip);

    ProjectService& m_project;
    NoteIndex& m_notes;
    OutlineEdits& m_edits;
    std::vector<NodeId> m_chosen;
    NodeId m_node = 0; // whose synopsis is shown
    QPlainTextEdit* m_synopsis;
    ChoiceBox *m_status, *m_label;
    SectionTitle* m_relatedHeading;
    QListWidget* m_related;
    QTimer m_rest, m_look;
    int m_asked = 0; // counts searches for mentions: older ones are ignored
    bool m_filling = false;
};

} // namespace palimpsest
