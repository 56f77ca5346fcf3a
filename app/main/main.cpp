// palimpsest [FILE] | --new FILE | --sample | --version | --help
//
// Makes the services, then the window, and runs the event loop.
#include "app/services/engine_service.h"
#include "app/services/project_service.h"
#include "engine/base/log.h"
#include "ui/main_window.h"
#include "ui/settings/app_settings.h"
#include "ui/settings/translations.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace {

constexpr const char* kUsage =
    "Usage: palimpsest [FILE]        open a project; without FILE the last one, or the sample\n"
    "       palimpsest --new FILE    begin a project\n"
    "       palimpsest --sample      open the sample manuscript\n"
    "       palimpsest --version\n"
    "       palimpsest --help\n";

struct Arguments {
    enum class What { Last, Open, New, Sample } what = What::Last;
    QString file;
};

int refuse(const std::string& sentence) {
    std::fprintf(stderr, "palimpsest: %s\n", sentence.c_str());
    return 2;
}

// The arguments, or the exit status when there is nothing more to do.
std::optional<Arguments> parse(int argc, char** argv, int& status) {
    Arguments arguments;
    for (int i = 1; i < argc; ++i) {
        const QString argument = QString::fromLocal8Bit(argv[i]);
        if (argument == "--help" || argument == "-h") {
            std::fputs(kUsage, stdout);
            return std::nullopt;
        }
        if (argument == "--version") {
            std::puts("palimpsest " PALIMPSEST_VERSION);
            return std::nullopt;
        }
        if (argument == "--sample" && arguments.what == Arguments::What::Last) {
            arguments.what = Arguments::What::Sample;
        } else if (argument == "--new" && arguments.what == Arguments::What::Last && i + 1 < argc) {
            arguments = {Arguments::What::New, QString::fromLocal8Bit(argv[++i])};
        } else if (!argument.startsWith('-') && !argument.isEmpty() && arguments.what == Arguments::What::Last) {
            arguments = {Arguments::What::Open, argument};
        } else {
            status = refuse("cannot understand \"" + argument.toStdString() + "\" here; see palimpsest --help.");
            return std::nullopt;
        }
    }
    return arguments;
}

bool hasDisplay() {
    for (const char* variable : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
        if (const char* value = std::getenv(variable); value && *value) return true;
    return false;
}

void show(palimpsest::MainWindow& window, const Arguments& arguments) {
    switch (arguments.what) {
    case Arguments::What::Last: window.openLast(); break;
    case Arguments::What::Open: window.openPath(arguments.file); break;
    case Arguments::What::New: window.createProject(arguments.file); break;
    case Arguments::What::Sample: window.openSample(); break;
    }
    window.show();
}

} // namespace

int main(int argc, char** argv) {
    int status = 0;
    const std::optional<Arguments> arguments = parse(argc, argv, status);
    if (!arguments) return status;
    if (!hasDisplay()) return refuse("there is no display; run palimpsest-engine draft to draft in the terminal.");

    palimpsest::startLogging("palimpsest");
    QApplication application(argc, argv);
    QApplication::setApplicationName("palimpsest");
    QApplication::setApplicationDisplayName("Palimpsest");
    QApplication::setApplicationVersion(PALIMPSEST_VERSION);
    QApplication::setDesktopFileName("palimpsest");

    const palimpsest::Translations translations(application, QLocale());
    palimpsest::Theme theme(application);
    theme.choose(palimpsest::AppSettings().theme());
    palimpsest::EngineService engine;
    palimpsest::ProjectService project;
    palimpsest::MainWindow window(theme, engine, project);
    // What cannot be opened is said in the window and, for who started it from a terminal, there.
    QObject::connect(&project, &palimpsest::ProjectService::opened, &application,
                     [](palimpsest::OpenOutcome, const QString& sentence) {
                         if (!sentence.isEmpty()) std::fprintf(stderr, "palimpsest: %s\n", qPrintable(sentence));
                     });
    if (palimpsest::AppSettings().usesModel()) engine.start();
    show(window, *arguments);
    return QApplication::exec();
}
