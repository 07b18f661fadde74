// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace lungate::telemetry {
namespace {

/// The definition in histogram.h, word by word and slow: the number of edges below the value.
std::size_t oracle(std::uint64_t ns) {
  return static_cast<std::size_t>(std::count_if(kEdgesNs.begin(), kEdgesNs.begin() + kEdges,
                                                [ns](std::uint64_t edge) { return edge < ns; }));
}

TEST(Histogram, AgreesWithItsDefinitionAroundEveryEdge) {
  for (std::size_t i = 0; i < kEdges; ++i) {
    for (const std::uint64_t ns : {kEdgesNs[i] - 1, kEdgesNs[i], kEdgesNs[i] + 1}) {
      ASSERT_EQ(bin_of(ns), oracle(ns)) << ns << " ns";
    }
  }
}

TEST(Histogram, AgreesWithItsDefinitionAroundEveryPowerOfTwo) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    for (const std::uint64_t ns : {power - 1, power, power + 1, power | (power >> 1)}) {
      ASSERT_EQ(bin_of(ns), oracle(ns)) << ns << " ns";
    }
  }
}

TEST(Histogram, AgreesWithItsDefinitionOnRandomValues) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t ns = random() >> (random() % 64);  // every magnitude alike
    ASSERT_EQ(bin_of(ns), oracle(ns)) << ns << " ns";
  }
}

TEST(Histogram, UpperEdgesAreInclusive) {
  EXPECT_EQ(bin_of(5'000'000), bin_of(4'999'999));
  EXPECT_EQ(bin_of(5'000'001), bin_of(5'000'000) + 1);
}

TEST(Histogram, NoBinIsWiderThanAnEighth) {
  for (std::size_t i = 0; i + 1 < kEdges; ++i) {
    const auto low = static_cast<double>(kEdgesNs[i]);
    const auto high = static_cast<double>(kEdgesNs[i + 1]);
    const double middle = (low + high) / 2;
    EXPECT_LE((high - middle) / middle, 0.0645) << low << " to " << high;
  }
}

TEST(Histogram, UsualServiceLevelsAreEdges) {
  for (const std::uint64_t us :
       {50,     100,     200,       250,        500,        750,        1'000,  1'500,
        2'000,  3'000,   5'000,     7'500,      10'000,     15'000,     20'000, 30'000,
        50'000, 100'000, 1'000'000, 10'000'000, 30'000'000, 100'000'000}) {
    EXPECT_LT(edge_at(us * 1'000), kEdges) << us << " us";
  }
  EXPECT_EQ(edge_at(1'234'000), kEdges);
}

TEST(SizeHistogram, BinsHoldTheirUpperEdge) {
  for (std::size_t bin = 0; bin + 1 < kSizeBins; ++bin) {
    EXPECT_EQ(size_bin_of(size_edge(bin)), bin);
    EXPECT_EQ(size_bin_of(size_edge(bin) + 1), bin + 1);
  }
  EXPECT_EQ(size_bin_of(~std::uint64_t{0}), kSizeBins - 1);
}

}  // namespace
}  // namespace lungate::telemetry
