// What is searched for and what takes its place: the fields and switches of every search. UI thread.
#pragma once

#include "app/document/text_search.h"

#include <QObject>

class QLineEdit;
class QToolButton;
class QWidget;

namespace palimpsest {

class SearchTerms : public QObject {
    Q_OBJECT
public:
    // The widgets belong to `parent`, which lays them out; `what` names the field of the words.
    SearchTerms(const QString& what, QWidget* parent);

    QLineEdit *const words, *const with;
    QToolButton *const matchCase, *const wholeWord, *const regex, *const preserveCase;

    SearchQuery query() const;
    Replacement replacement() const;

Q_SIGNALS:
    void queryChanged();
};

} // namespace palimpsest
