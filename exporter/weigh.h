// SPDX-License-Identifier: LGPL-2.1-or-later

// What a page takes: the bounds of its bytes hold while it is made, so each series is weighed
// before it is on the page.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <vector>

#include "base/limits.h"

namespace lungate::exporter {

/// In bytes.
struct PageBounds {
  std::size_t memory = limits::kPageMemoryBytesMax;
  std::size_t text = limits::kPageTextBytesMax;
};

/// The part of a bound that LUNs and initiators may take: the rest is for what gateways say of
/// themselves.
constexpr std::size_t for_luns(std::size_t bytes_max) {
  return bytes_max - bytes_max / limits::kPageGatewaysPart;
}

// At once there are: a page in the making, its text, that text packed (at worst as large), what
// clients hold and one that came on top of that, since a client is asked before its page is made.
// Nothing is taken for given back meanwhile: a heap returns little.
static_assert(limits::kPageMemoryBytesMax + 2 * limits::kPageTextBytesMax +
                      (limits::kScrapeReplyBytesMax + limits::kPageTextBytesMax) +
                      limits::kExporterMemoryRest <=
                  limits::kExporterMemoryMax,
              "the largest page does not end the exporter");
static_assert(limits::kExporterSeriesMax * limits::kSeriesMemoryBytes <=
                      for_luns(limits::kPageMemoryBytesMax) &&
                  limits::kExporterSeriesMax * limits::kSeriesTextBytes <=
                      for_luns(limits::kPageTextBytesMax),
              "a page of the largest series_max is whole");

struct PageSize {
  std::size_t series = 0;  // lines that carry a value
  std::size_t memory = 0;  // bytes while it is made
  std::size_t text = 0;    // bytes as text, at most; exemplars are bounded by their number

  PageSize& operator+=(const PageSize& other);
  PageSize& operator-=(const PageSize& other);
  bool fits(const PageBounds& bounds) const {
    return memory <= bounds.memory && text <= bounds.text;
  }
};

/// One series of `family`; never less than it takes. `fine`: its fine bins are kept beside it.
PageSize weigh(const prometheus::MetricFamily& family, const prometheus::ClientMetric& series,
               bool fine);

/// What a vector of a page has room for when it has to grow: a quarter more and not twice, for
/// there are pages of one kind of series. weigh() counts on it.
template <class T>
void make_place(std::vector<T>& vector) {
  if (vector.size() < vector.capacity()) return;
  constexpr std::size_t kFewest = 4;
  vector.reserve(vector.size() + vector.size() / 4 + kFewest);
}

/// The family's head, without series.
PageSize weigh(const prometheus::MetricFamily& family);

}  // namespace lungate::exporter
