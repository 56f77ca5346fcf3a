// The binder: parts, chapters and scenes of the book, its notes, and what is in the trash, as a tree with the words of
// each.
//
// UI thread. Shows the project and changes it through OutlineEdits, so that every change can be undone; what a change
// means for the page is the window's affair.
#pragma once

#include "ui/outline/binder_tree.h"
#include "ui/outline/node_card.h"
#include "ui/outline/outline_edits.h"

#include <QTimer>
#include <QWidget>

namespace palimpsest {

enum class BinderSection;

class Binder : public QWidget {
    Q_OBJECT
public:
    Binder(const Theme& theme, ProjectService& project, NoteIndex& notes, QWidget* parent = nullptr);

    BinderTree* tree() const { return m_tree; }
    OutlineEdits& edits() { return m_edits; }
    NodeCard& card() const { return *m_card; }
    ProjectService& project() const { return m_project; }
    NodeId current() const;             // 0 = none
    std::vector<NodeId> chosen() const; // in the order of the rows
    void select(NodeId node);           // without opening it
    NodeId firstScene() const;          // in reading order; 0 = none
    std::vector<NodeId> scenesInOrder() const;
    // What can be written in, of these nodes and all that lies in them: in the order of the tree, the trash left out.
    std::vector<NodeId> textsIn(const std::vector<NodeId>& nodes) const;

    void addNode(NodeKind kind); // beside or in the current one; its title is edited at once
    void renameCurrent();
    void trashChosen();
    void restoreChosen();
    void moveChosen(MoveWay way);
    void togglePins(); // of those chosen, all alike
    void duplicateChosen();
    void mergeWithNext(); // or all that are chosen, when they are several
    bool canMerge() const;
    void setPassages(const std::vector<PinnedPassage>& passages); // their scenes and notes are marked
    void undo();                                                  // the last change of the project, whatever it was
    void redo();

Q_SIGNALS:
    void besideAsked(qint64 node); // a scene or note is to be opened in the other half
    void opened(qint64 node);      // a scene or note was chosen alone
    void changed(qint64 node);     // one that can be opened was made or changed: it is to be seen
    void
    togetherAsked(const std::vector<qint64>& nodes); // a part or chapter was chosen, or several texts are to be one
    void trashed(const std::vector<qint64>& nodes);  // for the undo bar
    void menuAsked(const QPoint& globalPosition);    // for what is chosen
    void chosenChanged();

private:
    struct Shown; // what a refresh keeps
    void connectProject();
    void connectTree();
    void refresh();
    Shown remember() const;
    void restore(const Shown& shown);
    void addChildren(QTreeWidgetItem* parent, NodeId id);
    void addPlaces();
    void addTrash();
    QString spoken(const Node& node, int words) const;
    QTreeWidgetItem* addSection(BinderSection section, const QString& title);
    QTreeWidgetItem* addItem(QTreeWidgetItem* parent, const Node& node);
    QTreeWidgetItem* itemOf(NodeId node) const { return m_items.value(node); }
    void showWords(QTreeWidgetItem* item);
    void onChosen();
    void onEdited(QTreeWidgetItem* item);
    bool isOnItsOwn(NodeId node) const; // can be opened
    void showChanged(const std::vector<Node>& before);
    std::vector<NodeId> toMerge() const;
    void editNew(NodeId node);

    ProjectService& m_project;
    BinderTree* m_tree;
    OutlineEdits m_edits;
    NodeCard* m_card;
    QHash<NodeId, QTreeWidgetItem*> m_items;
    QSet<NodeId> m_withPassages;
    QTimer m_refresh;
    NodeId m_wanted = 0;    // to be selected at the next refresh
    NodeId m_justAdded = 0; // whose title is to be edited
    bool m_filling = false;
};

} // namespace palimpsest
