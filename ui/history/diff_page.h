// Two texts side by side, paragraph by paragraph, with what changed marked: taken out is struck through, put in is
// underlined, both on a ground of their own; a sign between the columns says what kind of change it is.
//
// UI thread. The caret can be moved through it by the keyboard; the row it is in is the current one.
#pragma once

#include "app/services/history.h"
#include "ui/theme/theme.h"

#include <QTextEdit>

namespace palimpsest {

class DiffPage : public QTextEdit {
    Q_OBJECT
public:
    explicit DiffPage(const Theme& theme, QWidget* parent = nullptr);

    // `everything` false: only rows that changed and their neighbours. Keeps the current row where it is still there.
    void show(const History::Comparison& comparison, const QString& beforeTitle, bool everything);
    void clearPage(const QString& sentence);

    int currentRow() const;   // of the comparison; -1: none
    void goToChange(int way); // 1 the next, -1 the one before; round at the ends

Q_SIGNALS:
    void currentRowChanged();

private:
    void goTo(int row);

    const Theme& m_theme;
    std::vector<int> m_rows; // of the table below its heading: the comparison's row, or -1
    std::vector<int> m_changes;
};

} // namespace palimpsest
