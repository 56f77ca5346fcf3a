#include "engine/api/framing.h"

#include <algorithm>
#include <charconv>

namespace palimpsest {
namespace {

constexpr std::string_view kName = "Content-"; // of every header field: Content-Length, Content-Type
constexpr std::string_view kLength = "Content-Length:";
constexpr std::string_view kEnd = "\r\n\r\n";

// The value of the Content-Length line of a header block, which may hold other lines; nothing when it has none.
std::optional<std::size_t> contentLength(std::string_view header) {
    const std::size_t at = header.find(kLength);
    if (at == std::string_view::npos || (at > 0 && header[at - 1] != '\n')) return std::nullopt;
    std::string_view value = header.substr(at + kLength.size());
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (value.empty() || error != std::errc() || end != value.data() + value.size()) return std::nullopt;
    return length;
}

Error protocolError(std::string message) {
    return {ErrorCode::Protocol, std::move(message)};
}

} // namespace

std::string frame(std::string_view body) {
    std::string out = "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    out.append(body);
    return out;
}

void FrameReader::append(std::string_view bytes) {
    const std::size_t skipped = std::min(m_skipBytes, bytes.size());
    m_skipBytes -= skipped;
    m_buffer.append(bytes.substr(skipped));
}

Result<std::optional<std::string>> FrameReader::next() {
    // Told at once, not when a header's worth of it has come: whoever sent it may be waiting for the answer.
    const std::size_t checked = std::min(m_buffer.size(), kName.size());
    if (m_buffer.compare(0, checked, kName, 0, checked) != 0) return resynchronise(1);
    const std::size_t end = m_buffer.find(kEnd);
    if (end == std::string::npos || end > kMaxHeaderBytes) {
        if (m_buffer.size() <= kMaxHeaderBytes) return std::optional<std::string>();
        return resynchronise(1);
    }
    const std::optional<std::size_t> length = contentLength(std::string_view(m_buffer).substr(0, end));
    if (!length) return resynchronise(std::min(m_buffer.find(kLength, 1), end + kEnd.size()));
    const std::size_t body = end + kEnd.size();
    if (*length > kMaxMessageBytes) {
        const std::size_t have = std::min(m_buffer.size() - body, *length);
        m_skipBytes = *length - have;
        m_buffer.erase(0, body + have);
        return protocolError("A message of " + std::to_string(*length) + " bytes was skipped: send at most " +
                             std::to_string(kMaxMessageBytes) + ".");
    }
    if (m_buffer.size() - body < *length) return std::optional<std::string>();
    std::optional<std::string> message = m_buffer.substr(body, *length);
    m_buffer.erase(0, body + *length);
    return message;
}

Error FrameReader::resynchronise(std::size_t from) {
    std::size_t at = std::min(m_buffer.find(kName, from), m_buffer.size());
    if (at == m_buffer.size()) { // keep what may be the beginning of a header
        at = std::max(from, m_buffer.size() - std::min(m_buffer.size(), kName.size() - 1));
        while (at < m_buffer.size() && kName.substr(0, m_buffer.size() - at) != m_buffer.substr(at)) ++at;
    }
    m_buffer.erase(0, at);
    return protocolError("Skipped " + std::to_string(at) +
                         " bytes that are no message: each begins with \"Content-Length: N\".");
}

} // namespace palimpsest
