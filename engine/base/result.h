// A value or an error, never both: what every function returns that can fail in use.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace palimpsest {

enum class ErrorCode {
    InvalidArgument, // the caller's value is out of range or malformed
    NotFound,        // a file, model, draft or node that is not there
    Io,              // the system refused to read or write
    Full,            // no room on the device
    Corrupt,         // the bytes are not what their format says
    Unsupported,     // well-formed, but not something we can do
    NewerFormat,     // written by a newer version of this program
    Locked,          // in use by another process
    Cancelled,       // stopped by request; the callee is ready for the next call
    OutOfMemory,     //
    Device,          // the accelerator failed: its engine must be opened anew
    Protocol,        // a message that breaks engine/protocol.md
    Internal,        // a bug of ours
};

// Stable lower-case name, as used in JSON ("invalid-argument", "not-found", …).
const char* errorCodeName(ErrorCode code);

// `message` is one sentence for a person: what is wrong, and what to do about it where there is something.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;
};

template<class T>
class [[nodiscard]] Result {
public:
    Result(T value) : m_state(std::move(value)) {}
    Result(Error error) : m_state(std::move(error)) {}

    bool ok() const { return std::holds_alternative<T>(m_state); }
    explicit operator bool() const { return ok(); }

    T& value() & {
        assert(ok());
        return std::get<T>(m_state);
    }
    const T& value() const& {
        assert(ok());
        return std::get<T>(m_state);
    }
    T&& value() && {
        assert(ok());
        return std::get<T>(std::move(m_state));
    }
    const Error& error() const {
        assert(!ok());
        return std::get<Error>(m_state);
    }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }

private:
    std::variant<T, Error> m_state;
};

template<>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : m_error(std::move(error)) {}

    bool ok() const { return !m_error; }
    explicit operator bool() const { return ok(); }
    const Error& error() const {
        assert(!ok());
        return *m_error;
    }

private:
    std::optional<Error> m_error;
};

} // namespace palimpsest
