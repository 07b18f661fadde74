// SPDX-License-Identifier: LGPL-2.1-or-later
// What the encoder writes, read back by a small decoder of Protocol Buffers that knows nothing of
// it.
#include "exporter/native.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "exporter/families.h"
#include "tests/unit/exporter/page_fixture.h"

namespace lungate::exporter {
namespace {

using telemetry::kAboveBin;
using telemetry::kBins;
using telemetry::kEdgesNs;

/// A message: its fields in order, numbers apart from bytes.
struct Message {
  std::multimap<unsigned, std::uint64_t> numbers;
  std::multimap<unsigned, std::string> bytes;

  std::uint64_t number(unsigned field) const {
    const auto at = numbers.find(field);
    EXPECT_NE(at, numbers.end()) << "no field " << field;
    return at == numbers.end() ? 0 : at->second;
  }
  double real(unsigned field) const { return std::bit_cast<double>(number(field)); }
  std::string text(unsigned field) const {
    const auto at = bytes.find(field);
    return at == bytes.end() ? "" : at->second;
  }
  std::vector<Message> messages(unsigned field) const;
};

std::uint64_t varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in[0]);
    in.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  ADD_FAILURE() << "a number that does not end";
  return 0;
}

Message decode(std::string_view in) {
  Message message;
  while (!in.empty()) {
    const std::uint64_t key = varint(in);
    const auto field = static_cast<unsigned>(key >> 3);
    if ((key & 7) == 0) {
      message.numbers.emplace(field, varint(in));
    } else if ((key & 7) == 1) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, in.data(), 8);
      in.remove_prefix(8);
      message.numbers.emplace(field, bits);
    } else {
      EXPECT_EQ(key & 7, 2u);
      const auto size = static_cast<std::size_t>(varint(in));
      if (size > in.size()) {
        ADD_FAILURE() << "longer than its message";
        return message;
      }
      message.bytes.emplace(field, in.substr(0, size));
      in.remove_prefix(size);
    }
  }
  return message;
}

std::vector<Message> Message::messages(unsigned field) const {
  std::vector<Message> found;
  const auto [begin, end] = bytes.equal_range(field);
  for (auto at = begin; at != end; ++at) found.push_back(decode(at->second));
  return found;
}

std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::map<std::string, Message> families_in(std::string_view in) {
  std::map<std::string, Message> families;
  while (!in.empty()) {
    const auto size = static_cast<std::size_t>(varint(in));
    Message family = decode(in.substr(0, size));
    in.remove_prefix(size);
    families.emplace(family.text(1), std::move(family));
  }
  return families;
}

/// Counts by bucket index, out of spans and deltas.
std::map<int, std::uint64_t> buckets_in(const Message& histogram) {
  std::map<int, std::uint64_t> buckets;
  std::string_view deltas;
  const std::string packed = histogram.text(13);
  deltas = packed;
  std::int64_t count = 0;
  int index = 0;
  for (const Message& span : histogram.messages(12)) {
    index += static_cast<int>(unzigzag(span.number(1)));
    for (std::uint64_t i = span.number(2); i > 0; --i) {
      count += unzigzag(varint(deltas));
      EXPECT_GE(count, 0);
      buckets[index++] = static_cast<std::uint64_t>(count);
    }
  }
  EXPECT_TRUE(deltas.empty()) << "as many deltas as buckets";
  return buckets;
}

double quantile(const std::map<int, std::uint64_t>& buckets, std::uint64_t below, double q) {
  std::uint64_t total = below;
  for (const auto& [index, count] : buckets) total += count;
  auto rank = static_cast<double>(total) * q - static_cast<double>(below);
  for (const auto& [index, count] : buckets) {
    if (rank <= static_cast<double>(count)) return std::exp2((index - 0.5) / 8);
    rank -= static_cast<double>(count);
  }
  return HUGE_VAL;
}

Families page_of(const telemetry::Snapshot& snapshot) {
  Page page({kAllGroups, true});
  add_gateway(page, snapshot);
  return page.take_all();
}

// Every value of a bin lies within the error that native.h promises of its bucket.
TEST(Native, ABinsBucketIsNearAllOfIt) {
  for (std::size_t bin = 1; bin < kAboveBin; ++bin) {
    const double low = std::exp2((native_index(bin) - 1) / 8.0);
    const double high = std::exp2(native_index(bin) / 8.0);
    EXPECT_LE(seconds(kEdgesNs[bin]) / low, 1.159) << bin;
    EXPECT_LE(high / seconds(kEdgesNs[bin - 1]), 1.159) << bin;
    if (bin > 1) {
      EXPECT_GE(native_index(bin), native_index(bin - 1)) << bin;
    }
  }
  EXPECT_GT(std::exp2((native_index(1) - 1) / 8.0), 1e-6) << "above the zero bucket";
  EXPECT_GT(native_index(kAboveBin), native_index(kAboveBin - 1));
}

