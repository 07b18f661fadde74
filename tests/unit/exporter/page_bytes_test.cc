// SPDX-License-Identifier: LGPL-2.1-or-later
// What a page takes in bytes: that it is never counted too low, and that its bounds hold while it
// is made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>
#include <iterator>
#include <set>

#include "base/limits.h"
#include "exporter/exposition.h"
#include "exporter/families.h"
#include "exporter/native.h"
#include "exporter/openmetrics.h"
#include "tests/unit/exporter/page_fixture.h"

namespace lungate::exporter {
namespace {

/// So many LUNs with an initiator each, and I/O of every kind on all of them.
telemetry::Snapshot gateway(const std::string& name, std::size_t luns, const std::string& peer) {
  auto snapshot = with_initiators(example());
  snapshot.gateway = name;
  const telemetry::LunSnapshot lun = snapshot.luns[0];
  telemetry::NexusSnapshot nexus = snapshot.nexuses[0];
  nexus.initiator = peer;
  snapshot.luns.assign(luns, lun);
  snapshot.nexuses.assign(luns, nexus);
  for (std::size_t i = 0; i < luns; ++i) {
    snapshot.luns[i].lun = static_cast<std::uint16_t>(i);
    snapshot.nexuses[i].lun = i;
  }
  return snapshot;
}

std::size_t heap() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// Under a sanitizer the heap tells nothing, and this test nothing either.
TEST(PageBytes, TheHeapTakesNoMore) {
  for (const std::size_t luns : {1u, 3u, 65u, 300u}) {
    for (const bool fine : {false, true}) {
      const auto snapshot = gateway("gw-a", luns, "iqn.2026-11.io.lungate:host");
      const std::size_t before = heap();
      Page page({kAllGroups, fine});
      add_gateway(page, snapshot);
      EXPECT_LE(heap() - before, page.size().memory) << luns << " LUNs, fine: " << fine;
    }
  }
}

TEST(PageBytes, NoFormatTakesMore) {
  auto snapshot = gateway("gw\\\"\n", 65, std::string(limits::kNameBytesMax, '"'));
  for (auto& lun : snapshot.luns) {
    lun.size_bytes = ~std::uint64_t{0};
    lun.latency[0].bins[telemetry::kBins - 1] = 10'000'000'000'000'000'000u;
    lun.latency[0].sum_ns = 1;
  }
  Page page({kAllGroups, true});
  add_gateway(page, snapshot);
  const Families all = page.take_all();
  EXPECT_LE(to_text(all.families).size(), all.text_bytes);
  EXPECT_LE(to_openmetrics(all.families, {}).size(), all.text_bytes);
  EXPECT_LE(to_native(all, {}).size(), all.text_bytes);
}

// The relation between series_max and the memory of limits.h rests on these.
TEST(PageBytes, ASeriesOfUsualNamesTakesWhatTheLimitsSay) {
  const auto snapshot = gateway("gw-a", 1'000, "iqn.2026-11.io.lungate:host");
  for (const bool fine : {false, true}) {
    Page page({kAllGroups, fine});
    add_gateway(page, snapshot);
    const PageSize& size = page.size();
    EXPECT_LE(size.memory / size.series, limits::kSeriesMemoryBytes) << "fine: " << fine;
    EXPECT_LE(size.text / size.series, limits::kSeriesTextBytes);
  }
}

TEST(PageBytes, TheUnitGivesTheMemoryThatTheLimitsCountOn) {
  const std::string here = __FILE__;
  const std::string root = here.substr(0, here.rfind("tests/unit/"));
  std::ifstream file(root + "packaging/lungate-exporter.service");
  const std::string unit{std::istreambuf_iterator<char>(file), {}};
  const std::string line =
      "\nMemoryMax=" + std::to_string(limits::kExporterMemoryMax / limits::kMiB) + "M\n";
  EXPECT_THAT(unit, ::testing::HasSubstr(line));
}

/// What came of a page that two gateways were too much for.
struct Bounded {
  std::map<std::string, double> series;
  std::size_t missing = 0;
};

Bounded bounded(const PageBounds& bounds, std::size_t luns = 20) {
  Page page({kAllGroups, true}, bounds);
  Bounded result;
  for (const char* name : {"gw-a", "gw-b"}) {
    add_gateway(page, gateway(name, luns, "iqn.2026-11.io.lungate:host"));
    EXPECT_TRUE(page.size().fits(bounds)) << "before anything is taken away again";
    result.missing += page.settle();
  }
  const std::size_t announced = page.series();
  result.series = series_in(to_text(page.take()));
  EXPECT_EQ(result.series.size(), announced);
  return result;
}

/// Series of each LUN, or of each gateway's name alone.
std::set<std::size_t> sizes_by(const std::map<std::string, double>& series, std::string_view prefix,
                               std::string_view until) {
  std::map<std::string, std::size_t> numbers;
  for (const auto& [name, value] : series) {
    const std::size_t at = name.find("gateway=");
    if (!name.starts_with(prefix) || at == std::string::npos) continue;
    ++numbers[name.substr(at, name.find('"', name.find(until) + until.size()) - at)];
  }
  std::set<std::size_t> sizes;
  for (const auto& [key, number] : numbers) sizes.insert(number);
  return sizes;
}

/// A page that is to be had whole takes so much.
PageSize whole(std::size_t luns = 20) {
  Page page({kAllGroups, true});
  for (const char* name : {"gw-a", "gw-b"}) {
    add_gateway(page, gateway(name, luns, "iqn.2026-11.io.lungate:host"));
  }
  return page.size();
}

TEST(PageBytes, WhatFitsIsAllThere) {
  const Bounded all = bounded({});
  EXPECT_EQ(all.missing, 0u);
  EXPECT_EQ(all.series.size(), whole().series);
}

// At every bound, so that it is hit in the middle of initiators, LUNs and gateways alike.
TEST(PageBytes, WhatDoesNotFitIsLeftOutWholeAndCounted) {
  const PageSize all = whole();
  const PageSize heads = Page().size();
  const auto every = bounded({}).series;
  const auto of_lun = sizes_by(every, "lungate_lun_", ",lun=\"");
  const auto of_initiators = sizes_by(every, "lungate_initiator_", ",lun=\"");
  ASSERT_EQ(of_lun.size(), 1u) << "all LUNs are alike";
  for (std::size_t part = 1; part < 64; ++part) {
    const auto share = [part](std::size_t none, std::size_t of_all) {
      return none + (of_all - none) * part / 64;
    };
    for (const PageBounds& bounds : {PageBounds{share(heads.memory, all.memory), all.text},
                                     PageBounds{all.memory, share(heads.text, all.text)}}) {
      const Bounded some = bounded(bounds);
      EXPECT_EQ(some.series.size() + some.missing, all.series) << part;
      if (count(some.series, "lungate_lun_") > 0) {
        EXPECT_EQ(sizes_by(some.series, "lungate_lun_", ",lun=\""), of_lun) << part;
      }
      if (count(some.series, "lungate_initiator_") > 0) {
        EXPECT_EQ(sizes_by(some.series, "lungate_initiator_", ",lun=\""), of_initiators) << part;
      }
    }
  }
}

TEST(PageBytes, InitiatorsGiveWayToLuns) {
  const PageSize all = whole();
  const auto every = bounded({}).series;
  const Bounded some = bounded({all.memory, 2 * all.text});
  EXPECT_EQ(count(some.series, "lungate_lun_"), count(every, "lungate_lun_"));
  EXPECT_LT(count(some.series, "lungate_initiator_"), count(every, "lungate_initiator_"));
}

TEST(PageBytes, AGatewayThatDoesNotFitIsNotThereAtAll) {
  Page one({kAllGroups, true});
  add_gateway(one, gateway("gw-a", 0, ""));
  const Bounded some = bounded({one.size().memory, one.size().text}, 2);
  EXPECT_EQ(count(some.series, "lungate_build_info"), 1u);
  for (const auto& [name, value] : some.series) EXPECT_EQ(name.find("gw-b"), std::string::npos);
}

}  // namespace
}  // namespace lungate::exporter
