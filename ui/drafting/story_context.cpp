#include "ui/drafting/story_context.h"

#include "app/storage/node_tree.h"
#include "ui/editor/scene_document.h"

#include <QCryptographicHash>
#include <algorithm>
#include <memory>

namespace palimpsest {
namespace {

const char* const kLeftOut = "context_left_out";    // "scene:note scene:note …"; of passages scene:NpDIGEST
const char* const kShortened = "context_shortened"; // "note note …"

QStringList listOf(const ProjectService& project, const char* key) {
    return project.setting(key).split(u' ', Qt::SkipEmptyParts);
}

void setInList(ProjectService& project, const char* key, const QString& what, bool in) {
    QStringList list = listOf(project, key);
    list.removeAll(what);
    if (in) list << what;
    project.setSetting(key, list.join(u' '));
}

// What a note or passage is called in those lists.
QString keyOf(const ContextNote& note) {
    if (note.passage.isEmpty()) return QString::number(note.node);
    const QByteArray digest = QCryptographicHash::hash(note.passage.toUtf8(), QCryptographicHash::Sha256);
    return QStringLiteral("%1p%2").arg(note.node).arg(QString::fromLatin1(digest.toHex().left(12)));
}

QString pairOf(NodeId scene, const ContextNote& note) {
    return QStringLiteral("%1:%2").arg(scene).arg(keyOf(note));
}

void append(QString& text, const QString& part) {
    if (!text.isEmpty() && !part.isEmpty()) text += QStringLiteral("\n\n");
    text += part;
}

} // namespace

StoryContext::StoryContext(ProjectService& project, const NoteIndex& notes, PinnedPassages& passages, QObject* parent)
    : QObject(parent), m_project(project), m_notes(notes), m_passages(passages) {
    connect(&project, &ProjectService::textReplaced, this,
            [this](qint64 node, const SceneText& text) { m_texts[node] = modelText(text); });
}

// The scenes before `node`, nearest first. A note has none.
std::vector<NodeId> StoryContext::earlier(NodeId node, const std::vector<NodeId>& scenesInOrder) const {
    const auto at = std::find(scenesInOrder.begin(), scenesInOrder.end(), node);
    if (at == scenesInOrder.end()) return {};
    return {std::make_reverse_iterator(at), scenesInOrder.rend()};
}

void StoryContext::load(std::vector<NodeId> wanted, Done done) {
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

// The scene first: which notes are wanted stands in it.
void StoryContext::prepare(NodeId node, const std::vector<NodeId>& scenesInOrder, Done done) {
    load({node}, [=, this] {
        std::vector<NodeId> wanted;
        for (const ContextNote& note : noteList(node)) wanted.push_back(note.node);
        qsizetype words = 0; // of a book of a million words only the end is read: five characters a word at least
        for (NodeId scene : earlier(node, scenesInOrder)) {
            if (words * 5 > kBeforeChars) break;
            wanted.push_back(scene);
            if (const Node* known = m_project.node(scene)) words += known->words;
        }
        load(std::move(wanted), [this, done] {
            m_passages.whenKnown([this, done, generation = m_generation] {
                if (generation == m_generation) done();
            });
        });
    });
}

std::vector<ContextNote> StoryContext::noteList(NodeId node) const {
    const auto& nodes = m_project.nodes();
    const QStringList leftOut = listOf(m_project, kLeftOut), shortened = listOf(m_project, kShortened);
    std::vector<ContextNote> list;
    const auto add = [&](NodeId id) {
        const Node* each = m_project.node(id);
        const bool known = std::any_of(list.begin(), list.end(), [id](const ContextNote& n) { return n.node == id; });
        if (!each || known || id == node || isInTrash(nodes, id)) return;
        ContextNote note;
        note.node = id;
        note.title = each->title;
        note.pinned = each->pinned;
        note.leftOut = leftOut.contains(pairOf(node, note));
        note.shortened = shortened.contains(QString::number(id));
        note.words = countWords(given(note));
        list.push_back(std::move(note));
    };
    for (const Node& each : nodes)
        if (each.pinned) add(each.id);
    if (const Node* self = m_project.node(node); self && self->kind == NodeKind::Scene)
        for (const qint64 note : m_notes.finder().notesIn(m_texts.value(node))) add(note);
    for (const PinnedPassage& passage : m_passages.all()) {
        const Node* in = m_project.node(passage.node);
        if (!in || passage.text.trimmed().isEmpty()) continue;
        ContextNote note{passage.node, in->title, passage.text, countWords(passage.text), true};
        note.leftOut = leftOut.contains(pairOf(node, note));
        list.push_back(std::move(note));
    }
    return list;
}

QString StoryContext::given(const ContextNote& note) const {
    if (!note.passage.isEmpty()) return note.passage;
    QString text = m_texts.value(note.node);
    if (note.shortened) text = text.section(QStringLiteral("\n\n"), 0, 0);
    return text.isEmpty() ? note.title : note.title + u'\n' + text;
}

QString StoryContext::notes(NodeId node, const QString& nearby) const {
    QString notes;
    for (const ContextNote& note : noteList(node)) {
        const bool seen = !note.passage.isEmpty() && note.node == node && nearby.contains(note.passage.trimmed());
        if (!note.leftOut && !seen) append(notes, given(note));
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

void StoryContext::setLeftOut(NodeId scene, const ContextNote& note, bool leftOut) {
    setInList(m_project, kLeftOut, pairOf(scene, note), leftOut);
}

void StoryContext::setShortened(const ContextNote& note, bool shortened) {
    setInList(m_project, kShortened, keyOf(note), shortened);
}

void StoryContext::replace(NodeId node, const QString& text) {
    m_texts[node] = text;
}

void StoryContext::clear() {
    m_texts.clear();
    ++m_generation;
}

} // namespace palimpsest
