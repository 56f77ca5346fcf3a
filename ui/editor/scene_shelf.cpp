#include "ui/editor/scene_shelf.h"

#include "ui/annotations/annotations.h"
#include "ui/editor/scene_document.h"

namespace palimpsest {
SceneShelf::SceneShelf(ProjectService& project, QObject* parent) : QObject(parent), m_project(&project) {
    connect(&project, &ProjectService::nodesChanged, this, [this] {
        forAll([this](const QTextDocument& document, NodeId id) {
            if (const Node* node = m_project->node(id)) PageLayout::of(document).setTitle(node->title);
        });
    });
    connect(&project, &ProjectService::textReplaced, this, &SceneShelf::replace);
}

SceneShelf::~SceneShelf() {
    clear();
}

template<class Action>
void SceneShelf::forAll(Action action) const {
    for (const auto& [id, scene] : m_scenes) action(scene->document, id);
    if (m_mirror) action(*m_mirror, m_mirrored);
}

void SceneShelf::setLook(const PageMetrics& metrics, const PageColours& colours) {
    const bool sameMetrics = metrics == m_metrics;
    m_metrics = metrics;
    m_colours = colours;
    forAll([&](QTextDocument& document, NodeId) {
        PageLayout::of(document).setColours(colours);
        if (sameMetrics) return;
        document.setDefaultFont(metrics.font);
        PageLayout::of(document).setMetrics(metrics);
    });
}

void SceneShelf::setProvenanceShown(bool shown) {
    m_provenanceShown = shown;
    forAll([shown](const QTextDocument& document, NodeId) { PageLayout::of(document).setProvenanceShown(shown); });
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
    fill(document, node, text);
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

// A new document: with its text, what hangs on the words, and its layout.
void SceneShelf::fill(QTextDocument& document, NodeId node, const SceneText& text) {
    document.setDefaultFont(m_metrics.font);
    document.setDocumentMargin(0);
    fillDocument(document, text);
    auto* layout = new PageLayout(&document);
    document.setDocumentLayout(layout); // Qt tells of it as if all had been put in: before anybody counts
    Annotations::of(document);          // whose numbers need room on the page
    layout->setMetrics(m_metrics);
    layout->setColours(m_colours);
    layout->setProvenanceShown(m_provenanceShown);
    if (const Node* known = m_project->node(node)) layout->setTitle(known->title);
}

QTextDocument& SceneShelf::mirror(Scene& scene) {
    m_mirror = std::make_unique<QTextDocument>();
    m_mirrored = scene.node;
    QTextDocument& mirror = *m_mirror;
    fill(mirror, scene.node, readDocument(scene.document));
    mirror.setUndoRedoEnabled(false);
    connect(&mirror, &QTextDocument::contentsChange, &mirror,
            [&mirror](int position, int, int added) { refreshBlocks(mirror, position, added); });
    connect(&scene.document, &QTextDocument::contentsChange, &mirror,
            [&scene, &mirror](int position, int removed, int added) {
                repeatEdit(scene.document, mirror, position, removed, added);
            });
    return mirror;
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
    m_mirror.reset();
    m_scenes.clear();
}

} // namespace palimpsest
