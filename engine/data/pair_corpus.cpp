#include "engine/data/pair_corpus.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

namespace palimpsest {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

bool isPairFile(const fs::path& path) {
    return path.extension() == ".jsonl" || (path.extension() == ".tsv" && path.filename() != "manifest.tsv");
}

// A source without targets: the line is no pair.
PairSource fromJson(const std::string& line) {
    const Json json = Json::parse(line, nullptr, false);
    PairSource pair;
    if (!json.is_object() || !json.contains("src") || !json["src"].is_string()) return pair;
    pair.source = json["src"].get<std::string>();
    if (json.contains("trg") && json["trg"].is_string()) pair.targets.push_back(json["trg"].get<std::string>());
    if (json.contains("refs") && json["refs"].is_array())
        for (const Json& reference : json["refs"])
            if (reference.is_string()) pair.targets.push_back(reference.get<std::string>());
    return pair;
}

PairSource fromTabs(const std::string& line) {
    const auto tab = line.find('\t');
    if (tab == std::string::npos) return {};
    return {line.substr(0, tab), {line.substr(tab + 1)}};
}

class Reader {
public:
    Result<void> read(const fs::path& path) {
        std::ifstream file(path);
        if (!file) return Error{ErrorCode::Io, "cannot read " + path.string()};
        int number = 0;
        for (std::string line; std::getline(file, line);) {
            ++number;
            if (line.ends_with('\r')) line.pop_back();
            if (line.empty()) continue;
            PairSource pair = path.extension() == ".tsv" ? fromTabs(line) : fromJson(line);
            if (pair.source.empty() || pair.targets.empty())
                return Error{ErrorCode::InvalidArgument, path.string() + " line " + std::to_string(number) +
                                                             " is no pair of a source and a target"};
            add(std::move(pair));
        }
        return {};
    }
    std::vector<PairSource> take() { return std::move(m_pairs); }

private:
    void add(PairSource pair) {
        const auto [at, isNew] = m_index.try_emplace(pair.source, m_pairs.size());
        if (isNew) {
            pair.split = splitOf(pair.source);
            m_pairs.push_back(std::move(pair));
            return;
        }
        auto& targets = m_pairs[at->second].targets;
        targets.insert(targets.end(), pair.targets.begin(), pair.targets.end());
    }
    std::vector<PairSource> m_pairs;
    std::map<std::string, std::size_t> m_index;
};

} // namespace

PairSplit splitOf(std::string_view source) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : source) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    const auto part = (hash >> 32) % 10; // the low bits of FNV are its weakest
    return part == 0 ? PairSplit::Test : part == 1 ? PairSplit::Validation : PairSplit::Train;
}

Result<std::vector<PairSource>> readPairs(const fs::path& path) {
    std::vector<fs::path> files;
    std::error_code error;
    if (fs::is_regular_file(path, error)) files.push_back(path);
    if (fs::is_directory(path, error))
        for (const auto& entry : fs::directory_iterator(path, error))
            if (isPairFile(entry.path())) files.push_back(entry.path());
    std::ranges::sort(files);
    Reader reader;
    for (const fs::path& file : files)
        if (auto done = reader.read(file); !done) return done.error();
    auto pairs = reader.take();
    if (pairs.empty()) return Error{ErrorCode::NotFound, "there are no .jsonl or .tsv pairs in " + path.string()};
    return pairs;
}

} // namespace palimpsest
