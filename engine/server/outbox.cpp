#include "engine/server/outbox.h"

#include "engine/api/framing.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <unistd.h>

namespace palimpsest {
namespace {

constexpr std::chrono::seconds kFarewell{2};
constexpr std::size_t kPiece = 4096; // PIPE_BUF: so much fits whenever poll() says that something does
constexpr int kPollMs = 100;

} // namespace

Outbox::Outbox(int file) : m_file(file), m_thread([this] { run(); }) {}

Outbox::~Outbox() {
    {
        const std::lock_guard guard(m_mutex);
        m_closing = true;
    }
    m_changed.notify_all();
    m_thread.join();
}

void Outbox::enqueue(const Json& message) {
    if (!m_connected) return;
    m_queue.push_back(frame(writeMessage(message)));
    m_queuedBytes += m_queue.back().size();
    if (m_queuedBytes > kBytes) m_connected = false;
}

void Outbox::answer(const Json& message) {
    {
        const std::lock_guard guard(m_mutex);
        enqueue(message);
    }
    m_changed.notify_all();
}

void Outbox::send(const Json& message) {
    const std::lock_guard order(m_order);
    answer(message);
}

void Outbox::step(const DraftStep& step) {
    const std::lock_guard order(m_order);
    {
        const std::lock_guard guard(m_mutex);
        if (m_connected) m_steps.insert_or_assign(LaneKey(step.draft, step.candidate), step);
    }
    m_changed.notify_all();
}

void Outbox::ended(const DraftEnd& end) {
    const std::lock_guard order(m_order);
    {
        const std::lock_guard guard(m_mutex);
        std::erase_if(m_steps, [&](const auto& entry) {
            if (entry.first.first != end.draft) return false;
            enqueue(rpcNotification(method::kDraftStep, toJson(entry.second)));
            return true;
        });
        std::erase_if(m_sent, [&](const auto& entry) { return entry.first.first == end.draft; });
        enqueue(rpcNotification(method::kDraftEnded, toJson(end)));
    }
    m_changed.notify_all();
}

bool Outbox::connected() const {
    const std::lock_guard guard(m_mutex);
    return m_connected;
}

Outbox::Clock::time_point Outbox::nextDue() const {
    auto due = Clock::time_point::max();
    for (const auto& [key, step] : m_steps) {
        const auto sent = m_sent.find(key);
        due = std::min(due, sent == m_sent.end() ? Clock::time_point::min() : sent->second + kStepInterval);
    }
    return due;
}

std::string Outbox::takeDueStep() {
    const auto now = Clock::now();
    for (auto at = m_steps.begin(); at != m_steps.end(); ++at) {
        const auto sent = m_sent.find(at->first);
        if (sent != m_sent.end() && now < sent->second + kStepInterval) continue;
        m_sent[at->first] = now;
        std::string bytes = frame(writeMessage(rpcNotification(method::kDraftStep, toJson(at->second))));
        m_steps.erase(at);
        return bytes;
    }
    return {};
}

void Outbox::run() {
    // A peer that is gone is an error of write(), in whatever program this runs.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    std::unique_lock lock(m_mutex);
    while (m_connected) {
        std::string bytes;
        if (!m_queue.empty()) {
            bytes = std::move(m_queue.front());
            m_queue.pop_front();
            m_queuedBytes -= bytes.size();
        } else if (bytes = takeDueStep(); bytes.empty()) {
            if (m_closing) return;
            if (m_steps.empty())
                m_changed.wait(lock);
            else
                m_changed.wait_until(lock, nextDue());
            continue;
        }
        lock.unlock();
        const bool written = write(bytes);
        lock.lock();
        m_connected = m_connected && written;
    }
}

// While closing, a peer that does not read is given two seconds in all.
bool Outbox::mayWait(Clock::time_point& deadline) const {
    const std::lock_guard guard(m_mutex);
    if (!m_connected) return false;
    if (!m_closing) return true;
    deadline = std::min(deadline, Clock::now() + kFarewell);
    return Clock::now() < deadline;
}

bool Outbox::write(const std::string& bytes) {
    auto deadline = Clock::time_point::max();
    std::size_t at = 0;
    while (at < bytes.size()) {
        pollfd ready{m_file, POLLOUT, 0};
        const int polled = poll(&ready, 1, kPollMs);
        if (polled < 0 && errno != EINTR) return false;
        if (polled <= 0) {
            if (!mayWait(deadline)) return false;
            continue;
        }
        if ((ready.revents & (POLLERR | POLLNVAL)) != 0) return false;
        const ssize_t written = ::write(m_file, bytes.data() + at, std::min(kPiece, bytes.size() - at));
        if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (written > 0) at += std::size_t(written);
    }
    return true;
}

} // namespace palimpsest
