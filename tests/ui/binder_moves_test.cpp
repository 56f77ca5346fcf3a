// Where nodes of a small book may go, without a window.
#include "app/storage/node_tree.h"
#include "ui/outline/binder_moves.h"

#include <QtTest>

namespace palimpsest::test {
namespace {

Node made(NodeId id, NodeId parent, int position, NodeKind kind) {
    Node node;
    node.id = id;
    node.parent = parent;
    node.position = position;
    node.kind = kind;
    return node;
}

// 1 part: 10 chapter (100, 101, 102), 11 chapter (110); 2 part, empty; 3 note; 4 scene; 5 note
std::vector<Node> book() {
    return {made(1, 0, 0, NodeKind::Part),     made(2, 0, 1, NodeKind::Part),     made(3, 0, 2, NodeKind::Note),
            made(4, 0, 3, NodeKind::Scene),    made(5, 0, 4, NodeKind::Note),     made(10, 1, 0, NodeKind::Chapter),
            made(11, 1, 1, NodeKind::Chapter), made(100, 10, 0, NodeKind::Scene), made(101, 10, 1, NodeKind::Scene),
            made(102, 10, 2, NodeKind::Scene), made(110, 11, 0, NodeKind::Scene)};
}

// The children of `parent` after the moves were done.
std::vector<NodeId> after(const std::vector<NodeMove>& moves, NodeId parent) {
    std::vector<Node> nodes = book();
    for (const NodeMove& move : moves)
        if (!moveInTree(nodes, move.node, move.parent, move.position)) return {-1};
    std::vector<NodeId> children;
    for (const Node& node : childrenOf(nodes, parent)) children.push_back(node.id);
    return children;
}

using Ids = std::vector<NodeId>;

} // namespace

class BinderMovesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void severalGoSideBySideWhereTheyAreDropped() {
        QCOMPARE(after(movesTo(book(), {102, 100}, 10, 102), 10), (Ids{101, 100, 102}));
        QCOMPARE(after(movesTo(book(), {100, 101}, 10, 0), 10), (Ids{102, 100, 101}));
        QCOMPARE(after(movesTo(book(), {110, 101}, 10, 100), 10), (Ids{101, 110, 100, 102}));
        QCOMPARE(after(movesTo(book(), {100, 102}, 2, 0), 2), (Ids{100, 102}));
    }

    void whatStaysWhereItIsIsNoMove() {
        QVERIFY(movesTo(book(), {101}, 10, 102).empty());
        QVERIFY(movesTo(book(), {101}, 10, 101).empty());
        QVERIFY(movesTo(book(), {102}, 10, 0).empty());
        QVERIFY(movesTo(book(), {}, 10, 0).empty());
    }

    void aChapterTakesItsScenesAlong() {
        const Ids chosen{10, 100, 101};
        QCOMPARE(outermost(book(), chosen), (Ids{10}));
        const auto moves = movesTo(book(), chosen, 2, 0);
        QCOMPARE(after(moves, 2), (Ids{10}));
        QCOMPARE(after(moves, 10), (Ids{100, 101, 102}));
    }

    void nothingGoesIntoItselfNorWhereItCannotLie() {
        QVERIFY(movesTo(book(), {1}, 10, 0).empty());
        QVERIFY(movesTo(book(), {10}, 11, 0).empty());    // a chapter in a chapter
        QVERIFY(movesTo(book(), {101}, 100, 0).empty());  // in a scene
        QVERIFY(movesTo(book(), {3}, 10, 0).empty());     // a note in the manuscript
        QVERIFY(movesTo(book(), {100, 3}, 2, 0).empty()); // all or nothing
        QCOMPARE(after(movesTo(book(), {5}, 3, 0), 3), (Ids{5}));
    }

