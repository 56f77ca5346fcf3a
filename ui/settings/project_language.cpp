#include "ui/settings/project_language.h"

namespace palimpsest {
namespace {

const char* const kLanguage = "language";
const char* const kNone = "none";

} // namespace

ProjectLanguage::ProjectLanguage(ProjectService& project, const Writing& writing, QObject* parent)
    : QObject(parent), m_project(project), m_writing(writing) {
    connect(&project, &ProjectService::opened, this, &ProjectLanguage::onOpened);
    connect(&writing, &Writing::changed, this, [this] {
        if (!m_project.isOpen()) Q_EMIT changed();
    });
}

void ProjectLanguage::onOpened() {
    if (!m_project.isOpen()) return;
    if (m_project.setting(kLanguage).isEmpty()) m_project.setSetting(kLanguage, m_writing.language());
    Q_EMIT changed();
}

QString ProjectLanguage::code() const {
    const QString own = m_project.setting(kLanguage);
    if (own.isEmpty()) return m_writing.language();
    return own == QLatin1String(kNone) ? QString() : own;
}

void ProjectLanguage::choose(const QString& code) {
    if (!m_project.isOpen() || code == this->code()) return;
    m_project.setSetting(kLanguage, code.isEmpty() ? QString::fromLatin1(kNone) : code);
    Q_EMIT changed();
}

} // namespace palimpsest