TEST(Native, SaysWhatThePageSays) {
  auto snapshot = example();
  snapshot.luns[0].latency[0].bins[0] = 5;
  const Families page = page_of(snapshot);
  const auto families = families_in(to_native(page, {}));
  ASSERT_EQ(families.size(), page.families.size());
  for (const auto& family : page.families) {
    const Message& message = families.at(family.name);
    EXPECT_EQ(message.text(2), family.help);
    const auto metrics = message.messages(4);
    ASSERT_EQ(metrics.size(), family.metric.size()) << family.name;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const auto labels = metrics[i].messages(1);
      ASSERT_EQ(labels.size(), family.metric[i].label.size());
      for (std::size_t n = 0; n < labels.size(); ++n) {
        EXPECT_EQ(labels[n].text(1), family.metric[i].label[n].name);
        EXPECT_EQ(labels[n].text(2), family.metric[i].label[n].value);
      }
      switch (family.type) {
        case prometheus::MetricType::Counter:
          EXPECT_EQ(message.number(3), 0u);
          EXPECT_EQ(metrics[i].messages(3).at(0).real(1), family.metric[i].counter.value);
          break;
        case prometheus::MetricType::Gauge:
          EXPECT_EQ(message.number(3), 1u);
          EXPECT_EQ(metrics[i].messages(2).at(0).real(1), family.metric[i].gauge.value);
          break;
        default: {
          EXPECT_EQ(message.number(3), 4u);
          const Message histogram = metrics[i].messages(7).at(0);
          EXPECT_EQ(histogram.number(1), family.metric[i].histogram.sample_count);
          EXPECT_EQ(histogram.real(2), family.metric[i].histogram.sample_sum);
          EXPECT_EQ(histogram.messages(3).size(), family.metric[i].histogram.bucket.size() + 1);
        }
      }
    }
  }
}

TEST(Native, CountsAreExact) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    auto snapshot = example();
    auto& histogram = snapshot.luns[0].latency[0];
    histogram = {};
    for (int i = 0; i < round; ++i) histogram.bins[random() % kBins] += random() % 1000;
    const auto families = families_in(to_native(page_of(snapshot), {}));
    const Message read = families.at("lungate_lun_op_duration_seconds").messages(4).at(0);
    const Message native = read.messages(7).at(0);
    EXPECT_EQ(unzigzag(native.number(5)), 3);
    EXPECT_EQ(native.real(6), 1e-6);
    EXPECT_EQ(native.number(7), histogram.bins[0]);
    std::uint64_t total = native.number(7);
    for (const auto& [index, count] : buckets_in(native)) total += count;
    EXPECT_EQ(total, histogram.count());
    EXPECT_EQ(total, native.number(1));
  }
}

TEST(Native, QuantilesAgreeWithTheFineBins) {
  std::mt19937_64 random(11);
  std::lognormal_distribution<double> latency_ns(14, 1.2);
  auto snapshot = example();
  auto& histogram = snapshot.luns[0].latency[0];
  histogram = {};
  for (int i = 0; i < 100'000; ++i) {
    ++histogram.bins[telemetry::bin_of(static_cast<std::uint64_t>(latency_ns(random)))];
  }
  const auto families = families_in(to_native(page_of(snapshot), {}));
  const Message read = families.at("lungate_lun_op_duration_seconds").messages(4).at(0);
  const Message native = read.messages(7).at(0);
  for (const double q : {0.1, 0.5, 0.9, 0.99, 0.999}) {
    const double shown = quantile(buckets_in(native), native.number(7), q);
    EXPECT_NEAR(shown / histogram.quantile_seconds(q), 1, 0.159) << q;
  }
}

TEST(Native, ExemplarsHangOnClassicBucketsWithTheirTime) {
  auto snapshot = example();
  telemetry::SlowSnapshot slow;
  slow.op = telemetry::Op::kRead;
  slow.number = 7;
  slow.start = {1};
  slow.recorded = {5'000'001};
  snapshot.slow = {slow};
  Exemplars exemplars;
  exemplars.add(snapshot, 1'763'800'000'123'000'000);
  const auto families = families_in(to_native(page_of(snapshot), exemplars));
  const Message read = families.at("lungate_lun_op_duration_seconds").messages(4).at(0);
  const Message histogram = read.messages(7).at(0);
  int found = 0;
  for (const Message& bucket : histogram.messages(3)) {
    for (const Message& exemplar : bucket.messages(3)) {
      ++found;
      EXPECT_EQ(bucket.real(2), 0.005);
      EXPECT_EQ(exemplar.real(2), 0.005);
      EXPECT_EQ(exemplar.messages(1).at(1).text(2), "0/7");
      EXPECT_EQ(exemplar.messages(3).at(0).number(1), 1'763'800'000u);
      EXPECT_EQ(exemplar.messages(3).at(0).number(2), 128'000'000u);
    }
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace lungate::exporter
