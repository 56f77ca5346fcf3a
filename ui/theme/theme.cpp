#include "ui/theme/theme.h"

#include "ui/theme/page_style.h"

#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QFontDatabase>
#include <QHash>
#include <QPalette>
#include <QStyle>
#include <QStyleHints>

namespace palimpsest {
namespace {

QPalette paletteOf(const Colours& c) {
    QPalette p;
    p.setColor(QPalette::Window, c.chrome);
    p.setColor(QPalette::WindowText, c.chromeText);
    p.setColor(QPalette::Base, c.page);
    p.setColor(QPalette::AlternateBase, c.chrome);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::PlaceholderText, c.quiet);
    p.setColor(QPalette::Button, c.chrome);
    p.setColor(QPalette::ButtonText, c.chromeText);
    p.setColor(QPalette::BrightText, c.text);
    p.setColor(QPalette::Highlight, c.selection);
    p.setColor(QPalette::HighlightedText, c.text);
    p.setColor(QPalette::Link, c.accentText);
    p.setColor(QPalette::ToolTipBase, c.strip);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Light, c.page);
    p.setColor(QPalette::Midlight, c.hover);
    p.setColor(QPalette::Mid, c.line);
    p.setColor(QPalette::Dark, c.control);
    p.setColor(QPalette::Shadow, c.control);
    for (QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, c.control);
    return p;
}

QString styleSheetOf(const Colours& c) {
    QFile file(":/themes/style.qss");
    QString sheet = file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    const QHash<QString, QColor> names{
        {"desk", c.desk},
        {"chrome", c.chrome},
        {"page", c.page},
        {"text", c.text},
        {"chrome-text", c.chromeText},
        {"quiet", c.quiet},
        {"control", c.control},
        {"line", c.line},
        {"hover", c.hover},
        {"selected", c.selected},
        {"accent", c.accent},
        {"accent-text", c.accentText},
        {"on-accent", c.onAccent},
        {"strip", c.strip},
        {"selection", c.selection},
        {"focus", c.focus},
        {"good", c.good},
    };
    for (auto it = names.begin(); it != names.end(); ++it) sheet.replace('{' + it.key() + '}', it.value().name());
    return sheet;
}

const Colours& coloursOf(Theme::Choice choice, bool systemIsDark) {
    switch (choice) {
    case Theme::Choice::System: break;
    case Theme::Choice::Light: return lightColours();
    case Theme::Choice::Dark: return darkColours();
    case Theme::Choice::HighContrast: return highContrastColours();
    case Theme::Choice::HighContrastDark: return highContrastDarkColours();
    case Theme::Choice::ColourSafe: return colourSafeColours();
    case Theme::Choice::ColourSafeDark: return colourSafeDarkColours();
    }
    return systemIsDark ? darkColours() : lightColours();
}

bool isDarker(const QColor& a, const QColor& b) {
    return contrastRatio(a, Qt::black) < contrastRatio(b, Qt::black);
}

} // namespace

Theme::Theme(QApplication& application) : m_application(application), m_systemPalette(application.palette()) {
    for (const char* face : {"Regular", "Italic", "Bold"})
        QFontDatabase::addApplicationFont(QStringLiteral(":/fonts/EBGaramond12-%1.otf").arg(QLatin1String(face)));
    application.setStyle(new PageStyle);
    application.installEventFilter(this);
    apply();
}

QStringList Theme::choiceNames() {
    return {tr("Follow the system"),
            tr("Light"),
            tr("Dark"),
            tr("High contrast"),
            tr("High contrast, dark"),
            tr("Colour-blind safe"),
            tr("Colour-blind safe, dark")};
}

bool Theme::isDark() const {
    return isDarker(colours().page, colours().text);
}

void Theme::choose(Choice choice) {
    m_choice = choice;
    apply();
}

const char* Theme::pageFontFamily() {
    return "EB Garamond";
}

QFont Theme::pageFont(int pixelSize) {
    QFont font(QString::fromLatin1(pageFontFamily()));
    font.setStyleHint(QFont::Serif);
    font.setPixelSize(pixelSize);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

bool Theme::reducesMotion() const {
    return m_reducesMotion || m_application.style()->styleHint(QStyle::SH_Widget_Animation_Duration) == 0;
}

// Qt 6.4 has no colour-scheme hint: the palette the platform gave the application tells.
bool Theme::systemIsDark() const {
    return isDarker(m_systemPalette.color(QPalette::Window), m_systemPalette.color(QPalette::WindowText));
}

bool Theme::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ApplicationPaletteChange && watched == &m_application && !m_applying) {
        m_systemPalette = QPalette(); // ours is set over the platform's: look at the platform's alone
        m_applying = true;
        m_application.setPalette(QPalette());
        m_systemPalette = m_application.palette();
        m_applying = false;
        apply();
    }
    return QObject::eventFilter(watched, event);
}

void Theme::apply() {
    m_colours = &coloursOf(m_choice, systemIsDark());
    m_applying = true;
    m_application.setPalette(paletteOf(colours()));
    m_application.setStyleSheet(styleSheetOf(colours()));
    m_applying = false;
    Q_EMIT changed();
}

} // namespace palimpsest
