// The notes and pinned passages a draft is given, one row each: why, how many words, and what the writer can do about it.
//
// UI thread. A row is a button that opens a menu; it asks through signals.
#pragma once

#include "ui/drafting/story_context.h"

#include <QWidget>

class QVBoxLayout;

namespace palimpsest {

class ContextNotes : public QWidget {
    Q_OBJECT
public:
    explicit ContextNotes(QWidget* parent = nullptr);

    void setNotes(const std::vector<ContextNote>& notes);
    std::vector<QWidget*> rows() const; // from top to bottom

Q_SIGNALS:
    void rowsChanged();
    void leaveOutAsked(const palimpsest::ContextNote& note, bool leftOut);
    void pinAsked(const palimpsest::ContextNote& note, bool pinned);
    void shortenAsked(const palimpsest::ContextNote& note, bool shortened);
    void openAsked(const palimpsest::ContextNote& note);

private:
    void addRow(const ContextNote& note);

    QVBoxLayout* m_rows;
    std::vector<ContextNote> m_notes;
};

} // namespace palimpsest
