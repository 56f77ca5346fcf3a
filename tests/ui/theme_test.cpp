#include "ui/theme/theme.h"

#include <QFontDatabase>
#include <QFontInfo>
#include <QtTest>

namespace palimpsest {

class ThemeTest : public QObject {
    Q_OBJECT
private:
    static QList<QPair<QString, const Colours*>> both() {
        return {{"light", &lightColours()}, {"dark", &darkColours()}};
    }
    static void needs(const QString& what, const QColor& ink, const QColor& ground, double least) {
        const double ratio = contrastRatio(ink, ground);
        QVERIFY2(ratio >= least, qPrintable(QString("%1: %2").arg(what).arg(ratio)));
    }

private Q_SLOTS:
    void contrastOfBlackOnWhiteIsTwentyOne() {
        QCOMPARE(contrastRatio(Qt::black, Qt::white), 21.0);
        QCOMPARE(contrastRatio(Qt::red, Qt::red), 1.0);
    }

    void everyTextHasFourAndAHalf() {
        for (const auto& [name, c] : both()) {
            for (const QColor& ground : {c->page, c->chrome, c->strip, c->desk, c->hover, c->selected}) {
                needs(name + " text", c->text, ground, 4.5);
                needs(name + " chrome text", c->chromeText, ground, 4.5);
                needs(name + " quiet text", c->quiet, ground, 4.5);
            }
            needs(name + " on the accent", c->onAccent, c->accent, 4.5);
            needs(name + " accent as text", c->accentText, c->page, 4.5);
            needs(name + " unsure word", c->unsure, c->page, 4.5);
            needs(name + " locked word", c->text, c->locked, 4.5);
            needs(name + " selected text", c->text, c->selection, 4.5);
            needs(name + " engine ready", c->good, c->chrome, 4.5);
        }
    }

    void everyControlHasThree() {
        for (const auto& [name, c] : both()) {
            for (const QColor& ground : {c->page, c->chrome, c->strip}) {
                needs(name + " outline", c->control, ground, 3);
                needs(name + " focus ring", c->focus, ground, 3);
                needs(name + " accent", c->accent, ground, 3);
            }
            needs(name + " focus ring on a chosen row", c->focus, c->selected, 3);
            needs(name + " budget: after", c->goodPale, c->chrome, 3);
        }
    }

    void pageIsSetInTheBundledSerif() {
        Theme theme(*qApp);
        QVERIFY(QFontDatabase::families().contains(Theme::pageFontFamily()));
        QCOMPARE(QFontInfo(Theme::pageFont(19)).family(), QString(Theme::pageFontFamily()));
    }

    void choosingAThemeChangesThePaletteAtOnce() {
        Theme theme(*qApp);
        theme.choose(Theme::Choice::Dark);
        QVERIFY(theme.isDark());
        QCOMPARE(qApp->palette().color(QPalette::Window), darkColours().chrome);
        theme.choose(Theme::Choice::Light);
        QCOMPARE(qApp->palette().color(QPalette::Window), lightColours().chrome);
        QVERIFY2(!qApp->styleSheet().contains('{' + QString("chrome}")), "a colour of the sheet is not filled in");
    }
};

} // namespace palimpsest

QTEST_MAIN(palimpsest::ThemeTest)
#include "theme_test.moc"
