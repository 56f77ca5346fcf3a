#include "ui/settings/writing.h"

#include "ui/settings/app_settings.h"

#include <QLocale>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr qreal kParagraphGap = 0.6;           // between paragraphs, in sizes of the font
constexpr qreal kEmPerCharacter = 29.0 / 66.0; // of the bundled serif, spaces included

void bringIntoRange(WritingChoices& c) {
    c.pixels = std::clamp(c.pixels, c.kLeastPixels, c.kMostPixels);
    c.characters = std::clamp(c.characters, c.kLeastCharacters, c.kMostCharacters);
    c.lineHeight = std::clamp(c.lineHeight, c.kLeastLineHeight, c.kMostLineHeight);
}

} // namespace

PageMetrics pageMetrics(const WritingChoices& choices) {
    WritingChoices c = choices;
    bringIntoRange(c);
    PageMetrics metrics;
    metrics.font = Theme::pageFont(c.pixels);
    if (!c.family.isEmpty()) metrics.font.setFamilies({c.family, QString::fromLatin1(Theme::pageFontFamily())});
    metrics.pitch = qRound(c.pixels * c.lineHeight);
    metrics.paragraphGap = qRound(c.pixels * kParagraphGap);
    metrics.columnEm = c.characters * kEmPerCharacter;
    return metrics;
}

Writing::Writing(QObject* parent) : QObject(parent), m_choices(AppSettings().writing()) {
    bringIntoRange(m_choices);
}

void Writing::choose(WritingChoices choices) {
    bringIntoRange(choices);
    if (choices == m_choices) return;
    m_choices = choices;
    AppSettings().setWriting(choices);
    Q_EMIT changed();
}

QString Writing::language() const {
    if (!m_choices.language.isEmpty()) return m_choices.language;
    const QLocale system = QLocale::system();
    return system.language() == QLocale::C ? QStringLiteral("en_US") : system.name();
}

} // namespace palimpsest
