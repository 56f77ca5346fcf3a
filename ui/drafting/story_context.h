// What the model is told besides the scene itself: pinned notes and passages, the notes of whoever is in the scene, and
// the ends of the scenes before it.
//
// UI thread. Texts are asked of the project once and kept; edits replace them. What the writer decided about a note (left
// out of a scene, only its beginning) is kept in the project.
#pragma once

#include "app/services/note_index.h"
#include "app/services/pinned_passages.h"

#include <QHash>
#include <QObject>
#include <QSet>

namespace palimpsest {

// One of the notes or pinned passages a draft in a scene is given, or would be.
struct ContextNote {
    NodeId node = 0;
    QString title;
    QString passage = {};   // the words of a pinned passage; empty: it is a note
    int words = 0;          // that the model is given
    bool pinned = false;    // else: the scene mentions it
    bool leftOut = false;   // of this scene, by the writer
    bool shortened = false; // to its first paragraph; notes only
    bool operator==(const ContextNote&) const = default;
};

class StoryContext : public QObject {
    Q_OBJECT
public:
    static constexpr qsizetype kBeforeChars = 40000; // of earlier scenes, the nearest

    StoryContext(ProjectService& project, const NoteIndex& notes, PinnedPassages& passages, QObject* parent = nullptr);

    // Loads what a draft in `node` needs, then calls `done`, perhaps before this returns.
    void prepare(NodeId node, const std::vector<NodeId>& scenesInOrder, std::function<void()> done);

    // Of what is loaded. Pinned ones first, then those the scene mentions, in the order it does, then pinned passages;
    // left out ones too.
    std::vector<ContextNote> noteList(NodeId node) const;
    // Title, then text, of those that are not left out, then pinned passages; but none that stands in `nearby`, the text
    // around the draft, which is seen as it is.
    QString notes(NodeId node, const QString& nearby) const;
    // Ends at a paragraph break when not empty.
    QString before(NodeId node, const std::vector<NodeId>& scenesInOrder) const;

    void setLeftOut(NodeId scene, const ContextNote& note, bool leftOut);
    void setShortened(const ContextNote& note, bool shortened);

    void replace(NodeId node, const QString& text); // as modelText() gives it
    void clear();

private:
    using Done = std::function<void()>;
    std::vector<NodeId> earlier(NodeId node, const std::vector<NodeId>& scenesInOrder) const;
    void load(std::vector<NodeId> wanted, Done done);
    QString given(const ContextNote& note) const;

    ProjectService& m_project;
    const NoteIndex& m_notes;
    PinnedPassages& m_passages;
    QHash<NodeId, QString> m_texts;
    int m_generation = 0;
};

} // namespace palimpsest
