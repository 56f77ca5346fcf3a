#include "kernels/torch/row_operations.h"
#include "models/clean_rows.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace palimpsest {
namespace {

constexpr std::int64_t kLeastCapacity = 64;
constexpr std::int64_t kLongestStretch = 1024;

// `buffer` with those of its rows first, in order. In place where that wastes less than half of it: fresh buffers at
// every turn leave the heap in pieces (8 % more memory behind 16,000 tokens).
torch::Tensor keepRows(const torch::Tensor& buffer, const std::vector<std::int64_t>& rows) {
    const auto count = std::int64_t(rows.size());
    if (!buffer.is_cpu() || count < buffer.size(0) / 2)
        return buffer.index_select(0, torch::tensor(rows, torch::kInt64).to(buffer.device()));
    auto* bytes = static_cast<std::byte*>(buffer.data_ptr());
    const auto rowBytes = std::size_t(buffer.stride(0)) * buffer.element_size();
    for (std::int64_t to = 0, end = 0; to < count; to = end) { // runs of neighbours move together
        const auto from = rows[std::size_t(to)];
        for (end = to + 1; end < count && rows[std::size_t(end)] - from == end - to;) ++end;
        std::memmove(bytes + std::size_t(to) * rowBytes, bytes + std::size_t(from) * rowBytes,
                     std::size_t(end - to) * rowBytes);
    }
    return buffer;
}

} // namespace

CleanContext::Rows::Rows(const SparsePattern& p, int layers, std::int64_t farthestGlobal, const torch::Tensor& noRows)
    : pattern(p), farthest(farthestGlobal) {
    // Without a grid all layers see the same rows.
    positions.resize(std::size_t(p.count == 0 ? 1 : std::min(p.dilation, layers)));
    buffers.assign(std::size_t(layers), noRows);
}

AttentionRows CleanContext::Rows::view(int layer) const {
    const auto& list = positions[std::size_t(phase(layer))];
    const auto rows = buffers[std::size_t(layer)].narrow(0, 0, std::int64_t(list.size()));
    return {rows.select(1, 0), rows.select(1, 1),
            torch::from_blob(const_cast<std::int64_t*>(list.data()), {std::int64_t(list.size())}, torch::kInt64),
            pattern, layer};
}

std::vector<std::int64_t> CleanContext::Rows::append(std::int64_t first, std::int64_t added) {
    for (const auto& list : positions)
        TORCH_CHECK(list.empty() || list.back() < first, "a context takes positions in ascending order only");
    std::vector<std::int64_t> firstRows;
    for (auto& list : positions) {
        firstRows.push_back(std::int64_t(list.size()));
        for (std::int64_t i = 0; i < added; ++i) list.push_back(first + i);
    }
    for (std::size_t layer = 0; layer < buffers.size(); ++layer) {
        const std::int64_t used = firstRows[std::size_t(phase(int(layer)))];
        torch::Tensor& buffer = buffers[layer];
        if (used + added <= buffer.size(0)) continue;
        auto shape = buffer.sizes().vec();
        shape[0] = std::max({used + added, buffer.size(0) * 3 / 2, kLeastCapacity}); // amortised appends
        auto grown = at::empty(shape, buffer.options());
        grown.narrow(0, 0, used).copy_(buffer.narrow(0, 0, used));
        buffer = std::move(grown);
    }
    return firstRows;
}

void CleanContext::Rows::dropLast(std::int64_t added) {
    for (auto& list : positions) list.resize(list.size() - std::size_t(added));
}

// No stretch when globals would come to lie among keys that are seen where they are.
std::int64_t CleanContext::Rows::stretch() const {
    const std::int64_t step = std::min(kLongestStretch, farthest / 2);
    return farthest - step >= pattern.reach() + pattern.globals ? step : 0;
}

std::int64_t CleanContext::Rows::shiftAt(std::int64_t position) const {
    const std::int64_t step = stretch();
    return step == 0 || position < farthest ? 0 : ((position - farthest) / step + 1) * step;
}

std::int64_t CleanContext::Rows::stretchEnd(std::int64_t position) const {
    const std::int64_t step = stretch();
    return step == 0 ? std::numeric_limits<std::int64_t>::max() : farthest + shiftAt(position);
}

void CleanContext::Rows::turnGlobals(std::int64_t position, const Backbone& base) {
    const std::int64_t wanted = shiftAt(position);
    if (wanted == shift) return;
    const auto& list = positions.front(); // every phase begins with the same rows: globals are never forgotten
    std::int64_t globals = std::ranges::lower_bound(list, std::int64_t(pattern.globals)) - list.begin();
    if (shift != 0) globals = std::min(globals, globalKeys.front().size(0)); // some were cut off meanwhile
    const auto keysIn = [&](std::size_t layer) { return buffers[layer].narrow(0, 0, globals).select(1, 0); };
    auto kept = globalKeys;
    if (shift == 0)
        for (std::size_t layer = 0; layer < buffers.size(); ++layer) kept.push_back(keysIn(layer).clone());
    const auto turns = base.turns(torch::tensor({wanted}, torch::kInt64).to(buffers.front().device()))
                           .expand({globals, -1, -1})
                           .contiguous();
    std::vector<torch::Tensor> turned;
    for (const torch::Tensor& keys : kept) {
        // From what was appended: what a pass sees does not depend on the way that led to it.
        turned.push_back(keys.narrow(0, 0, globals).clone());
        if (wanted != 0) rotateHeads(turned.back(), turns);
    }
    for (std::size_t layer = 0; layer < buffers.size(); ++layer) keysIn(layer).copy_(turned[layer]);
    globalKeys = wanted == 0 ? std::vector<torch::Tensor>() : std::move(kept);
    shift = wanted;
}

