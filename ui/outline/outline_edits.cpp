#include "ui/outline/outline_edits.h"

#include "app/storage/node_tree.h"

#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kSteps = 200;

class Step : public QUndoCommand {
public:
    Step(const QString& text, std::function<void()> redo, std::function<void()> undo)
        : QUndoCommand(text), m_redo(std::move(redo)), m_undo(std::move(undo)) {}
    void redo() override { m_redo(); }
    void undo() override { m_undo(); }

private:
    std::function<void()> m_redo, m_undo;
};

// What takes `moves` back, done in order.
std::vector<NodeMove> inverse(std::vector<Node> tree, const std::vector<NodeMove>& moves) {
    std::vector<NodeMove> back;
    for (const NodeMove& move : moves) {
        const Node* node = findNode(tree, move.node);
        if (!node) return {};
        back.push_back({move.node, node->parent, node->position});
        if (!moveInTree(tree, move.node, move.parent, move.position)) return {};
    }
    std::reverse(back.begin(), back.end());
    return back;
}

} // namespace

OutlineEdits::OutlineEdits(ProjectService& project, QObject* parent) : QObject(parent), m_project(project) {
    m_stack.setUndoLimit(kSteps);
    connect(&project, &ProjectService::closing, &m_stack, &QUndoStack::clear);
    // A new one is there already: taking it back puts it into the trash, nothing written in it is lost.
    connect(&project, &ProjectService::nodeAdded, this, [this](qint64 id) {
        const Node* node = m_project.node(id);
        if (!node) return;
        const auto trash = [this, id](bool trashed) { m_project.setTrashed(id, trashed); };
        auto first = std::make_shared<bool>(true); // the stack does what it is given
        push(
            tr("adding “%1”").arg(node->title), id,
            [trash, first] {
                if (!std::exchange(*first, false)) trash(false);
            },
            [trash] { trash(true); });
    });
}

void OutlineEdits::push(const QString& text, NodeId node, Act redo, Act undo) {
    const auto then = [this, node](Act act) {
        return [this, node, act = std::move(act)] {
            act();
            Q_EMIT touched(node);
        };
    };
    m_stack.push(new Step(text, then(std::move(redo)), then(std::move(undo))));
}

QString OutlineEdits::nameOf(const std::vector<NodeId>& nodes) const {
    const Node* node = nodes.size() == 1 ? m_project.node(nodes.front()) : nullptr;
    return node ? tr("“%1”").arg(node->title) : tr("%n items", nullptr, int(nodes.size()));
}

void OutlineEdits::add(NodeKind kind, NodePlace place, const QString& title) {
    m_project.addNode(place.parent, place.position, kind, title);
}

void OutlineEdits::rename(NodeId id, const QString& title) {
    const Node* node = m_project.node(id);
    if (!node || node->title == title) return;
    push(
        tr("renaming “%1”").arg(node->title), id, [this, id, title] { m_project.renameNode(id, title); },
        [this, id, was = node->title] { m_project.renameNode(id, was); });
}

void OutlineEdits::move(const std::vector<NodeMove>& moves) {
    if (moves.empty()) return;
    std::vector<NodeId> nodes, trashed;
    for (const NodeMove& move : moves) {
        const Node* node = m_project.node(move.node);
        if (!node) return;
        nodes.push_back(move.node);
        if (node->trashed) trashed.push_back(move.node);
    }
    const auto all = [this](const std::vector<NodeMove>& list) {
        for (const NodeMove& move : list) m_project.moveNode(move.node, move.parent, move.position);
    };
    const auto set = [this, trashed](bool in) {
        for (NodeId node : trashed) m_project.setTrashed(node, in);
    };
    push(
        tr("moving %1").arg(nameOf(nodes)), nodes.front(), [all, set, moves] { all(moves), set(false); },
        [all, set, back = inverse(m_project.nodes(), moves)] { set(true), all(back); });
}

void OutlineEdits::setPinned(const std::vector<NodeId>& nodes, bool pinned) {
    std::vector<NodeId> changing = nodes;
    std::erase_if(changing, [&](NodeId id) { return !m_project.node(id) || m_project.node(id)->pinned == pinned; });
    if (changing.empty()) return;
    const auto set = [this, changing](bool on) {
        for (NodeId node : changing) m_project.setPinned(node, on);
    };
    push((pinned ? tr("pinning %1") : tr("unpinning %1")).arg(nameOf(changing)), changing.front(),
         [set, pinned] { set(pinned); }, [set, pinned] { set(!pinned); });
}

void OutlineEdits::setTrashed(const std::vector<NodeId>& nodes, bool trashed) {
    std::vector<NodeId> changing = outermost(m_project.nodes(), nodes);
    std::erase_if(changing, [&](NodeId id) { return m_project.node(id)->trashed == trashed; });
    if (changing.empty()) return;
    const auto set = [this, changing](bool in) {
        for (NodeId node : changing) m_project.setTrashed(node, in);
    };
    push((trashed ? tr("trashing %1") : tr("restoring %1")).arg(nameOf(changing)), changing.front(),
         [set, trashed] { set(trashed); }, [set, trashed] { set(!trashed); });
}

} // namespace palimpsest
