// Changes that can be taken back, and the order they are taken back in.
#include "app/services/project_service_parts.h"
#include "app/storage/node_tree.h"

#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

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
    return m_parts->undo.empty() || isChanging() ? QString() : m_parts->undo.back().name;
}

QString ProjectService::redoName() const {
    return m_parts->redo.empty() || isChanging() ? QString() : m_parts->redo.back().name;
}

bool ProjectService::isChanging() const {
    return !m_parts->inFlight.empty();
}

void ProjectService::undoChange() {
    Parts& parts = *m_parts;
    if (parts.undo.empty() || isChanging()) return;
    ProjectChange change = std::move(parts.undo.back());
    parts.undo.pop_back();
    parts.apply(std::move(change), Parts::Way::Undo, {});
}

void ProjectService::redoChange() {
    Parts& parts = *m_parts;
    if (parts.redo.empty() || isChanging()) return;
    ProjectChange change = std::move(parts.redo.back());
    parts.redo.pop_back();
    parts.apply(std::move(change), Parts::Way::Redo, {});
}

void ProjectService::Parts::apply(ProjectChange change, Way way, Told told) {
    // Behind another, what undoes it is not known here yet: it depends on the tree that one makes.
    if (inFlight.empty() && isOfTreeOnly(change)) return applyToTree(change, way, told);
    // The store is to see every text as it stands now. With another change under way that cannot be: what was typed
    // since is merged in afterwards, see takeOverTexts().
    if (inFlight.empty()) give();
    const Answer answer = inFlight.emplace_back(std::make_shared<Answer::element_type>());
    Q_EMIT service.undoChanged();
    struct Nothing {};
    post(
        [change = std::move(change), answer](ProjectWorker& w) {
            answer->emplace(w.store() ? w.store()->apply(change) : Result<AppliedChange>(kNothingOpen));
            return Nothing{};
        },
        [this, way, told = std::move(told), answer](Nothing) {
            inFlight.erase(inFlight.begin());
            onApplied(way, std::move(**answer), told);
            if (waits() && !saveTimer.isActive()) save(); // its time came while the store worked
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

void ProjectService::Parts::onApplied(Way way, Result<AppliedChange> applied, const Told& told) {
    if (!applied) {
        Q_EMIT service.undoChanged();
        onWriteFailed(applied.error());
        if (told) told(applied.error());
        return;
    }
    nodes = applied->nodes;
    remember(std::move(applied->inverse), way);
    takeOverTexts(*applied);
    Q_EMIT service.nodesChanged();
    for (const NodeId node : applied->added) Q_EMIT service.nodeAdded(node);
    if (told) told(applied->added);
}

// What was typed while the store worked goes on from what it made.
void ProjectService::Parts::takeOverTexts(const AppliedChange& applied) {
    UnsavedTexts& typed = unsaved();
    carryOver(applied, typed);
    countUnsaved();
    for (const EditText& text : applied.texts) {
        const auto newest = typed.find(text.node);
        const SceneText now = newest == typed.end() ? text.after : newest->second;
        Q_EMIT service.textReplaced(text.node, now);
    }
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
