#include "ui/theme/theme.h"

#include <QDialog>
#include <QFontDatabase>
#include <QFontInfo>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QtTest>
#include <cmath>

namespace palimpsest {

class ThemeTest : public QObject {
    Q_OBJECT
private:
    static QList<QPair<QString, const Colours*>> all() {
        return {{"light", &lightColours()},
                {"dark", &darkColours()},
                {"high contrast", &highContrastColours()},
                {"high contrast, dark", &highContrastDarkColours()},
                {"colour-blind safe", &colourSafeColours()},
                {"colour-blind safe, dark", &colourSafeDarkColours()}};
    }
    // How far apart two colours are for someone without cones of one kind (Viénot, Brettel and Mollon 1999 for red and
    // green), as a distance in linear RGB, 0 … 1.7.
    static double distanceFor(bool withoutRed, const QColor& a, const QColor& b) {
        const auto seen = [withoutRed](const QColor& c) {
            const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
            const double r = linear(c.redF()), g = linear(c.greenF()), blue = linear(c.blueF());
            const double rg = withoutRed ? 0.11238 * r + 0.88762 * g : 0.29275 * r + 0.70725 * g;
            const double bb = withoutRed ? 0.00401 * r - 0.00401 * g + blue : -0.02234 * r + 0.02234 * g + blue;
            return std::pair(rg, bb);
        };
        const auto [rgA, bA] = seen(a);
        const auto [rgB, bB] = seen(b);
        return std::sqrt(2 * (rgA - rgB) * (rgA - rgB) + (bA - bB) * (bA - bB));
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
        for (const auto& [name, c] : all()) {
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
            needs(name + " found word", c->text, c->found, 4.5);
        }
    }

    void highContrastIsSevenToOne() {
        for (const Colours* c : {&highContrastColours(), &highContrastDarkColours()})
            for (const QColor& ground : {c->page, c->chrome, c->strip, c->desk, c->hover, c->selected}) {
                needs("text", c->text, ground, 7);
                needs("chrome text", c->chromeText, ground, 7);
                needs("quiet text", c->quiet, ground, 7);
            }
    }

    void theColourSafeThemesTellTheModelFromTheRestWithoutRedOrGreen() {
        for (const Colours* c : {&colourSafeColours(), &colourSafeDarkColours()})
            for (const bool withoutRed : {true, false}) {
                QVERIFY(distanceFor(withoutRed, c->accent, c->good) > 0.25);
                QVERIFY(distanceFor(withoutRed, c->accent, c->misspelt) > 0.25);
            }
        // The measure tells: the usual theme's brown and green are close for such eyes.
        QVERIFY(distanceFor(false, lightColours().accent, lightColours().good) < 0.25);
    }

    void everyControlHasThree() {
        for (const auto& [name, c] : all()) {
            for (const QColor& ground : {c->page, c->chrome, c->strip}) {
                needs(name + " outline", c->control, ground, 3);
                needs(name + " focus ring", c->focus, ground, 3);
                needs(name + " accent", c->accent, ground, 3);
                needs(name + " line under a misspelt word", c->misspelt, ground, 3);
            }
            needs(name + " focus ring on a chosen row", c->focus, c->selected, 3);
            needs(name + " budget: after", c->goodPale, c->chrome, 3);
        }
    }

    void whatAFieldIsForIsReadableInItWhileItIsEmpty() {
        Theme theme(*qApp);
        for (int choice = int(Theme::Choice::Light); choice < Theme::choiceNames().size(); ++choice) {
            theme.choose(Theme::Choice(choice));
            QWidget window;
            QDialog dialog;
            std::vector<QWidget*> fields{new QLineEdit(&window), new QPlainTextEdit(&window), new QTextEdit(&dialog),
                                         new QPlainTextEdit(&dialog)};
            for (QWidget* field : fields) {
                field->ensurePolished();
                const QColor ink = field->palette().color(QPalette::PlaceholderText);
                QCOMPARE(ink.alpha(), 255); // a style sheet's colour would be taken at half
                needs(field->metaObject()->className(), ink, theme.colours().page, 4.5);
            }
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
