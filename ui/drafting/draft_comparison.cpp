#include "ui/drafting/draft_comparison.h"

#include "app/document/provenance.h"
#include "app/services/draft_diff.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace palimpsest {
namespace {

constexpr qreal kMargin = 10; // around the words

} // namespace

QStringList sentencesOf(const QString& text) {
    QStringList sentences;
    for (qsizetype at = 0; at < text.size();) {
        const qsizetype end = std::max(sentenceAround(text, at).end, at + 1);
        // What parts two paragraphs belongs to the sentence before.
        qsizetype next = end;
        while (next < text.size() && text[next].isSpace()) ++next;
        sentences << text.mid(at, next - at);
        at = next;
    }
    return sentences;
}

DraftComparison::DraftComparison(const Theme& theme, DraftSession& session, QWidget* parent)
    : QDialog(parent),
      m_theme(theme),
      m_session(&session),
      m_columns(new QHBoxLayout),
      m_mix(new QPlainTextEdit(this)),
      m_use(new QPushButton(tr("Use the mix"), this)),
      m_back(new QPushButton(tr("Take the last one back"), this)) {
    setWindowTitle(tr("Drafts side by side"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(980, 560);
    auto* hint =
        new QLabel(tr("Underlined: what the first draft has not. Choose sentences, from any draft, in the order "
                      "you want them."),
                   this);
    hint->setObjectName("quiet");
    hint->setWordWrap(true);
    auto* head = new QLabel(tr("The mix"), this);
    head->setObjectName("sectionTitle");
    head->setBuddy(m_mix);
    m_mix->setReadOnly(true);
    m_mix->setAccessibleName(tr("The mix"));
    m_mix->setPlaceholderText(tr("No sentence is chosen yet."));
    m_mix->setFont(Theme::pageFont(17));
    m_mix->document()->setDocumentMargin(kMargin);
    m_mix->setMaximumHeight(110);
    m_use->setProperty("accent", true);
    auto* close = new QPushButton(tr("Close"), this);
    for (QPushButton* button : {m_use, m_back, close}) {
        button->setAutoDefault(false);
        button->setAccessibleName(button->text());
    }
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_use);
    buttons->addWidget(m_back);
    buttons->addStretch(1);
    buttons->addWidget(close);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(18, 14, 18, 14);
    column->addWidget(hint);
    column->addLayout(m_columns, 1);
    column->addWidget(head);
    column->addWidget(m_mix);
    column->addLayout(buttons);
    connect(m_use, &QPushButton::clicked, this, &DraftComparison::use);
    connect(m_back, &QPushButton::clicked, this, &DraftComparison::takeBack);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(&session, &DraftSession::changed, this, &DraftComparison::refresh);
    connect(&session, &QObject::destroyed, this, &QDialog::close);
    refresh();
    showMix();
}

void DraftComparison::addColumn(int candidate) {
    auto* column = new QVBoxLayout;
    auto* head = new QLabel(this);
    head->setObjectName("sectionTitle");
    auto* browser = new QTextBrowser(this);
    browser->setOpenLinks(false);
    browser->setFont(Theme::pageFont(17));
    browser->document()->setDocumentMargin(kMargin);
    browser->setAccessibleName(tr("Draft %1").arg(candidate + 1));
    head->setBuddy(browser);
    connect(browser, &QTextBrowser::anchorClicked, this,
            [this, candidate](const QUrl& link) { take(candidate, link.path().toInt()); });
    column->addWidget(head);
    column->addWidget(browser, 1);
    m_columns->addLayout(column, 1);
    m_browsers.push_back(browser);
    m_heads.push_back(head);
}

void DraftComparison::refresh() {
    if (!m_session) return;
    const int count = std::min(m_session->candidateCount(), kMostColumns);
    while (int(m_browsers.size()) < count) addColumn(int(m_browsers.size()));
    QStringList texts;
    for (int i = 0; i < count; ++i) {
        texts << m_session->candidateText(i);
        const double agreement = m_session->agreement(i);
        m_heads[std::size_t(i)]->setText(agreement < 0 || count == 1
                                             ? tr("Draft %1").arg(i + 1)
                                             : tr("Draft %1 · agreement %2 %").arg(i + 1).arg(qRound(agreement * 100)));
    }
    if (texts == m_shown) return;
    m_shown = texts;
    for (int i = 0; i < count; ++i) m_browsers[std::size_t(i)]->setHtml(html(i));
}

// Sentences as links, words the first draft has not underlined and bold.
QString DraftComparison::html(int candidate) const {
    const QString style = QStringLiteral("color:%1; text-decoration:none;").arg(m_theme.colours().text.name());
    const std::vector<DiffPiece> pieces = wordDiff(m_shown.front(), m_shown[candidate]);
    std::size_t next = 0;
    QString page = QStringLiteral("<div style=\"line-height:135%\">");
    const QStringList sentences = sentencesOf(m_shown[candidate]);
    for (qsizetype i = 0; i < sentences.size(); ++i) {
        page += QStringLiteral("<a href=\"%1\" style=\"%2\">").arg(i).arg(style);
        qsizetype left = sentences[i].trimmed().size();
        for (; next < pieces.size() && left > 0; ++next) {
            const DiffPiece& piece = pieces[next];
            if (piece.kind == DiffPiece::Kind::Removed) continue;
            const QString words = piece.text.trimmed().toHtmlEscaped();
            page +=
                piece.kind == DiffPiece::Kind::Added ? QStringLiteral("<b><u>%1</u></b> ").arg(words) : words + u' ';
            left -= piece.text.size();
        }
        page += QStringLiteral("</a>");
        if (sentences[i].contains(u'\n')) page += QStringLiteral("<br><br>");
    }
    return page + QStringLiteral("</div>");
}

void DraftComparison::take(int candidate, int sentence) {
    if (candidate < 0 || candidate >= m_shown.size()) return;
    const QStringList sentences = sentencesOf(m_shown[candidate]);
    if (sentence < 0 || sentence >= sentences.size()) return;
    m_taken.push_back({candidate, sentences[sentence]});
    showMix();
}

void DraftComparison::takeBack() {
    if (!m_taken.empty()) m_taken.pop_back();
    showMix();
}

// With the first draft's space or break before it, and one space between sentences.
QString DraftComparison::mix() const {
    QString text;
    for (const Taken& taken : m_taken) {
        const bool parts = !text.isEmpty() && !text.back().isSpace() && !taken.sentence.front().isSpace();
        text += (parts ? QStringLiteral(" ") : QString()) + taken.sentence;
    }
    while (text.endsWith(u' ')) text.chop(1);
    const QString first = m_shown.value(0);
    qsizetype spaces = 0;
    while (spaces < first.size() && first[spaces].isSpace()) ++spaces;
    return text.isEmpty() || text.front().isSpace() ? text : first.left(spaces) + text;
}

void DraftComparison::showMix() {
    m_mix->setPlainText(mix().trimmed());
    m_use->setEnabled(!m_taken.empty());
    m_back->setEnabled(!m_taken.empty());
}

void DraftComparison::use() {
    if (!m_session || m_taken.empty()) return;
    m_session->addCandidate(mix());
    close();
}

} // namespace palimpsest
