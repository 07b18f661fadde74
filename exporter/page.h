// SPDX-License-Identifier: LGPL-2.1-or-later

// One page in the making: the catalogue's metrics as prometheus-cpp's families, each once, in the
// catalogue's order, whatever the number of gateways that add to them.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "exporter/groups.h"
#include "exporter/weigh.h"
#include "telemetry/catalog.h"
#include "telemetry/snapshot.h"

namespace lungate::exporter {

using Labels = std::vector<prometheus::ClientMetric::Label>;

/// `labels` and one more.
Labels with(Labels labels, std::string_view name, std::string_view value);
Labels with(Labels labels, const telemetry::CellRow& row);

/// What a page has in the end. Families without series are not on it: a name without samples is
/// legal but says nothing.
struct Families {
  std::vector<prometheus::MetricFamily> families;
  /// Beside `families`, for native histograms: the fine bins of each series of a latency histogram;
  /// empty for other families, and where they are not kept.
  std::vector<std::vector<telemetry::Histogram>> fine;
  /// What the families take as text, at most: asked for once, so that it does not grow by doubling.
  std::size_t text_bytes = 0;
};

/// Which of the catalogue a page is to have.
struct Wanted {
  Groups groups = kAllGroups;
  bool fine = false;  // keep the fine bins
};

/// Made for one scrape, filled, taken. It never takes more bytes than its bounds: what would is not
/// added, and settle() takes away what else there is of its LUN or gateway.
class Page {
 public:
  explicit Page(Wanted wanted = {}, PageBounds bounds = {});

  /// The value is final: what is computed (an age, seconds from nanoseconds) is computed by the
  /// caller. A counter's or gauge's series. REQUIRES: `labels` are those that the catalogue names.
  void add(const telemetry::Metric& metric, Labels labels, double value);
  /// A series whose cell is a row of the catalogue. Left out while zero where the row says so.
  void add(const telemetry::CellRow& row, const Labels& labels, std::uint64_t value);
  /// Latencies, at the edges of buckets.h; exact counts.
  void add(const telemetry::Metric& metric, Labels labels, const telemetry::Histogram& histogram);
  /// Sizes, in bytes.
  void add(const telemetry::Metric& metric, Labels labels,
           const telemetry::SizeHistogram& histogram);

  /// Lines of the page that carry a value.
  std::size_t series() const { return size_.series; }
  const PageSize& size() const { return size_; }

  /// To be called behind each gateway. Takes away what has come onto the page of LUNs, or of the
  /// gateway, that did not fit whole. Gives the number of series that are missing for the bounds of
  /// bytes since the last call.
  std::size_t settle();

  /// Takes series away until at most `series_max` are left: initiators first, then LUNs, whole ones
  /// and the last on the page first. What belongs to no LUN stays, whatever the number. Gives the
  /// number of series that are gone.
  std::size_t shrink_to(std::size_t series_max);

  /// The families that have series. The page is empty afterwards.
  Families take_all();
  std::vector<prometheus::MetricFamily> take() { return take_all().families; }

 private:
  /// In the order of who gives way first; what is of the last kind never does.
  enum class Kind : std::uint8_t { kInitiator, kLun, kGateway, kAlways };
  static constexpr std::size_t kKinds = 3;  // that may have to
  static Kind kind_of(const telemetry::Metric& metric);
  static std::string key_of(Kind kind, const prometheus::ClientMetric& series);

  std::size_t index_of(const telemetry::Metric& metric);
  void put(std::size_t family, prometheus::ClientMetric&& series,
           const telemetry::Histogram* fine = nullptr);
  bool has_room(Kind kind, const prometheus::ClientMetric& series, const PageSize& size);
  bool fits(Kind kind, const PageSize& more) const;
  std::size_t drop_initiators();
  std::size_t keep(std::size_t family,
                   const std::function<bool(const prometheus::ClientMetric&)>& stays);

  bool keep_fine_;
  PageBounds bounds_;
  std::vector<bool> is_wanted_;  // as catalogue()
  std::vector<Kind> kinds_;      // as catalogue()
  Families all_;                 // as catalogue()
  PageSize size_;
  std::size_t last_ = 0;  // where the metric before was found
  // Kinds below it are full: what comes of them is refused. Whole ones, so what is refused of a LUN
  // or gateway is remembered until settle().
  Kind full_ = Kind::kInitiator;
  std::array<std::unordered_set<std::string>, kKinds> cut_;
  std::size_t refused_ = 0;  // series, since settle()
};

inline double seconds(std::uint64_t ns) {
  return static_cast<double>(ns) / 1e9;
}

}  // namespace lungate::exporter
