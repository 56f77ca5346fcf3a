// SIGINT and SIGTERM as a stop token, for commands that end their work in good order.
#pragma once

#include <stop_token>
#include <thread>

namespace palimpsest {

// While it lives, the two signals request a stop; a second one ends the process at once. Make it before any other thread,
// which inherit the signal mask.
class StopSignals {
public:
    StopSignals();
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    std::stop_token token() const { return m_source.get_token(); }

private:
    std::stop_source m_source;
    std::jthread m_waiter;
};

} // namespace palimpsest
