// A quiet bar over the page: one sentence, at most one thing to do about it, and a cross.
//
// UI thread. The newest message replaces the one before. Screen readers are told.
#pragma once

#include "ui/theme/theme.h"

#include <QFrame>
#include <functional>

class QLabel;
class QPushButton;

namespace palimpsest {

class CloseButton;

class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(const Theme& theme, QWidget* parent = nullptr);

    void say(const QString& sentence);
    void offer(const QString& sentence, const QString& action, std::function<void()> act);
    void dismiss();
    QString sentence() const; // empty when nothing is said

private:
    void show(const QString& sentence);

    QLabel* m_label;
    QPushButton* m_action;
    CloseButton* m_close;
    std::function<void()> m_act;
};

} // namespace palimpsest
