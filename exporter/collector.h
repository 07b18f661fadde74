// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads every segment at each scrape and makes the page's families. A segment that cannot be read
// costs its own gateway's series and nothing else; it is said why in lungate_shm_fault and, once
// per change, in the log.
#pragma once

#include <prometheus/collectable.h>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/page.h"
#include "telemetry/reader.h"

namespace lungate::exporter {

/// Thread-safe: scrapes come one after the other.
class Collector final : public prometheus::Collectable {
 public:
  /// `paths`: the segments, at most limits::kExporterSegmentsMax; `version`: the exporter's own.
  Collector(const std::vector<std::string>& paths, std::string version);

  /// Never fails for what a segment holds. Throws std::bad_alloc.
  std::vector<prometheus::MetricFamily> Collect() const override;

  /// Tells the collector how long the last scrape took in all; the next page shows it.
  void scraped(Nanoseconds duration) const;

 private:
  /// One path and what is known of it from scrape to scrape. Counters of an exporter begin anew
  /// with the exporter, as Prometheus expects; nothing is kept on disk.
  struct Segment {
    explicit Segment(const std::string& path);

    telemetry::Reader reader;
    /// The `gateway` label: the name that the segment last gave, before that the file's name.
    std::string gateway;
    bool seen = false;                      // a first read has been logged, good or bad
    std::optional<telemetry::Fault> fault;  // of the last read
    std::uint64_t retries = 0;
    std::uint64_t skipped = 0;
  };

  void collect(Page& page, Segment& segment, std::vector<std::string>& gateways) const;
  void add_segment(Page& page, const Segment& segment) const;
  void add_self(Page& page) const;

  const std::string version_;
  mutable std::mutex mutex_;
  // Guarded by mutex_. What is remembered from scrape to scrape; Collect() is const by inheritance.
  mutable std::vector<Segment> segments_;
  mutable std::uint64_t scrapes_ = 0;
  mutable std::uint64_t repeated_luns_ = 0;
  mutable std::uint64_t repeated_gateways_ = 0;
  mutable Nanoseconds last_scrape_{0};
};

}  // namespace lungate::exporter
