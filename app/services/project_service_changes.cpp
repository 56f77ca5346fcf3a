// Changes that can be taken back, and the order they are taken back in.
#include "app/services/project_service_parts.h"
#include "app/storage/node_tree.h"

#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

// The nodes there are already whose texts a change reads or writes.
std::vector<NodeId> touchedBy(const ProjectChange& change) {
    std::vector<NodeId> nodes;
    for (const ChangeStep& step : change.steps) {
        if (const auto* remove = std::get_if<RemoveNode>(&step)) nodes.push_back(remove->node);
        if (const auto* split = std::get_if<SplitText>(&step)) nodes.insert(nodes.end(), {split->node, split->to});
        if (const auto* merge = std::get_if<MergeTexts>(&step))
            nodes.insert(nodes.end(), {merge->first, merge->second});
        if (const auto* edit = std::get_if<EditText>(&step)) nodes.push_back(edit->node);
    }
    return nodes;
}

// The steps on a copy of the tree, and their inverse.
Result<std::vector<ChangeStep>> changeTree(std::vector<Node>& nodes, const ProjectChange& change) {
    std::vector<ChangeStep> inverse;
    for (const ChangeStep& step : change.steps) {
        if (const auto* edit = std::get_if<EditNode>(&step)) {
            auto was = editInTree(nodes, *edit);
            if (!was) return was.error();
            inverse.push_back(std::move(*was));
        } else if (const auto* move = std::get_if<MoveNode>(&step)) {
            const Node* node = findNode(std::as_const(nodes), move->node);
            if (!node) return Error{ErrorCode::NotFound, "That part of the project is not there any more."};
            inverse.push_back(MoveNode{node->id, node->parent, node->position});
            if (auto moved = moveInTree(nodes, move->node, move->parent, move->position); !moved) return moved.error();
        }
    }
    std::reverse(inverse.begin(), inverse.end());
    return inverse;
}

EditNode edited(NodeId node) {
    EditNode edit;
    edit.node = node;
    return edit;
}

} // namespace

void ProjectService::apply(ProjectChange change, QObject* context,
                           std::function<void(Result<std::vector<NodeId>>)> done) {
    Parts::Told told;
    if (done && context)
        told = [context = QPointer<QObject>(context),
                done = std::move(done)](const Result<std::vector<NodeId>>& added) {
            if (context) done(added);
        };
    m_parts->apply(std::move(change), Parts::Way::Do, std::move(told));
}

QString ProjectService::undoName() const {
    return m_parts->undo.empty() || m_parts->isChanging() ? QString() : m_parts->undo.back().name;
}

QString ProjectService::redoName() const {
    return m_parts->redo.empty() || m_parts->isChanging() ? QString() : m_parts->redo.back().name;
}

bool ProjectService::isChanging() const {
    return m_parts->isChanging();
}

void ProjectService::undoChange() {
    Parts& parts = *m_parts;
    if (parts.undo.empty() || parts.isChanging()) return;
    ProjectChange change = std::move(parts.undo.back());
    parts.undo.pop_back();
    parts.apply(std::move(change), Parts::Way::Undo, {});
}

void ProjectService::redoChange() {
    Parts& parts = *m_parts;
    if (parts.redo.empty() || parts.isChanging()) return;
    ProjectChange change = std::move(parts.redo.back());
    parts.redo.pop_back();
    parts.apply(std::move(change), Parts::Way::Redo, {});
}

void ProjectService::Parts::apply(ProjectChange change, Way way, Told told) {
    if (isOfTreeOnly(change)) return applyToTree(change, way, told);
    const std::vector<NodeId> touched = touchedBy(change);
    for (const NodeId node : touched) {
        // A text that an earlier change is about to make another is merged with that first: see takeOverText().
        UnsavedTexts& texts = unsaved();
        if (const auto newest = texts.find(node); newest != texts.end() && held.count(node) == 0) {
            SceneText text = std::move(newest->second);
            texts.erase(newest);
            give(node, std::move(text));
        }
        held.insert(node);
    }
    const Answer answer = inFlight.emplace_back(std::make_shared<Answer::element_type>());
    Q_EMIT service.undoChanged();
    struct Nothing {};
    post(
        [change = std::move(change), answer](ProjectWorker& w) {
            answer->emplace(w.store() ? w.store()->apply(change) : Result<AppliedChange>(kNothingOpen));
            return Nothing{};
        },
        [this, touched, way, told = std::move(told), seen = nodeChanges, answer](Nothing) {
            inFlight.erase(inFlight.begin());
            onApplied(touched, way, seen, std::move(**answer), told);
        });
}

