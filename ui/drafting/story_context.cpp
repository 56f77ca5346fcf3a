#include "ui/drafting/story_context.h"

#include "ui/editor/scene_document.h"

#include <algorithm>
#include <memory>

namespace palimpsest {

StoryContext::StoryContext(ProjectService& project, QObject* parent) : QObject(parent), m_project(project) {}

// The scenes before `node`, nearest first. A note has none.
std::vector<NodeId> StoryContext::earlier(NodeId node, const std::vector<NodeId>& scenesInOrder) const {
    const auto at = std::find(scenesInOrder.begin(), scenesInOrder.end(), node);
    if (at == scenesInOrder.end()) return {};
    return {std::make_reverse_iterator(at), scenesInOrder.rend()};
}

void StoryContext::prepare(NodeId node, const std::vector<NodeId>& scenesInOrder, std::function<void()> done) {
    std::vector<NodeId> wanted;
    for (const Node& each : m_project.nodes())
        if (each.kind == NodeKind::Note && each.pinned && !each.trashed) wanted.push_back(each.id);
    qsizetype words = 0; // of a book of a million words only the end is read: five characters a word at least
    for (NodeId scene : earlier(node, scenesInOrder)) {
        if (words * 5 > kBeforeChars) break;
        wanted.push_back(scene);
        if (const Node* known = m_project.node(scene)) words += known->words;
    }
    std::erase_if(wanted, [this](NodeId id) { return m_texts.contains(id); });
    if (wanted.empty()) return done();
    auto missing = std::make_shared<int>(int(wanted.size()));
    for (NodeId id : wanted) {
        m_project.loadText(id, this, [=, this, generation = m_generation](const Result<SceneText>& text) {
            // What cannot be read is left out: the page says so when that scene is opened.
            if (generation == m_generation && text && !m_texts.contains(id)) m_texts[id] = modelText(*text);
            if (--*missing == 0) done();
        });
    }
}

QString StoryContext::notes(NodeId except) const {
    QString notes;
    for (const Node& node : m_project.nodes()) {
        if (node.kind != NodeKind::Note || !node.pinned || node.trashed || node.id == except) continue;
        const QString text = m_texts.value(node.id);
        if (!notes.isEmpty()) notes += QStringLiteral("\n\n");
        notes += text.isEmpty() ? node.title : node.title + u'\n' + text;
    }
    return notes;
}

QString StoryContext::before(NodeId node, const std::vector<NodeId>& scenesInOrder) const {
    QString before;
    for (NodeId scene : earlier(node, scenesInOrder)) {
        const QString text = m_texts.value(scene);
        if (!text.isEmpty()) before.prepend(text + QStringLiteral("\n\n"));
        if (before.size() > kBeforeChars) break;
    }
    if (before.size() <= kBeforeChars) return before;
    before = before.right(kBeforeChars); // from the beginning of a paragraph, where there is one
    const qsizetype paragraph = before.indexOf(QStringLiteral("\n\n"));
    return paragraph >= 0 && paragraph < before.size() - 2 ? before.mid(paragraph + 2) : before;
}

void StoryContext::replace(NodeId node, const QString& text) {
    m_texts[node] = text;
}

void StoryContext::clear() {
    m_texts.clear();
    ++m_generation;
}

} // namespace palimpsest
