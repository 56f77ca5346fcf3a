// Finding words in the whole project. The index narrows the texts down where it can; what counts as a match is decided
// by TextSearch alone.
#include "app/storage/project_parts.h"

#include <QSet>

namespace palimpsest {
namespace {

// The words of the pattern as a phrase of the index; empty when a match need not hold them as whole words. Its tokens
// are runs of letters and digits: every match of whole words holds them in this order with nothing but other
// characters between.
QString phraseOf(const SearchQuery& query) {
    if (query.regex || !query.wholeWord) return {};
    QString phrase;
    for (const char32_t character : query.pattern.toUcs4()) {
        if (standsAlone(character)) return {}; // the index takes a run of these for one word
        const bool ascii = character < 0x80;
        // Beyond ASCII the index and Qt may differ about what is a letter.
        if (!ascii && !QChar::isLetter(character)) return {};
        phrase += QChar::isLetterOrNumber(character) ? QString::fromUcs4(&character, 1) : QStringLiteral(" ");
    }
    phrase = phrase.simplified();
    return phrase.isEmpty() ? QString() : u'"' + phrase + u'"';
}

class Collector {
public:
    Collector(const TextSearch& search, int limit, std::stop_token stop)
        : m_search(search), m_limit(limit), m_stop(std::move(stop)) {}

    // False: enough.
    Result<bool> look(NodeId node, const QString& text) {
        int block = 0;
        for (qsizetype begin = 0; begin <= text.size(); ++block) {
            const qsizetype end = text.indexOf(u'\n', begin);
            const QString paragraph = text.mid(begin, end < 0 ? -1 : end - begin);
            auto matches = m_search.find(paragraph);
            if (!matches) return matches.error();
            if (!matches->empty() && !add(node, block, paragraph, std::move(*matches))) return false;
            if (end < 0) break;
            begin = end + 1;
        }
        if (!m_stop.stop_requested()) return true;
        results.complete = false;
        return false;
    }

    SearchResults results;

private:
    bool add(NodeId node, int block, const QString& paragraph, std::vector<Interval> matches) {
        const int room = m_limit - results.matches;
        const bool fits = int(matches.size()) <= room;
        if (!fits) matches.resize(std::size_t(std::max(room, 0)));
        results.matches += int(matches.size());
        if (!matches.empty()) results.paragraphs.push_back({node, block, paragraph, std::move(matches)});
        if (!fits) results.complete = false;
        return fits;
    }

    const TextSearch& m_search;
    int m_limit;
    std::stop_token m_stop;
};

QSet<NodeId> trashOf(const std::vector<Node>& nodes) {
    QHash<NodeId, const Node*> known;
    for (const Node& node : nodes) known.insert(node.id, &node);
    QSet<NodeId> trash;
    for (const Node& node : nodes)
        for (const Node* at = &node; at; at = known.value(at->parent))
            if (at->trashed) trash.insert(node.id);
    return trash;
}

} // namespace

void indexText(SQLite::Database& database, NodeId node, const SceneText* text) {
    for (const char* sql : {"DELETE FROM word_index WHERE rowid = ?", "DELETE FROM pinned_passage WHERE node = ?"}) {
        SQLite::Statement remove(database, sql);
        bind(remove, 1, node);
        remove.exec();
    }
    if (!text) return;
    SQLite::Statement put(database, "INSERT INTO word_index (rowid, body) VALUES (?, ?)");
    bind(put, 1, node);
    bind(put, 2, text->plain());
    put.exec();
    SQLite::Statement pin(database, "INSERT INTO pinned_passage (node, position, text) VALUES (?, ?, ?)");
    int position = 0;
    for (const QString& passage : pinnedPassages(*text)) {
        pin.reset();
        bind(pin, 1, node);
        pin.bind(2, position++);
        bind(pin, 3, passage);
        pin.exec();
    }
}

void indexEverything(SQLite::Database& database) {
    SQLite::Statement texts(database, "SELECT node, body FROM text");
    while (texts.executeStep())
        if (const auto text = fromStored(bytesOf(texts.getColumn(1))))
            indexText(database, texts.getColumn(0).getInt64(), &*text);
}

Result<SearchResults> ProjectStore::search(const SearchQuery& query, int limit, std::stop_token stop) const {
    auto compiled = TextSearch::compile(query);
    if (!compiled) return compiled.error();
    if (compiled->findsNothing()) return SearchResults{};
    return read<SearchResults>([&](SQLite::Database& database) -> Result<SearchResults> {
        const QSet<NodeId> trash = trashOf(readNodes(database));
        const QString phrase = phraseOf(query);
        SQLite::Statement texts(database, phrase.isEmpty() ? "SELECT rowid, body FROM word_index ORDER BY rowid"
                                                           : "SELECT rowid, body FROM word_index WHERE word_index "
                                                             "MATCH ? ORDER BY rowid");
        if (!phrase.isEmpty()) bind(texts, 1, phrase);
        Collector collector(*compiled, limit, stop);
        while (texts.executeStep()) {
            const NodeId node = texts.getColumn(0).getInt64();
            if (trash.contains(node)) continue;
            auto more = collector.look(node, textOf(texts.getColumn(1)));
            if (!more) return more.error();
            if (!*more) break;
        }
        return std::move(collector.results);
    });
}

Result<std::vector<PinnedPassage>> ProjectStore::pinnedPassages() const {
    return read<std::vector<PinnedPassage>>([](SQLite::Database& database) {
        const QSet<NodeId> trash = trashOf(readNodes(database));
        SQLite::Statement rows(database, "SELECT node, text FROM pinned_passage ORDER BY node, position");
        std::vector<PinnedPassage> passages;
        while (rows.executeStep())
            if (const NodeId node = rows.getColumn(0).getInt64(); !trash.contains(node))
                passages.push_back({node, textOf(rows.getColumn(1))});
        return passages;
    });
}

} // namespace palimpsest
