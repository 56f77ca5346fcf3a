#include "engine/commands/stop_signals.h"

#include <csignal>
#include <ctime>

namespace palimpsest {
namespace {

sigset_t stopSet() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

} // namespace

StopSignals::StopSignals() {
    const sigset_t set = stopSet();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_waiter = std::jthread([source = m_source](const std::stop_token& ended) mutable {
        const sigset_t waited = stopSet();
        const timespec look{0, 100'000'000}; // how soon the destructor is noticed
        while (!ended.stop_requested()) {
            if (sigtimedwait(&waited, nullptr, &look) < 0) continue;
            if (source.stop_requested()) _Exit(130);
            source.request_stop();
        }
    });
}

StopSignals::~StopSignals() {
    m_waiter.request_stop();
    m_waiter.join();
    const sigset_t set = stopSet();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

} // namespace palimpsest
