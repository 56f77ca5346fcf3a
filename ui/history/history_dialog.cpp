#include "ui/history/history_dialog.h"

#include "ui/history/diff_page.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QRadioButton>
#include <QShortcut>
#include <QSplitter>

namespace palimpsest {
namespace {

constexpr int kRevisionRole = Qt::UserRole;

QString causeOf(const Revision& revision) {
    switch (revision.cause) {
    case RevisionCause::Writing: return HistoryDialog::tr("While writing");
    case RevisionCause::BeforeDraft: return HistoryDialog::tr("Before a draft");
    case RevisionCause::BeforeChange: return HistoryDialog::tr("Before a split or merge");
    case RevisionCause::BeforeReplace: return HistoryDialog::tr("Before replacing");
    case RevisionCause::BeforeRestore: return HistoryDialog::tr("Before restoring");
    case RevisionCause::Snapshot: return HistoryDialog::tr("Snapshot “%1”").arg(revision.name);
    case RevisionCause::Rescued: return HistoryDialog::tr("Rescued words");
    case RevisionCause::Backup: return HistoryDialog::tr("From a backup");
    }
    return HistoryDialog::tr("Earlier");
}

QString whenOf(const QDateTime& saved) {
    const QDateTime local = saved.toLocalTime();
    const QString time = QLocale().toString(local.time(), QLocale::ShortFormat);
    const qint64 days = local.date().daysTo(QDate::currentDate());
    if (days == 0) return HistoryDialog::tr("Today, %1").arg(time);
    if (days == 1) return HistoryDialog::tr("Yesterday, %1").arg(time);
    return HistoryDialog::tr("%1, %2").arg(QLocale().toString(local.date(), QLocale::ShortFormat), time);
}

} // namespace

HistoryDialog::HistoryDialog(const Theme& theme, ProjectService& project, History& history, QWidget* parent)
    : QDialog(parent), m_theme(theme), m_project(project), m_history(history), m_list(new QListWidget(this)) {
    setWindowFlag(Qt::WindowMaximizeButtonHint);
    resize(1080, 720);
    m_list->setAccessibleName(tr("Versions"));
    m_list->setUniformItemSizes(true);
    auto* split = new QSplitter(this);
    split->addWidget(m_list);
    split->addWidget(buildRight());
    split->setStretchFactor(1, 1);
    split->setSizes({290, 790});
    split->setChildrenCollapsible(false);
    split->setHandleWidth(10);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    column->addWidget(split);
    connect(m_list, &QListWidget::currentItemChanged, this, [this](const QListWidgetItem* item) {
        if (item) m_history.compare(item->data(kRevisionRole).toLongLong());
    });
    connect(m_page, &DiffPage::currentRowChanged, this, &HistoryDialog::refreshButtons);
    connect(m_everything, &QCheckBox::toggled, this, &HistoryDialog::showComparison);
    connect(&history, &History::versionsChanged, this, &HistoryDialog::fillList);
    connect(&history, &History::compared, this, &HistoryDialog::showComparison);
    connect(&history, &History::said, m_said, &QLabel::setText);
    connect(&project, &ProjectService::undoChanged, this, &HistoryDialog::refreshButtons);
    connect(&project, &ProjectService::closing, this, &QDialog::close); // its versions are another project's
    connect(&theme, &Theme::changed, this, &HistoryDialog::showComparison);
}

QPushButton* HistoryDialog::addButton(const QString& text, void (HistoryDialog::*act)()) {
    auto* button = new QPushButton(text, this);
    button->setAccessibleName(QString(text).remove(u'&'));
    button->setAutoDefault(false);
    connect(button, &QPushButton::clicked, this, act);
    return button;
}

QWidget* HistoryDialog::buildRight() {
    auto* side = new QWidget(this);
    m_page = new DiffPage(m_theme, side);
    m_said = new QLabel(side);
    m_said->setObjectName("quiet");
    m_said->setWordWrap(true);
    m_everything = new QCheckBox(tr("Show what is the same &too"), side);
    m_previous = addButton(tr("Pre&vious change"), &HistoryDialog::previousChange);
    m_next = addButton(tr("&Next change"), &HistoryDialog::nextChange);
    m_paragraph = addButton(tr("Restore &paragraph"), &HistoryDialog::restoreParagraph);
    m_text = addButton(tr("Restore all of &it"), &HistoryDialog::restoreText);
    m_whole = addButton(tr("Restore whole pro&ject"), &HistoryDialog::restoreProject);
    m_undo = addButton(tr("&Undo"), &HistoryDialog::undoRestore);
    const auto key = [this](QKeySequence keys, void (HistoryDialog::*act)()) {
        connect(new QShortcut(keys, this), &QShortcut::activated, this, act);
    };
    key(QKeySequence(Qt::ALT | Qt::Key_Down), &HistoryDialog::nextChange);
    key(QKeySequence(Qt::ALT | Qt::Key_Up), &HistoryDialog::previousChange);
    auto* top = new QHBoxLayout;
    top->addWidget(m_previous);
    top->addWidget(m_next);
    top->addWidget(m_everything);
    top->addStretch();
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_paragraph);
    bottom->addWidget(m_text);
    bottom->addWidget(m_whole);
    bottom->addStretch();
    bottom->addWidget(m_undo);
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->addLayout(top);
    column->addWidget(m_page, 1);
    column->addWidget(m_said);
    column->addLayout(bottom);
    return side;
}

