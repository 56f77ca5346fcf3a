#include "app/storage/node_tree.h"

#include <QRandomGenerator>
#include <QtTest>

namespace palimpsest {
namespace {

Node node(NodeId id, NodeId parent, int position) {
    Node n;
    n.id = id;
    n.parent = parent;
    n.position = position;
    return n;
}

bool isContiguous(const std::vector<Node>& nodes) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const bool first = i == 0 || nodes[i - 1].parent != nodes[i].parent;
        if (nodes[i].position != (first ? 0 : nodes[i - 1].position + 1)) return false;
    }
    return true;
}

QList<NodeId> childrenOf(const std::vector<Node>& nodes, NodeId parent) {
    QList<NodeId> ids;
    for (const Node& n : nodes)
        if (n.parent == parent) ids += n.id;
    return ids;
}

} // namespace

class NodeTreeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void insertingShiftsTheSiblingsAfterIt() {
        std::vector<Node> nodes;
        QVERIFY(insertIntoTree(nodes, node(1, 0, 0)));
        QVERIFY(insertIntoTree(nodes, node(2, 0, 0)));
        QVERIFY(insertIntoTree(nodes, node(3, 0, 1)));
        QVERIFY(insertIntoTree(nodes, node(4, 0, 99)));
        QVERIFY(insertIntoTree(nodes, node(5, 0, -1)));
        QCOMPARE(childrenOf(nodes, 0), (QList<NodeId>{2, 3, 1, 4, 5}));
        QVERIFY(isContiguous(nodes));
        QVERIFY(!insertIntoTree(nodes, node(6, 77, 0)));
    }

    void movingWithinAndBetweenParentsClosesTheGap() {
        std::vector<Node> nodes{node(1, 0, 0), node(2, 0, 1), node(3, 0, 2), node(4, 1, 0)};
        QVERIFY(moveInTree(nodes, 1, 0, 2)); // the place it has afterwards
        QCOMPARE(childrenOf(nodes, 0), (QList<NodeId>{2, 3, 1}));
        QVERIFY(moveInTree(nodes, 2, 1, 0));
        QCOMPARE(childrenOf(nodes, 0), (QList<NodeId>{3, 1}));
        QCOMPARE(childrenOf(nodes, 1), (QList<NodeId>{2, 4}));
        QVERIFY(isContiguous(nodes));
    }

    void nothingMovesIntoItself() {
        std::vector<Node> nodes{node(1, 0, 0), node(2, 1, 0), node(3, 2, 0)};
        const std::vector<Node> before = nodes;
        QVERIFY(!moveInTree(nodes, 1, 3, 0));
        QVERIFY(!moveInTree(nodes, 1, 1, 0));
        QVERIFY(!moveInTree(nodes, 9, 0, 0));
        QVERIFY(!moveInTree(nodes, 1, 9, 0));
        QVERIFY(nodes == before);
    }

    void anyMovesLeaveAContiguousTree() {
        QRandomGenerator random(7);
        std::vector<Node> nodes;
        for (int i = 1; i <= 40; ++i) QVERIFY(insertIntoTree(nodes, node(i, random.bounded(i), random.bounded(-1, 6))));
        for (int i = 0; i < 2000; ++i) {
            (void)moveInTree(nodes, random.bounded(1, 41), random.bounded(0, 41), random.bounded(-1, 8)).ok();
            QVERIFY(isContiguous(nodes));
            QVERIFY(isTree(nodes));
        }
    }

    void loopsAndOrphansAreNoTree() {
        QVERIFY(isTree({}));
        QVERIFY(isTree({node(1, 0, 0), node(2, 1, 0)}));
        QVERIFY(!isTree({node(1, 2, 0), node(2, 1, 0)}));
        QVERIFY(!isTree({node(1, 1, 0)}));
        QVERIFY(!isTree({node(1, 0, 0), node(2, 9, 0)}));
    }

    void whatLiesInATrashedPartIsInTheTrash() {
        std::vector<Node> nodes{node(1, 0, 0), node(2, 1, 0), node(3, 0, 1)};
        findNode(nodes, 1)->trashed = true;
        QVERIFY(isInTrash(nodes, 2));
        QVERIFY(!isInTrash(nodes, 3));
    }

    void titlesAreOneLineOfBoundedLength() {
        QVERIFY(checkTitle(QString(1000, u'x')));
        QVERIFY(!checkTitle(QString(1001, u'x')));
        QVERIFY(!checkTitle(QStringLiteral("a\nb")));
        QVERIFY(checkTitle({}));
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::NodeTreeTest)
#include "node_tree_test.moc"
