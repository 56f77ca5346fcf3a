// The notes of the open project by what they are called: for completing @tags, for finding the notes of a scene, and the
// scenes of a note.
//
// UI thread; nothing waits. Follows the project: texts are read when it is opened, and again when they were saved.
#pragma once

#include "app/services/note_names.h"
#include "app/services/project_service.h"

#include <map>

namespace palimpsest {

class NoteIndex : public QObject {
    Q_OBJECT
public:
    struct Tag {
        QString tag; // without the @
        NodeId note = 0;
        bool operator==(const Tag&) const = default;
    };

    explicit NoteIndex(ProjectService& project, QObject* parent = nullptr);

    const MentionFinder& finder() const { return m_finder; } // valid until changed()
    NoteNames names(NodeId note) const;
    // Tags that begin so, or have a part that does, those that begin so first; a note without a tag is offered by its
    // title, made into one.
    std::vector<Tag> complete(const QString& begun) const;
    // The paragraphs of scenes that mention a note, by scene; as they are on disk.
    void findMentions(NodeId note, QObject* context, std::function<void(std::vector<FoundParagraph>)> done);

Q_SIGNALS:
    void changed();

private:
    void refresh();
    void read(NodeId note);
    void rebuild();

    ProjectService& m_project;
    std::map<NodeId, SceneText> m_texts; // of notes outside the trash; empty until read
    std::map<NodeId, NoteNames> m_names;
    MentionFinder m_finder;
};

} // namespace palimpsest