void HistoryDialog::open(NodeId node) {
    const Node* known = m_project.node(node);
    setWindowTitle(tr("History of “%1”").arg(known ? known->title : QString()));
    m_said->clear();
    m_history.show(node);
    show();
    raise();
    activateWindow();
    m_list->setFocus();
}

QString HistoryDialog::titleOf(const Revision& revision) const {
    return tr("%1 · %2").arg(whenOf(revision.saved), causeOf(revision));
}

void HistoryDialog::fillList() {
    const QListWidgetItem* current = m_list->currentItem();
    const qint64 kept = current ? current->data(kRevisionRole).toLongLong() : 0;
    const QSignalBlocker quiet(m_list);
    m_list->clear();
    const QLocale locale;
    for (const Revision& revision : m_history.versions()) {
        const QString what = tr("%1 · %2 words").arg(causeOf(revision), locale.toString(revision.words));
        auto* item = new QListWidgetItem(whenOf(revision.saved) + u'\n' + what, m_list);
        item->setData(kRevisionRole, revision.id);
        item->setData(Qt::AccessibleTextRole, titleOf(revision));
        item->setSizeHint(QSize(0, 2 * fontMetrics().height() + 12));
        if (revision.id == kept) m_list->setCurrentItem(item);
    }
    if (m_list->count() == 0)
        m_page->clearPage(
            tr("There is no earlier version yet. One is kept now and then while you write, and always "
               "before a draft, a split, a merge or a replacement; Take Snapshot keeps one under a name."));
    else if (!m_list->currentItem()) {
        m_list->setCurrentRow(0);
        m_history.compare(m_list->currentItem()->data(kRevisionRole).toLongLong());
    }
    refreshButtons();
}

void HistoryDialog::showComparison() {
    const History::Comparison& comparison = m_history.comparison();
    if (comparison.revision.id == 0) return;
    if (comparison.changes() == 0 && !m_everything->isChecked())
        m_page->clearPage(tr("This version is the same as the text now."));
    else
        m_page->show(comparison, titleOf(comparison.revision), m_everything->isChecked());
    refreshButtons();
}

void HistoryDialog::refreshButtons() {
    const History::Comparison& comparison = m_history.comparison();
    const bool differs = comparison.revision.id != 0 && comparison.changes() > 0;
    const int row = differs ? m_page->currentRow() : -1;
    m_next->setEnabled(differs);
    m_previous->setEnabled(differs);
    m_paragraph->setEnabled(row >= 0 && !comparison.rows[std::size_t(row)].same);
    m_text->setEnabled(differs);
    m_whole->setVisible(m_history.isOfWholeProject(comparison.revision));
    m_undo->setEnabled(m_project.undoName() == History::tr("Restore"));
}

void HistoryDialog::nextChange() {
    m_page->goToChange(1);
}

void HistoryDialog::previousChange() {
    m_page->goToChange(-1);
}

void HistoryDialog::restoreParagraph() {
    if (const int row = m_page->currentRow(); row >= 0) m_history.restoreRow(std::size_t(row));
}

void HistoryDialog::restoreText() {
    m_history.restoreText();
}

void HistoryDialog::restoreProject() {
    m_history.restoreProject();
}

void HistoryDialog::undoRestore() {
    m_project.undoChange();
    m_said->setText(tr("Taken back."));
}

SnapshotDialog::SnapshotDialog(History& history, NodeId node, const QString& title, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Take a snapshot"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* name = new QLineEdit(this);
    name->setAccessibleName(tr("Name of the snapshot"));
    name->setMaxLength(1000);
    name->setText(tr("Before changes"));
    name->selectAll();
    auto* label = new QLabel(tr("&Name"), this);
    label->setBuddy(name);
    auto* scene = new QRadioButton(tr("Only “%1”").arg(QString(title).replace(u'&', QStringLiteral("&&"))), this);
    auto* whole = new QRadioButton(tr("The &whole project, with its order and titles"), this);
    scene->setVisible(node != 0);
    (node != 0 ? scene : whole)->setChecked(true);
    auto* buttons = new QDialogButtonBox(this);
    QPushButton* take = buttons->addButton(tr("Take snapshot"), QDialogButtonBox::AcceptRole);
    buttons->addButton(tr("Cancel"), QDialogButtonBox::RejectRole);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(name, &QLineEdit::textChanged, take,
            [take](const QString& text) { take->setEnabled(!text.trimmed().isEmpty()); });
    connect(buttons, &QDialogButtonBox::accepted, this, [this, &history, name, scene, node] {
        history.takeSnapshot(name->text().simplified(), scene->isChecked() ? node : 0);
        accept();
    });
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 16, 18, 14);
    column->setSpacing(8);
    column->addWidget(label);
    column->addWidget(name);
    column->addWidget(scene);
    column->addWidget(whole);
    column->addSpacing(8);
    column->addWidget(buttons);
    setMinimumWidth(380);
}

} // namespace palimpsest
