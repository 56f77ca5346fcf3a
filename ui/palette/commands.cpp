#include "ui/palette/commands.h"

#include "ui/settings/app_settings.h"

#include <QMenu>
#include <QMenuBar>

namespace palimpsest {
namespace {

QString withoutMnemonic(QString text) {
    text.replace(QStringLiteral("&&"), QStringLiteral("\n")).remove(u'&').replace(u'\n', u'&');
    text.remove(u'\u2026'); // of a dialog to follow
    return text;
}

bool clash(const QKeySequence& a, const QKeySequence& b) {
    return !a.isEmpty() && !b.isEmpty() &&
           (a.matches(b) != QKeySequence::NoMatch || b.matches(a) != QKeySequence::NoMatch);
}

} // namespace

Commands::Commands(QMenuBar& bar, QObject* parent) : QObject(parent), m_bar(bar) {
    const AppSettings settings;
    for (const Command& command : all()) {
        m_usual[command.id] = command.action->shortcuts();
        if (const auto keys = settings.keys(command.id)) command.action->setShortcut(*keys);
    }
}

std::vector<Command> Commands::all() const {
    std::vector<Command> found;
    for (QAction* top : m_bar.actions())
        if (const QMenu* menu = top->menu()) collect(*menu, withoutMnemonic(top->text()), found);
    return found;
}

void Commands::collect(const QMenu& menu, const QString& path, std::vector<Command>& found) const {
    if (menu.property("passing").toBool()) return;
    for (QAction* action : menu.actions()) {
        const QString name = withoutMnemonic(action->text());
        if (const QMenu* inner = action->menu())
            collect(*inner, path + QStringLiteral(" › ") + name, found);
        else if (!action->isSeparator())
            found.push_back({action->objectName(), name, path, action});
    }
}

QList<QKeySequence> Commands::usualKeys(const Command& command) const {
    return m_usual.value(command.id);
}

bool Commands::hasUsualKeys(const Command& command) const {
    return command.action->shortcuts() == usualKeys(command);
}

QString Commands::ownerOf(const QKeySequence& keys, const Command& asking) const {
    for (const Command& command : all())
        if (command.id != asking.id)
            for (const QKeySequence& taken : command.action->shortcuts())
                if (clash(keys, taken)) return command.name;
    return {};
}

void Commands::setKeys(const Command& command, const QKeySequence& keys) {
    apply(command, keys.isEmpty() ? QList<QKeySequence>() : QList<QKeySequence>{keys});
}

void Commands::setUsualKeys(const Command& command) {
    apply(command, usualKeys(command));
}

void Commands::apply(const Command& command, const QList<QKeySequence>& keys) {
    AppSettings settings;
    const auto give = [&](const Command& to, const QList<QKeySequence>& given) {
        to.action->setShortcuts(given);
        settings.setKeys(to.id, given == usualKeys(to) ? std::nullopt : std::optional(given.value(0)));
    };
    for (const Command& other : all()) {
        if (other.id == command.id) continue;
        QList<QKeySequence> left = other.action->shortcuts();
        const auto lost = left.removeIf([&](const QKeySequence& taken) {
            return std::any_of(keys.begin(), keys.end(),
                               [&](const QKeySequence& wanted) { return clash(wanted, taken); });
        });
        if (lost > 0) give(other, left);
    }
    give(command, keys);
}

void Commands::setAllUsualKeys() {
    AppSettings settings;
    for (const Command& command : all()) {
        command.action->setShortcuts(usualKeys(command));
        settings.setKeys(command.id, std::nullopt);
    }
}

} // namespace palimpsest
