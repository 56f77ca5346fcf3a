#include "ui/widgets/dialog_return.h"

#include <QApplication>
#include <QDialog>
#include <QEvent>
#include <QTimer>
#include <QWindow>

namespace palimpsest {

DialogReturn::DialogReturn(QWidget& window) : QObject(&window), m_window(window) {
    qApp->installEventFilter(this);
}

bool DialogReturn::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::Hide && event->type() != QEvent::Show) return false;
    auto* dialog = qobject_cast<QDialog*>(watched);
    if (!dialog || !dialog->parentWidget() || dialog->parentWidget()->window() != &m_window) return false;
    if (dialog->windowType() == Qt::Popup) return false; // has the keyboard while it is there
    if (event->type() == QEvent::Show) {
        QTimer::singleShot(0, dialog, [dialog] { dialog->activateWindow(); });
    } else if (dialog->windowHandle() && QGuiApplication::focusWindow() == dialog->windowHandle()) {
        // Only from one that has the keyboard: it is never taken from another program. (The dialog is no longer the
        // active window by now.)
        QTimer::singleShot(0, &m_window, [this] {
            if (!QApplication::activeModalWidget()) m_window.activateWindow();
        });
    }
    return false;
}

} // namespace palimpsest
