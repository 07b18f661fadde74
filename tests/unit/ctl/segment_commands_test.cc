// SPDX-License-Identifier: LGPL-2.1-or-later
// Commands that read a segment, from options to exit code and text; the segment is a real one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "ctl/commands.h"
#include "telemetry/segment.h"
#include "tests/unit/ctl/folder.h"

namespace lungate::ctl {
namespace {

using nlohmann::json;
using telemetry::ErrorClass;
using telemetry::Op;
using testing::HasSubstr;
using testing::Not;

class SegmentCommand : public testing::Test {
 protected:
  SegmentCommand() {
    options_.command = Command::kTop;
    options_.once = true;
    options_.interval_ms = 200;
    options_.segment = folder_ / "segment";
  }
  void start() {
    auto segment = telemetry::Segment::create({options_.segment, "gw-a", "0.1.0", 1, 4, {}, true});
    ASSERT_TRUE(segment) << segment.error().detail;
    segment_ = std::move(*segment);
    const auto slot = segment_->add_lun({.target = "iqn.2026-11.io.lungate:store",
                                         .lun = 3,
                                         .backend = "rbd",
                                         .pool = "rbd",
                                         .rados_namespace = {},
                                         .image = "vm",
                                         .wwn = {},
                                         .serial = {}});
    ASSERT_TRUE(slot) << slot.error().detail;
    segment_->update_lun(*slot, {telemetry::OfflineReason::kNone, 1 << 30, 0.5});
    segment_->promise_lun(*slot, {1'000'000, 20'000'000, 0.99, 64});
    slot_ = *slot;
    segment_->loop(0).turn_ended(boot_now());
  }
  int run_it() {
    std::ostringstream out;
    std::ostringstream err;
    const int code = run(options_, out, err);
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  /// Records reads of 2 ms until the command has ended.
  int run_under_load() {
    std::atomic<bool> ended{false};
    std::thread load([&] {
      auto loop = segment_->loop(0);
      auto lun = loop.lun(slot_);
      auto nexus = loop.nexus(slot_, "iqn.1993-08.org.debian:host-1", boot_now());
      while (!ended.load()) {
        const telemetry::IoRecord io{Op::kRead, ErrorClass::kNone, 4096, {0, 0, 2'000'000, 0}};
        nexus.record(io, lun.record(io));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    const int code = run_it();
    ended = true;
    load.join();
    return code;
  }
  /// Puts a read of 4 KiB into the ring that took so long, and has just ended.
  void keep_slow(std::uint64_t ms, const char* initiator = "iqn.1993-08.org.debian:host-1") {
    telemetry::SlowIo slow;
    slow.io = {Op::kRead, ErrorClass::kNone, 4096, {0, 0, ms * 1'000'000, 0}};
    slow.opcode = 0x28;
    slow.lba = 2048;
    slow.recorded = boot_now();
    slow.start = {slow.recorded.ns - ms * 1'000'000};
    slow.initiator = initiator;
    slow.peer = "10.0.0.9:49152";
    segment_->loop(0).keep_slow(slot_, slow);
  }

  Folder folder_;
  Options options_;
  std::string out_;
  std::string err_;
  std::unique_ptr<telemetry::Segment> segment_;
  telemetry::SlotId slot_;
};

// --- top -----------------------------------------------------------------------------------------

using TopCommand = SegmentCommand;

TEST_F(TopCommand, WithoutATarget) {
  EXPECT_EQ(run_it(), 1);
  EXPECT_THAT(err_, HasSubstr("lungate-target is not running: segment " + options_.segment));
  options_.once = false;
  EXPECT_EQ(run_it(), 1);
  folder_.write("segment", std::string(100'000, 'x'));
  EXPECT_EQ(run_it(), 1);
  EXPECT_THAT(err_, HasSubstr("cannot read segment " + options_.segment + " is foreign"));
}

TEST_F(TopCommand, ShowsWhatHappens) {
  start();
  EXPECT_EQ(run_under_load(), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("gw-a, lungate 0.1.0  1 LUNs"));
  EXPECT_THAT(out_, HasSubstr("rbd:rbd/vm"));
  EXPECT_THAT(out_, HasSubstr("slow")) << "2 ms, and 1 is promised";
  EXPECT_THAT(out_, Not(HasSubstr("\x1b")));
}

TEST_F(TopCommand, AsJson) {
  start();
  options_.json = true;
  EXPECT_EQ(run_under_load(), 0) << err_;
  const json top = json::parse(out_);
  const json lun = top["luns"][0];
  EXPECT_EQ(lun["lun"], 3);
  EXPECT_EQ(lun["state"], "ready");
  EXPECT_EQ(lun["verdict"], "slow");
  EXPECT_GT(lun["read"]["per_second"], 10.0);
  EXPECT_EQ(lun["read"]["bytes_per_second"], 4096.0 * lun["read"]["per_second"].get<double>());
  EXPECT_NEAR(lun["read"]["p50_s"].get<double>(), 0.002, 0.0002);
  EXPECT_NEAR(lun["read"]["mean_s"].get<double>(), 0.002, 0.0002);
  EXPECT_EQ(lun["write"]["p99_s"], nullptr);
  EXPECT_EQ(lun["slow_per_second"], lun["read"]["per_second"]);
  EXPECT_EQ(lun["slo"], json({{"read_s", 0.001}, {"write_s", 0.02}, {"objective", 0.99}}));
  EXPECT_EQ(lun["place_used_ratio"], 0.5);
  const json initiator = top["initiators"][0];
  EXPECT_EQ(initiator["initiator"], "iqn.1993-08.org.debian:host-1");
  EXPECT_EQ(initiator["lun"], 3);
  EXPECT_GT(initiator["read"]["per_second"], 10.0);
  EXPECT_EQ(top["loop_busy_ratio"].size(), 1u);
  EXPECT_EQ(top["ceph"], nullptr);
}

TEST_F(TopCommand, ABatchIsATableForEachReading) {
  start();
  options_.once = false;
  options_.top.batch = true;
  options_.top.count = 3;
  options_.top.choice.by = By::kInitiator;
  EXPECT_EQ(run_under_load(), 0) << err_;
  std::size_t tables = 0;
  for (std::size_t at = 0; (at = out_.find("\nINITIATOR ", at)) != out_.npos; ++at) ++tables;
  EXPECT_EQ(tables, 3u);
  EXPECT_THAT(out_, HasSubstr("\nhost-1 "));
  EXPECT_TRUE(out_.ends_with("\n\n"));
}

TEST_F(TopCommand, ABatchOfObjectsIsALineForEachReading) {
  start();
  options_.once = false;
  options_.json = true;
  options_.top.batch = true;
  options_.top.count = 2;
  EXPECT_EQ(run_under_load(), 0) << err_;
  std::istringstream lines(out_);
  int objects = 0;
  for (std::string line; std::getline(lines, line); ++objects) {
    EXPECT_EQ(json::parse(line)["luns"][0]["lun"], 3);
  }
  EXPECT_EQ(objects, 2);
}

TEST_F(TopCommand, ABatchEndsWithItsTarget) {
  start();
  options_.once = false;
  options_.top.batch = true;
  segment_.reset();
  EXPECT_EQ(run_it(), 1);
  EXPECT_THAT(err_, HasSubstr("lungate-target is not running"));
}

// --- slowlog -------------------------------------------------------------------------------------

class SlowlogCommand : public SegmentCommand {
 protected:
  SlowlogCommand() { options_.command = Command::kSlowlog; }
};

TEST_F(SlowlogCommand, NewestLast) {
  start();
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_, "no slow I/O is recorded\n");
  keep_slow(1500);
  keep_slow(30);
  EXPECT_EQ(run_it(), 0) << err_;
  EXPECT_EQ(err_, "");
  EXPECT_THAT(out_, HasSubstr("WHEN "));
  EXPECT_LT(out_.find("1.50s"), out_.find("30.0ms"));
  EXPECT_THAT(out_, HasSubstr("iqn.2026-11.io.lungate:store/3  READ(10) 28h  2048       8   4096"));
  options_.slowlog.choice.sort = SlowSort::kDuration;
  EXPECT_EQ(run_it(), 0);
  EXPECT_GT(out_.find("1.50s"), out_.find("30.0ms"));
}

TEST_F(SlowlogCommand, AFilterThatLeavesNothingClearsNobody) {
  start();
  keep_slow(1500);
  options_.slowlog.choice.lun = "store/4";
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(err_,
            "no slow I/O that was asked for; the ring has 1 of others, and forgets the oldest "
            "first\n");
}

TEST_F(SlowlogCommand, AsJson) {
  start();
  keep_slow(1500);
  options_.json = true;
  EXPECT_EQ(run_it(), 0) << err_;
  const json log = json::parse(out_);
  EXPECT_EQ(log["gateway"], "gw-a");
  EXPECT_EQ(log["alive"], true);
  const json record = log["records"][0];
  EXPECT_EQ(record["command"], "READ(10)");
  EXPECT_EQ(record["opcode"], 0x28);
  EXPECT_EQ(record["op"], "read");
  EXPECT_EQ(record["kind"], "ended");
  EXPECT_EQ(record["stage"], "done");
  EXPECT_EQ(record["duration_s"], 1.5);
  EXPECT_EQ(record["stages_s"]["backend"], 1.5);
  EXPECT_EQ(record["error"], "none");
  EXPECT_EQ(record["blocks"], 8);
  EXPECT_EQ(record["peer"], "10.0.0.9:49152");
}

TEST_F(SlowlogCommand, SaysWhereAStuckOneIs) {
  start();
  telemetry::SlowIo stuck;
  stuck.kind = telemetry::SlowKind::kStuck;
  stuck.stage = telemetry::Stage::kReceive;
  segment_->loop(0).keep_slow(slot_, stuck);
  EXPECT_EQ(run_it(), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("  stuck in receive  "));
  options_.json = true;
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(json::parse(out_)["records"][0]["stage"], "receive");
}

TEST_F(SlowlogCommand, OfADeadTarget) {
  start();
  keep_slow(1500);
  segment_.reset();
  EXPECT_EQ(run_it(), 0);
  EXPECT_THAT(err_, HasSubstr("lungate-target is not running: it has ended"));
  EXPECT_THAT(out_, HasSubstr("1.50s"));
  options_.json = true;
  EXPECT_EQ(run_it(), 0);
  EXPECT_EQ(json::parse(out_)["alive"], false);
}

TEST_F(SlowlogCommand, WithoutASegment) {
  EXPECT_EQ(run_it(), 1);
  EXPECT_THAT(err_, HasSubstr("lungate-target is not running"));
}

// --- ctl/README.md -------------------------------------------------------------------------------

/// Every field's name, however deep.
void collect(const json& value, std::set<std::string>& names) {
  for (const auto& [name, inner] : value.items()) {
    if (value.is_object()) names.insert(name);
    if (inner.is_structured()) collect(inner, names);
  }
}

TEST_F(SlowlogCommand, EveryFieldOfTheObjectsIsExplained) {
  start();
  segment_->set(telemetry::ControlCell::kCephUsed, 1);
  keep_slow(1500);
  options_.json = true;
  std::set<std::string> names;
  EXPECT_EQ(run_it(), 0);
  collect(json::parse(out_), names);
  options_.command = Command::kTop;
  EXPECT_EQ(run_under_load(), 0);
  collect(json::parse(out_), names);
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind("tests/unit/")) + "ctl/README.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_GT(names.size(), 40u);
  for (const std::string& name : names) {
    EXPECT_THAT(text.str(), HasSubstr("`" + name + "`"));
  }
}

}  // namespace
}  // namespace lungate::ctl
