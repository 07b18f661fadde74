// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace lungate::telemetry {
namespace {

Histogram of(const std::vector<std::uint64_t>& values_ns) {
  Histogram histogram;
  for (const std::uint64_t ns : values_ns) {
    ++histogram.bins[bin_of(ns)];
    histogram.sum_ns += ns;
  }
  return histogram;
}

TEST(Histogram, CountsExactlyWhatIsAtMostAnEdge) {
  const Histogram histogram = of({999'999, 1'000'000, 1'000'001, 200'000'000'000});
  EXPECT_EQ(histogram.at_or_below(edge_at(1'000'000)), 2u);
  EXPECT_EQ(histogram.at_or_below(kEdges - 1), 3u);
  EXPECT_EQ(histogram.count(), 4u);
}

TEST(Histogram, QuantilesLieWithinTheErrorOfABin) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> latency(13.5, 1.0);
  std::vector<std::uint64_t> values(50'000);
  for (auto& ns : values) ns = static_cast<std::uint64_t>(latency(random));
  const Histogram histogram = of(values);
  std::sort(values.begin(), values.end());
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(q * static_cast<double>(values.size()));
    const double truth = static_cast<double>(values[rank]) / 1e9;
    EXPECT_NEAR(histogram.quantile_seconds(q), truth, truth * 0.13) << q;
  }
}

TEST(Histogram, QuantilesOfFewValues) {
  EXPECT_EQ(Histogram{}.quantile_seconds(0.5), 0);
  EXPECT_EQ(of({5'000'000}).quantile_seconds(1), 0.005);
  EXPECT_EQ(of({500'000'000'000}).quantile_seconds(0.99), 100);
  EXPECT_LE(of({1}).quantile_seconds(0.99), 1e-6);
}

TEST(Histogram, DifferenceIsWhatCameBetween) {
  const Histogram between = of({5'000, 5'000, 7'000}) - of({5'000});
  EXPECT_EQ(between.count(), 2u);
  EXPECT_EQ(between.sum_ns, 12'000u);
  EXPECT_EQ((of({}) - of({5'000})).count(), 0u) << "a restarted target counts from zero";
}

TEST(LunSnapshot, FoldsWhatIsNeitherReadNorWrite) {
  LunSnapshot lun;
  for (std::size_t op = 0; op < kOps; ++op) lun.latency[op] = of({1'000'000});
  lun.errors[index_of(Op::kFlush)][index_of(ErrorClass::kMedium)] = 2;
  lun.errors[index_of(Op::kUnmap)][index_of(ErrorClass::kMedium)] = 3;
  EXPECT_EQ(lun.latency_of(OpClass::kRead).count(), 1u);
  EXPECT_EQ(lun.latency_of(OpClass::kOther).count(), 3u);
  EXPECT_EQ(lun.errors_of(OpClass::kOther, ErrorClass::kMedium), 5u);
}

}  // namespace
}  // namespace lungate::telemetry
