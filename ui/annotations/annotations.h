// Where comments, footnotes, links and pins hang in a document: one list, kept up to date with every edit.
//
// UI thread; owned by its document. An edit costs what the paragraphs it touches cost, and a step for every annotation.
#pragma once

#include "ui/annotations/carried.h"

#include <QObject>
#include <QTextDocument>
#include <QTextLayout>
#include <vector>

namespace palimpsest {

struct Annotation {
    Carried kind = Carried::Comment;
    int begin = 0, end = 0; // in the document; of paragraphs that follow one another, too
    QString text;
    int number = 0; // of a footnote, from 1
    bool operator==(const Annotation&) const = default;
};

class Annotations : public QObject {
    Q_OBJECT
public:
    static Annotations& of(QTextDocument& document); // made when first asked for
    static const Annotations* find(const QTextDocument& document);

    const std::vector<Annotation>& all() const { return m_all; } // by place
    // The one of the kind on the character before or behind `position`, the latter first; null when there is none.
    const Annotation* at(int position, Carried kind) const;
    // The first that begins behind `position`, or the last that begins before it; round the end. Null: there is none.
    const Annotation* next(int position, Carried kind, bool backwards) const;
    QTextCursor wordsOf(const Annotation& annotation) const; // selected

Q_SIGNALS:
    void changed(); // in the midst of an edit: the layout does not know of it yet

private:
    explicit Annotations(QTextDocument& document);
    void onChange(int position, int removed, int added);
    void scan(const QTextBlock& block, std::vector<Annotation>& pieces) const;
    void join();
    void layOutAgain(const std::vector<Annotation>& before);

    QTextDocument& m_document;
    std::vector<Annotation> m_pieces; // of one paragraph each
    std::vector<Annotation> m_all;
};

// Room on the page for the numbers of the footnotes of a block, as formats of its layout.
QList<QTextLayout::FormatRange> footnoteRoom(const QTextBlock& block, const QFont& font);
QFont footnoteFont(const QFont& page);

} // namespace palimpsest
