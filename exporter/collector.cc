// SPDX-License-Identifier: LGPL-2.1-or-later

// The scrape. The server's page thread calls Collect() through the site, one scrape at a time; the
// mutex is for embedders and tests that do otherwise. Each segment is read anew by its path, since
// its target may have been restarted in between. What is wrong with one becomes its own series
// (lungate_shm_up, lungate_shm_fault) and one line in the log per change of mind, not per scrape;
// the page is made of the others all the same.
//
// Two rules keep a page valid whatever the segments say. A gateway's name is served once: a second
// segment with it (a copied file, a configuration error) would repeat every series, and Prometheus
// drops a page that repeats one; whose it is, names.h decides. And a LUN is served once per
// gateway, which the reader sees to. Both are counted, so that what is missing can be found.
#include "exporter/collector.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "exporter/families.h"
#include "telemetry/text.h"

namespace lungate::exporter {
namespace {

using namespace telemetry::metrics;
using telemetry::Fault;
using telemetry::ReadError;
using telemetry::Snapshot;

// A segment that was never readable has no gateway name yet; its file's name is the best guess, and
// the default path ends with it.
std::string last_part(const std::string& path) {
  return telemetry::clean_text(std::string_view(path).substr(path.rfind('/') + 1));
}

Labels labels_of(const std::string& gateway, const std::string& path) {
  return with(with({}, "gateway", gateway), "segment", telemetry::clean_text(path));
}

// A path that is named twice is read once: the second would only be refused as a duplicate.
std::vector<std::string> each_once(const std::vector<std::string>& paths) {
  std::vector<std::string> once;
  for (const std::string& path : paths) {
    if (std::find(once.begin(), once.end(), path) == once.end()) once.push_back(path);
  }
  return once;
}

/// What the segment says of itself while it is up.
// Only of a segment that could be read: an age of one that could not would be of its last life.
void add_vital_signs(Page& page, const Snapshot& snapshot, const Labels& labels) {
  page.add(kShmGeneration, labels, static_cast<double>(snapshot.generation));
  page.add(kShmHeartbeatAge, labels, seconds(snapshot.heartbeat_age_ns()));
  const std::string layout =
      std::to_string(snapshot.layout_major) + "." + std::to_string(snapshot.layout_minor);
  page.add(kShmLayoutInfo, with(labels, "version", layout), 1);
}

}  // namespace

Collector::Segment::Segment(const std::string& path) : reader(path), gateway(last_part(path)) {}

Collector::Collector(const std::vector<std::string>& paths, std::string version, Settings settings)
    : version_(std::move(version)), settings_(settings), names_(each_once(paths)) {
  for (const std::string& path : each_once(paths)) segments_.emplace_back(path);
}

Collector::Collector(const std::vector<std::string>& paths, std::string version)
    : Collector(paths, std::move(version), Settings{}) {}

// add_self() comes last: the number of series that it reports is that of the page before it, and
// itself.
Scrape Collector::scrape(Wanted wanted) const {
  const std::lock_guard lock(mutex_);
  Making making{Page(wanted, settings_.bounds), Exemplars(segments_.size())};
  ++scrapes_;
  look_at_names();
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    collect(making, i);
    over_bytes_ += making.page.settle();
    over_limit_ += making.page.shrink_to(settings_.series_max);
  }
  add_self(making.page);
  return {making.page.take_all(), std::move(making.exemplars)};
}

std::vector<prometheus::MetricFamily> Collector::Collect() const {
  return scrape({}).page.families;
}

// A reading whole, for nothing less tells that the next page will have its figures.
bool Collector::ready() const {
  const std::lock_guard lock(mutex_);
  return std::any_of(segments_.begin(), segments_.end(),
                     [](Segment& segment) { return segment.reader.read().has_value(); });
}

std::vector<std::string> Collector::paths() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const Segment& segment : segments_) paths.push_back(segment.reader.path());
  return paths;
}

// What the wall shows for the boot clock's zero. Kept while it is right to a tenth of a second:
// otherwise the clock's small corrections would give one exemplar another time at each scrape, and
// Prometheus would store it again.
std::uint64_t Collector::boot_wall_ns() const {
  constexpr std::uint64_t kTolerance = 100'000'000;
  const std::uint64_t now = wall_now_ns() - boot_now().ns;
  const std::uint64_t apart = now > boot_wall_ns_ ? now - boot_wall_ns_ : boot_wall_ns_ - now;
  if (apart > kTolerance) boot_wall_ns_ = now;
  return boot_wall_ns_;
}

