// SPDX-License-Identifier: LGPL-2.1-or-later

// Examples of slow I/O beside the histograms: for a bucket of lungate_lun_op_duration_seconds the
// newest record of the slow ring that fell into it. `lungate slowlog` has the same record, whole.
// prometheus-cpp's families have no place for them, so they travel beside these.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "exporter/buckets.h"
#include "exporter/page.h"
#include "telemetry/snapshot.h"

namespace lungate::exporter {

struct Exemplar {
  Labels labels;     // lun, record (loop/number, as slowlog shows it), task, lba; is_short_enough()
  double value = 0;  // seconds, within the bucket
  std::int64_t time_ms = 0;  // since the epoch
};

/// By bucket, as kLatencyEdges; behind them +Inf's.
using BucketExemplars = std::array<std::optional<Exemplar>, kLatencyEdges.size() + 1>;

/// Whether OpenMetrics allows labels of so many characters: names and values, in code points.
bool is_short_enough(const Labels& labels);

class Exemplars {
 public:
  Exemplars() : Exemplars(1) {}
  /// Of a page of so many segments, each of which gets its share of limits::kExemplarsPerPageMax:
  /// no segment can take those of another.
  explicit Exemplars(std::size_t segments);

  /// `boot_wall_ns`: what the wall showed when the snapshot's clock was 0.
  void add(const telemetry::Snapshot& snapshot, std::uint64_t boot_wall_ns);

  /// Those of one series; null when it has none.
  const BucketExemplars* of(const std::string& family, const Labels& labels) const;

  std::size_t size() const { return size_; }
  /// What they take as OpenMetrics text, at most.
  std::size_t text_bytes() const;

 private:
  std::size_t share_;
  std::size_t size_ = 0;
  std::unordered_map<std::string, BucketExemplars> by_series_;
};

}  // namespace lungate::exporter
