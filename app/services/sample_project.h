// The sample manuscript that ships with the program, made into a project the writer may change.
#pragma once

#include "engine/base/result.h"

#include <QString>

namespace palimpsest {

// Writes resources/samples/<name> as a new project at `path`, which must not exist. Blocks for some milliseconds; any
// thread. On failure nothing is left at `path`.
//
// <name>/project.json: {"title", "open": FILE, "words": [WORD spelt right whatever the dictionary says, …], "nodes": [{"kind": "part|chapter|scene|note", "title", "file",
// "pinned", "nodes": […]}]}; a file is UTF-8 text, one paragraph a line, blank lines between.
Result<void> createSampleProject(const QString& name, const QString& path);

// As above from any folder of that form.
Result<void> createProjectFrom(const QString& folder, const QString& path);

} // namespace palimpsest
