// SPDX-License-Identifier: LGPL-2.1-or-later
// Upgrades: the target and its readers are restarted one after the other, so each must cope with
// the other's last release. README.md, "Versions", says how; here are whole segments of real
// writers, not fields changed by hand.
#include "tests/unit/telemetry/release.h"

#include <fcntl.h>

#include <cstring>

#include "telemetry/catalog.h"
#include "telemetry/decode.h"
#include "telemetry/file_lock.h"
#include "telemetry/validate.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

using layout::Header;

class Release : public SegmentTest {
 protected:
  static Result<Snapshot, ReadError> snapshot_of(Bytes segment) {
    const MemorySource source(segment);
    auto header = read_header(source);
    if (!header) return err(header.error());
    return decode(source, *header, {1});
  }
  static ReadError error_of(Bytes segment) {
    auto snapshot = snapshot_of(segment);
    return snapshot ? ReadError{} : snapshot.error();
  }

  /// What each of the fixtures holds: one loop, one LUN, some of everything.
  void count_the_example(Segment& segment) {
    LunDescription lun = lun_number(3);
    lun.rados_namespace = "tenant";
    const SlotId slot = *segment.add_lun(lun);
    segment.update_lun(slot, {OfflineReason::kNone, 1u << 30});
    LoopRecorder loop = segment.loop(0);
    LunRecorder recorder = loop.lun(slot);
    for (int i = 0; i < 3; ++i) {
      recorder.record({Op::kRead, ErrorClass::kNone, 4096, {1'000, 2'000, 3'000'000, 4'000}});
    }
    recorder.record({Op::kWrite, ErrorClass::kMedium, 0, {1'000, 2'000, 30'000'000, 4'000}});
    recorder.add(LunCounter::kTaskSetFull, 5);
    recorder.add(TaskFunction::kLunReset, TaskResponse::kComplete);
    recorder.set_in_flight(2, {77'000});
    loop.add(GatewayCounter::kLoginSuccess, 7);
    loop.add(GatewayCounter::kBytesSent, 123'456);
    loop.add(GatewayCounter::kCloseNoMemory, 3);
    loop.add(GatewayCounter::kConnectionsRefusedAddress, 2);
    loop.set(GatewayGauge::kSessions, 4);
    loop.turn_started({1'000'000});
    loop.turn_ended({3'000'000});
    loop.lagged(50'000);
    count_what_2_3_brought(segment, slot);
  }
  static void count_what_2_3_brought(Segment& segment, SlotId slot) {
    LoopRecorder loop = segment.loop(0);
    const IoRecord read{Op::kRead, ErrorClass::kNone, 4096, {1'000, 2'000, 3'000'000, 4'000}};
    segment.update_lun(slot, {OfflineReason::kNone, 1u << 30, 0.25});
    segment.promise_lun(slot, {10'000'000, 20'000'000, 0.99, 32});
    segment.set(ControlCell::kConfigHash, 0x1122334455667788);
    segment.set(ControlCell::kSourcesRefused, 1);
    loop.lun(slot).add(LunCounter::kLost, 2);
    loop.lun(slot).set_in_store({78'000});
    loop.lun(slot).set_waiting({79'000});
    loop.set(GatewayGauge::kDiscoverySessions, 1);
    loop.nexus(slot, "iqn.2026-11.io.lungate:host", {1}).record(read, true);
    loop.portal(1).connected();
    loop.window_was_full(6'000);
    SlowIo slow;
    slow.io = read;
    slow.start = {1'000'000};
    slow.recorded = {4'007'000};
    slow.opcode = 0x88;
    slow.lba = 2048;
    slow.initiator = "iqn.2026-11.io.lungate:host";
    slow.peer = "10.0.0.7:49152";
    loop.keep_slow(slot, slow);
    slow.kind = SlowKind::kStuck;
    slow.stage = Stage::kBackend;
    loop.keep_slow(slot, slow);
  }
  std::vector<std::byte> written_today() {
    const auto segment =
        start({path_, "gw-a", "0.1.0", 1, 1, {{"10.0.0.1:3260", 1}, {"[::1]:3260", 2}}, true, 1});
    count_the_example(*segment);
    return bytes_in(path_);
  }
};

/// Fields that differ from start to start.
void forget_the_instance(std::vector<std::byte>& segment) {
  Header header;
  std::memcpy(&header, segment.data(), sizeof header);
  header.instance_uuid = {};
  header.generation = 1;
  header.pid = 0;
  header.pid_start_ticks = header.start_wall_ns = header.start_boot_ns = 0;
  std::memcpy(segment.data(), &header, sizeof header);
}

TEST_F(Release, AWriterOfLayout1IsRefusedByItsVersion) {
  const ReadError error = error_of(release("1.0"));
  EXPECT_EQ(error.fault, Fault::kVersion);
  EXPECT_EQ(error.detail, "layout 1, known is 2");
}

TEST_F(Release, AReaderThatFindsLayout1AtItsPathSaysSoAndFollowsTheUpgrade) {
  write_file(path_, release("1.0"));
  EXPECT_EQ(fault(), "version");
  const auto upgraded = start();  // the old writer is gone: its file may be replaced
  EXPECT_EQ(fault(), "up");
}

TEST_F(Release, AnOldWriterThatStillRunsKeepsItsFile) {
  write_file(path_, release("1.0"));
  OtherProcess old_writer([this] {
    const int fd = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    if (!lock_for_life(fd)) ::_exit(1);
  });
  const auto refused = Segment::create(plan());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, SegmentError::Kind::kInUse);
  EXPECT_EQ(fault(), "version") << "the exporter was upgraded first, the target not yet";
}

/// What every writer of layout 2 has counted for the example.
void expect_the_example(const Snapshot& read) {
  EXPECT_EQ(read.gateway, "gw-a");
  EXPECT_EQ(read.version, "0.1.0");
  EXPECT_EQ(read.counters[index_of(GatewayCounter::kLoginSuccess)], 7u);
  EXPECT_EQ(read.counters[index_of(GatewayCounter::kBytesSent)], 123'456u);
  EXPECT_EQ(read.gauges[index_of(GatewayGauge::kSessions)], 4u);
  EXPECT_EQ(read.loops.at(0).busy_ns, 2'000'000u);
  ASSERT_EQ(read.luns.size(), 1u);
  const LunSnapshot& lun = read.luns[0];
  EXPECT_EQ(lun.rados_namespace, "tenant");
  EXPECT_EQ(lun.size_bytes, 1u << 30);
  EXPECT_EQ(lun.latency[index_of(Op::kRead)].count(), 3u);
  EXPECT_EQ(lun.latency[index_of(Op::kRead)].sum_ns, 9'021'000u);
  EXPECT_EQ(lun.errors_of(OpClass::kWrite, ErrorClass::kMedium), 1u);
  EXPECT_EQ(lun.counters[index_of(LunCounter::kTaskSetFull)], 5u);
  EXPECT_EQ(lun.counters[index_of(task_counter(TaskFunction::kLunReset, TaskResponse::kComplete))],
            1u);
  EXPECT_EQ(lun.in_flight, 2u);
}

void expect_what_2_3_brought(const Snapshot& read) {
  const LunSnapshot& lun = read.luns.at(0);
  EXPECT_EQ(lun.place_used, 0.25);
  EXPECT_EQ(lun.slo_read_ns, 10'000'000u);
  EXPECT_EQ(lun.slo_write_ns, 20'000'000u);
  EXPECT_EQ(lun.slo_objective, 0.99);
  EXPECT_EQ(lun.queue_depth_limit, 32u);
  EXPECT_EQ(lun.oldest_in_store.ns, 78'000u);
  EXPECT_EQ(lun.oldest_waiting.ns, 79'000u);
  EXPECT_EQ(read.gauges[index_of(GatewayGauge::kDiscoverySessions)], 1u);
  EXPECT_EQ(lun.counters[index_of(LunCounter::kLost)], 2u);
  EXPECT_EQ(read.control[index_of(ControlCell::kConfigHash)], 0x1122334455667788u);
  EXPECT_EQ(read.control[index_of(ControlCell::kSourcesRefused)], 1u);
  EXPECT_EQ(read.window_full_ns, 6'000u);
  ASSERT_EQ(read.nexuses.size(), 1u);
  EXPECT_EQ(read.nexuses[0].initiator, "iqn.2026-11.io.lungate:host");
  EXPECT_EQ(read.nexuses[0].latency_ns[0], 3'007'000u);
  EXPECT_EQ(read.nexuses[0].slow, 1u);
  ASSERT_EQ(read.portals.size(), 2u);
  EXPECT_EQ(read.portals[1].address, "[::1]:3260");
  EXPECT_EQ(read.portals[1].accepted, 1u);
  ASSERT_EQ(read.slow.size(), 2u);
  EXPECT_EQ(read.slow[0].duration_ns(), 3'007'000u);
  EXPECT_EQ(read.slow[0].lba, 2048u);
  EXPECT_EQ(read.slow[0].peer, "10.0.0.7:49152");
  EXPECT_EQ(read.slow[0].stage, std::nullopt);
  EXPECT_EQ(read.slow[1].stage, Stage::kBackend);
}

void expect_nothing_of_2_3(const Snapshot& read) {
  const LunSnapshot& lun = read.luns.at(0);
  EXPECT_EQ(lun.place_used, std::nullopt);
  EXPECT_EQ(lun.oldest_in_store.ns, 77'000u) << "the oldest that it knows of";
  EXPECT_EQ(lun.oldest_waiting.ns, 0u);
  EXPECT_EQ(lun.slo_read_ns + lun.slo_write_ns + lun.queue_depth_limit, 0u);
  EXPECT_TRUE(read.nexuses.empty() && read.portals.empty() && read.slow.empty());
  EXPECT_EQ(read.control, decltype(read.control){});
  EXPECT_EQ(read.window_full_ns + read.slots_skipped, 0u);
}

// What is on disk today must be readable by the next release of this layout's major version.
TEST_F(Release, ASegmentOfLayout2IsReadToTheLastCounter) {
  const auto read = snapshot_of(release("2.3"));
  ASSERT_TRUE(read.has_value()) << read.error().name() << ": " << read.error().detail;
  EXPECT_EQ(read->layout_minor, 3);
  expect_the_example(*read);
  expect_what_2_3_brought(*read);
  EXPECT_EQ(read->counters[index_of(GatewayCounter::kCloseNoMemory)], 3u);
  EXPECT_EQ(read->counters[index_of(GatewayCounter::kConnectionsRefusedAddress)], 2u);
}

// And this build keeps that promise to those before: what their writers did not know is zero.
TEST_F(Release, ASegmentOfAnOlderMinorVersionIsReadAsFarAsItGoes) {
  for (const unsigned minor : {0u, 1u, 2u}) {
    const auto read = snapshot_of(release("2." + std::to_string(minor)));
    ASSERT_TRUE(read.has_value()) << read.error().name() << ": " << read.error().detail;
    EXPECT_EQ(read->layout_minor, minor);
    expect_the_example(*read);
    EXPECT_EQ(read->counters[index_of(GatewayCounter::kCloseNoMemory)], minor == 0 ? 0u : 3u);
    EXPECT_EQ(read->counters[index_of(GatewayCounter::kConnectionsRefusedAddress)],
              minor < 2 ? 0u : 2u);
    expect_nothing_of_2_3(*read);
  }
}

// The other half of the promise: this build still writes what that file holds. When this fails and
// the change is meant, raise the version (layout.h), add a file for it here, and keep the old one.
TEST_F(Release, TheWriterWritesLayout2AsItDid) {
  std::vector<std::byte> today = written_today();
  std::vector<std::byte> kept = release("2.3");
  forget_the_instance(today);
  if (!kept.empty()) forget_the_instance(kept);
  if (dump(today) == dump(kept)) return;
  const std::string place = ::testing::TempDir() + "layout-today.txt";
  std::ofstream(place) << dump(today);
  ADD_FAILURE() << "this build's segment stands in " << place << ", the kept one in "
                << release_path("2.3");
}

// A newer writer of our major version: a counter more than we know, in the room that was kept.
TEST_F(Release, ANewerMinorVersionIsReadAsFarAsItIsKnown) {
  std::vector<std::byte> newer = written_today();
  Header header;
  std::memcpy(&header, newer.data(), sizeof header);
  header.minor = layout::kMinor + 1;
  header.schema_hash += 1;
  header.counts.gateway_counters += 1;
  std::memcpy(newer.data(), &header, sizeof header);
  const std::uint64_t unknown = 999;
  const auto at = header.loops.offset + offsetof(layout::LoopShard, counters) +
                  kGatewayCounters * sizeof(std::uint64_t);
  std::memcpy(newer.data() + at, &unknown, sizeof unknown);
  const auto read = snapshot_of(newer);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->layout_minor, layout::kMinor + 1);
  EXPECT_EQ(read->counters[index_of(GatewayCounter::kBytesSent)], 123'456u);
}

TEST_F(Release, EqualVersionsWithOtherCataloguesRefuseEachOther) {
  std::vector<std::byte> other = written_today();
  ASSERT_TRUE(snapshot_of(other).has_value());
  Header header;
  std::memcpy(&header, other.data(), sizeof header);
  header.schema_hash += 1;
  std::memcpy(other.data(), &header, sizeof header);
  EXPECT_EQ(error_of(other).fault, Fault::kSchema);
}

}  // namespace
}  // namespace lungate::telemetry