void ProjectService::Parts::applyToTree(const ProjectChange& change, Way way, const Told& told) {
    std::vector<Node> after = nodes;
    auto inverse = changeTree(after, change);
    if (!inverse) {
        Q_EMIT service.failed(QString::fromStdString(inverse.error().message));
        if (told) told(inverse.error());
        return;
    }
    nodes = std::move(after);
    ++nodeChanges;
    postWrite([change](ProjectStore& store) -> Result<void> {
        if (auto applied = store.apply(change); !applied) return applied.error();
        return {};
    });
    remember({change.name, std::move(*inverse), change.keeps}, way);
    Q_EMIT service.nodesChanged();
    if (told) told(std::vector<NodeId>{});
}

void ProjectService::Parts::onApplied(const std::vector<NodeId>& touched, Way way, int seen,
                                      Result<AppliedChange> applied, const Told& told) {
    for (const NodeId node : touched) held.erase(held.find(node));
    if (!unsaved().empty() && !saveTimer.isActive()) saveTimer.start(kSaveDelayMs);
    if (!applied) {
        Q_EMIT service.undoChanged();
        onWriteFailed(applied.error());
        if (told) told(applied.error());
        return;
    }
    // Something was done in the mirror that the store had not done yet.
    behind = seen != nodeChanges;
    if (behind)
        takeOverTree();
    else
        nodes = std::move(applied->nodes);
    remember(std::move(applied->inverse), way);
    UnsavedTexts& typed = unsaved();
    carryOver(*applied, typed);
    for (const EditText& text : applied->texts) {
        const auto newest = typed.find(text.node);
        const SceneText now = newest == typed.end() ? text.after : newest->second;
        if (Node* node = findNode(nodes, text.node)) node->words = countWords(now.plain());
        Q_EMIT service.textReplaced(text.node, now);
    }
    Q_EMIT service.nodesChanged();
    for (const NodeId node : applied->added) Q_EMIT service.nodeAdded(node);
    if (told) told(applied->added);
}

void ProjectService::Parts::remember(ProjectChange inverse, Way way) {
    std::vector<ProjectChange>& stack = way == Way::Undo ? redo : undo;
    if (way == Way::Do) redo.clear();
    stack.push_back(std::move(inverse));
    if (stack.size() > kUndoDepth) stack.erase(stack.begin());
    Q_EMIT service.undoChanged();
}

void ProjectService::addNode(NodeId parent, int position, NodeKind kind, const QString& title) {
    Node node;
    node.parent = parent;
    node.position = position;
    node.kind = kind;
    node.title = title;
    apply({tr("Add"), {AddNode{node, {}}}});
}

void ProjectService::renameNode(NodeId node, const QString& title) {
    EditNode edit = edited(node);
    edit.title = title;
    apply({tr("Rename"), {edit}});
}

void ProjectService::moveNode(NodeId node, NodeId parent, int position) {
    apply({tr("Move"), {MoveNode{node, parent, position}}});
}

void ProjectService::setPinned(NodeId node, bool pinned) {
    EditNode edit = edited(node);
    edit.pinned = pinned;
    apply({pinned ? tr("Pin") : tr("Unpin"), {edit}});
}

void ProjectService::setTrashed(NodeId node, bool trashed) {
    EditNode edit = edited(node);
    edit.trashed = trashed;
    apply({trashed ? tr("Move to the trash") : tr("Take out of the trash"), {edit}});
}

} // namespace palimpsest
