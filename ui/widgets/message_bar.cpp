#include "ui/widgets/message_bar.h"

#include "ui/widgets/close_button.h"

#include <QAccessible>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <utility>

namespace palimpsest {

MessageBar::MessageBar(const Theme& theme, QWidget* parent)
    : QFrame(parent),
      m_label(new QLabel(this)),
      m_action(new QPushButton(this)),
      m_close(new CloseButton(theme, tr("Close message"), this)) {
    setObjectName("messageBar");
    setAccessibleName(tr("Message"));
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::PlainText);
    m_close->setToolTip(tr("Close"));
    connect(m_close, &QToolButton::clicked, this, &MessageBar::dismiss);
    connect(m_action, &QPushButton::clicked, this, [this] {
        const auto act = std::exchange(m_act, nullptr);
        dismiss();
        if (act) act();
    });
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(14, 5, 8, 5);
    row->addWidget(m_label, 1);
    row->addWidget(m_action);
    row->addWidget(m_close);
    hide();
}

void MessageBar::say(const QString& sentence) {
    m_action->hide();
    m_act = nullptr;
    show(sentence);
}

void MessageBar::offer(const QString& sentence, const QString& action, std::function<void()> act) {
    m_action->setText(action);
    m_action->setAccessibleName(action);
    m_action->show();
    m_act = std::move(act);
    show(sentence);
}

void MessageBar::show(const QString& sentence) {
    m_label->setText(sentence);
    setAccessibleDescription(sentence);
    setVisible(true);
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

void MessageBar::dismiss() {
    setVisible(false);
    m_label->clear();
    m_act = nullptr;
}

QString MessageBar::sentence() const {
    return m_label->text();
}

} // namespace palimpsest
