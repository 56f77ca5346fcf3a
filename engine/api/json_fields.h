// Reads the members of one JSON object with every check made, and remembers the first that fails.
//
// A member that is absent keeps the default already in the target, unless it is called required. Unknown members are
// ignored, so a newer peer may say more.
#pragma once

#include "engine/api/messages.h"

#include <functional>

namespace palimpsest {

enum class Need { Optional, Required };

class JsonFields {
public:
    // `what` names the object in messages: "draft options".
    JsonFields(const Json& json, std::string what);

    void text(const char* key, std::string& out, std::size_t maxBytes, Need need = Need::Optional);
    void integer(const char* key, int& out, int low, int high, Need need = Need::Optional);
    void integer64(const char* key, std::int64_t& out, Need need = Need::Optional); // 0 …
    void seed(const char* key, std::uint64_t& out);
    void number(const char* key, double& out, double low, double high);
    void boolean(const char* key, bool& out);

    // One of `names`, by its index.
    void choice(const char* key, int& index, std::initializer_list<const char*> names, Need need);

    // Calls `read` for each element of an array of at most `maxCount`; stops at its first error.
    void each(const char* key, std::size_t maxCount, const std::function<Result<void>(const Json&)>& read);

    // The member as it is, or null.
    const Json* member(const char* key, Need need = Need::Optional);

    void fail(const std::string& problem);
    bool ok() const { return m_problem.empty(); }
    Error error() const;

    // The value when all was well.
    template<class T>
    Result<T> finish(T value) const {
        if (!ok()) return error();
        return Result<T>(std::move(value));
    }

private:
    const Json& m_json;
    std::string m_what;
    std::string m_problem;
};

} // namespace palimpsest
