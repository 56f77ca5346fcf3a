// The parts of a project's tree, and what they are marked with: plain values.
#pragma once

#include <QString>

namespace palimpsest {

using NodeId = qint64;   // 0 = none / the root
using MarkerId = qint64; // 0 = none

// Values are on disk. Research and Archive are places at the root, one of each at most, made when first needed: what
// lies in them is no part of the book.
enum class NodeKind : quint8 { Part = 0, Chapter = 1, Scene = 2, Note = 3, Research = 4, Archive = 5 };

struct Node {
    NodeId id = 0;
    NodeId parent = 0;
    int position = 0; // among its siblings, from 0
    NodeKind kind = NodeKind::Scene;
    QString title;
    int words = 0;       // of its own text
    bool pinned = false; // its text is part of every draft's context
    bool trashed = false;
    QString synopsis = {}; // plain text, may hold line breaks
    MarkerId status = 0, label = 0;
    bool operator==(const Node&) const = default;
};

// Values are on disk. Drawn beside the colour, which is never the only difference.
enum class MarkerShape : quint8 {
    Circle = 0,
    Square = 1,
    Triangle = 2,
    Diamond = 3,
    Star = 4,
    Ring = 5,
    HalfCircle = 6,
    Hexagon = 7,
};

// A status ("first draft") or label ("backstory") of the project's own list.
struct Marker {
    enum class Family : quint8 { Status = 0, Label = 1 }; // values are on disk
    MarkerId id = 0;
    Family family = Family::Status;
    QString name;
    quint32 colour = 0; // 0xRRGGBB
    MarkerShape shape = MarkerShape::Circle;
    bool operator==(const Marker&) const = default;
};

} // namespace palimpsest
