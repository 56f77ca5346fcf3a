// Before anything is deleted for good: how much it is, and that a backup is made.
#pragma once

#include "app/services/project_service.h"

#include <QWidget>

namespace palimpsest {

// Asks, without waiting, and deletes what was agreed to. Nothing to ask when `nodes` is empty.
void askToDeleteForGood(QWidget& parent, ProjectService& project, const std::vector<NodeId>& nodes);

} // namespace palimpsest
