// The real palimpsest-engine as a child process.
#pragma once

#include "engine/base/paths.h"

#include <QByteArray>
#include <QProcess>
#include <QStringList>

namespace palimpsest::test {

struct Finished {
    int status = -1; // exit status; -1: crashed or did not end
    QByteArray out, error;
};

inline QString engineProgram() {
    return QString::fromStdString((executableFolder() / "palimpsest-engine").string());
}

// Runs a command to its end, feeding it `input`.
inline Finished runEngine(const QStringList& arguments, const QByteArray& input = {}) {
    QProcess process;
    process.start(engineProgram(), arguments);
    process.write(input);
    process.closeWriteChannel();
    Finished finished;
    if (!process.waitForFinished(120'000)) process.kill();
    if (process.exitStatus() == QProcess::NormalExit) finished.status = process.exitCode();
    finished.out = process.readAllStandardOutput();
    finished.error = process.readAllStandardError();
    return finished;
}

} // namespace palimpsest::test
