#include "ui/settings/app_settings.h"

namespace palimpsest {

QStringList AppSettings::recent() const {
    return m_settings.value("recent").toStringList().mid(0, kRecent);
}

void AppSettings::addRecent(const QString& path) {
    QStringList paths = recent();
    paths.removeAll(path);
    paths.prepend(path);
    m_settings.setValue("recent", paths.mid(0, kRecent));
}

Theme::Choice AppSettings::theme() const {
    const int value = m_settings.value("theme", 0).toInt();
    return value == 1 ? Theme::Choice::Light : value == 2 ? Theme::Choice::Dark : Theme::Choice::System;
}

void AppSettings::setTheme(Theme::Choice choice) {
    m_settings.setValue("theme", int(choice));
}

bool AppSettings::reducesMotion() const {
    return m_settings.value("reduce_motion", false).toBool();
}

void AppSettings::setReduceMotion(bool reduces) {
    m_settings.setValue("reduce_motion", reduces);
}

bool AppSettings::usesModel() const {
    return m_settings.value("use_model", true).toBool();
}

void AppSettings::setUsesModel(bool uses) {
    m_settings.setValue("use_model", uses);
}

QString AppSettings::draftChoices() const {
    return m_settings.value("draft_choices").toString();
}

void AppSettings::setDraftChoices(const QString& choices) {
    m_settings.setValue("draft_choices", choices);
}

QByteArray AppSettings::geometry() const {
    return m_settings.value("window/geometry").toByteArray();
}

void AppSettings::setGeometry(const QByteArray& geometry) {
    m_settings.setValue("window/geometry", geometry);
}

QByteArray AppSettings::splitter() const {
    return m_settings.value("window/splitter").toByteArray();
}

void AppSettings::setSplitter(const QByteArray& sizes) {
    m_settings.setValue("window/splitter", sizes);
}

bool AppSettings::showsBinder() const {
    return m_settings.value("window/binder", true).toBool();
}

bool AppSettings::showsPanel() const {
    return m_settings.value("window/panel", true).toBool();
}

void AppSettings::setShows(bool binder, bool panel) {
    m_settings.setValue("window/binder", binder);
    m_settings.setValue("window/panel", panel);
}

} // namespace palimpsest
