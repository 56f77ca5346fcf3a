#include "ui/widgets/section_title.h"

namespace palimpsest {

SectionTitle::SectionTitle(const QString& text, QWidget* parent) : LineLabel(parent) {
    setObjectName("sectionTitle");
    setFont(fontFrom(font()));
    setTitle(text);
}

void SectionTitle::setTitle(const QString& text) {
    setText(text.toUpper());
    setAccessibleName(text);
}

QFont SectionTitle::fontFrom(QFont font) {
    font.setPointSizeF(font.pointSizeF() * 0.82);
    font.setLetterSpacing(QFont::AbsoluteSpacing, 0.4);
    return font;
}

} // namespace palimpsest
