#include "engine/api/json_fields.h"

#include "engine/base/utf8.h"

#include <sstream>

namespace palimpsest {

JsonFields::JsonFields(const Json& json, std::string what) : m_json(json), m_what(std::move(what)) {
    if (!json.is_object()) fail("must be an object");
}

void JsonFields::fail(const std::string& problem) {
    if (m_problem.empty()) m_problem = m_what + ": " + problem;
}

Error JsonFields::error() const {
    return {ErrorCode::InvalidArgument, m_problem + "."};
}

const Json* JsonFields::member(const char* key, Need need) {
    if (!ok()) return nullptr;
    const auto found = m_json.find(key);
    if (found != m_json.end() && !found->is_null()) return &*found;
    if (need == Need::Required) fail(std::string(key) + " is missing");
    return nullptr;
}

void JsonFields::text(const char* key, std::string& out, std::size_t maxBytes, Need need) {
    const Json* value = member(key, need);
    if (!value) return;
    if (!value->is_string()) return fail(std::string(key) + " must be a string");
    const auto& text = value->get_ref<const std::string&>();
    if (text.size() > maxBytes)
        return fail(std::string(key) + " is longer than " + std::to_string(maxBytes) + " bytes");
    if (!isValidUtf8(text)) return fail(std::string(key) + " is not valid UTF-8");
    out = text;
}

void JsonFields::integer(const char* key, int& out, int low, int high, Need need) {
    const Json* value = member(key, need);
    if (!value) return;
    const std::string range = std::to_string(low) + " to " + std::to_string(high);
    if (!value->is_number_integer()) return fail(std::string(key) + " must be a whole number from " + range);
    const bool huge = value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t(INT64_MAX);
    const std::int64_t number = huge ? INT64_MAX : value->get<std::int64_t>();
    if (number < low || number > high) return fail(std::string(key) + " must lie within " + range);
    out = int(number);
}

void JsonFields::integer64(const char* key, std::int64_t& out, Need need) {
    const Json* value = member(key, need);
    if (!value) return;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > std::uint64_t(INT64_MAX))
        return fail(std::string(key) + " must be a whole number from 0");
    out = value->get<std::int64_t>();
}

void JsonFields::seed(const char* key, std::uint64_t& out) {
    const Json* value = member(key);
    if (!value) return;
    if (!value->is_number_unsigned()) return fail(std::string(key) + " must be a whole number from 0");
    out = value->get<std::uint64_t>();
}

void JsonFields::number(const char* key, double& out, double low, double high) {
    const Json* value = member(key);
    if (!value) return;
    if (!value->is_number()) return fail(std::string(key) + " must be a number");
    const double number = value->get<double>();
    if (!(number >= low && number <= high)) { // also false for NaN
        std::ostringstream problem;
        problem << key << " must lie within " << low << " to " << high;
        return fail(problem.str());
    }
    out = number;
}

void JsonFields::boolean(const char* key, bool& out) {
    const Json* value = member(key);
    if (!value) return;
    if (!value->is_boolean()) return fail(std::string(key) + " must be true or false");
    out = value->get<bool>();
}

void JsonFields::choice(const char* key, int& index, std::initializer_list<const char*> names, Need need) {
    const Json* value = member(key, need);
    if (!value) return;
    std::string all;
    int at = 0;
    for (const char* name : names) {
        if (value->is_string() && value->get_ref<const std::string&>() == name) {
            index = at;
            return;
        }
        all += (at++ ? ", " : "") + std::string(name);
    }
    fail(std::string(key) + " must be one of: " + all);
}

void JsonFields::each(const char* key, std::size_t maxCount, const std::function<Result<void>(const Json&)>& read) {
    const Json* value = member(key);
    if (!value) return;
    if (!value->is_array()) return fail(std::string(key) + " must be an array");
    if (value->size() > maxCount)
        return fail(std::string(key) + " has more than " + std::to_string(maxCount) + " elements");
    for (const Json& element : *value) {
        const Result<void> result = read(element);
        if (!result) {
            std::string problem = result.error().message;
            if (!problem.empty() && problem.back() == '.') problem.pop_back();
            return fail(std::string(key) + ": " + problem);
        }
    }
}

} // namespace palimpsest
