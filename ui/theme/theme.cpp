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
#include <cmath>

namespace palimpsest {
namespace {

double linear(double channel) {
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& c) {
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
}

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

} // namespace

const Colours& lightColours() {
    static const Colours colours{
        .desk = QColor(0xf4f2ee),
        .chrome = QColor(0xeeebe5),
        .page = QColor(0xfffdf9),
        .text = QColor(0x2b2a27),
        .chromeText = QColor(0x4a4741),
        .quiet = QColor(0x5f5a51),
        .control = QColor(0x7a756b),
        .line = QColor(0xd8d2c6),
        .hover = QColor(0xe4dfd5),
        .selected = QColor(0xdcd6ca),
        .accent = QColor(0x9c6427),
        .accentText = QColor(0x78491a),
        .onAccent = QColor(0xfffdf9),
        .strip = QColor(0xfbf6ec),
        .locked = QColor(0xf0e2cc),
        .unsure = QColor(0x716c64),
        .good = QColor(0x415e30),
        .goodPale = QColor(0x77896a),
        .selection = QColor(0xe8d5b5),
        .found = QColor(0xf7e9a8),
        .misspelt = QColor(0xb3372b),
        .focus = QColor(0x8a5a1e),
    };
    return colours;
}

const Colours& darkColours() {
    static const Colours colours{
        .desk = QColor(0x151411),
        .chrome = QColor(0x191815),
        .page = QColor(0x1f1d1a),
        .text = QColor(0xe6e0d5),
        .chromeText = QColor(0xcfc8bb),
        .quiet = QColor(0xa39c90),
        .control = QColor(0x857f74),
        .line = QColor(0x38342e),
        .hover = QColor(0x26231f),
        .selected = QColor(0x302c26),
        .accent = QColor(0xd39a55),
        .accentText = QColor(0xd9a566),
        .onAccent = QColor(0x1f1a12),
        .strip = QColor(0x29251f),
        .locked = QColor(0x4a3a22),
        .unsure = QColor(0x8f897e),
        .good = QColor(0x94b37e),
        .goodPale = QColor(0x6d8360),
        .selection = QColor(0x5a4628),
        .found = QColor(0x4c4a1d),
        .misspelt = QColor(0xe58a78),
        .focus = QColor(0xd39a55),
    };
    return colours;
}

double contrastRatio(const QColor& a, const QColor& b) {
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

Theme::Theme(QApplication& application) : m_application(application), m_systemPalette(application.palette()) {
    for (const char* face : {"Regular", "Italic", "Bold"})
        QFontDatabase::addApplicationFont(QStringLiteral(":/fonts/EBGaramond12-%1.otf").arg(QLatin1String(face)));
    application.setStyle(new PageStyle);
    application.installEventFilter(this);
    apply();
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
    return luminance(m_systemPalette.color(QPalette::Window)) < luminance(m_systemPalette.color(QPalette::WindowText));
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
    m_dark = m_choice == Choice::Dark || (m_choice == Choice::System && systemIsDark());
    m_applying = true;
    m_application.setPalette(paletteOf(colours()));
    m_application.setStyleSheet(styleSheetOf(colours()));
    m_applying = false;
    Q_EMIT changed();
}

} // namespace palimpsest
