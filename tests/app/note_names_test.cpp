#include "app/services/note_names.h"
#include "tests/support/typed_text.h"

#include <QtTest>

namespace palimpsest::test {
namespace {

MentionFinder finder() {
    return MentionFinder({{1, namesOf("@Marta", typed({"A postmistress.", "Also: Mrs Holm, the postmistress."}))},
                          {2, namesOf("The uncle", {})},
                          {3, namesOf("@Anders", typed({"@ferryman @Anders-Toft"}))}});
}

} // namespace

class NoteNamesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aTitleDeclaresItsTagsAndItsName() {
        QCOMPARE(namesOf("@Marta", {}), (NoteNames{{"Marta"}, {"Marta"}}));
        QCOMPARE(namesOf("Marta Holm @Marta @postmistress", {}),
                 (NoteNames{{"Marta", "postmistress"}, {"Marta Holm", "Marta", "postmistress"}}));
        QCOMPARE(namesOf("The uncle", {}), (NoteNames{{}, {"The uncle"}}));
        QCOMPARE(namesOf("me@example.org", {}).tags, QStringList());
    }

    void aParagraphOfNothingButTagsDeclaresThemAndOthersDoNot() {
        QCOMPARE(namesOf("x", typed({"@ferryman, @Toft", "He knows @Marta well."})).tags,
                 QStringList({"ferryman", "Toft"}));
    }

    void otherNamesAreListedBehindAlso() {
        QCOMPARE(namesOf("Marta", typed({"also called: Mrs Holm,  the postmistress."})).names,
                 QStringList({"Marta", "Mrs Holm", "the postmistress"}));
    }

    void mentionsAreWholeWordsInTheirOwnCase() {
        const MentionFinder f = finder();
        QCOMPARE(f.notesIn("Marta saw Mrs Holm."), (std::vector<qint64>{1}));
        QCOMPARE(f.notesIn("Martas and marta and Samarta"), (std::vector<qint64>{}));
        QCOMPARE(f.notesIn("Marta’s hat"), (std::vector<qint64>{1}));
        QCOMPARE(f.notesIn("It was the uncle who told Anders."), (std::vector<qint64>{2, 3}));
        QCOMPARE(f.notesIn("an uncle"), (std::vector<qint64>{}));
    }

    void tagsAreFoundWhateverTheirCaseAndOnlyWhole() {
        const MentionFinder f = finder();
        QCOMPARE(f.notesIn("@marta and @FERRYMAN"), (std::vector<qint64>{1, 3}));
        QCOMPARE(f.notesIn("@Martas, a@marta.org"), (std::vector<qint64>{}));
        QCOMPARE(f.notesIn("@Anders-Toft"), (std::vector<qint64>{3}));
        QCOMPARE(f.notesIn("@Anders-Toftson"), (std::vector<qint64>{}));
    }

    void thePlaceOfAMentionIsExact() {
        const auto found = finder().find("So @Marta came.");
        QCOMPARE(found.size(), std::size_t(1));
        QCOMPARE(found[0].place, (Interval{3, 9}));
    }

    void theTagAroundAPlace() {
        QCOMPARE(tagAt(u"So @Marta came.", 5), (Interval{3, 9}));
        QCOMPARE(tagAt(u"So @Marta came.", 9), (Interval{3, 9}));
        QCOMPARE(tagAt(u"So @Marta came.", 2), Interval{});
        QCOMPARE(tagAt(u"a@marta.org", 5), Interval{});
        QCOMPARE(tagAt(u"So @ came.", 4), Interval{});
    }

    void theTagBeingTypedEndsAtTheCaret() {
        QCOMPARE(tagAt(u"So @", 4, true), (Interval{3, 4}));
        QCOMPARE(tagAt(u"So @Ma came", 6, true), (Interval{3, 6}));
        QCOMPARE(tagAt(u"So @Marta came", 6, true), Interval{}); // in the midst of one
    }

    void theSearchForANoteFindsWhatTheFinderFinds() {
        const QRegularExpression pattern(mentionPattern(namesOf("The uncle @Toft", {})),
                                         QRegularExpression::UseUnicodePropertiesOption);
        QVERIFY(pattern.isValid());
        QVERIFY(pattern.match("said the uncle").hasMatch());
        QVERIFY(pattern.match("@toft").hasMatch());
        QVERIFY(!pattern.match("@tofts, her uncle").hasMatch());
        QCOMPARE(mentionPattern({}), QString());
    }

    void namesOfPatternCharactersAreTakenToTheLetter() {
        const MentionFinder f({{7, namesOf("Dr. (A+B)", {})}});
        QCOMPARE(f.notesIn("to Dr. (A+B) then"), (std::vector<qint64>{7}));
        QCOMPARE(f.notesIn("to Dra (AAB) then"), (std::vector<qint64>{}));
    }
};

} // namespace palimpsest::test

QTEST_APPLESS_MAIN(palimpsest::test::NoteNamesTest)
#include "note_names_test.moc"
