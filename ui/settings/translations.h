// The language of the window: ours and Qt's own texts, and the direction it runs in.
//
// UI thread; made before the first window, lives as long as the application. Translations are resources/translations/
// palimpsest_LANGUAGE.ts, compiled in; a language we have none for is English (whose file holds the plurals alone).
#pragma once

#include <QLocale>
#include <QTranslator>

class QApplication;

namespace palimpsest {

class Translations {
public:
    Translations(QApplication& application, const QLocale& locale);
    ~Translations();

    QLocale::Language language() const { return m_language; } // of the window

private:
    QTranslator m_ours, m_qt;
    QLocale::Language m_language = QLocale::English;
};

} // namespace palimpsest
