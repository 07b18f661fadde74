// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/slow_view.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace lungate::ctl {
namespace {

/// A time zone that is not UTC, the same on every machine.
class SlowView : public testing::Test {
 protected:
  SlowView() { set("IST-5:30"); }
  ~SlowView() override { set("UTC0"); }
  static void set(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

SlowRow row() {
  SlowRow row;
  row.wall_ns = 1'700'000'000'007'000'000;
  row.target = "iqn.2026-11.io.lungate:a";
  row.lun = 3;
  row.command = "READ(10)";
  row.opcode = 0x28;
  row.lba = 2048;
  row.blocks = 8;
  row.bytes = 4096;
  row.duration_s = 1.2345;
  row.stages_s = {0.000012, 0.003, 1.23, 0.0005};
  row.initiator = "iqn.1993-08.org.debian:host-1";
  row.peer = "10.0.0.9:49152";
  return row;
}

TEST_F(SlowView, LocalTimeWithItsOffset) {
  EXPECT_EQ(iso_time(1'700'000'000'007'000'000), "2023-11-15T03:43:20.007+05:30");
  set("NST3:30");
  EXPECT_EQ(iso_time(1'700'000'000'999'999'999), "2023-11-14T18:43:20.999-03:30");
}

TEST_F(SlowView, Golden) {
  SlowRow stuck = row();
  stuck.kind = telemetry::SlowKind::kStuck;
  stuck.stage = telemetry::Stage::kBackend;
  stuck.command = "";
  stuck.opcode = 0xc1;
  stuck.error = telemetry::ErrorClass::kMedium;
  stuck.initiator = "";
  EXPECT_EQ(
      SlowTable().text({row(), stuck}),
      "WHEN                           KIND               TOOK  RECEIVE   QUEUE  BACKEND   SEND"
      "  LUN                         COMMAND        LBA  BLOCKS  BYTES  ERROR "
      "  INITIATOR                      PEER\n"
      "2023-11-15T03:43:20.007+05:30  ended             1.23s     12us  3.00ms    1.23s  500us"
      "  iqn.2026-11.io.lungate:a/3  READ(10) 28h  2048       8   4096  -     "
      "  iqn.1993-08.org.debian:host-1  10.0.0.9:49152\n"
      "2023-11-15T03:43:20.007+05:30  stuck in backend  1.23s     12us  3.00ms    1.23s  500us"
      "  iqn.2026-11.io.lungate:a/3  C1h           2048       8   4096  medium"
      "  -                              10.0.0.9:49152\n");
}

TEST_F(SlowView, WhatIsFollowedHasTitlesOnceAndColumnsThatStay) {
  SlowTable table;
  const std::string first = table.text({row()});
  EXPECT_EQ(table.text({}), "");
  SlowRow shorter = row();
  shorter.target = "t";
  const std::string second = table.text({shorter});
  EXPECT_EQ(second.find("WHEN"), std::string::npos);
  EXPECT_EQ(second.find("READ(10)"), first.rfind("READ(10)") - first.find("2023"));
}

TEST_F(SlowView, WhatAPeerSaysIsHarmless) {
  SlowRow evil = row();
  evil.initiator = "\x1b[2Jx";
  EXPECT_EQ(SlowTable().text({evil}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace lungate::ctl
