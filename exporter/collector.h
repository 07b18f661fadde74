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

#include "base/limits.h"
#include "exporter/exemplars.h"
#include "exporter/names.h"
#include "exporter/page.h"
#include "exporter/vitals.h"
#include "telemetry/reader.h"

namespace lungate::exporter {

/// What a scrape brings.
struct Scrape {
  Families page;
  Exemplars exemplars;
};

/// Thread-safe: scrapes come one after the other.
class Collector final : public prometheus::Collectable {
 public:
  struct Settings {
    std::size_t series_max = limits::kExporterSeries;
    const Vitals* vitals = nullptr;  // outlives the collector; null: there is no server
    PageBounds bounds = {};
  };

  /// `paths`: the segments, at most limits::kExporterSegmentsMax; `version`: the exporter's own.
  Collector(const std::vector<std::string>& paths, std::string version);
  Collector(const std::vector<std::string>& paths, std::string version, Settings settings);

  /// Never fails for what a segment holds. Throws std::bad_alloc.
  Scrape scrape(Wanted wanted) const;
  /// All of it, for whoever knows the library's interface only.
  std::vector<prometheus::MetricFamily> Collect() const override;

  /// Whether at least one segment can be read now.
  bool ready() const;
  /// Those that are read, each once.
  std::vector<std::string> paths() const;

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
  /// A scrape in the making.
  struct Making {
    Page page;
    Exemplars exemplars;
  };

  void collect(Making& making, std::size_t index) const;
  void look_at_names() const;
  std::uint64_t boot_wall_ns() const;
  void add_segment(Page& page, const Segment& segment) const;
  void add_self(Page& page) const;
  void add_server(Page& page) const;

  const std::string version_;
  const Settings settings_;
  mutable std::mutex mutex_;
  // Guarded by mutex_. What is remembered from scrape to scrape; Collect() is const by inheritance.
  mutable std::vector<Segment> segments_;
  mutable Names names_;  // of segments_
  mutable std::uint64_t scrapes_ = 0;
  mutable std::uint64_t repeated_luns_ = 0;
  mutable std::uint64_t refused_segments_ = 0;
  mutable std::uint64_t over_limit_ = 0;
  mutable std::uint64_t over_bytes_ = 0;
  mutable std::uint64_t boot_wall_ns_ = 0;
  mutable Nanoseconds last_scrape_{0};
};

}  // namespace lungate::exporter
