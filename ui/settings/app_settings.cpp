#include "ui/settings/app_settings.h"

#include <algorithm>

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
    return value > 0 && value < Theme::choiceNames().size() ? Theme::Choice(value) : Theme::Choice::System;
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

WritingChoices AppSettings::writing() const {
    const WritingChoices usual;
    const auto read = [this](const char* key, const auto& fallback) {
        return m_settings.value(QStringLiteral("writing/") + QLatin1String(key), fallback);
    };
    WritingChoices choices;
    choices.family = read("family", usual.family).toString();
    choices.pixels = read("pixels", usual.pixels).toInt();
    choices.lineHeight = read("line_height", usual.lineHeight).toDouble();
    choices.characters = read("characters", usual.characters).toInt();
    choices.focus = FocusOn(std::clamp(read("focus", int(usual.focus)).toInt(), 0, int(FocusOn::Paragraph)));
    choices.typewriter = read("typewriter", usual.typewriter).toBool();
    choices.smartPunctuation = read("smart_punctuation", usual.smartPunctuation).toBool();
    choices.spelling = read("spelling", usual.spelling).toBool();
    choices.language = read("language", usual.language).toString();
    return choices;
}

void AppSettings::setWriting(const WritingChoices& choices) {
    m_settings.beginGroup(QStringLiteral("writing"));
    m_settings.setValue("family", choices.family);
    m_settings.setValue("pixels", choices.pixels);
    m_settings.setValue("line_height", choices.lineHeight);
    m_settings.setValue("characters", choices.characters);
    m_settings.setValue("focus", int(choices.focus));
    m_settings.setValue("typewriter", choices.typewriter);
    m_settings.setValue("smart_punctuation", choices.smartPunctuation);
    m_settings.setValue("spelling", choices.spelling);
    m_settings.setValue("language", choices.language);
    m_settings.endGroup();
}

static QString keyOf(const QString& command) {
    return QStringLiteral("keys/") + command;
}

std::optional<QKeySequence> AppSettings::keys(const QString& command) const {
    const QVariant value = m_settings.value(keyOf(command));
    if (!value.isValid()) return std::nullopt;
    return QKeySequence::fromString(value.toString(), QKeySequence::PortableText);
}

void AppSettings::setKeys(const QString& command, const std::optional<QKeySequence>& keys) {
    if (keys)
        m_settings.setValue(keyOf(command), keys->toString(QKeySequence::PortableText));
    else
        m_settings.remove(keyOf(command));
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
