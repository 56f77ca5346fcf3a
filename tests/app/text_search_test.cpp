#include "app/document/text_search.h"

#include <QtTest>

namespace palimpsest {
namespace {

QString marked(const SearchQuery& query, const QString& text) {
    const auto search = TextSearch::compile(query);
    if (!search) return QString::fromStdString(search.error().message);
    const auto found = search->find(text);
    if (!found) return QString::fromStdString(found.error().message);
    QString made = text;
    for (auto at = found->rbegin(); at != found->rend(); ++at) made.insert(at->end, u']').insert(at->begin, u'[');
    return made;
}

QString replaced(const SearchQuery& query, const Replacement& with, const QString& text) {
    const auto search = TextSearch::compile(query);
    const auto found = search->find(text);
    QString made = text;
    for (auto at = found->rbegin(); at != found->rend(); ++at)
        made.replace(at->begin, at->end - at->begin, search->replacementFor(text, *at, with));
    return made;
}

} // namespace

class TextSearchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wordsAreFoundWhateverTheirCaseUnlessItIsToMatch() {
        QCOMPARE(marked({"marta"}, "Marta, MARTA, Martas"), QString("[Marta], [MARTA], [Marta]s"));
        QCOMPARE(marked({"Marta", false, false, true}, "Marta, MARTA"), QString("[Marta], MARTA"));
        QCOMPARE(marked({"ÉTÉ"}, "un été"), QString("un [été]"));
        QCOMPARE(marked({"море"}, "Море, МОРЕ"), QString("[Море], [МОРЕ]"));
    }

    void aWholeWordEndsAtAnApostropheButNotAtALetterOrAMark() {
        const auto whole = [](const QString& pattern, const QString& text) {
            return marked({pattern, false, true}, text);
        };
        QCOMPARE(whole("Marta", "Marta’s Martas Marta-Anna Samarta"), QString("[Marta]’s Martas [Marta]-Anna Samarta"));
        QCOMPARE(whole("e", QStringLiteral("e e\u0301 e1 e_")), QStringLiteral("[e] e\u0301 e1 e_"));
        QCOMPARE(whole("(no)", "x(no)x"), QString("x[(no)]x")); // its edges are no letters: nothing to be whole about
        QCOMPARE(whole("היא", "היא לא, שהיא"), QString("[היא] לא, שהיא"));
    }

    void withoutRegexEveryCharacterMeansItself() {
        QCOMPARE(marked({"a.b*(\\d)"}, "axb a.b*(\\d)"), QString("axb [a.b*(\\d)]"));
        QCOMPARE(marked({"🌊"}, "x🌊y"), QString("x[🌊]y"));
    }

    void whatTheKeyboardHasFindsWhatTypographyMadeOfIt() {
        QCOMPARE(marked({"don't"}, "don't don’t don‘t"), QString("[don't] [don’t] [don‘t]"));
        QCOMPARE(marked({"\"No\""}, "“No” \"No\" „No“"), QString("[“No”] [\"No\"] [„No“]"));
        QCOMPARE(marked({"oui !"}, QStringLiteral("oui\u00A0! oui\u202F! oui !")),
                 QStringLiteral("[oui\u00A0!] [oui\u202F!] [oui !]"));
        QCOMPARE(marked({"don’t"}, "don't don’t"), QString("don't [don’t]"));
        QCOMPARE(marked({"\\'"}, "\\' '"), QString("[\\'] '"));
    }

    void aRegexFindsByItsRulesAndNeverNothing() {
        QCOMPARE(marked({"b(e|o)ll?", true}, "bell boll bel"), QString("[bell] [boll] [bel]"));
        QCOMPARE(marked({"^x*", true}, "axx"), QString("axx"));
        QCOMPARE(marked({"a|ab", true, true}, "ab a"), QString("[ab] [a]"));
        QCOMPARE(marked({"\\w+$", true}, "die Größe"), QString("die [Größe]"));
    }

    void aBadPatternSaysWhereItGoesWrong() {
        const auto bad = TextSearch::compile({"bell(", true});
        QVERIFY(!bad);
        QCOMPARE(bad.error().code, ErrorCode::InvalidArgument);
        QVERIFY2(bad.error().message.find("character 5") != std::string::npos, bad.error().message.c_str());
        QVERIFY(!TextSearch::compile({"a)|(b", true}));
    }

    void aPatternThatWouldSearchForEverIsGivenUp() {
        const QString text = QString(40'000, u'a') + u'b';
        const auto search = TextSearch::compile({"(a|aa)+$", true});
        const auto found = search->find(text);
        QVERIFY(!found);
        QVERIFY(QByteArray(found.error().message.c_str()).contains("too long"));
    }

    void anEmptyPatternFindsNothing() {
        const auto search = TextSearch::compile({});
        QVERIFY(search->findsNothing());
        QVERIFY(search->find("anything")->empty());
    }

    void caseIsPreservedWhenAskedTo_data() {
        QTest::addColumn<QString>("match");
        QTest::addColumn<QString>("with");
        QTest::addColumn<QString>("becomes");
        QTest::newRow("capital") << "Marta"
                                 << "anna"
                                 << "Anna";
        QTest::newRow("shouted") << "MARTA"
                                 << "anna"
                                 << "ANNA";
        QTest::newRow("small") << "ferry"
                               << "Boat"
                               << "boat";
        QTest::newRow("name") << "Second Buoy"
                              << "third boat"
                              << "Third Boat";
        QTest::newRow("sentence") << "Second buoy"
                                  << "third boat"
                                  << "Third boat";
        QTest::newRow("one letter") << "I"
                                    << "we"
                                    << "We";
        QTest::newRow("mixed is left alone") << "iPhone"
                                             << "TeleFax"
                                             << "TeleFax";
        QTest::newRow("inner capitals stay") << "Marta"
                                             << "McKay"
                                             << "McKay";
        QTest::newRow("behind a quote") << "“Marta"
                                        << "“anna"
                                        << "“Anna";
        QTest::newRow("no case") << "היא"
                                 << "Anna"
                                 << "Anna";
        QTest::newRow("Greek") << "Θάλασσα"
                               << "λίμνη"
                               << "Λίμνη";
    }
    void caseIsPreservedWhenAskedTo() {
        QFETCH(QString, match);
        QFETCH(QString, with);
        QFETCH(QString, becomes);
        QCOMPARE(replaced({match}, {with, true}, "x " + match + " y"), "x " + becomes + " y");
        QCOMPARE(replaced({match}, {with}, match), with);
    }

    void groupsOfARegexAreFilledIn() {
        QCOMPARE(replaced({"(\\w+) and (\\w+)", true}, {"\\2 and $1 ($0)"}, "salt and oil"),
                 QString("oil and salt (salt and oil)"));
        QCOMPARE(replaced({"x", true}, {"$$1 \\\\ $ \\n"}, "x"), QString("$1 \\ $ \\n"));
        QCOMPARE(replaced({"x"}, {"\\1 $0"}, "x"), QString("\\1 $0"));
        QCOMPARE(replaced({"(?<=a)b", true, true}, {"c"}, "b ab"), QString("b ab")); // not at the edge of a word
        QCOMPARE(replaced({"(?<=\")(b)", true}, {"$1$1"}, "\"b"), QString("\"bb"));
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::TextSearchTest)
#include "text_search_test.moc"
