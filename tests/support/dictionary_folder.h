// A folder with small Hunspell dictionaries of the test's own.
#pragma once

#include <QFile>
#include <QStringList>
#include <QTemporaryDir>

namespace palimpsest::test {

class DictionaryFolder {
public:
    DictionaryFolder() {
        add("en_US", "SET UTF-8\nTRY esianrtolcdugmphbyfvkwz'\nSFX S Y 1\nSFX S 0 s .\n",
            {"she", "did", "not", "answer", "him", "at", "once", "buoy/S", "bell/S", "don't", "the", "rang", "a",
             "well"});
        add("de_DE", "SET ISO8859-1\n", {"Größe", "Meer"});
    }
    void add(const QString& code, const QByteArray& affixes, const QStringList& words) const {
        const bool utf8 = affixes.contains("UTF-8");
        write(code + ".aff", affixes);
        const QString list = QString::number(words.size()) + '\n' + words.join('\n') + '\n';
        write(code + ".dic", utf8 ? list.toUtf8() : list.toLatin1());
    }
    void write(const QString& name, const QByteArray& bytes) const {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size()) qFatal("cannot write a dictionary");
    }
    QStringList folders() const { return {m_folder.path()}; }
    QString path() const { return m_folder.path(); }

private:
    QTemporaryDir m_folder;
};

} // namespace palimpsest::test
