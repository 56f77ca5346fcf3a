// A dialog of a window has the keyboard while it is open and gives it back to the window, also where no window manager
// sees to that: without an active window no shortcut works.
//
// UI thread. Watches the whole application's events, as long as it lives.
#pragma once

#include <QObject>

class QWidget;

namespace palimpsest {

class DialogReturn : public QObject {
    Q_OBJECT
public:
    explicit DialogReturn(QWidget& window); // its parent

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget& m_window;
};

} // namespace palimpsest
