#include "ui/outline/deletion_question.h"

#include "ui/outline/binder.h"

#include <QFileInfo>
#include <QLocale>
#include <QMessageBox>
#include <QPushButton>
#include <algorithm>

namespace palimpsest {
void askToDeleteForGood(QWidget& parent, ProjectService& project, const std::vector<NodeId>& nodes) {
    if (nodes.empty()) return;
    int texts = 0, words = 0;
    for (const Node& node : project.nodes()) {
        const auto goes = [&](NodeId id) { return std::find(nodes.begin(), nodes.end(), id) != nodes.end(); };
        const Node* up = &node;
        while (up && !goes(up->id)) up = project.node(up->parent);
        if (!up) continue;
        ++texts;
        words += node.words;
    }
    auto* box = new QMessageBox(QMessageBox::Warning, Binder::tr("Delete for good"),
                                Binder::tr("Delete %n items of the trash for good?", nullptr, texts),
                                QMessageBox::Cancel, &parent);
    box->setObjectName("deletionQuestion");
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(
        Binder::tr(
            "%1 words go, with their history and their drafts. Nothing brings them back but the backup that is made "
            "first, in “%2” beside the project.")
            .arg(QLocale().toString(words), QFileInfo(project.path()).fileName() + QStringLiteral(".backups")));
    QPushButton* yes = box->addButton(Binder::tr("Delete"), QMessageBox::DestructiveRole);
    box->setDefaultButton(QMessageBox::Cancel);
    QObject::connect(yes, &QPushButton::clicked, &project, [&project, nodes] { project.deleteForGood(nodes); });
    box->open();
}

} // namespace palimpsest