template<class Keep>
bool CleanContext::Rows::filter(const Keep& keep) {
    bool dropped = false;
    for (int p = 0; p < phases(); ++p) {
        auto& list = positions[std::size_t(p)];
        std::vector<std::int64_t> kept, keptPositions;
        for (std::size_t row = 0; row < list.size(); ++row) {
            if (!keep(p, list[row])) continue;
            kept.push_back(std::int64_t(row));
            keptPositions.push_back(list[row]);
        }
        if (kept.size() == list.size()) continue;
        dropped = true;
        list = std::move(keptPositions);
        // Rows that were cut off at the end need no copy: the buffer simply counts as shorter.
        if (kept.empty() || kept.back() + 1 == std::int64_t(kept.size())) continue;
        for (std::size_t layer = std::size_t(p); layer < buffers.size(); layer += std::size_t(phases()))
            buffers[layer] = keepRows(buffers[layer], kept);
    }
    return dropped;
}

// Whether a query at `query` or later, or the anchor of a block that begins there, sees the key: for keys before them
// the nearest one decides.
bool CleanContext::Rows::neededFrom(int phase, std::int64_t key, std::int64_t query) const {
    return key + 1 >= query || pattern.sees(query - 1, key, phase);
}

CleanContext::CleanContext(std::unique_ptr<Rows> rows) : m_rows(std::move(rows)) {}
CleanContext::CleanContext(CleanContext&&) noexcept = default;
CleanContext& CleanContext::operator=(CleanContext&&) noexcept = default;
CleanContext::~CleanContext() = default;

CleanContext CleanContext::Copy(std::int64_t position) const {
    const c10::InferenceMode guard;
    auto copy = std::make_unique<Rows>(*m_rows); // shares the buffers until they are replaced below
    for (int p = 0; p < m_rows->phases(); ++p) {
        std::vector<std::int64_t> kept, keptPositions;
        const auto& list = m_rows->positions[std::size_t(p)];
        for (std::size_t row = 0; row < list.size(); ++row) {
            if (!m_rows->neededFrom(p, list[row], position)) continue;
            kept.push_back(std::int64_t(row));
            keptPositions.push_back(list[row]);
        }
        copy->positions[std::size_t(p)] = std::move(keptPositions);
        const auto rows = torch::tensor(kept, torch::kInt64);
        for (std::size_t l = std::size_t(p); l < m_rows->buffers.size(); l += std::size_t(m_rows->phases()))
            copy->buffers[l] = m_rows->buffers[l].index_select(0, rows.to(m_rows->buffers[l].device()));
    }
    for (int p = 0; p < copy->phases(); ++p)
        if (copy->count(p) < m_rows->count(p)) copy->trimmedFor = std::max(m_rows->trimmedFor, position);
    return CleanContext(std::move(copy));
}

std::int64_t CleanContext::length() const {
    return m_rows->length;
}

std::int64_t CleanContext::passEnd(std::int64_t position) const {
    return m_rows->stretchEnd(position);
}

int CleanContext::globals() const {
    return m_rows->pattern.globals;
}

std::size_t CleanContext::bytes() const {
    std::size_t total = 0;
    for (const auto& buffer : m_rows->buffers) total += buffer.nbytes();
    for (const auto& keys : m_rows->globalKeys) total += keys.nbytes();
    for (const auto& list : m_rows->positions) total += list.capacity() * sizeof(std::int64_t);
    return total;
}

void CleanContext::trim(std::int64_t position) {
    const c10::InferenceMode guard;
    const bool dropped =
        m_rows->filter([&](int phase, std::int64_t key) { return m_rows->neededFrom(phase, key, position); });
    if (dropped) m_rows->trimmedFor = std::max(m_rows->trimmedFor, position);
}

bool CleanContext::truncate(std::int64_t position) {
    if (position < m_rows->trimmedFor) return false;
    const c10::InferenceMode guard;
    m_rows->filter([&](int, std::int64_t key) { return key < position; });
    m_rows->length = std::min(m_rows->length, position);
    return true;
}

std::span<const std::int64_t> CleanContext::positions(int layer) const {
    return m_rows->positions[std::size_t(m_rows->phase(layer))];
}

torch::Tensor CleanContext::keys(int layer) const {
    return m_rows->buffers[std::size_t(layer)].narrow(0, 0, m_rows->count(m_rows->phase(layer))).select(1, 0);
}

torch::Tensor CleanContext::values(int layer) const {
    return m_rows->buffers[std::size_t(layer)].narrow(0, 0, m_rows->count(m_rows->phase(layer))).select(1, 1);
}

} // namespace palimpsest
