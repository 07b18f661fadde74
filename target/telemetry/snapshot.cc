// SPDX-License-Identifier: LGPL-2.1-or-later

// Figures that are computed from a snapshot rather than stored in it. Pure functions of plain
// values, called on whichever thread reads. Counters come from a file that may be damaged within
// what validate.cc can see, so nothing here may trap: sums wrap, differences stop at zero (a target
// that restarted between two readings), an empty histogram has quantile 0.
#include "telemetry/snapshot.h"

#include <algorithm>
#include <numeric>

namespace lungate::telemetry {
namespace {

constexpr double kNsPerSecond = 1e9;

double lower_edge_ns(std::size_t bin) {
  return bin == kBelowBin ? 0.0 : static_cast<double>(kEdgesNs[bin - 1]);
}

double upper_edge_ns(std::size_t bin) {
  return static_cast<double>(kEdgesNs[std::min(bin, kEdges - 1)]);
}

template <class Range>
std::uint64_t sum_of(const Range& range) {
  return std::accumulate(range.begin(), range.end(), std::uint64_t{0});
}

}  // namespace

std::uint64_t Histogram::count() const {
  return sum_of(bins);
}

std::uint64_t Histogram::at_or_below(std::size_t edge) const {
  return std::accumulate(bins.begin(), bins.begin() + static_cast<std::ptrdiff_t>(edge) + 1,
                         std::uint64_t{0});
}

// As Prometheus' histogram_quantile() does it, linear within the bin, so that `lungate top` and a
// dashboard agree on the same counts. The end bins have one edge: what is above the ladder is
// reported as its end, never as more.
double Histogram::quantile_seconds(double q) const {
  const std::uint64_t total = count();
  if (total == 0) return 0;
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
  double seen = 0;
  std::size_t last = 0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (bins[bin] == 0) continue;
    last = bin;
    const auto here = static_cast<double>(bins[bin]);
    if (seen + here >= rank) {
      const double low = lower_edge_ns(bin);
      const double share = std::max(0.0, rank - seen) / here;
      return (low + (upper_edge_ns(bin) - low) * share) / kNsPerSecond;
    }
    seen += here;
  }
  return upper_edge_ns(last) / kNsPerSecond;
}

Histogram& Histogram::operator+=(const Histogram& other) {
  for (std::size_t i = 0; i < kBins; ++i) bins[i] += other.bins[i];
  sum_ns += other.sum_ns;
  return *this;
}

Histogram operator-(const Histogram& later, const Histogram& earlier) {
  const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
  Histogram between;
  for (std::size_t i = 0; i < kBins; ++i) between.bins[i] = less(later.bins[i], earlier.bins[i]);
  between.sum_ns = less(later.sum_ns, earlier.sum_ns);
  return between;
}

std::uint64_t SizeHistogram::count() const {
  return sum_of(bins);
}

// Folding sums bins, so the folded histogram is exact; its quantiles are of the mixture, as a
// dashboard's would be.
Histogram LunSnapshot::latency_of(OpClass op_class) const {
  Histogram folded;
  for (std::size_t op = 0; op < kOps; ++op) {
    if (kOpClassOf[op] == op_class) folded += latency[op];
  }
  return folded;
}

std::uint64_t LunSnapshot::stage_ns_of(OpClass op_class, Stage stage) const {
  std::uint64_t folded = 0;
  for (std::size_t op = 0; op < kOps; ++op) {
    if (kOpClassOf[op] == op_class) folded += stage_ns[op][index_of(stage)];
  }
  return folded;
}

std::uint64_t LunSnapshot::errors_of(OpClass op_class, ErrorClass error) const {
  std::uint64_t folded = 0;
  for (std::size_t op = 0; op < kOps; ++op) {
    if (kOpClassOf[op] == op_class) folded += errors[op][index_of(error)];
  }
  return folded;
}

std::uint64_t Snapshot::heartbeat_age_ns() const {
  std::uint64_t age_ns = 0;
  for (const LoopSnapshot& loop : loops) age_ns = std::max(age_ns, taken_at - loop.heartbeat);
  return age_ns;
}

}  // namespace lungate::telemetry
