#include "ui/palette/command_palette.h"

#include "app/storage/node_tree.h"
#include "ui/palette/fuzzy.h"

#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kWidth = 560, kMostHeight = 400, kFromTop = 70;
constexpr int kEntryRole = Qt::UserRole, kWhereRole = Qt::UserRole + 1, kKeysRole = Qt::UserRole + 2;

// The name, where it is to be found in quieter letters, and its keys at the far end.
class EntryDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {0, option.fontMetrics.height() + 12};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const QPalette& palette = option.palette;
        const QRect row = option.rect.adjusted(10, 0, -10, 0);
        if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, palette.color(QPalette::Highlight));
        const auto write = [&](QRect rect, const QString& text, QPalette::ColorRole role, Qt::Alignment to) {
            painter->setPen(palette.color(role));
            const QString shown = option.fontMetrics.elidedText(text, Qt::ElideRight, rect.width());
            painter->drawText(rect, int(QStyle::visualAlignment(option.direction, to) | Qt::AlignVCenter), shown);
        };
        const QString keys = index.data(kKeysRole).toString(), name = index.data(Qt::DisplayRole).toString();
        const int keysWidth = keys.isEmpty() ? 0 : option.fontMetrics.horizontalAdvance(keys) + 12;
        const int nameWidth = std::min(option.fontMetrics.horizontalAdvance(name) + 2, row.width() - keysWidth);
        const auto part = [&](int from, int width) {
            return QStyle::visualRect(option.direction, row, {row.x() + from, row.y(), width, row.height()});
        };
        write(part(0, nameWidth), name, QPalette::Text, Qt::AlignLeft);
        write(part(nameWidth + 12, std::max(0, row.width() - keysWidth - nameWidth - 12)),
              index.data(kWhereRole).toString(), QPalette::PlaceholderText, Qt::AlignLeft);
        write(part(row.width() - keysWidth, keysWidth), keys, QPalette::PlaceholderText, Qt::AlignRight);
    }
};

} // namespace

CommandPalette::CommandPalette(const Commands& commands, const ProjectService& project, QWidget* window)
    : QDialog(window, Qt::Popup),
      m_commands(commands),
      m_project(project),
      m_field(new QLineEdit(this)),
      m_list(new QListWidget(this)) {
    setObjectName("palette");
    setAccessibleName(tr("Commands, scenes and notes"));
    m_field->setPlaceholderText(tr("A command, a scene or a note"));
    m_field->setAccessibleName(tr("What to do or where to go"));
    m_list->setAccessibleName(tr("What fits"));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setItemDelegate(new EntryDelegate(m_list));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setUniformItemSizes(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(8, 8, 8, 8);
    column->addWidget(m_field);
    column->addWidget(m_list);
    m_field->installEventFilter(this);
    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::showFits);
    connect(m_field, &QLineEdit::returnPressed, this, &CommandPalette::choose);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::choose);
}

void CommandPalette::open() {
    collect();
    m_field->clear();
    showFits({});
    const QWidget* window = parentWidget()->window();
    const int width = std::min(kWidth, window->width() - 40);
    const int row = std::max(1, m_list->sizeHintForRow(0)), frame = 2 * m_list->frameWidth();
    const int room = std::min(kMostHeight, window->height() - 2 * kFromTop) - m_field->sizeHint().height() - frame;
    m_list->setFixedHeight(std::max(1, room / row) * row + frame); // no row is cut in two
    setFixedWidth(width);
    adjustSize();
    move(window->mapToGlobal(QPoint((window->width() - width) / 2, kFromTop)));
    QDialog::show();
    m_field->setFocus();
}

void CommandPalette::collect() {
    m_entries.clear();
    for (const Command& command : m_commands.all())
        if (command.action->isEnabled())
            m_entries.push_back({command.name, command.menu,
                                 command.action->shortcut().toString(QKeySequence::NativeText), command.action, 0});
    for (const Node& node : m_project.nodes()) {
        const bool text = node.kind == NodeKind::Scene || node.kind == NodeKind::Note;
        if (!text || isInTrash(m_project.nodes(), node.id)) continue;
        const Node* parent = m_project.node(node.parent);
        const QString kind = node.kind == NodeKind::Note ? tr("Note") : tr("Scene");
        m_entries.push_back({node.title, parent ? parent->title : kind, {}, nullptr, node.id});
    }
}

void CommandPalette::showFits(const QString& typed) {
    std::vector<std::pair<int, std::size_t>> fits; // by score, then as they came
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        if (const int score = fuzzyScore(typed, m_entries[i].name)) fits.emplace_back(-score, i);
    std::stable_sort(fits.begin(), fits.end());
    if (fits.size() > kMostShown) fits.resize(kMostShown);
    m_list->clear();
    for (const auto& [score, i] : fits) {
        auto* item = new QListWidgetItem(m_entries[i].name, m_list);
        item->setData(kEntryRole, int(i));
        item->setData(kWhereRole, m_entries[i].where);
        item->setData(kKeysRole, m_entries[i].keys);
        item->setData(Qt::AccessibleTextRole, m_entries[i].name + QStringLiteral(", ") + m_entries[i].where);
    }
    m_list->setCurrentRow(0);
}

void CommandPalette::choose() {
    const QListWidgetItem* item = m_list->currentItem();
    if (!item) return;
    const Entry entry = m_entries[std::size_t(item->data(kEntryRole).toInt())];
    accept(); // first: what is done may want the keyboard
    if (entry.action) return entry.action->trigger();
    Q_EMIT nodeChosen(entry.node);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_field && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int step = key == Qt::Key_Down       ? 1
                         : key == Qt::Key_Up       ? -1
                         : key == Qt::Key_PageDown ? 8
                         : key == Qt::Key_PageUp   ? -8
                                                   : 0;
        if (step) {
            m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, 0, std::max(0, m_list->count() - 1)));
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace palimpsest
