#include "app/services/note_index.h"

#include "app/storage/node_tree.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kMostMentions = 500;

// "The uncle" -> "The_uncle": what can be typed behind an @.
QString tagOf(const QString& title) {
    QString tag;
    for (const QChar c : title.simplified()) {
        if (c.isLetterOrNumber() || c == u'-' || c.isMark())
            tag += c;
        else if (c.isSpace())
            tag += u'_';
    }
    return tag;
}

} // namespace

NoteIndex::NoteIndex(ProjectService& project, QObject* parent) : QObject(parent), m_project(project) {
    connect(&project, &ProjectService::closing, this, [this] {
        m_texts.clear();
        rebuild();
    });
    connect(&project, &ProjectService::nodesChanged, this, &NoteIndex::refresh);
    connect(&project, &ProjectService::textSaved, this, [this](qint64 node) {
        if (m_texts.count(node) != 0) read(node);
    });
    connect(&project, &ProjectService::textReplaced, this, [this](qint64 node, const SceneText& text) {
        const auto found = m_texts.find(node);
        if (found == m_texts.end()) return;
        found->second = text;
        rebuild();
    });
}

// Which notes there are.
void NoteIndex::refresh() {
    const auto& nodes = m_project.nodes();
    for (const Node& node : nodes)
        if (node.kind == NodeKind::Note && !isInTrash(nodes, node.id) && m_texts.emplace(node.id, SceneText{}).second)
            read(node.id);
    std::erase_if(m_texts, [&nodes](const auto& kept) {
        const Node* node = findNode(nodes, kept.first);
        return !node || node->kind != NodeKind::Note || isInTrash(nodes, kept.first);
    });
    rebuild();
}

void NoteIndex::read(NodeId note) {
    m_project.loadText(note, this, [this, note](const Result<SceneText>& text) {
        const auto found = m_texts.find(note);
        if (!text || found == m_texts.end() || found->second == *text) return;
        found->second = *text;
        rebuild();
    });
}

void NoteIndex::rebuild() {
    std::map<NodeId, NoteNames> names;
    std::vector<std::pair<qint64, NoteNames>> list;
    for (const auto& [id, text] : m_texts) {
        const Node* node = m_project.node(id);
        if (!node) continue;
        names[id] = namesOf(node->title, text);
        list.emplace_back(id, names[id]);
    }
    if (names == m_names) return;
    m_names = std::move(names);
    m_finder = MentionFinder(list);
    Q_EMIT changed();
}

NoteNames NoteIndex::names(NodeId note) const {
    const auto found = m_names.find(note);
    return found == m_names.end() ? NoteNames{} : found->second;
}

std::vector<NoteIndex::Tag> NoteIndex::complete(const QString& begun) const {
    std::vector<Tag> first, second;
    const auto offer = [&](const QString& tag, NodeId note) {
        if (tag.startsWith(begun, Qt::CaseInsensitive))
            first.push_back({tag, note});
        else if (tag.contains(begun, Qt::CaseInsensitive))
            second.push_back({tag, note});
    };
    for (const auto& [note, names] : m_names) {
        for (const QString& tag : names.tags) offer(tag, note);
        if (names.tags.isEmpty() && !names.names.isEmpty()) offer(tagOf(names.names.front()), note);
    }
    const auto byName = [](const Tag& a, const Tag& b) { return a.tag.localeAwareCompare(b.tag) < 0; };
    std::sort(first.begin(), first.end(), byName);
    std::sort(second.begin(), second.end(), byName);
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

void NoteIndex::findMentions(NodeId note, QObject* context, std::function<void(std::vector<FoundParagraph>)> done) {
    SearchQuery query;
    query.pattern = mentionPattern(names(note));
    query.regex = true;
    query.matchCase = true;
    if (query.pattern.isEmpty()) return done({});
    m_project.ask<SearchResults>(
        context, [query](ProjectStore& store) { return store.search(query, kMostMentions); },
        [this, done = std::move(done)](const Result<SearchResults>& results) {
            std::vector<FoundParagraph> found = results ? results->paragraphs : std::vector<FoundParagraph>{};
            std::erase_if(found, [this](const FoundParagraph& paragraph) {
                const Node* node = m_project.node(paragraph.node);
                return !node || node->kind != NodeKind::Scene;
            });
            done(std::move(found));
        });
}

} // namespace palimpsest
