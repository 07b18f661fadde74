// SPDX-License-Identifier: LGPL-2.1-or-later
// Families out of a random number generator: every type, and values and texts at their edges.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace lungate::exporter {

class RandomFamilies {
 public:
  explicit RandomFamilies(unsigned seed) : random_(seed) {}

  std::vector<prometheus::MetricFamily> several() {
    std::vector<prometheus::MetricFamily> families(below(6));
    for (auto& family : families) family = one();
    return families;
  }

 private:
  using Metric = prometheus::ClientMetric;

  std::size_t below(std::size_t end) { return random_() % end; }

  double number() {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    static constexpr std::array<double, 18> kEdges = {
        0,    -0.0, 1,     -1,     0.1,        9.95,   5e-05, 0.0001,    1e15,
        1e16, 1e17, -1e15, 4e-324, 1.797e+308, 0.0075, 30,    kInfinity, -kInfinity};
    switch (below(5)) {
      case 0:
        return kEdges[below(kEdges.size())];
      case 1:
        return std::numeric_limits<double>::quiet_NaN();
      case 2:
        return static_cast<double>(random_());
      case 3:
        return static_cast<double>(random_()) / 1e9;
      default:
        return std::ldexp(static_cast<double>(random_()), static_cast<int>(below(600)) - 300);
    }
  }

  std::string text() {
    static constexpr std::array<const char*, 9> kParts = {
        "", "a", "iqn.2026-11.io.lungate:store", "\"", "\\", "\n", ",", "}", "\xef\xbf\xbd"};
    std::string made;
    for (std::size_t parts = below(6); parts > 0; --parts) made += kParts[below(kParts.size())];
    return made;
  }

  Metric metric(prometheus::MetricType type) {
    Metric made;
    for (std::size_t i = below(4); i > 0; --i)
      made.label.push_back({"l" + std::to_string(i), text()});
    if (below(4) == 0) made.timestamp_ms = static_cast<std::int64_t>(random_());
    made.counter.value = made.gauge.value = made.untyped.value = number();
    if (type == prometheus::MetricType::Summary) {
      made.summary.sample_count = random_();
      made.summary.sample_sum = number();
      for (std::size_t i = below(4); i > 0; --i)
        made.summary.quantile.push_back({number(), number()});
    }
    if (type == prometheus::MetricType::Histogram) {
      made.histogram.sample_count = random_();
      made.histogram.sample_sum = number();
      for (std::size_t i = below(6); i > 0; --i)
        made.histogram.bucket.push_back({random_(), number()});
    }
    return made;
  }

  prometheus::MetricFamily one() {
    prometheus::MetricFamily family;
    family.name = "family_" + std::to_string(below(1000));
    family.help = below(3) == 0 ? "" : "What it is";
    family.type = static_cast<prometheus::MetricType>(below(5));
    for (std::size_t i = below(5); i > 0; --i) family.metric.push_back(metric(family.type));
    return family;
  }

  std::mt19937_64 random_;
};

}  // namespace lungate::exporter
