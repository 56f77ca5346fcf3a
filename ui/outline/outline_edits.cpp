#include "ui/outline/outline_edits.h"

#include "app/storage/node_tree.h"

#include <algorithm>
#include <map>
#include <utility>

namespace palimpsest {
namespace {

EditNode editOf(NodeId node) {
    EditNode edit;
    edit.node = node;
    return edit;
}

QString plainOf(const Block& block) {
    QString plain;
    for (const Span& span : block.spans) plain += span.text;
    return plain.simplified();
}

} // namespace

OutlineEdits::OutlineEdits(ProjectService& project, QObject* parent) : QObject(parent), m_project(project) {}

void OutlineEdits::apply(const QString& name, std::vector<ChangeStep> steps, std::function<void(const Nodes&)> done) {
    if (steps.empty()) return;
    ProjectChange change;
    change.name = name;
    change.steps = std::move(steps);
    if (!done) return m_project.apply(std::move(change));
    m_project.apply(std::move(change), this, [done = std::move(done)](const Result<Nodes>& added) {
        if (added) done(*added);
    });
}

void OutlineEdits::applyTo(const Nodes& nodes, const QString& name, const std::function<void(EditNode&)>& edit) {
    std::vector<ChangeStep> steps;
    for (NodeId node : nodes) {
        EditNode step = editOf(node);
        edit(step);
        steps.push_back(std::move(step));
    }
    apply(name.arg(nameOf(nodes)), std::move(steps));
}

QString OutlineEdits::nameOf(const Nodes& nodes) const {
    const Node* node = nodes.size() == 1 ? m_project.node(nodes.front()) : nullptr;
    return node ? tr("“%1”").arg(node->title) : tr("%n items", nullptr, int(nodes.size()));
}

void OutlineEdits::add(NodeKind kind, NodePlace place, const QString& title) {
    AddNode step;
    step.node.parent = place.parent;
    step.node.position = place.position;
    step.node.kind = kind;
    step.node.title = title;
    apply(tr("adding “%1”").arg(title), {step}, [this](const Nodes& added) {
        if (!added.empty()) Q_EMIT madeForTitle(added.front());
    });
}

void OutlineEdits::rename(NodeId id, const QString& title) {
    const Node* node = m_project.node(id);
    if (node && node->title != title) applyTo({id}, tr("renaming %1"), [&](EditNode& edit) { edit.title = title; });
}

void OutlineEdits::setSynopsis(NodeId id, const QString& synopsis) {
    const Node* node = m_project.node(id);
    if (node && node->synopsis != synopsis)
        applyTo({id}, tr("the synopsis of %1"), [&](EditNode& edit) { edit.synopsis = synopsis; });
}

void OutlineEdits::move(const std::vector<NodeMove>& moves) {
    Nodes nodes;
    std::vector<ChangeStep> steps;
    for (const NodeMove& move : moves) {
        const Node* node = m_project.node(move.node);
        if (!node) return;
        nodes.push_back(move.node);
        steps.push_back(MoveNode{move.node, move.parent, move.position});
        if (!node->trashed) continue;
        EditNode out = editOf(move.node);
        out.trashed = false;
        steps.push_back(out);
    }
    apply(tr("moving %1").arg(nameOf(nodes)), std::move(steps));
}

void OutlineEdits::moveToPlace(const Nodes& nodes, NodeKind place) {
    const Nodes moved = outermost(m_project.nodes(), nodes);
    const QString title = place == NodeKind::Research ? tr("Research") : tr("Archive");
    apply(tr("moving %1").arg(nameOf(moved)), palimpsest::moveToPlace(m_project.nodes(), moved, place, title));
}

void OutlineEdits::setPinned(const Nodes& nodes, bool pinned) {
    Nodes changing = nodes;
    std::erase_if(changing, [&](NodeId id) { return !m_project.node(id) || m_project.node(id)->pinned == pinned; });
    applyTo(changing, pinned ? tr("pinning %1") : tr("unpinning %1"), [&](EditNode& edit) { edit.pinned = pinned; });
}

void OutlineEdits::setTrashed(const Nodes& nodes, bool trashed) {
    Nodes changing = outermost(m_project.nodes(), nodes);
    std::erase_if(changing, [&](NodeId id) { return m_project.node(id)->trashed == trashed; });
    applyTo(changing, trashed ? tr("trashing %1") : tr("restoring %1"),
            [&](EditNode& edit) { edit.trashed = trashed; });
}

void OutlineEdits::setMarker(const Nodes& nodes, Marker::Family family, MarkerId marker) {
    const bool status = family == Marker::Family::Status;
    Nodes changing = nodes;
    std::erase_if(changing, [&](NodeId id) {
        const Node* node = m_project.node(id);
        return !node || (status ? node->status : node->label) == marker;
    });
    applyTo(changing, status ? tr("the status of %1") : tr("the label of %1"),
            [&](EditNode& edit) { (status ? edit.status : edit.label) = marker; });
}

void OutlineEdits::nextMarker(const Nodes& nodes, Marker::Family family) {
    const Node* first = nodes.empty() ? nullptr : m_project.node(nodes.front());
    if (!first) return;
    std::vector<MarkerId> row{0};
    for (const Marker& marker : m_project.markers())
        if (marker.family == family) row.push_back(marker.id);
    const MarkerId now = family == Marker::Family::Status ? first->status : first->label;
    const auto at = std::find(row.begin(), row.end(), now);
    setMarker(nodes, family, at == row.end() || at + 1 == row.end() ? 0 : *(at + 1));
}

OutlineEdits::Nodes OutlineEdits::withAllInside(const Nodes& nodes) const {
    Nodes all;
    const auto visit = [&](const auto& self, NodeId node) -> void {
        all.push_back(node);
        for (const Node& child : childrenOf(m_project.nodes(), node))
            if (!child.trashed) self(self, child.id);
    };
    for (NodeId node : nodes) visit(visit, node);
    return all;
}

void OutlineEdits::withTexts(const Nodes& nodes, std::function<void(std::vector<SceneText>)> done) {
    struct Reading {
        std::vector<SceneText> texts;
        std::size_t missing = 0;
    };
    auto reading = std::make_shared<Reading>();
    reading->texts.resize(nodes.size());
    reading->missing = nodes.size();
    for (std::size_t i = 0; i < nodes.size(); ++i)
        m_project.loadText(nodes[i], this, [reading, i, done](const Result<SceneText>& text) {
            if (!text) return; // and `missing` never comes to nothing
            reading->texts[i] = *text;
            if (--reading->missing == 0) done(std::move(reading->texts));
        });
}

void OutlineEdits::duplicate(const Nodes& nodes) {
    const Nodes outer = outermost(m_project.nodes(), nodes), all = withAllInside(outer);
    withTexts(all, [this, outer, all](std::vector<SceneText> texts) {
        std::map<NodeId, NodeId> copies; // by what they are copies of; negative until they are made
        std::vector<ChangeStep> steps;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Node* node = m_project.node(all[i]);
            if (!node) return;
            AddNode step{*node, std::move(texts[i])};
            step.node.id = copies[node->id] = -NodeId(i) - 1;
            const auto parent = copies.find(node->parent);
            if (parent != copies.end()) {
                step.node.parent = parent->second;
                step.node.position = -1;
            } else {
                // Those before it in the same row have moved it down by one each.
                step.node.position = node->position + 1;
                for (NodeId other : outer)
                    if (const Node* o = m_project.node(other);
                        o->parent == node->parent && o->position < node->position)
                        ++step.node.position;
                step.node.title = tr("%1 (copy)").arg(node->title).left(kMaxTitleLength);
            }
            steps.push_back(std::move(step));
        }
        apply(tr("duplicating %1").arg(nameOf(outer)), std::move(steps));
    });
}

