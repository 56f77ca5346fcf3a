#include "ui/theme/colours.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

double linear(double channel) {
    return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& c) {
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
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

const Colours& highContrastColours() {
    static const Colours colours{
        .desk = QColor(0xececec),
        .chrome = QColor(0xf4f4f4),
        .page = QColor(0xffffff),
        .text = QColor(Qt::black),
        .chromeText = QColor(Qt::black),
        .quiet = QColor(0x2a2a2a),
        .control = QColor(0x3d3d3d),
        .line = QColor(0x6a6a6a),
        .hover = QColor(0xe2e2e2),
        .selected = QColor(0xd0d0d0),
        .accent = QColor(0x6b3000),
        .accentText = QColor(0x5a2800),
        .onAccent = QColor(0xffffff),
        .strip = QColor(0xf6f6f6),
        .locked = QColor(0xffd98a),
        .unsure = QColor(0x3f3f3f),
        .good = QColor(0x0d4a00),
        .goodPale = QColor(0x4a6b3c),
        .selection = QColor(0xffc94d),
        .found = QColor(0xffe45c),
        .misspelt = QColor(0xa80000),
        .focus = QColor(0x003a9e),
    };
    return colours;
}

const Colours& highContrastDarkColours() {
    static const Colours colours{
        .desk = QColor(Qt::black),
        .chrome = QColor(0x0a0a0a),
        .page = QColor(Qt::black),
        .text = QColor(0xffffff),
        .chromeText = QColor(0xffffff),
        .quiet = QColor(0xd6d6d6),
        .control = QColor(0xc4c4c4),
        .line = QColor(0x8f8f8f),
        .hover = QColor(0x2a2a2a),
        .selected = QColor(0x3a3a3a),
        .accent = QColor(0xffb84d),
        .accentText = QColor(0xffc266),
        .onAccent = QColor(Qt::black),
        .strip = QColor(0x141414),
        .locked = QColor(0x5c4200),
        .unsure = QColor(0xc9c9c9),
        .good = QColor(0x8ff06a),
        .goodPale = QColor(0xa8d89a),
        .selection = QColor(0x6e4a00),
        .found = QColor(0x5a5600),
        .misspelt = QColor(0xff9d8f),
        .focus = QColor(0x7cc4ff),
    };
    return colours;
}

const Colours& colourSafeColours() {
    static const Colours colours{
        .desk = QColor(0xf2f3f5),
        .chrome = QColor(0xe9ebee),
        .page = QColor(0xfdfdfe),
        .text = QColor(0x22262b),
        .chromeText = QColor(0x3c434b),
        .quiet = QColor(0x525a64),
        .control = QColor(0x6d757f),
        .line = QColor(0xcfd4da),
        .hover = QColor(0xdde1e6),
        .selected = QColor(0xd0d6dd),
        .accent = QColor(0x0067a3),
        .accentText = QColor(0x00507f),
        .onAccent = QColor(0xfdfdfe),
        .strip = QColor(0xf3f7fb),
        .locked = QColor(0xcfe3f2),
        .unsure = QColor(0x69707a),
        .good = QColor(0x7a4a00),
        .goodPale = QColor(0xa8741c),
        .selection = QColor(0xbcd9ee),
        .found = QColor(0xffe3a3),
        .misspelt = QColor(0xb34700),
        .focus = QColor(0x00507f),
    };
    return colours;
}

const Colours& colourSafeDarkColours() {
    static const Colours colours{
        .desk = QColor(0x121417),
        .chrome = QColor(0x16181c),
        .page = QColor(0x1b1e22),
        .text = QColor(0xe3e6ea),
        .chromeText = QColor(0xc9ced4),
        .quiet = QColor(0x9aa3ad),
        .control = QColor(0x7e8791),
        .line = QColor(0x343a41),
        .hover = QColor(0x23272d),
        .selected = QColor(0x2e343b),
        .accent = QColor(0x56b4e9),
        .accentText = QColor(0x7cc5ef),
        .onAccent = QColor(0x0b1720),
        .strip = QColor(0x24292f),
        .locked = QColor(0x1d4661),
        .unsure = QColor(0x8d96a0),
        .good = QColor(0xe6a532),
        .goodPale = QColor(0xa9822f),
        .selection = QColor(0x1f4f70),
        .found = QColor(0x5a4712),
        .misspelt = QColor(0xf0925a),
        .focus = QColor(0x7cc5ef),
    };
    return colours;
}

double contrastRatio(const QColor& a, const QColor& b) {
    const double la = luminance(a), lb = luminance(b);
    return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

} // namespace palimpsest
