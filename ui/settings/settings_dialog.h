// The settings, each taking effect as it is changed.
//
// UI thread. Follows changes made elsewhere while it is open.
#pragma once

#include "app/services/spelling.h"
#include "ui/settings/project_language.h"
#include "ui/theme/theme.h"

#include <QDialog>
#include <functional>

class QCheckBox;
class QFormLayout;
class QLabel;

namespace palimpsest {

class ChoiceBox;
class TrackSlider;

class SettingsDialog : public QDialog {
    Q_OBJECT
public:
    // All must outlive the dialog.
    SettingsDialog(Theme& theme, Writing& writing, ProjectLanguage& language, Spelling& spelling, QWidget* parent);

private:
    void addPage(QFormLayout& form);
    void addWriting(QFormLayout& form);
    ChoiceBox* addChoice(QFormLayout& form, const QString& name, const QStringList& choices);
    TrackSlider* addSlider(QFormLayout& form, const QString& name, int least, int most,
                           std::function<QString(int)> said);
    QCheckBox* addCheck(QFormLayout& form, const QString& name);
    void addLanguages(std::vector<Spelling::Language> languages);
    void showProblem();
    void showLanguage();
    void showChoices(const WritingChoices& choices);
    void choose();

    Theme& m_theme;
    Writing& m_writing;
    ProjectLanguage& m_ofProject;
    Spelling& m_spelling;
    bool m_showing = false; // what the controls say is being set, not chosen
    ChoiceBox *m_family, *m_themes, *m_focus, *m_language, *m_projectLanguage;
    TrackSlider *m_pixels, *m_lineHeight, *m_characters;
    QCheckBox *m_typewriter, *m_smart, *m_checks;
    QLabel* m_problem;
};

} // namespace palimpsest
