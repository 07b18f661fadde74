// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/segment.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>

#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

using Kind = SegmentError::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr BootTime kNoon{1'000'000'000'000};
constexpr BootTime after(std::chrono::seconds span) {
  return kNoon + span;
}

class SegmentWriter : public SegmentTest {
 protected:
  std::vector<int> luns() {
    std::vector<int> numbers;
    for (const LunSnapshot& lun : read().luns) numbers.push_back(lun.lun);
    return numbers;
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  static SlotId add(Segment& segment, std::uint16_t number, BootTime now = kNoon) {
    auto slot = segment.add_lun(lun_number(number), now);
    EXPECT_TRUE(slot.has_value());
    return slot ? *slot : SlotId{};
  }
  Kind error_of_start() {
    auto segment = Segment::create(plan());
    EXPECT_FALSE(segment.has_value());
    return segment ? Kind::kSystem : segment.error().kind;
  }
};

TEST_F(SegmentWriter, SaysWhoItIs) {
  const auto segment = start();
  const Snapshot snapshot = read();
  EXPECT_EQ(snapshot.gateway, "gw-a");
  EXPECT_EQ(snapshot.version, "1.2.3");
  EXPECT_EQ(snapshot.pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(snapshot.generation, segment->generation());
  EXPECT_EQ(snapshot.loops.size(), kLoops);
  EXPECT_TRUE(snapshot.alive);
  EXPECT_FALSE(snapshot.stopping);
  EXPECT_LT(snapshot.heartbeat_age_ns(), 60'000'000'000u) << "loops begin as just heard of";
}

TEST_F(SegmentWriter, MakesTheLastPartOfItsFolder) {
  auto plan = SegmentWriter::plan();
  plan.path = folder_ / "lungate/gw-a";
  EXPECT_NE(start(plan), nullptr);
  plan.path = folder_ / "not/there/gw-a";
  auto segment = Segment::create(plan);
  ASSERT_FALSE(segment.has_value());
  EXPECT_EQ(segment.error().kind, Kind::kSystem);
}

TEST_F(SegmentWriter, IsReadableByItsGroupWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  const auto segment = start();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(SegmentWriter, LeavesNothingBesideTheSegment) {
  write_file(path_ + ".0123456789abcdef.tmp", bytes_of(std::string_view("half made")));
  const auto segment = start();
  EXPECT_THAT(files(), ElementsAre("gw-a"));
}

TEST_F(SegmentWriter, RefusesThePathOfALivingProcess) {
  const auto segment = start();
  EXPECT_EQ(error_of_start(), Kind::kInUse);
  EXPECT_EQ(read().generation, segment->generation());
}

TEST_F(SegmentWriter, NeverReplacesAFileThatIsNoSegment) {
  write_file(path_, std::vector<std::byte>(4096));  // a disk image may well begin with zeros
  EXPECT_EQ(error_of_start(), Kind::kForeign);
  EXPECT_EQ(bytes_in(path_).size(), 4096u);
}

TEST_F(SegmentWriter, ReplacesAnEmptyFile) {
  write_file(path_, {});
  EXPECT_NE(start(), nullptr);
}

TEST_F(SegmentWriter, ReplacesWhatADeadProcessLeft) {
  const std::uint64_t before = start()->generation();
  const auto segment = start();
  EXPECT_NE(segment->generation(), before);
  EXPECT_EQ(read().generation, segment->generation());
}

TEST_F(SegmentWriter, ALunBeginsOfflineAndEmpty) {
  const auto segment = start();
  add(*segment, 7);
  const LunSnapshot lun = read().luns.at(0);
  EXPECT_EQ(lun.target, kTarget);
  EXPECT_EQ(lun.lun, 7);
  EXPECT_EQ(lun.image, "vm-1");
  EXPECT_EQ(lun.serial, "0123456789abcdef");
  EXPECT_EQ(lun.block_bytes, 512u);
  EXPECT_EQ(lun.offline, OfflineReason::kOpening);
  EXPECT_EQ(lun.size_bytes, 0u);
}

TEST_F(SegmentWriter, ALunSaysItsState) {
  const auto segment = start();
  segment->update_lun(add(*segment, 7), {OfflineReason::kNone, 10'000});
  EXPECT_EQ(read().luns.at(0).offline, OfflineReason::kNone);
  EXPECT_EQ(read().luns.at(0).size_bytes, 10'000u);
}

TEST_F(SegmentWriter, ALunSaysHowFullItsPlaceIs) {
  const auto segment = start();
  const SlotId slot = add(*segment, 7);
  EXPECT_EQ(read().luns.at(0).place_used, std::nullopt) << "not known yet";
  segment->update_lun(slot, {OfflineReason::kNone, 10'000, 0.875});
  EXPECT_EQ(read().luns.at(0).place_used, 0.875);
  segment->update_lun(slot, {OfflineReason::kNone, 10'000, 0.0});
  EXPECT_EQ(read().luns.at(0).place_used, 0.0) << "empty is known";
  segment->update_lun(slot, {OfflineReason::kNone, 10'000, std::nullopt});
  EXPECT_EQ(read().luns.at(0).place_used, std::nullopt);
}

TEST_F(SegmentWriter, ALunSaysWhatIsPromised) {
  const auto segment = start();
  const SlotId slot = add(*segment, 7);
  segment->promise_lun(slot, {10'000'000, 20'000'000, 0.999, 64});
  segment->identify_lun(slot, "3", "S");  // writes the slot anew
  const LunSnapshot lun = read().luns.at(0);
  EXPECT_EQ(lun.slo_read_ns, 10'000'000u);
  EXPECT_EQ(lun.slo_write_ns, 20'000'000u);
  EXPECT_EQ(lun.slo_objective, 0.999);
  EXPECT_EQ(lun.queue_depth_limit, 64u);
}

TEST_F(SegmentWriter, AnotherLunInTheSlotInheritsNothing) {
  const auto segment = start();
  const SlotId slot = add(*segment, 0);
  segment->update_lun(slot, {OfflineReason::kNone, 10'000, 0.5});
  segment->promise_lun(slot, {1, 2, 0.9, 3});
  segment->remove_lun(slot, kNoon);
  for (std::uint16_t number = 1; number <= kSlots; ++number) {
    add(*segment, number, after(limits::kTombstoneTime));
  }
  const LunSnapshot lun = read().luns.at(0);
  EXPECT_EQ(lun.slot_generation, 2u);
  EXPECT_EQ(lun.place_used, std::nullopt);
  EXPECT_EQ(lun.slo_read_ns + lun.slo_write_ns + lun.queue_depth_limit, 0u);
  EXPECT_EQ(lun.slo_objective, 0);
}

TEST_F(SegmentWriter, TheProcessSpeaksForItself) {
  const auto segment = start();
  segment->set(ControlCell::kConfigHash, 0xabcd);
  segment->add(ControlCell::kReloadsDone);
  segment->add(ControlCell::kReloadsDone, 2);
  const Snapshot snapshot = read();
  EXPECT_EQ(snapshot.control[index_of(ControlCell::kConfigHash)], 0xabcdu);
  EXPECT_EQ(snapshot.control[index_of(ControlCell::kReloadsDone)], 3u);
  EXPECT_EQ(snapshot.control[index_of(ControlCell::kCephUsed)], 0u);
}

TEST_F(SegmentWriter, PortalsAreThoseOfThePlan) {
  auto plan = SegmentWriter::plan();
  plan.portals = {{"10.0.0.1:3260", 1}, {"[2001:db8::1]:3260", 2}};
  const auto segment = start(plan);
  const auto portals = read().portals;
  ASSERT_EQ(portals.size(), 2u);
  EXPECT_EQ(portals[1].address, "[2001:db8::1]:3260");
  EXPECT_EQ(portals[1].tag, 2);
}

TEST_F(SegmentWriter, TablesOfNothingAreAbsent) {
  auto plan = SegmentWriter::plan();
  plan.portals.clear();
  plan.initiators = false;
  const auto segment = start(plan);
  const auto image = bytes_in(path_);
  const auto header = load<layout::Header>(Bytes(image));
  for (const layout::Table& table :
       {header.nexus_slots, header.nexus_shards, header.portal_slots, header.portal_shards}) {
    EXPECT_EQ(table.offset + table.stride + table.count, 0u);
  }
  EXPECT_EQ(fault(), "up");
}

/// Guards identify_lun(): a LUN gets its slot before its store is open, and its wwn and serial were
/// empty for ever.
TEST_F(SegmentWriter, ALunMayBeIdentifiedLater) {
  const auto segment = start();
  LunDescription lun = lun_number(7);
  lun.wwn = lun.serial = "";
  const SlotId slot = *segment->add_lun(lun);
  EXPECT_EQ(read().luns.at(0).wwn, "");
  segment->update_lun(slot, {OfflineReason::kNone, 10'000});
  segment->identify_lun(slot, "3aabbccddeeff001", "SER11");
  const LunSnapshot known = read().luns.at(0);
  EXPECT_EQ(known.wwn, "3aabbccddeeff001");
  EXPECT_EQ(known.serial, "SER11");
  EXPECT_EQ(known.image, "vm-1") << "the rest stays";
  EXPECT_EQ(known.size_bytes, 10'000u);
  EXPECT_EQ(known.offline, OfflineReason::kNone);
  segment->identify_lun(slot, "3", "");
  EXPECT_EQ(read().luns.at(0).wwn, "3") << "a shorter text leaves nothing of the longer one";
  EXPECT_EQ(read().luns.at(0).serial, "");
}

/// Both or neither, while a reader looks: they are of one disk.
TEST_F(SegmentWriter, WwnAndSerialChangeTogether) {
  const auto segment = start();
  const SlotId slot = add(*segment, 7);
  segment->identify_lun(slot, "a", "a");
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done; ++i) {
      const std::string_view text = i % 2 == 0 ? "b" : "a";
      segment->identify_lun(slot, text, text);
    }
  });
  for (int i = 0; i < 2000; ++i) {
    for (const LunSnapshot& lun : read().luns) EXPECT_EQ(lun.wwn, lun.serial);
  }
  done = true;
  writer.join();
}

TEST_F(SegmentWriter, CutsTextsThatAreTooLong) {
  const auto segment = start();
  LunDescription lun = lun_number(1);
  const std::string name(10'000, 'x');
  lun.image = name;
  ASSERT_TRUE(segment->add_lun(lun).has_value());
  EXPECT_EQ(read().luns.at(0).image, std::string(255, 'x'));
}

TEST_F(SegmentWriter, TheSameLunTwiceIsAnError) {
  const auto segment = start();
  const SlotId slot = add(*segment, 1);
  EXPECT_EQ(segment->add_lun(lun_number(1)).error().kind, Kind::kDuplicate);
  segment->remove_lun(slot);
  EXPECT_TRUE(segment->add_lun(lun_number(1)).has_value()) << "after its removal it may come back";
}

TEST_F(SegmentWriter, ARemovedLunIsGoneAtOnce) {
  const auto segment = start();
  const SlotId slot = add(*segment, 1);
  add(*segment, 2);
  segment->remove_lun(slot, kNoon);
  EXPECT_THAT(luns(), ElementsAre(2));
}

TEST_F(SegmentWriter, ASlotRestsBeforeItIsUsedAgain) {
  const auto segment = start();
  const SlotId first = add(*segment, 0);
  for (std::uint16_t number = 1; number < kSlots; ++number) add(*segment, number);
  segment->remove_lun(first, kNoon);
  EXPECT_EQ(segment->add_lun(lun_number(9), after(std::chrono::seconds(59))).error().kind,
            Kind::kNoSlot);
  EXPECT_EQ(add(*segment, 9, after(std::chrono::seconds(60))), first);
  EXPECT_EQ(read().luns.at(0).slot_generation, 2u);
}

TEST_F(SegmentWriter, ASlotIsEmptyWhenItIsUsedAgain) {
  const auto segment = start();
  const SlotId slot = add(*segment, 0);
  segment->loop(1).lun(slot).record(read_of(4096, 1000));
  segment->remove_lun(slot, kNoon);
  ASSERT_EQ(add(*segment, 9, after(limits::kTombstoneTime)), slot);
  EXPECT_EQ(read().luns.at(0).latency[0].count(), 0u);
  EXPECT_EQ(read().luns.at(0).bytes[0], 0u);
}

TEST_F(SegmentWriter, ASlotWithIoInFlightIsNotUsedAgain) {
  const auto segment = start();
  const SlotId slot = add(*segment, 0);
  LunRecorder recorder = segment->loop(1).lun(slot);
  recorder.set_in_flight(1, kNoon);
  segment->remove_lun(slot, kNoon);
  EXPECT_NE(add(*segment, 8, after(limits::kTombstoneTime)), slot);
  recorder.set_in_flight(0, {});
  EXPECT_EQ(add(*segment, 9, after(limits::kTombstoneTime)), slot);
}

// target/telemetry/README.md, "An example".
TEST_F(SegmentWriter, TheDocumentsExampleHolds) {
  auto plan = SegmentWriter::plan();
  plan.lun_slots = 1280;
  plan.nexus_slots = 4096;
  const auto segment = start(plan);
  for (std::uint16_t number = 0; number <= 5; ++number) add(*segment, number);
  segment->loop(1).lun(SlotId{5}).record(
      {Op::kRead, ErrorClass::kNone, 4096, {1'000, 2'000, 3'000'000, 4'000}});
  const auto image = bytes_in(path_);
  EXPECT_EQ(image.size(), 36'216'960u);
  EXPECT_EQ(load<std::uint64_t>(Bytes(image).subspan(91136 + offsetof(layout::LunSlot, lun))), 5u);
  EXPECT_EQ(load<std::uint64_t>(Bytes(image).subspan(1'535'432)), 1u);
}

TEST_F(SegmentWriter, SaysThatItStops) {
  auto segment = start();
  segment->stopping();
  EXPECT_TRUE(read().stopping);
  segment.reset();
  EXPECT_EQ(fault(), "stopped");
}

TEST_F(SegmentWriter, NoRoomIsAnErrorAndLeavesNothing) {
  // A limit on file sizes stands in for a full disk.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{64 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto segment = Segment::create(plan());
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_FALSE(segment.has_value());
  EXPECT_THAT(files(), IsEmpty());
}

}  // namespace
}  // namespace lungate::telemetry
