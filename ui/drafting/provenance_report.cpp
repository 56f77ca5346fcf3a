#include "ui/drafting/provenance_report.h"

#include "app/storage/node_tree.h"
#include "ui/outline/binder_moves.h"

#include <QCoreApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace palimpsest {
namespace {

constexpr int kTitleLetters = 24; // of a scene's title at least are seen

QString percent(int words, const ProvenanceReport& report) {
    if (words == 0 || report.words == 0) return QStringLiteral("–");
    const double share = 100.0 * words / report.words;
    return share < 1 ? ProvenanceReportDialog::tr("< 1 %") : ProvenanceReportDialog::tr("%1 %").arg(qRound(share));
}

void add(ProvenanceReport& sum, const ProvenanceReport& one) {
    sum.words += one.words;
    sum.typed += one.typed;
    sum.drafted += one.drafted;
    sum.edited += one.edited;
    sum.imported += one.imported;
}

} // namespace

QString summaryOf(const ProvenanceReport& report) {
    const auto said = [&report](int words) {
        return words == 0 ? ProvenanceReportDialog::tr("%1 %").arg(0) : percent(words, report);
    };
    return ProvenanceReportDialog::tr("%1 drafted, %2 drafted then edited, of %Ln words.", nullptr, report.words)
        .arg(said(report.drafted), said(report.edited));
}

ProvenanceReportDialog::ProvenanceReportDialog(ProjectService& project, QWidget* parent)
    : QDialog(parent),
      m_project(project),
      m_summary(new QLabel(tr("Counting…"), this)),
      m_table(new QTreeWidget(this)) {
    setWindowTitle(tr("Where the words came from"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(720, 520);
    m_table->setAccessibleName(tr("Words by scene and where they came from"));
    m_table->setRootIsDecorated(false);
    m_table->setUniformRowHeights(true);
    m_table->setHeaderLabels(
        {tr("Scene"), tr("Words"), tr("Typed"), tr("Drafted"), tr("Drafted, then edited"), tr("Imported")});
    m_table->header()->setStretchLastSection(false);
    m_table->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int i = 1; i < m_table->columnCount(); ++i)
        m_table->headerItem()->setTextAlignment(i, Qt::AlignTrailing | Qt::AlignVCenter);
    auto* close = new QPushButton(tr("Close"), this);
    close->setAccessibleName(tr("Close"));
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 14, 18, 14);
    column->setSpacing(10);
    column->addWidget(m_summary);
    column->addWidget(m_table, 1);
    column->addLayout(buttons);
    connect(m_table, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
        if (const qint64 node = item->data(0, Qt::UserRole).toLongLong()) Q_EMIT opened(node);
    });
    connect(&project, &ProjectService::closing, this, &QDialog::close);
    std::vector<NodeId> scenes;
    const auto visit = [&](const auto& self, NodeId holder) -> void {
        for (const Node& node : childrenOf(project.nodes(), holder)) {
            if (node.trashed || isPlace(node.kind)) continue;
            if (node.kind == NodeKind::Scene) scenes.push_back(node.id);
            self(self, node.id);
        }
    };
    visit(visit, 0);
    project.saveNow(); // what is read is what is on the page
    project.ask<Reports>(
        this,
        [scenes](ProjectStore& store) -> Result<Reports> {
            Reports reports;
            for (const NodeId scene : scenes) {
                const Result<SceneText> text = store.text(scene);
                if (!text) return text.error();
                reports.emplace_back(scene, reportProvenance(*text));
            }
            return reports;
        },
        [this](const Result<Reports>& reports) {
            if (reports) return fill(*reports);
            m_summary->setText(QString::fromStdString(reports.error().message));
        });
}

void ProvenanceReportDialog::addRow(NodeId node, const QString& title, const ProvenanceReport& report, bool all) {
    auto* row = new QTreeWidgetItem(m_table, {title, QLocale().toString(report.words), percent(report.typed, report),
                                              percent(report.drafted, report), percent(report.edited, report),
                                              percent(report.imported, report)});
    row->setData(0, Qt::UserRole, qint64(node));
    QFont font = row->font(0);
    font.setBold(all);
    for (int i = 0; i < 6; ++i) {
        row->setFont(i, font);
        if (i > 0) row->setTextAlignment(i, Qt::AlignTrailing | Qt::AlignVCenter);
    }
}

void ProvenanceReportDialog::fill(const Reports& reports) {
    ProvenanceReport sum;
    for (const auto& [node, report] : reports) add(sum, report);
    addRow(0, tr("The whole book"), sum, true);
    for (const auto& [node, report] : reports) {
        const Node* known = m_project.node(node);
        if (known) addRow(node, known->title, report, false);
    }
    int figures = 2 * m_table->frameWidth();
    for (int i = 1; i < m_table->columnCount(); ++i) figures += m_table->header()->sectionSize(i);
    m_table->setMinimumWidth(figures + fontMetrics().averageCharWidth() * kTitleLetters);
    m_summary->setText(summaryOf(sum));
    m_table->setCurrentItem(m_table->topLevelItem(0));
}

QString ProvenanceReportDialog::summary() const {
    return m_table->topLevelItemCount() == 0 ? QString() : m_summary->text();
}

} // namespace palimpsest
