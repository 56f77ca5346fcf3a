#include "app/services/replace_hits.h"

#include <QtTest>

namespace palimpsest::test {
namespace {

Block block(const QString& words, Provenance provenance = Provenance::Typed, Marks marks = {}) {
    Span span;
    span.text = words;
    span.provenance = provenance;
    span.marks = marks;
    span.draft = provenance == Provenance::Drafted ? 5 : 0;
    Block made;
    made.spans.push_back(span);
    return made;
}

std::vector<PickedHit> allHits(const SceneText& text, const TextSearch& search) {
    std::vector<PickedHit> hits;
    for (int i = 0; i < int(text.blocks.size()); ++i) {
        QString plain;
        for (const Span& span : text.blocks[std::size_t(i)].spans) plain += span.text;
        const std::vector<Interval> found = *search.find(plain);
        for (const Interval match : found) hits.push_back({i, plain, match});
    }
    return hits;
}

TextSearch searchFor(const QString& pattern, bool regex = false) {
    SearchQuery query;
    query.pattern = pattern;
    query.regex = regex;
    return *TextSearch::compile(query);
}

} // namespace

class ReplaceHitsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPickedHitIsReplacedAndNoOther() {
        const SceneText text{{block("buoy and Buoy and buoy"), block("a buoy")}};
        const TextSearch search = searchFor("buoy");
        std::vector<PickedHit> hits = allHits(text, search);
        QCOMPARE(hits.size(), std::size_t(4));
        hits.erase(hits.begin());
        const ReplacedText done = replaceHits(text, search, {"beacon", true}, hits);
        QCOMPARE(done.replaced, 3);
        QCOMPARE(done.text.plain(), QString("buoy and Beacon and beacon\na beacon"));
    }

    void groupsOfAPatternAreFilledIn() {
        const SceneText text{{block("Toft, Anders")}};
        const TextSearch search = searchFor("(\\w+), (\\w+)", true);
        QCOMPARE(replaceHits(text, search, {"$2 $1", false}, allHits(text, search)).text.plain(),
                 QString("Anders Toft"));
    }

    void whatComesInIsTypedWithTheMarksOfWhatItReplaces() {
        Marks italic;
        italic.italic = true;
        const SceneText text{{block("a red buoy", Provenance::Drafted, italic)}};
        const TextSearch search = searchFor("red");
        const SceneText after = replaceHits(text, search, {"green", false}, allHits(text, search)).text;
        bool found = false;
        for (const Span& span : after.blocks[0].spans) {
            if (span.text == "green") {
                found = true;
                QCOMPARE(span.provenance, Provenance::Typed);
                QVERIFY(span.marks.italic);
            } else {
                QCOMPARE(span.provenance, Provenance::Edited);
            }
        }
        QVERIFY(found);
    }

    void aParagraphThatMovedIsFoundAndOneThatChangedIsLeftAlone() {
        const SceneText before{{block("one buoy"), block("two buoys")}};
        const TextSearch search = searchFor("buoy");
        const auto hits = allHits(before, search);
        const SceneText now{{block("new"), block("one buoy"), block("two buoys!")}};
        const ReplacedText done = replaceHits(now, search, {"beacon", false}, hits);
        QCOMPARE(done.replaced, 1);
        QCOMPARE(done.text.plain(), QString("new\none beacon\ntwo buoys!"));
    }

    void oneOfTwoEqualParagraphsThatMovedIsNotGuessed() {
        const TextSearch search = searchFor("buoy");
        const auto hits = allHits({{block("a buoy")}}, search);
        const SceneText now{{block("x"), block("a buoy"), block("a buoy")}};
        QCOMPARE(replaceHits(now, search, {"beacon", false}, hits).replaced, 0);
    }

    void anEmptyReplacementTakesTheWordsOut() {
        const SceneText text{{block("very, very red")}};
        const TextSearch search = searchFor("very, ");
        QCOMPARE(replaceHits(text, search, {}, allHits(text, search)).text.plain(), QString("very red"));
    }
};

} // namespace palimpsest::test

QTEST_APPLESS_MAIN(palimpsest::test::ReplaceHitsTest)
#include "replace_hits_test.moc"
