// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/slow_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/ctl/readings.h"

namespace lungate::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// At 100 s since boot it is 1,000,000 s of the epoch.
constexpr Clocks kNow{{100'000'000'000}, 1'000'000'000'000'000};

/// Records 1, 2, 3: of a/0, a/0 and b/7; 1 took longest.
Reading three() {
  Reading reading;
  reading.lun("a", 0).slow(0, 1, 10, 40).slow(1, 1, 50, 51).lun("b", 7).slow(0, 2, 60, 62);
  reading.snapshot().slow[2].initiator = "iqn.1993-08.org.debian:B";
  return reading;
}

std::vector<double> durations(const SlowChoice& choice) {
  std::vector<double> out;
  for (const SlowRow& row : chosen(slow_rows(three().snapshot(), kNow), choice)) {
    out.push_back(row.duration_s);
  }
  return out;
}

TEST(SlowRows, SayWhatTheRecordSays) {
  Reading reading = three();
  telemetry::SlowSnapshot& record = reading.snapshot().slow[0];
  record.kind = telemetry::SlowKind::kStuck;
  record.stage = telemetry::Stage::kSend;
  record.error = telemetry::ErrorClass::kMedium;
  record.opcode = 0x2a;
  record.lba = 2048;
  record.bytes = 8192;
  record.stage_ns = {1'000, 2'000'000, 3'000'000'000, 0};
  reading.snapshot().luns[0].block_bytes = 4096;
  const SlowRow row = slow_rows(reading.snapshot(), kNow)[0];
  EXPECT_EQ(row.wall_ns, 999'940'000'000'000u) << "60 s ago";
  EXPECT_EQ(row.kind, telemetry::SlowKind::kStuck);
  EXPECT_EQ(row.target, "iqn.2026-11.io.lungate:a");
  EXPECT_EQ(row.lun, 0u);
  EXPECT_EQ(row.initiator, "iqn.1993-08.org.debian:a");
  EXPECT_EQ(row.peer, "10.0.0.9:49152");
  EXPECT_EQ(row.command, "WRITE(10)");
  EXPECT_EQ(row.opcode, 0x2a);
  EXPECT_EQ(row.lba, 2048u);
  EXPECT_EQ(row.blocks, 2u);
  EXPECT_EQ(row.bytes, 8192u);
  EXPECT_EQ(row.duration_s, 30.0);
  EXPECT_THAT(row.stages_s, ElementsAre(1e-6, 0.002, 3.0, 0.0));
  EXPECT_EQ(row.stage, telemetry::Stage::kSend);
  EXPECT_EQ(row.error, telemetry::ErrorClass::kMedium);
}

TEST(SlowRows, OfNonsenseIsNothing) {
  Reading reading = three();
  reading.snapshot().slow[0].lun = 9;
  EXPECT_EQ(slow_rows(reading.snapshot(), kNow).size(), 2u);
  EXPECT_EQ(slow_rows(reading.snapshot(), {{100'000'000'000}, 5})[0].wall_ns, 0u)
      << "a wall clock before the machine's start";
}

TEST(Chosen, OrdersAndTheLastOnes) {
  EXPECT_THAT(durations({SlowSort::kTime, "", "", 0}), ElementsAre(30, 1, 2));
  EXPECT_THAT(durations({SlowSort::kDuration, "", "", 0}), ElementsAre(1, 2, 30));
  EXPECT_THAT(durations({SlowSort::kTime, "", "", 2}), ElementsAre(1, 2));
  EXPECT_THAT(durations({SlowSort::kDuration, "", "", 1}), ElementsAre(30));
  EXPECT_THAT(durations({SlowSort::kTime, "", "", 9}), ElementsAre(30, 1, 2));
}

TEST(Chosen, OfALunOrAnInitiator) {
  EXPECT_THAT(durations({SlowSort::kTime, "7", "", 0}), ElementsAre(2));
  EXPECT_THAT(durations({SlowSort::kTime, "a/0", "", 0}), ElementsAre(30, 1));
  EXPECT_THAT(durations({SlowSort::kTime, "iqn.2026-11.io.lungate:b/7", "", 0}), ElementsAre(2));
  EXPECT_THAT(durations({SlowSort::kTime, "a/7", "", 0}), IsEmpty());
  EXPECT_THAT(durations({SlowSort::kTime, "LUNGATE:B", "", 0}), ElementsAre(2));
  EXPECT_THAT(durations({SlowSort::kTime, "", "debian:b", 0}), ElementsAre(2));
  EXPECT_THAT(durations({SlowSort::kTime, "", "debian:a", 1}), ElementsAre(1));
}

TEST(Unseen, EachRecordOnce) {
  Unseen unseen;
  EXPECT_EQ(unseen.of(three().snapshot()).slow.size(), 3u);
  EXPECT_THAT(unseen.of(three().snapshot()).slow, IsEmpty());
  // Of loop 1, which is behind loop 0, and ended before what was shown last.
  Reading more = three().slow(1, 2, 54, 55).slow(0, 3, 62, 63);
  EXPECT_EQ(unseen.of(more.snapshot()).slow.size(), 2u);
  EXPECT_THAT(unseen.of(more.snapshot()).slow, IsEmpty());
}

TEST(Unseen, AfterARestartNumbersBeginAnew) {
  Unseen unseen;
  unseen.of(three().snapshot());
  EXPECT_EQ(unseen.of(three().generation(2).snapshot()).slow.size(), 3u);
}

}  // namespace
}  // namespace lungate::ctl