void OutlineEdits::split(NodeId id, const SceneText& text, TextPlace at) {
    const Node* node = m_project.node(id);
    if (!node) return;
    SplitText step;
    step.node = id;
    step.at = at;
    // The space at the cut stays with the first part: no scene begins with one, and undoing gives the very text.
    if (at.block >= 0 && std::size_t(at.block) < text.blocks.size()) {
        const QString paragraph = plainOf(text.blocks[std::size_t(at.block)]);
        while (at.offset > 0 && step.at.offset < paragraph.size() && paragraph[step.at.offset].isSpace())
            ++step.at.offset;
    }
    step.title = tr("%1, second part").arg(node->title).left(kMaxTitleLength);
    step.base = text;
    apply(tr("splitting “%1”").arg(node->title), {step}, [this](const Nodes& added) {
        if (!added.empty()) Q_EMIT madeForTitle(added.front());
    });
}

namespace {

// The headings a text is cut at: those that have words, but for one it begins with.
std::vector<int> headingsWithin(const SceneText& text) {
    std::vector<int> found;
    for (std::size_t i = 1; i < text.blocks.size(); ++i)
        if (text.blocks[i].kind == BlockKind::Heading && !plainOf(text.blocks[i]).isEmpty()) found.push_back(int(i));
    return found;
}

} // namespace

// From the last to the first: each part goes right behind the scene. What the writer types meanwhile moves along.
void OutlineEdits::splitByHeadings(NodeId id) {
    withTexts({id}, [this, id](const std::vector<SceneText>& texts) {
        const Node* node = m_project.node(id);
        const SceneText& text = texts.front();
        const std::vector<int> headings = headingsWithin(text);
        if (!node || headings.empty()) return;
        std::vector<ChangeStep> steps;
        auto end = text.blocks.end();
        for (auto heading = headings.rbegin(); heading != headings.rend(); ++heading) {
            const auto begin = text.blocks.begin() + *heading;
            const NodeId made = -NodeId(*heading);
            steps.push_back(SplitText{id, {*heading, 0}, made, plainOf(*begin).left(kMaxTitleLength), text});
            steps.push_back(EditText{made, {{begin, end}}, {{begin + 1, end}}}); // its heading is its title
            end = begin;
        }
        apply(tr("splitting “%1”").arg(node->title), std::move(steps));
    });
}

void OutlineEdits::merge(const Nodes& nodes) {
    std::vector<ChangeStep> steps;
    for (std::size_t i = 1; i < nodes.size(); ++i) {
        MergeTexts step;
        step.first = nodes.front();
        step.second = nodes[i];
        steps.push_back(step);
    }
    apply(tr("merging %1").arg(nameOf(nodes)), std::move(steps));
}

} // namespace palimpsest
