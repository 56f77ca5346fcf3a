#include "engine/data/corpus.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

namespace palimpsest {
namespace {

constexpr const char* kManifest = "manifest.tsv";
constexpr double kMostWeight = 1e6;

struct ManifestLine {
    std::string split;
    double weight = 1;
};
using Manifest = std::map<std::string, ManifestLine>;

std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> found(1);
    for (const char c : line) {
        if (c == '\r') continue;
        if (c == '\t')
            found.emplace_back();
        else
            found.back() += c;
    }
    return found;
}

// Which cell of a line holds what; -1: none.
struct Columns {
    int path = -1, split = -1, weight = -1;
};

Columns columnsOf(const std::string& header) {
    Columns columns;
    const auto names = cells(header);
    for (int i = 0; i < int(names.size()); ++i) {
        if (names[std::size_t(i)] == "path") columns.path = i;
        if (names[std::size_t(i)] == "split") columns.split = i;
        if (names[std::size_t(i)] == "weight") columns.weight = i;
    }
    return columns;
}

Result<Manifest> readManifest(const std::filesystem::path& path) {
    Manifest manifest;
    std::ifstream file(path);
    std::string line;
    if (!file || !std::getline(file, line)) return manifest;
    const Columns columns = columnsOf(line);
    if (columns.path < 0) return Error{ErrorCode::InvalidArgument, path.string() + " has no column \"path\""};
    for (int number = 2; std::getline(file, line); ++number) {
        const auto values = cells(line);
        const auto cell = [&](int index) {
            return index >= 0 && index < int(values.size()) ? values[std::size_t(index)] : std::string();
        };
        if (cell(columns.path).empty()) continue;
        ManifestLine entry{cell(columns.split), 1};
        if (const std::string text = cell(columns.weight); !text.empty()) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), entry.weight);
            if (error != std::errc() || end != text.data() + text.size() || !(entry.weight >= 0) ||
                entry.weight > kMostWeight)
                return Error{ErrorCode::InvalidArgument, path.string() + " line " + std::to_string(number) +
                                                             ": the weight \"" + text + "\" is no number from 0"};
        }
        manifest[cell(columns.path)] = std::move(entry);
    }
    return manifest;
}

bool isBelowValid(const std::string& path) {
    return path.starts_with("valid/") || path.find("/valid/") != std::string::npos;
}

void holdOutTheLast(std::vector<CorpusFile>& files) {
    if (files.size() < 2 || std::ranges::any_of(files, &CorpusFile::heldOut)) return;
    const std::size_t held = std::max<std::size_t>(1, files.size() / 10);
    for (std::size_t i = files.size() - held; i < files.size(); ++i) files[i].heldOut = true;
}

} // namespace

Result<Corpus> findCorpus(const std::filesystem::path& folder) {
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        return Error{ErrorCode::NotFound, "the corpus folder " + folder.string() + " is not there"};
    const auto manifest = readManifest(folder / kManifest);
    if (!manifest) return manifest.error();
    Corpus corpus{folder, {}};
    std::filesystem::recursive_directory_iterator it(folder, error), end;
    for (; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (!it->is_regular_file(ignored) || it->path().extension() != ".txt") continue;
        CorpusFile file{it->path().lexically_relative(folder).generic_string(), 1, false};
        const auto known = manifest->find(file.path);
        if (known != manifest->end()) file.weight = known->second.weight;
        const bool says = known != manifest->end() && !known->second.split.empty();
        file.heldOut = says ? known->second.split != "train" : isBelowValid(file.path);
        if (file.weight > 0) corpus.files.push_back(std::move(file));
    }
    if (error) return Error{ErrorCode::Io, "cannot list " + folder.string() + ": " + error.message()};
    if (corpus.files.empty())
        return Error{ErrorCode::NotFound, "there are no .txt files in the corpus folder " + folder.string()};
    std::ranges::sort(corpus.files, {}, &CorpusFile::path);
    holdOutTheLast(corpus.files);
    return corpus;
}

} // namespace palimpsest
