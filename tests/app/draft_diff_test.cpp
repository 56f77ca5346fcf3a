#include "app/services/draft_diff.h"

#include <QStringList>
#include <QtTest>

namespace palimpsest::test {
namespace {

QString marked(const std::vector<DiffPiece>& pieces) {
    QString text;
    for (const DiffPiece& piece : pieces)
        text += piece.kind == DiffPiece::Kind::Same      ? piece.text
                : piece.kind == DiffPiece::Kind::Removed ? "-" + piece.text
                                                         : "+" + piece.text;
    return text;
}

} // namespace

class DraftDiffTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wordsThatDifferAreTakenOutAndPutIn() {
        QCOMPARE(marked(wordDiff("the red buoy lay", "the green buoy lay")), QString("the -red +green buoy lay"));
        QCOMPARE(marked(wordDiff("a b", "a b c")), QString("a b +c"));
        QCOMPARE(marked(wordDiff("a b c", "c")), QString("-a -b c"));
        QCOMPARE(marked(wordDiff("", "new")), QString("+new"));
        QVERIFY(wordDiff("", "").empty());
    }

    void spacesAloneAreNoDifference() { QCOMPARE(marked(wordDiff("a  b\nc", " a b c")), QString("a b c")); }

    void withoutWhatWasTakenOutItReadsAsTheNewText() {
        QString read;
        for (const DiffPiece& piece : wordDiff("one two three four", "zero two four five\n\nsix"))
            if (piece.kind != DiffPiece::Kind::Removed) read += piece.text;
        QCOMPARE(read, QString("zero two four five\n\nsix"));
    }

    void newWordsAreCounted() {
        const ChangedWords words = changedWords("the red buoy", "the green buoy there");
        QCOMPARE(words.changed, 2);
        QCOMPARE(words.all, 4);
    }
};

} // namespace palimpsest::test

QTEST_APPLESS_MAIN(palimpsest::test::DraftDiffTest)
#include "draft_diff_test.moc"
