// What the model is told besides the scene itself: the pinned notes, and the ends of the scenes before it.
//
// UI thread. Texts are asked of the project once and kept; edits replace them.
#pragma once

#include "app/services/project_service.h"

#include <QHash>
#include <QObject>

namespace palimpsest {

class StoryContext : public QObject {
    Q_OBJECT
public:
    static constexpr qsizetype kBeforeChars = 40000; // of earlier scenes, the nearest

    explicit StoryContext(ProjectService& project, QObject* parent = nullptr);

    // Loads what a draft in `node` needs, then calls `done`, perhaps before this returns.
    void prepare(NodeId node, const std::vector<NodeId>& scenesInOrder, std::function<void()> done);

    // Of what is loaded. Notes: title, then text. Before: ends at a paragraph break when not empty.
    QString notes(NodeId except) const;
    QString before(NodeId node, const std::vector<NodeId>& scenesInOrder) const;

    void replace(NodeId node, const QString& text); // as modelText() gives it
    void clear();

private:
    std::vector<NodeId> earlier(NodeId node, const std::vector<NodeId>& scenesInOrder) const;

    ProjectService& m_project;
    QHash<NodeId, QString> m_texts;
    int m_generation = 0;
};

} // namespace palimpsest
