// What the program remembers between runs that is no project's: window, theme, recent files, last choices.
//
// UI thread; written at once. A setting that cannot be read is its default.
#pragma once

#include "ui/settings/writing.h"
#include "ui/theme/theme.h"

#include <QKeySequence>
#include <QSettings>
#include <QStringList>
#include <optional>

namespace palimpsest {

class AppSettings {
public:
    static constexpr int kRecent = 8;

    QStringList recent() const; // paths, newest first
    void addRecent(const QString& path);
    Theme::Choice theme() const;
    void setTheme(Theme::Choice choice);
    bool reducesMotion() const;
    void setReduceMotion(bool reduces);
    bool usesModel() const;
    void setUsesModel(bool uses);
    QString draftChoices() const;
    void setDraftChoices(const QString& choices);
    WritingChoices writing() const;
    void setWriting(const WritingChoices& choices);
    // The writer's keys for a command; none when the usual ones are in force. Empty keys: the command has none.
    std::optional<QKeySequence> keys(const QString& command) const;
    void setKeys(const QString& command, const std::optional<QKeySequence>& keys);
    QByteArray geometry() const;
    void setGeometry(const QByteArray& geometry);
    QByteArray splitter() const;
    void setSplitter(const QByteArray& sizes);
    bool showsBinder() const;
    bool showsPanel() const;
    void setShows(bool binder, bool panel);

private:
    QSettings m_settings{QStringLiteral("palimpsest"), QStringLiteral("palimpsest")};
};

} // namespace palimpsest