// Before any numbers are read: who has a name must not depend on who is read first.
void Collector::look_at_names() const {
  Names::Claims claims;
  for (Segment& segment : segments_) {
    auto claim = segment.reader.claim();
    claims.push_back(claim ? std::optional(*std::move(claim)) : std::nullopt);
  }
  names_.look(claims);
}

// Everything that can be wrong with a segment meets here: not readable, or readable and of a
// gateway that is on the page already. The log is written when that changes; a target that is down
// for a night is two lines.
void Collector::collect(Making& making, std::size_t index) const {
  auto& [page, exemplars] = making;
  Segment& segment = segments_[index];
  auto snapshot = segment.reader.read();
  std::optional<ReadError> error;
  if (!snapshot) {
    error = snapshot.error();
  } else if (!names_.has(index, snapshot->gateway)) {
    error = {
        Fault::kDuplicate,
        "gateway " + snapshot->gateway + " is another segment's",
    };
    ++refused_segments_;
  }
  const std::optional<Fault> fault = error ? std::optional(error->fault) : std::nullopt;
  if (!segment.seen || fault != segment.fault) {
    const std::string& path = segment.reader.path();
    if (error) {
      log::warn("exporter", "segment_down",
                {{"segment", path}, {"reason", error->name()}, {"detail", error->detail}});
    } else {
      log::info("exporter", "segment_up", {{"segment", path}, {"gateway", snapshot->gateway}});
    }
  }
  segment.seen = true;
  segment.fault = fault;
  if (!error) {
    segment.gateway = snapshot->gateway;
    segment.retries += snapshot->slot_retries;
    segment.skipped += snapshot->slots_skipped;
    repeated_luns_ += snapshot->slots_repeated;
    add_gateway(page, *snapshot);
    exemplars.add(*snapshot, boot_wall_ns());
    add_vital_signs(page, *snapshot, labels_of(segment.gateway, segment.reader.path()));
  }
  add_segment(page, segment);
}

// All faults are there at each scrape, one of them 1: an alert on a change from 0 to 1 needs the 0.
void Collector::add_segment(Page& page, const Segment& segment) const {
  const Labels labels = labels_of(segment.gateway, segment.reader.path());
  page.add(kShmUp, labels, segment.fault ? 0 : 1);
  for (std::size_t i = 0; i < telemetry::kFaults; ++i) {
    const bool here = segment.fault == static_cast<Fault>(i);
    page.add(kShmFault, with(labels, "reason", telemetry::kFaultNames[i]), here ? 1 : 0);
  }
  page.add(kShmReadRetries, labels, static_cast<double>(segment.retries));
  page.add(kShmSlotsSkipped, labels, static_cast<double>(segment.skipped));
}

void Collector::add_self(Page& page) const {
  page.add(kExporterBuildInfo, with({}, "version", version_), 1);
  page.add(kExporterScrapes, {}, static_cast<double>(scrapes_));
  page.add(kExporterScrapeDuration, {}, seconds(static_cast<std::uint64_t>(last_scrape_.count())));
  page.add(kExporterSeriesDropped, with({}, "reason", "limit"), static_cast<double>(over_limit_));
  page.add(kExporterSeriesDropped, with({}, "reason", "bytes"), static_cast<double>(over_bytes_));
  page.add(kExporterLunsRepeated, {}, static_cast<double>(repeated_luns_));
  page.add(kExporterSegmentsRefused, {}, static_cast<double>(refused_segments_));
  add_server(page);
  page.add(kExporterSeries, {}, static_cast<double>(page.series() + 1));
}

// Without TLS there is no certificate, and no series of a zero that an alert would take for one.
void Collector::add_server(Page& page) const {
  if (settings_.vitals == nullptr) return;
  page.add(kExporterAuthenticationFailures, {},
           static_cast<double>(settings_.vitals->authentication_failures));
  const std::int64_t expiry = settings_.vitals->certificate_expiry;
  if (expiry != 0) page.add(kExporterTlsExpiry, {}, static_cast<double>(expiry));
}

// Said by the site when the page is text, which is the larger half of the work.
void Collector::scraped(Nanoseconds duration) const {
  const std::lock_guard lock(mutex_);
  last_scrape_ = duration;
}

}  // namespace lungate::exporter
