// The writer's changes of the binder, each of them one change of the project that can be taken back.
//
// UI thread; nothing waits. Those of the tree alone are done at once; those that need texts, once the project has read
// them. What cannot be done, the project says (failed()).
#pragma once

#include "app/services/project_service.h"
#include "ui/outline/binder_moves.h"

#include <functional>

namespace palimpsest {

class OutlineEdits : public QObject {
    Q_OBJECT
public:
    using Nodes = std::vector<NodeId>;

    explicit OutlineEdits(ProjectService& project, QObject* parent = nullptr);

    void add(NodeKind kind, NodePlace place, const QString& title);
    void rename(NodeId node, const QString& title);
    void setSynopsis(NodeId node, const QString& synopsis);
    void move(const std::vector<NodeMove>& moves);        // what was in the trash comes out of it
    void moveToPlace(const Nodes& nodes, NodeKind place); // Research, Archive; Part: back to the end of the book
    void setPinned(const Nodes& nodes, bool pinned);
    void setTrashed(const Nodes& nodes, bool trashed);
    void setMarker(const Nodes& nodes, Marker::Family family, MarkerId marker); // 0: none
    void nextMarker(const Nodes& nodes, Marker::Family family); // the one after the first node's; after the last, none
    void duplicate(const Nodes& nodes);                         // with all that lies in them, each behind itself
    // `text`: what `at` is a place of. The second part becomes a node of its own behind it.
    void split(NodeId node, const SceneText& text, TextPlace at);
    // A node for every heading but a first one; the heading becomes its title.
    void splitByHeadings(NodeId node);
    void merge(const Nodes& nodes); // the texts of all into the first; the others go to the trash

Q_SIGNALS:
    void madeForTitle(qint64 node); // a new one whose title the writer will want to type

private:
    void apply(const QString& name, std::vector<ChangeStep> steps, std::function<void(const Nodes&)> done = {});
    void applyTo(const Nodes& nodes, const QString& name, const std::function<void(EditNode&)>& edit);
    // All texts of `nodes`, in their order; not called when one cannot be read.
    void withTexts(const Nodes& nodes, std::function<void(std::vector<SceneText>)> done);
    Nodes withAllInside(const Nodes& nodes) const;
    QString nameOf(const Nodes& nodes) const;

    ProjectService& m_project;
};

} // namespace palimpsest