    void upAndDownStepOverOneSibling() {
        QCOMPARE(after(movesTowards(book(), {101}, MoveWay::Up), 10), (Ids{101, 100, 102}));
        QCOMPARE(after(movesTowards(book(), {101}, MoveWay::Down), 10), (Ids{100, 102, 101}));
        QCOMPARE(after(movesTowards(book(), {101, 102}, MoveWay::Up), 10), (Ids{101, 102, 100}));
        QCOMPARE(after(movesTowards(book(), {100, 101}, MoveWay::Down), 10), (Ids{102, 100, 101}));
    }

    void beyondTheEndIsTheNextChapter() {
        const auto down = movesTowards(book(), {102}, MoveWay::Down);
        QCOMPARE(after(down, 11), (Ids{102, 110}));
        const auto up = movesTowards(book(), {110}, MoveWay::Up);
        QCOMPARE(after(up, 10), (Ids{100, 101, 102, 110}));
        QCOMPARE(after(movesTowards(book(), {11}, MoveWay::Down), 2), (Ids{11}));
        QVERIFY(movesTowards(book(), {1}, MoveWay::Up).empty());
    }

    void notesAndManuscriptAreTwoLists() {
        QCOMPARE(after(movesTowards(book(), {3}, MoveWay::Down), 0), (Ids{1, 2, 4, 5, 3}));
        QCOMPARE(after(movesTowards(book(), {4}, MoveWay::Up), 0), (Ids{1, 4, 2, 3, 5}));
        QVERIFY(movesTowards(book(), {3}, MoveWay::Up).empty());
    }

    void inIsTheOneAboveAndOutIsBehindIt() {
        const auto in = movesTowards(book(), {4}, MoveWay::In);
        QCOMPARE(after(in, 2), (Ids{4}));
        QVERIFY(movesTowards(book(), {101}, MoveWay::In).empty());
        QCOMPARE(after(movesTowards(book(), {101}, MoveWay::Out), 1), (Ids{10, 101, 11}));
        QCOMPARE(after(movesTowards(book(), {100, 101}, MoveWay::Out), 1), (Ids{10, 100, 101, 11}));
        QVERIFY(movesTowards(book(), {4}, MoveWay::Out).empty());
    }

    void whatIsTrashedIsSteppedOver() {
        std::vector<Node> nodes = book();
        findNode(nodes, 101)->trashed = true;
        const auto moves = movesTowards(nodes, {102}, MoveWay::Up);
        QCOMPARE(moves, (std::vector<NodeMove>{{102, 10, 0}}));
        QVERIFY(!mayHold(nodes, 101, NodeKind::Scene));
    }

    void aNewOneGoesIntoOrBehindTheCurrentOne() {
        QCOMPARE(placeForNew(book(), 100, NodeKind::Scene), (NodePlace{10, 1}));
        QCOMPARE(placeForNew(book(), 10, NodeKind::Scene), (NodePlace{10, 3}));
        QCOMPARE(placeForNew(book(), 1, NodeKind::Scene), (NodePlace{1, 2}));
        QCOMPARE(placeForNew(book(), 101, NodeKind::Chapter), (NodePlace{1, 1}));
        QCOMPARE(placeForNew(book(), 10, NodeKind::Chapter), (NodePlace{1, 1}));
        QCOMPARE(placeForNew(book(), 101, NodeKind::Part), (NodePlace{0, 1}));
        QCOMPARE(placeForNew(book(), 101, NodeKind::Note), (NodePlace{0, 5}));
        QCOMPARE(placeForNew(book(), 3, NodeKind::Note), (NodePlace{0, 3}));
        QCOMPARE(placeForNew(book(), 3, NodeKind::Scene), (NodePlace{0, 5}));
        QCOMPARE(placeForNew({}, 0, NodeKind::Scene), (NodePlace{0, 0}));
    }
};

} // namespace palimpsest::test

QTEST_APPLESS_MAIN(palimpsest::test::BinderMovesTest)
#include "binder_moves_test.moc"
