#include "ui/editor/scene_shelf.h"

#include "ui/annotations/annotations.h"
#include "ui/editor/scene_document.h"

namespace palimpsest {

SceneShelf::SceneShelf(ProjectService& project, QObject* parent) : QObject(parent), m_project(&project) {
    connect(&project, &ProjectService::nodesChanged, this, [this] {
        for (const auto& [id, scene] : m_scenes)
            if (const Node* node = m_project->node(id)) layoutOf(*scene).setTitle(node->title);
    });
    connect(&project, &ProjectService::textReplaced, this, &SceneShelf::replace);
}

SceneShelf::~SceneShelf() {
    clear();
}

PageLayout& SceneShelf::layoutOf(const Scene& scene) const {
    return static_cast<PageLayout&>(*scene.document.documentLayout());
}

void SceneShelf::setLook(const PageMetrics& metrics, const PageColours& colours) {
    const bool sameMetrics = metrics == m_metrics;
    m_metrics = metrics;
    m_colours = colours;
    for (const auto& [id, scene] : m_scenes) {
        layoutOf(*scene).setColours(colours);
        if (sameMetrics) continue;
        scene->document.setDefaultFont(metrics.font);
        layoutOf(*scene).setMetrics(metrics);
    }
}

void SceneShelf::setProvenanceShown(bool shown) {
    m_provenanceShown = shown;
    for (const auto& [id, scene] : m_scenes) layoutOf(*scene).setProvenanceShown(shown);
}

void SceneShelf::take(NodeId node, QObject* context, std::function<void(Result<Scene*>)> done) {
    if (Scene* scene = find(node)) return done(scene);
    m_project->loadText(node, context, [this, node, done = std::move(done)](Result<SceneText> text) {
        if (Scene* scene = find(node)) return done(scene);
        if (!text) return done(text.error());
        done(add(node, *text));
    });
}

SceneShelf::Scene* SceneShelf::add(NodeId node, const SceneText& text) {
    auto scene = std::make_unique<Scene>();
    scene->node = node;
    QTextDocument& document = scene->document;
    document.setDefaultFont(m_metrics.font);
    document.setDocumentMargin(0);
    fillDocument(document, text);
    Annotations::of(document); // whose numbers need room on the page
    auto* layout = new PageLayout(&document);
    document.setDocumentLayout(layout);
    layout->setMetrics(m_metrics);
    layout->setColours(m_colours);
    layout->setProvenanceShown(m_provenanceShown);
    if (const Node* known = m_project->node(node)) layout->setTitle(known->title);
    Scene* made = scene.get();
    connect(&document, &QTextDocument::contentsChange, this,
            [made](int position, int, int added) { refreshBlocks(made->document, position, added); });
    connect(&document, &QTextDocument::contentsChanged, this, [this, made] {
        if (made->filling) return;
        m_project->textEdited(made->node, wordsOf(made->document), [made] { return readDocument(made->document); });
        Q_EMIT edited(made->node);
    });
    m_scenes[node] = std::move(scene);
    return made;
}

// The undo history goes: what it would bring back is in other scenes now, or in the project's own.
void SceneShelf::replace(NodeId node, const SceneText& text) {
    Scene* scene = find(node);
    if (!scene || readDocument(scene->document) == text) return;
    scene->filling = true;
    fillDocument(scene->document, text);
    scene->filling = false;
    Q_EMIT edited(node);
}

SceneShelf::Scene* SceneShelf::find(NodeId node) const {
    const auto found = m_scenes.find(node);
    return found == m_scenes.end() ? nullptr : found->second.get();
}

void SceneShelf::clear() {
    if (m_project) m_project->readEdits();
    m_scenes.clear();
}

} // namespace palimpsest
