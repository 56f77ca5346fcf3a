// A text as the writer typed it: one paragraph a string.
#pragma once

#include "app/document/scene_text.h"

#include <QStringList>

namespace palimpsest::test {

inline SceneText typed(const QStringList& paragraphs) {
    SceneText text;
    for (const QString& paragraph : paragraphs)
        text.blocks.push_back({BlockKind::Paragraph, 0, {{paragraph, {}, Provenance::Typed, 0}}});
    return text;
}

} // namespace palimpsest::test
