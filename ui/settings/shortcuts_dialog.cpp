#include "ui/settings/shortcuts_dialog.h"

#include "ui/palette/fuzzy.h"
#include "ui/widgets/voice.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace palimpsest {

ShortcutsDialog::ShortcutsDialog(Commands& commands, QWidget* parent)
    : QDialog(parent),
      m_commands(commands),
      m_all(commands.all()),
      m_filter(new QLineEdit(this)),
      m_tree(new QTreeWidget(this)),
      m_keys(new QKeySequenceEdit(this)),
      m_says(new QLabel(this)),
      m_set(addButton(tr("Use these keys"), [this] { m_commands.setKeys(*chosen(), m_keys->keySequence()); })),
      m_none(addButton(tr("No keys"), [this] { m_commands.setKeys(*chosen(), {}); })),
      m_usual(addButton(tr("Usual keys"), [this] { m_commands.setUsualKeys(*chosen()); })),
      m_allUsual(addButton(tr("All as usual"), [this] { m_commands.setAllUsualKeys(); })),
      m_close(addButton(tr("Close"), [this] { close(); })) {
    setWindowTitle(tr("Shortcuts"));
    m_filter->setPlaceholderText(tr("Find a command"));
    m_filter->setAccessibleName(tr("Find a command"));
    m_tree->setObjectName("commands");
    m_tree->setAccessibleName(tr("Commands and their keys"));
    m_tree->setHeaderLabels({tr("Command"), tr("Menu"), tr("Keys")});
    m_tree->setRootIsDecorated(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    giveVoice(*m_keys, QAccessible::HotkeyField);
    m_keys->setAccessibleName(tr("New keys"));
    m_keys->setFocusPolicy(Qt::StrongFocus);
    m_keys->setMinimumWidth(fontMetrics().averageCharWidth() * 18); // "Ctrl+Shift+Return"
    m_says->setObjectName("quiet");
    m_says->setWordWrap(true);
    m_says->setMinimumHeight(2 * fontMetrics().lineSpacing());
    const auto row = [](std::initializer_list<QWidget*> widgets) {
        auto* box = new QHBoxLayout;
        for (QWidget* widget : widgets) box->addWidget(widget);
        return box;
    };
    auto* keysLabel = new QLabel(tr("New keys"), this);
    keysLabel->setBuddy(m_keys);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 16, 18, 14);
    column->addWidget(m_filter);
    column->addWidget(m_tree, 1);
    column->addLayout(row({keysLabel, m_keys, m_set, m_none, m_usual}));
    column->addWidget(m_says);
    QHBoxLayout* last = row({m_allUsual});
    last->addStretch();
    last->addWidget(m_close);
    column->addLayout(last);
    connect(m_filter, &QLineEdit::textChanged, this, &ShortcutsDialog::filter);
    connect(m_tree, &QTreeWidget::currentItemChanged, this, &ShortcutsDialog::onChosen);
    connect(m_keys, &QKeySequenceEdit::keySequenceChanged, this, &ShortcutsDialog::onKeys);
    fill();
    resize(640, 560);
}

QPushButton* ShortcutsDialog::addButton(const QString& text, std::function<void()> act) {
    auto* button = new QPushButton(text, this);
    button->setAccessibleName(text);
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, [this, act = std::move(act)] {
        act();
        showKeys();
        onChosen();
    });
    return button;
}

void ShortcutsDialog::fill() {
    for (const Command& command : m_all) {
        auto* item = new QTreeWidgetItem(m_tree, {command.name, command.menu, {}});
        item->setToolTip(0, command.name);
    }
    showKeys();
    m_tree->resizeColumnToContents(1);
    m_tree->resizeColumnToContents(2);
    m_tree->setCurrentItem(m_tree->topLevelItem(0));
}

void ShortcutsDialog::showKeys() {
    for (int i = 0; i < m_tree->topLevelItemCount(); ++i) {
        const Command& command = m_all[std::size_t(i)];
        QTreeWidgetItem* item = m_tree->topLevelItem(i);
        item->setText(2, QKeySequence::listToString(command.action->shortcuts(), QKeySequence::NativeText));
        QFont font = item->font(2); // the writer's own stand out
        font.setBold(!m_commands.hasUsualKeys(command));
        item->setFont(2, font);
    }
}

void ShortcutsDialog::filter(const QString& typed) {
    for (int i = 0; i < m_tree->topLevelItemCount(); ++i) {
        QTreeWidgetItem* item = m_tree->topLevelItem(i);
        item->setHidden(!fuzzyScore(typed, item->text(0)) && !item->text(2).contains(typed, Qt::CaseInsensitive));
    }
}

const Command* ShortcutsDialog::chosen() const {
    const int row = m_tree->indexOfTopLevelItem(m_tree->currentItem());
    return row < 0 ? nullptr : &m_all[std::size_t(row)];
}

void ShortcutsDialog::onChosen() {
    const Command* command = chosen();
    const QSignalBlocker quiet(m_keys);
    m_keys->setKeySequence(command ? command->action->shortcut() : QKeySequence());
    m_none->setEnabled(command && !command->action->shortcut().isEmpty());
    m_usual->setEnabled(command && !m_commands.hasUsualKeys(*command));
    onKeys();
}

void ShortcutsDialog::onKeys() {
    const Command* command = chosen();
    const QKeySequence keys = m_keys->keySequence();
    m_set->setEnabled(command && !keys.isEmpty() && keys != command->action->shortcut());
    const QString owner = command ? m_commands.ownerOf(keys, *command) : QString();
    const QString text = keys.toString(QKeySequence::NativeText);
    m_keys->setAccessibleDescription(text);
    m_says->setText(owner.isEmpty() || !m_set->isEnabled()
                        ? QString()
                        : tr("%1 belongs to “%2”, which will have no keys when you use them here.").arg(text, owner));
}

} // namespace palimpsest
