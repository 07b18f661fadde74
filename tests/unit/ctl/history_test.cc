// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TopRow lun(std::uint16_t number, double read_p99_s, double write_p99_s = 0) {
  TopRow row;
  row.target = "t";
  row.lun = number;
  row.read.p99_s = read_p99_s;
  row.write.p99_s = write_p99_s;
  return row;
}

Top reading(std::vector<TopRow> luns) {
  Top top;
  top.luns = std::move(luns);
  return top;
}

TEST(History, KeepsTheWorseOfReadsAndWritesForEachRow) {
  History history;
  history.add(reading({lun(0, 0.001, 0.003), lun(1, 0.5)}));
  history.add(reading({lun(0, 0.002), lun(1, 0)}));
  EXPECT_THAT(history.of(lun(0, 0)), ElementsAre(0.003, 0.002));
  EXPECT_THAT(history.of(lun(1, 0)), ElementsAre(0.5, 0));
}

TEST(History, ForgetsWhatIsGoneAndWhatIsLongAgo) {
  History history;
  history.add(reading({lun(0, 1), lun(1, 1)}));
  for (std::size_t i = 0; i < History::kReadings; ++i) history.add(reading({lun(0, 0.5)}));
  EXPECT_EQ(history.of(lun(0, 0)), std::vector<double>(History::kReadings, 0.5));
  EXPECT_THAT(history.of(lun(1, 0)), IsEmpty());
}

TEST(History, InitiatorsHaveTheirMeanAloneAndOnEachLun) {
  TopRow a = lun(0, 0);
  a.initiator = "i";
  a.read = {100, 0, 0, 0, 0.002};
  TopRow b = a;
  b.lun = 1;
  b.read = {300, 0, 0, 0, 0.006};
  Top top;
  top.nexuses = {a, b};
  History history;
  history.add(top);
  EXPECT_THAT(history.of(a), ElementsAre(0.002));
  EXPECT_THAT(history.of(b), ElementsAre(0.006));
  EXPECT_THAT(history.of(by_initiator(top.nexuses)[0]), ElementsAre(0.005));
}

TEST(Spark, OneLadderForAllRows) {
  const std::vector<double> values{0.0001, 0.0005, 0.0006, 0.002, 0.005, 0.009, 0.02, 0.05, 3, 0};
  EXPECT_EQ(spark(values, 10, true), "▁▁▂▃▄▅▆▇█ ");
  EXPECT_EQ(spark(values, 10, false), "..:-=+*#@ ");
}

TEST(Spark, TheNewestAreAtTheRightEdge) {
  EXPECT_EQ(spark({0.0001, 3}, 4, false), "  .@");
  EXPECT_EQ(spark({3, 0.0001, 0.002}, 2, false), ".-");
  EXPECT_EQ(spark({}, 3, true), "   ");
}

TEST(SpeaksUtf8, TheFirstThatIsSetDecides) {
  EXPECT_TRUE(speaks_utf8(nullptr, nullptr, "de_DE.UTF-8"));
  EXPECT_TRUE(speaks_utf8("", "C.utf8", "C"));
  EXPECT_FALSE(speaks_utf8("C", "C.UTF-8", "C.UTF-8"));
  EXPECT_FALSE(speaks_utf8(nullptr, nullptr, nullptr));
}

}  // namespace
}  // namespace lungate::ctl
