#include "app/services/pinned_passages.h"

#include <utility>

namespace palimpsest {

PinnedPassages::PinnedPassages(ProjectService& project, QObject* parent) : QObject(parent), m_project(project) {
    connect(&project, &ProjectService::closing, this, [this] {
        m_known = false;
        m_waiting.clear(); // an answer of the project before is never given
        if (!std::exchange(m_all, {}).empty()) Q_EMIT changed();
    });
    connect(&project, &ProjectService::textSaved, this, &PinnedPassages::read);
    connect(&project, &ProjectService::textReplaced, this, &PinnedPassages::read);
    connect(&project, &ProjectService::nodesChanged, this, &PinnedPassages::read);
}

void PinnedPassages::whenKnown(std::function<void()> done) {
    if (m_known) return done();
    m_waiting.push_back(std::move(done));
}

void PinnedPassages::read() {
    m_known = false;
    const int asked = ++m_asked;
    m_project.ask<std::vector<PinnedPassage>>(
        this, [](ProjectStore& store) { return store.pinnedPassages(); },
        [this, asked](const Result<std::vector<PinnedPassage>>& passages) {
            if (asked != m_asked) return;
            m_known = true;
            const bool other = passages && *passages != m_all;
            if (other) m_all = *passages;
            for (const auto& done : std::exchange(m_waiting, {})) done();
            if (other) Q_EMIT changed();
        });
}

} // namespace palimpsest
