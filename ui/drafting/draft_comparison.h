// The drafts of a passage side by side: what each has that the first has not, how far they agree, and a mix of their
// sentences.
//
// UI thread. A sentence is taken by a click, or with Tab and Return. The mix becomes a draft of the passage like any
// other; nothing of it is the writer's own words, so it cannot be typed in.
#pragma once

#include "app/services/draft_session.h"
#include "ui/theme/theme.h"

#include <QDialog>
#include <QPointer>

class QHBoxLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTextBrowser;

namespace palimpsest {

class DraftComparison : public QDialog {
    Q_OBJECT
public:
    static constexpr int kMostColumns = 4;

    // Shows the session as it is from now on; closes when it is gone.
    DraftComparison(const Theme& theme, DraftSession& session, QWidget* parent);

    void take(int candidate, int sentence);
    void takeBack(); // the last sentence taken
    void use();      // the mix becomes a draft of the passage, and is chosen
    QString mix() const;

private:
    struct Taken {
        int candidate = 0;
        QString sentence;
    };
    void refresh();
    void addColumn(int candidate);
    QString html(int candidate) const;
    void showMix();

    const Theme& m_theme;
    QPointer<DraftSession> m_session;
    QHBoxLayout* m_columns;
    std::vector<QTextBrowser*> m_browsers;
    std::vector<QLabel*> m_heads;
    QStringList m_shown; // what the columns hold
    std::vector<Taken> m_taken;
    QPlainTextEdit* m_mix;
    QPushButton *m_use, *m_back;
};

// A text cut into its sentences; joined they are the text.
QStringList sentencesOf(const QString& text);

} // namespace palimpsest
