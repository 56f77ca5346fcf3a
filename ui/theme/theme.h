// The look: two sets of colours, light and dark, and what turns them into a palette and a style sheet.
//
// UI thread. One Theme per application, made in main and handed on; widgets that paint themselves read colours() and
// repaint on QEvent::PaletteChange, which every change of theme sends.
#pragma once

#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>

class QApplication;

namespace palimpsest {

struct Colours {
    QColor desk;       // around the page
    QColor chrome;     // menu bar, sides, status bar
    QColor page;       // the page, fields, cards
    QColor text;       // on the page
    QColor chromeText; // on the chrome
    QColor quiet;      // secondary text, on chrome, page and strip
    QColor control;    // outlines and tracks of controls
    QColor line;       // separators and outlines that carry no meaning
    QColor hover;      // under the mouse
    QColor selected;   // chosen row of the binder
    QColor accent;     // everything the model touches: fills, bars, outlines
    QColor accentText; // the accent as text
    QColor onAccent;   // text on a fill of the accent
    QColor strip;      // the passage's strip, the quiet bar
    QColor locked;     // behind a locked word
    QColor unsure;     // a moving word the model is unsure of
    QColor good;       // "Engine ready", budget: before
    QColor goodPale;   // budget: after
    QColor selection;  // behind selected text
    QColor found;      // behind what a search found
    QColor misspelt;   // the line under a misspelt word
    QColor focus;      // the ring around what has the keyboard
};

const Colours& lightColours();
const Colours& darkColours();

// WCAG 2.1 contrast ratio of two opaque colours, 1 … 21.
double contrastRatio(const QColor& a, const QColor& b);

class Theme : public QObject {
    Q_OBJECT
public:
    enum class Choice { System, Light, Dark };
    Q_ENUM(Choice)

    // Loads the bundled fonts and takes over the application's style, palette and style sheet.
    explicit Theme(QApplication& application);

    Choice choice() const { return m_choice; }
    bool isDark() const { return m_dark; }
    const Colours& colours() const { return m_dark ? darkColours() : lightColours(); }
    void choose(Choice choice);

    // Serif of the page; `pixelSize` > 0.
    static QFont pageFont(int pixelSize);
    static const char* pageFontFamily();

    // No movement for its own sake: the writer's setting, or the system's.
    bool reducesMotion() const;
    void setReducesMotion(bool reduces) { m_reducesMotion = reduces; }

Q_SIGNALS:
    void changed(); // after the palette was applied

private:
    bool eventFilter(QObject* watched, QEvent* event) override;
    bool systemIsDark() const;
    void apply();

    QApplication& m_application;
    QPalette m_systemPalette;
    Choice m_choice = Choice::System;
    bool m_dark = false;
    bool m_reducesMotion = false;
    bool m_applying = false;
};

} // namespace palimpsest
