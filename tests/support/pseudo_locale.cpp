// pseudo_locale IN.ts OUT.ts: translates every text into itself between brackets and two fifths longer, so that a test
// sees which texts do not go through tr() and which labels have no room for another language.
#include <QFile>
#include <QRegularExpression>
#include <QString>
#include <algorithm>
#include <cstdio>

namespace {

// `source` is escaped as XML has it, and stays so.
QString pseudo(const QString& source) {
    const qsizetype longer = std::max<qsizetype>(2, source.size() * 2 / 5);
    return QStringLiteral("\u27E6") + source + QString(longer, u'~') + QStringLiteral("\u27E7");
}

QString translated(const QString& ts) {
    static const QRegularExpression message(
        "<source>(.*?)</source>(.*?)<translation type=\"unfinished\">(.*?)</translation>",
        QRegularExpression::DotMatchesEverythingOption);
    QString made;
    qsizetype done = 0;
    for (auto it = message.globalMatch(ts); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        const QString text = pseudo(match.captured(1));
        QString forms = match.captured(3);
        forms.replace(QStringLiteral("<numerusform></numerusform>"), "<numerusform>" + text + "</numerusform>");
        made += ts.mid(done, match.capturedStart() - done) + "<source>" + match.captured(1) + "</source>" +
                match.captured(2) + "<translation>" + (forms.trimmed().isEmpty() ? text : forms) + "</translation>";
        done = match.capturedEnd();
    }
    return made + ts.mid(done);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    QFile in(QString::fromLocal8Bit(argv[1])), out(QString::fromLocal8Bit(argv[2]));
    if (!in.open(QIODevice::ReadOnly) || !out.open(QIODevice::WriteOnly)) {
        std::fprintf(stderr, "pseudo_locale: cannot read %s or write %s\n", argv[1], argv[2]);
        return 1;
    }
    out.write(translated(QString::fromUtf8(in.readAll())).toUtf8());
    return 0;
}
