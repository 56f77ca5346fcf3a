// The last resort for words that a project would not take: files in the state folder, taken into the history of their
// project when it is opened again. Blocking; the worker's thread.
#pragma once

#include "app/storage/project_store.h"

namespace palimpsest {

// A plain text for the writer's eyes, and beside it all there is to know for takeOverRescued(). The path of the plain
// text; empty when it could not be written.
QString rescueText(const ProjectStore& store, NodeId node, const SceneText& text);

// A scene that is no more, at the end of the book again with words that were meant for it.
ProjectChange broughtBack(NodeId node, SceneText text);

// What was rescued from this project, wherever its file is by now, becomes revisions of its nodes, or a node again;
// then the files go. What cannot be taken over stays where it is. The nodes whose text differs from what was rescued.
std::vector<NodeId> takeOverRescued(ProjectStore& store);

} // namespace palimpsest
