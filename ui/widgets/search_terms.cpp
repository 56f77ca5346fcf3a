#include "ui/widgets/search_terms.h"

#include <QLineEdit>
#include <QToolButton>

namespace palimpsest {
namespace {

QLineEdit* field(const QString& name, QWidget* parent) {
    auto* made = new QLineEdit(parent);
    made->setPlaceholderText(name);
    made->setAccessibleName(name);
    return made;
}

QToolButton* option(const QString& face, const QString& name, QWidget* parent) {
    auto* made = new QToolButton(parent);
    made->setText(face);
    made->setCheckable(true);
    made->setAccessibleName(name);
    made->setToolTip(name);
    made->setFocusPolicy(Qt::StrongFocus);
    return made;
}

} // namespace

SearchTerms::SearchTerms(const QString& what, QWidget* parent)
    : QObject(parent),
      words(field(what, parent)),
      with(field(tr("Replace with"), parent)),
      matchCase(option(tr("Aa"), tr("Match case"), parent)),
      wholeWord(option(tr("Word"), tr("Whole words only"), parent)),
      regex(option(QStringLiteral(".*"), tr("Regular expression"), parent)),
      preserveCase(option(tr("Keep Aa"), tr("Keep the case of what is replaced"), parent)) {
    connect(words, &QLineEdit::textChanged, this, &SearchTerms::queryChanged);
    for (QToolButton* each : {matchCase, wholeWord, regex})
        connect(each, &QToolButton::toggled, this, &SearchTerms::queryChanged);
}

SearchQuery SearchTerms::query() const {
    return {words->text(), regex->isChecked(), wholeWord->isChecked(), matchCase->isChecked()};
}

Replacement SearchTerms::replacement() const {
    return {with->text(), preserveCase->isChecked()};
}

} // namespace palimpsest
