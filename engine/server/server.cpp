#include "engine/server/server.h"

#include "engine/api/framing.h"
#include "engine/server/dispatch.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace palimpsest {
namespace {

constexpr int kPollMs = 250; // between two looks at whether the peer still reads

class FileDescriptor {
public:
    explicit FileDescriptor(int file) : m_file(file) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (m_file >= 0) close(m_file);
    }
    int get() const { return m_file; }

private:
    int m_file;
};

// Answers every whole message the reader holds. False: shutdown was asked for.
bool answerAll(FrameReader& reader, Dispatch& dispatch, Outbox& outbox) {
    constexpr int kParseError = -32700;
    for (;;) {
        Result<std::optional<std::string>> body = reader.next();
        if (!body) {
            outbox.send(rpcError(nullptr, kParseError, body.error().message));
            continue;
        }
        if (!*body) return true;
        if (!dispatch.handle(**body)) return false;
    }
}

void refuseSecondPeer(int listening) {
    const FileDescriptor peer(accept4(listening, nullptr, nullptr, SOCK_CLOEXEC));
    if (peer.get() < 0) return;
    const Error error{ErrorCode::Locked, "This engine is serving another window: close that one first."};
    const std::string bytes = frame(writeMessage(rpcError(nullptr, error)));
    (void)send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Serves one peer. `listening`: a socket at which others may knock, or -1. True: shutdown was asked for.
bool servePeer(int in, int out, int listening, const ServerParts& parts) {
    Outbox outbox(out); // outlives the worker, whose last endings it sends
    TuningProcess tuning(parts.program, outbox);
    Worker worker(parts.open, parts.options, outbox, [&tuning](bool busy) { tuning.hold(busy); });
    Dispatch dispatch(parts, worker, tuning, outbox);
    FrameReader reader;
    std::string piece(std::size_t(64) << 10, '\0');
    while (outbox.connected()) {
        pollfd files[2] = {{in, POLLIN, 0}, {listening, POLLIN, 0}};
        if (poll(files, listening < 0 ? 1 : 2, kPollMs) < 0 && errno != EINTR) return false;
        if (listening >= 0 && (files[1].revents & POLLIN) != 0) refuseSecondPeer(listening);
        if ((files[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) == 0) continue;
        const ssize_t count = read(in, piece.data(), piece.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count <= 0) return false;
        reader.append(std::string_view(piece).substr(0, std::size_t(count)));
        if (!answerAll(reader, dispatch, outbox)) return true;
    }
    return false;
}

Error ioError(const std::string& what, const fs::path& path) {
    return {ErrorCode::Io, what + " " + path.string() + ": " + std::strerror(errno) + "."};
}

bool fillAddress(const fs::path& path, sockaddr_un& address) {
    address = {};
    address.sun_family = AF_UNIX;
    if (path.native().size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    return true;
}

// Removes a socket nobody listens at.
Result<void> clearPath(const fs::path& path, const sockaddr_un& address) {
    std::error_code error;
    const fs::file_status status = fs::symlink_status(path, error);
    if (status.type() == fs::file_type::not_found) return {};
    if (status.type() != fs::file_type::socket)
        return Error{ErrorCode::Io, path.string() + " exists and is no socket: choose another path."};
    const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno != ECONNREFUSED)
        return Error{ErrorCode::Locked, "Another engine serves " + path.string() + " already."};
    fs::remove(path, error);
    if (error) return Error{ErrorCode::Io, "Cannot remove the dead socket " + path.string() + "."};
    return {};
}

} // namespace

void serveStream(int in, int out, const ServerParts& parts) {
    servePeer(in, out, -1, parts);
}

Result<void> serveSocket(const fs::path& path, const ServerParts& parts) {
    sockaddr_un address;
    if (!fillAddress(path, address))
        return Error{ErrorCode::InvalidArgument, "The path of the socket is too long: at most 107 bytes."};
    if (Result<void> cleared = clearPath(path, address); !cleared) return cleared;
    const FileDescriptor listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (listening.get() < 0) return ioError("Cannot make the socket", path);
    // The mode before the name appears: at no moment may another user connect.
    const mode_t before = umask(0177);
    const int bound = bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    umask(before);
    if (bound != 0 || listen(listening.get(), 8) != 0) return ioError("Cannot serve at", path);
    bool shutdown = false;
    while (!shutdown) {
        const FileDescriptor peer(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (peer.get() < 0 && errno != EINTR && errno != ECONNABORTED) break;
        if (peer.get() >= 0) shutdown = servePeer(peer.get(), peer.get(), listening.get(), parts);
    }
    std::error_code error;
    fs::remove(path, error);
    return {};
}

} // namespace palimpsest
