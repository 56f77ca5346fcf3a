// The documents of the open project that were shown: each keeps its undo history, caret and scroll position.
//
// UI thread. The project is told of every change at once, and reads the document when it saves it, within a second: what
// a key costs does not grow with the scene.
#pragma once

#include "app/services/project_service.h"
#include "ui/editor/page_layout.h"

#include <QPointer>
#include <QTextDocument>
#include <map>
#include <memory>

namespace palimpsest {

class SceneShelf : public QObject {
    Q_OBJECT
public:
    struct Scene {
        QTextDocument document;
        NodeId node = 0;
        int caret = 0, scroll = 0;
        bool filling = false; // with a text that the project has already
    };

    explicit SceneShelf(ProjectService& project, QObject* parent = nullptr);
    ~SceneShelf() override; // the project, if it is still there, has everything

    void setLook(const PageMetrics& metrics, const PageColours& colours);
    const PageMetrics& metrics() const { return m_metrics; }
    void setProvenanceShown(bool shown);

    // Loads what is not there yet. `done` may be called before this returns; the scene lives until clear().
    void take(NodeId node, QObject* context, std::function<void(Result<Scene*>)> done);
    Scene* find(NodeId node) const; // null when it was never taken
    // The same text once more, kept the same, to be shown elsewhere with a layout of its own. There is one at a time: until
    // the next one is asked for, or clear().
    QTextDocument& mirror(Scene& scene);
    void clear(); // another project was opened

Q_SIGNALS:
    void edited(qint64 node);

private:
    Scene* add(NodeId node, const SceneText& text);
    void replace(NodeId node, const SceneText& text);
    void fill(QTextDocument& document, NodeId node, const SceneText& text);
    template<class Action>
    void forAll(Action action) const; // documents and what nodes they are of

    QPointer<ProjectService> m_project;
    std::map<NodeId, std::unique_ptr<Scene>> m_scenes;
    std::unique_ptr<QTextDocument> m_mirror;
    NodeId m_mirrored = 0;
    PageMetrics m_metrics;
    PageColours m_colours;
    bool m_provenanceShown = false;
};

} // namespace palimpsest
