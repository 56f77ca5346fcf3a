#include "ui/widgets/voice.h"

#include <QAccessibleWidget>
#include <QWidget>

namespace palimpsest {
namespace {

const char* const kRole = "voiceRole";
const char* const kBusy = "voiceBusy";

class Voice : public QAccessibleWidget {
public:
    using QAccessibleWidget::QAccessibleWidget;

    QAccessible::State state() const override {
        QAccessible::State state = QAccessibleWidget::state();
        state.busy = widget()->property(kBusy).toBool();
        return state;
    }
    QString text(QAccessible::Text kind) const override {
        return QAccessibleWidget::text(kind == QAccessible::Value ? QAccessible::Description : kind);
    }
};

QAccessibleInterface* voiceOf(const QString&, QObject* object) {
    const QVariant role = object ? object->property(kRole) : QVariant();
    if (!role.isValid() || !object->isWidgetType()) return nullptr;
    return new Voice(static_cast<QWidget*>(object), QAccessible::Role(role.toInt()));
}

} // namespace

void giveVoice(QWidget& widget, QAccessible::Role role) {
    widget.setProperty(kRole, int(role));
    QAccessible::installFactory(voiceOf); // once, however often it is asked for
}

void setBusy(QWidget& widget, bool busy) {
    if (widget.property(kBusy).toBool() == busy) return;
    widget.setProperty(kBusy, busy);
    QAccessible::State changed;
    changed.busy = true;
    QAccessibleStateChangeEvent event(&widget, changed);
    QAccessible::updateAccessibility(&event);
}

} // namespace palimpsest
