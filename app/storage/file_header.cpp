#include "app/storage/file_header.h"

#include <QFile>
#include <QFileInfo>
#include <QtEndian>

namespace palimpsest {
namespace {

// https://www.sqlite.org/fileformat.html, section 1.3
constexpr qint64 kHeaderBytes = 100;
constexpr int kPageSizeAt = 16, kPageCountAt = 28, kVersionAt = 60, kApplicationIdAt = 68;
constexpr char kMagic[] = "SQLite format 3"; // with the final zero

qint64 number(const QByteArray& bytes, int at) {
    return qFromBigEndian<quint32>(bytes.constData() + at);
}

} // namespace

std::optional<FileHeader> readFileHeader(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return std::nullopt;
    const QByteArray bytes = file.read(kHeaderBytes);
    FileHeader header;
    header.isSqlite = bytes.startsWith(QByteArray(kMagic, sizeof kMagic).left(bytes.size()));
    if (bytes.size() < kHeaderBytes) {
        header.isShort = true;
        return header;
    }
    header.applicationId = number(bytes, kApplicationIdAt);
    header.version = number(bytes, kVersionAt);
    qint64 pageBytes = qFromBigEndian<quint16>(bytes.constData() + kPageSizeAt);
    if (pageBytes == 1) pageBytes = 65536;
    // With a log beside it the file itself may lag behind its header; SQLite then knows better.
    const bool hasLog = QFileInfo(path + QStringLiteral("-wal")).size() > 0;
    header.isShort = !hasLog && pageBytes > 0 &&
                     (file.size() % pageBytes != 0 || file.size() < number(bytes, kPageCountAt) * pageBytes);
    return header;
}

} // namespace palimpsest
