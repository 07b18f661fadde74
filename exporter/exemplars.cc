// SPDX-License-Identifier: LGPL-2.1-or-later

// Exemplars out of a snapshot's slow ring. The collector fills them on the page thread, the
// serializers look them up. Only what has ended is one: a stuck I/O is in no bucket yet. A record
// of a LUN or a moment that makes no sense cannot come here (reader.h), and a series without
// records costs one look-up in a table that is mostly empty.
#include "exporter/exemplars.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/limits.h"
#include "exporter/families.h"

namespace lungate::exporter {
namespace {

using telemetry::SlowSnapshot;
using telemetry::metrics::kLunOpDuration;

constexpr std::uint64_t kNsPerMs = 1'000'000;

// The values only: the names are the same in every series of the family. The separator is in no
// cleaned text.
std::string key_of(const Labels& labels) {
  std::string key;
  for (const auto& label : labels) key.append(label.value).push_back('\0');
  return key;
}

std::size_t bucket_of(std::uint64_t ns) {
  const auto holds = [ns](std::size_t edge) { return ns <= telemetry::kEdgesNs[edge]; };
  const auto found = std::find_if(kLatencyEdges.begin(), kLatencyEdges.end(), holds);
  return static_cast<std::size_t>(found - kLatencyEdges.begin());
}

std::string hex(std::uint32_t value) {
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return "0x" + std::string(digits.data(), end);
}

Labels labels_of(const SlowSnapshot& slow, std::uint16_t lun) {
  Labels labels = with({}, "lun", std::to_string(lun));
  labels = with(std::move(labels), "record",
                std::to_string(slow.loop) + "/" + std::to_string(slow.number));
  labels = with(std::move(labels), "task", hex(slow.task_tag));
  return with(std::move(labels), "lba", std::to_string(slow.lba));
}

// A byte that goes on with a character is 10xxxxxx in UTF-8.
std::size_t runes_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// The four values, in the order of the key.
Labels series_of(const telemetry::Snapshot& snapshot, const SlowSnapshot& slow) {
  const auto op_class = telemetry::kOpClassOf[telemetry::index_of(slow.op)];
  return with(labels_of_lun(snapshot, snapshot.luns[slow.lun]), "op",
              telemetry::kOpClassNames[telemetry::index_of(op_class)]);
}

}  // namespace

bool is_short_enough(const Labels& labels) {
  std::size_t runes = 0;
  for (const auto& label : labels) runes += runes_in(label.name) + runes_in(label.value);
  return runes <= limits::kExemplarRunesMax;
}

Exemplars::Exemplars(std::size_t segments)
    : share_(std::min(limits::kExemplarsPerSegmentMax,
                      limits::kExemplarsPerPageMax / std::max<std::size_t>(segments, 1))) {}

// A character has four bytes at most, and each may be escaped; then the value and the time.
std::size_t Exemplars::text_bytes() const {
  constexpr std::size_t kRest = 96;
  return size_ * (4 * limits::kExemplarRunesMax + kRest);
}

// The newest of a bucket is the last in the snapshot's order, so that is where it begins: the bound
// leaves out what is old. A record of the future would make all later ones out of order.
void Exemplars::add(const telemetry::Snapshot& snapshot, std::uint64_t boot_wall_ns) {
  std::size_t left = share_;
  for (auto record = snapshot.slow.rbegin(); record != snapshot.slow.rend() && left > 0; ++record) {
    const SlowSnapshot& slow = *record;
    if (slow.kind != telemetry::SlowKind::kEnded || slow.lun >= snapshot.luns.size()) continue;
    Labels labels = labels_of(slow, snapshot.luns[slow.lun].lun);
    if (!is_short_enough(labels)) continue;
    const std::uint64_t duration_ns = slow.duration_ns();
    auto& place = by_series_[key_of(series_of(snapshot, slow))][bucket_of(duration_ns)];
    if (place) continue;
    --left;
    ++size_;
    const std::uint64_t recorded_ns = std::min(slow.recorded.ns, snapshot.taken_at.ns);
    place = {std::move(labels), seconds(duration_ns),
             static_cast<std::int64_t>((boot_wall_ns + recorded_ns) / kNsPerMs)};
  }
}

const BucketExemplars* Exemplars::of(const std::string& family, const Labels& labels) const {
  if (by_series_.empty() || family != kLunOpDuration.name) return nullptr;
  const auto found = by_series_.find(key_of(labels));
  return found == by_series_.end() ? nullptr : &found->second;
}

}  // namespace lungate::exporter
