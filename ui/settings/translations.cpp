#include "ui/settings/translations.h"

#include <QApplication>
#include <QLibraryInfo>

namespace palimpsest {

Translations::Translations(QApplication& application, const QLocale& locale) {
    const QString name = QStringLiteral("palimpsest"), folder = QStringLiteral(":/translations");
    QLocale shown = locale;
    if (!m_ours.load(locale, name, QStringLiteral("_"), folder)) {
        shown = QLocale(QLocale::English);
        (void)m_ours.load(shown, name, QStringLiteral("_"), folder);
    }
    m_language = shown.language();
    QApplication::installTranslator(&m_ours);
    if (m_qt.load(shown, QStringLiteral("qtbase"), QStringLiteral("_"),
                  QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QApplication::installTranslator(&m_qt);
    application.setLayoutDirection(shown.textDirection());
}

Translations::~Translations() {
    QApplication::removeTranslator(&m_ours);
    QApplication::removeTranslator(&m_qt);
}

} // namespace palimpsest
