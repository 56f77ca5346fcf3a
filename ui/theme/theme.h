// The look: a set of colours, and what turns it into a palette and a style sheet.
//
// UI thread. One Theme per application, made in main and handed on; widgets that paint themselves read colours() and
// repaint on QEvent::PaletteChange, which every change of theme sends.
#pragma once

#include "ui/theme/colours.h"

#include <QFont>
#include <QObject>
#include <QPalette>

class QApplication;

namespace palimpsest {

class Theme : public QObject {
    Q_OBJECT
public:
    enum class Choice { // values are in the settings
        System,
        Light,
        Dark,
        HighContrast,
        HighContrastDark,
        ColourSafe,
        ColourSafeDark,
    };
    Q_ENUM(Choice)

    // Loads the bundled fonts and takes over the application's style, palette and style sheet.
    explicit Theme(QApplication& application);

    static QStringList choiceNames(); // by value

    Choice choice() const { return m_choice; }
    bool isDark() const;
    const Colours& colours() const { return *m_colours; }
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
    const Colours* m_colours = &lightColours();
    bool m_reducesMotion = false;
    bool m_applying = false;
};

} // namespace palimpsest
