// Changes of a project that can be taken back: plain values, done by ProjectStore::apply() in one transaction, which
// gives back the change that undoes it; and that one's, which does it again.
//
// The inverse of a change is one of meaning, not of bytes: what was written since stays. A merge taken back cuts the
// text as it is by then; a replacement taken back leaves the paragraphs alone that were changed since.
#pragma once

#include "app/document/text_parts.h"
#include "app/storage/node.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

namespace palimpsest {

// Sets what is given, leaves the rest.
struct EditNode {
    NodeId node = 0;
    std::optional<QString> title, synopsis;
    std::optional<NodeKind> kind;
    std::optional<MarkerId> status, label; // 0: none
    std::optional<bool> pinned, trashed;
};

struct MoveNode {
    NodeId node = 0, parent = 0;
    int position = -1; // beyond the last sibling, or negative: the end
};

// `node.id` 0: a new one; negative: a new one, which later steps of the same change call by that number; positive: one
// that was removed comes back.
struct AddNode {
    Node node;
    SceneText text;
};

// A node that nothing hangs on (children, drafts, history) and whose text is still `text` goes; any other goes to the
// trash.
struct RemoveNode {
    NodeId node = 0;
    SceneText text;
};

// Cuts the text of `node`; the second part becomes the text of `to`, which is taken out of the trash, or, when `to` is
// not positive, of a new node after `node`, of its kind, with `title`; called by that number as in AddNode.
struct SplitText {
    NodeId node = 0;
    TextPlace at;
    NodeId to = 0;
    QString title;
    std::optional<SceneText> base;     // the text that `at` is a place of; absent: the present one
    std::optional<SceneText> had = {}; // a `to` with another text than this by now keeps it; a new node is made instead
};

// Appends the text of `second` to that of `first`. `second` goes to the trash, with its text; with `remove` as in
// RemoveNode. Refused when only one of them is in the trash: words that
// were merged away are in the book already.
struct MergeTexts {
    NodeId first = 0, second = 0;
    bool insideParagraph = false; // see joinTexts()
    bool remove = false;
};

// From `before` to `after`; when the text is neither any more, by mergeChanges().
struct EditText {
    NodeId node = 0;
    SceneText before, after;
};

using ChangeStep = std::variant<EditNode, MoveNode, AddNode, RemoveNode, SplitText, MergeTexts, EditText>;

// Why a text was kept in the history. Values are on disk: only ever added to.
enum class RevisionCause : quint8 {
    Writing = 0,       // now and then while writing
    BeforeDraft = 1,   // before a draft was accepted
    BeforeChange = 2,  // before a split, a merge or the like
    BeforeReplace = 3, // before replacing in the project
    BeforeRestore = 4,
    Snapshot = 5, // asked for by the writer, under a name
    Rescued = 6,  // words that could not be saved in the project at the time
    Backup = 7,   // taken over from a backup
};

struct ProjectChange {
    QString name; // for "Undo …"
    std::vector<ChangeStep> steps;
    RevisionCause keeps = RevisionCause::BeforeChange; // of the texts it changes, before it does
};

// What a step did to texts: `whole` was cut, its second part took the place of `over`; `second` was appended to `first`.
struct TextCut {
    NodeId from = 0, into = 0;
    TextPlace at;
    SceneText whole, over;
};
struct TextJoin {
    NodeId from = 0, into = 0;
    bool insideParagraph = false;
    SceneText first, second;
};
using TextStep = std::variant<TextCut, TextJoin, EditText>;

struct AppliedChange {
    ProjectChange inverse;
    std::vector<Node> nodes;     // the tree after it
    std::vector<EditText> texts; // what became of which text; those that were cut or joined, even when nothing did
    std::vector<NodeId> added;
    std::vector<TextStep> steps; // in their order
};

// Does a change to texts that went on from those it saw: what was typed meanwhile, by node. Afterwards they go on from
// what the change made; every text that words were typed in or came into is there, none that is no more.
void carryOver(const AppliedChange& change, std::map<NodeId, SceneText>& typed);

// What an edit was undone by; the tree is unchanged on failure.
Result<EditNode> editInTree(std::vector<Node>& nodes, EditNode edit);

// Does the steps on a tree and texts in memory. Storage inside; one per change.
class ChangeRunner {
public:
    struct Source {
        std::function<Result<SceneText>(NodeId)> text;
        std::function<Result<bool>(NodeId)> isBare; // no drafts and no history
        NodeId nextId = 0;                          // never given before
    };
    ChangeRunner(std::vector<Node> nodes, Source source) : m_nodes(std::move(nodes)), m_source(std::move(source)) {}

    // After an error the runner is of no use.
    Result<AppliedChange> run(const ProjectChange& change);

private:
    struct Text {
        SceneText before, now;
    };
    Result<Text*> textOf(NodeId node);
    NodeId resolve(NodeId id) const;
    // Each does its step and puts what undoes it in front of m_inverse.
    Result<void> step(const EditNode& edit);
    Result<void> step(const MoveNode& move);
    Result<void> step(const AddNode& add);
    Result<void> step(const RemoveNode& remove);
    Result<void> step(const SplitText& split);
    Result<void> step(const MergeTexts& merge);
    Result<void> step(const EditText& edit);
    void undoneBy(ChangeStep inverse) { m_inverse.push_back(std::move(inverse)); }

    std::vector<Node> m_nodes;
    Source m_source;
    std::map<NodeId, Text> m_texts;
    std::map<NodeId, NodeId> m_made; // by the number the change calls it
    std::vector<ChangeStep> m_inverse;
    std::vector<NodeId> m_new;
    std::vector<TextStep> m_done;
    std::set<NodeId> m_moved; // texts that were cut or joined
};

// True when a change concerns the tree alone, and only nodes that are there: it can be done without the texts.
bool isOfTreeOnly(const ProjectChange& change);

// Moves nodes to the end of the project's Research or Archive, or back to the end of the manuscript (`place` Part);
// makes the place, called `title`, when there is none.
std::vector<ChangeStep> moveToPlace(const std::vector<Node>& nodes, const std::vector<NodeId>& moved, NodeKind place,
                                    const QString& title);

} // namespace palimpsest
