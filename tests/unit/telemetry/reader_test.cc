// SPDX-License-Identifier: LGPL-2.1-or-later
#include "telemetry/reader.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "base/fd.h"
#include "telemetry/source.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::telemetry {
namespace {

class SegmentReader : public SegmentTest {
 protected:
  /// A target in a process of its own, with one LUN and one I/O.
  std::function<void()> target() {
    return [this] {
      static std::unique_ptr<Segment> segment;  // lives until the process is killed
      segment = std::move(*Segment::create(plan()));
      const SlotId slot = *segment->add_lun(lun_number(3));
      segment->loop(0).lun(slot).record(read_of(4096, 1'000));
    };
  }
};

TEST_F(SegmentReader, NothingThere) {
  EXPECT_EQ(fault(), "absent");
}

TEST_F(SegmentReader, NoFolderThere) {
  Reader reader(folder_ / "no/such/file");
  EXPECT_EQ(reader.read().error().fault, Fault::kAbsent);
}

TEST_F(SegmentReader, AFolderInItsPlace) {
  Reader reader(folder_.path());
  EXPECT_EQ(reader.read().error().fault, Fault::kForeign);
}

TEST_F(SegmentReader, APipeInItsPlaceKeepsNobodyWaiting) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(fault(), "foreign");
}

TEST_F(SegmentReader, ALivingProcess) {
  OtherProcess process(target());
  EXPECT_EQ(fault(), "up");
  EXPECT_EQ(read().luns.at(0).lun, 3);
}

TEST_F(SegmentReader, AKilledProcessIsDead) {
  OtherProcess process(target());
  ASSERT_EQ(fault(), "up");
  process.kill();
  EXPECT_EQ(fault(), "dead");
}

TEST_F(SegmentReader, TheDeadCanStillBeAsked) {
  OtherProcess process(target());
  process.kill();
  auto snapshot = reader_.read(Want::kAny);
  ASSERT_TRUE(snapshot.has_value());
  EXPECT_FALSE(snapshot->alive);
  EXPECT_EQ(snapshot->luns.at(0).latency[0].count(), 1u);
}

TEST_F(SegmentReader, FollowsARestart) {
  OtherProcess first(target());
  const std::uint64_t generation = read().generation;
  first.kill();
  OtherProcess second(target());
  EXPECT_EQ(fault(), "up");
  EXPECT_NE(read().generation, generation);
}

TEST_F(SegmentReader, FollowsARestartThatItDidNotSeeDying) {
  auto segment = start();
  const std::uint64_t generation = read().generation;
  segment.reset();
  segment = start();
  EXPECT_NE(read().generation, generation);
}

TEST_F(SegmentReader, FollowsDisappearanceAndReturn) {
  auto segment = start();
  ASSERT_EQ(fault(), "up");
  std::filesystem::remove(path_);
  EXPECT_EQ(fault(), "absent");
  segment.reset();
  segment = start();
  EXPECT_EQ(fault(), "up");
}

TEST_F(SegmentReader, AFileThatShrinksUnderIt) {
  OtherProcess process(target());
  ASSERT_EQ(fault(), "up");
  ASSERT_EQ(::truncate(path_.c_str(), 8192), 0);
  EXPECT_EQ(fault(), "truncated");
  ASSERT_EQ(::truncate(path_.c_str(), 0), 0);
  EXPECT_EQ(fault(), "truncated");
}

// A stopped process holds its lock: it is up, and its age tells.
TEST_F(SegmentReader, AWedgedTargetIsUpButSilent) {
  const auto segment = start();
  const BootTime now = boot_now();
  for (unsigned loop = 0; loop < kLoops; ++loop) segment->loop(loop).turn_ended(now);
  const auto snapshot = read(now + std::chrono::seconds(20));
  EXPECT_EQ(snapshot.heartbeat_age_ns(), 20'000'000'000u);
}

// source.h rests on this: a copy by the kernel sees each aligned counter whole.
TEST_F(SegmentReader, CountersAreNotTorn) {
  constexpr std::uint64_t kLow = 0x00000000ffffffff;
  constexpr std::uint64_t kHigh = 0xffffffff00000000;
  const UniqueFd fd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::ftruncate(fd.get(), 4096), 0);
  auto* cells = static_cast<std::uint64_t*>(
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
  ASSERT_NE(cells, MAP_FAILED);
  for (int i = 0; i < 512; ++i) detail::put(cells[i], kLow);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (std::uint64_t turn = 0; !done; ++turn) {
      for (int i = 0; i < 512; ++i) detail::put(cells[i], turn % 2 == 0 ? kHigh : kLow);
    }
  });
  const FileSource source(fd.get());
  std::array<std::uint64_t, 512> copy{};
  bool torn = false;
  for (int i = 0; i < 20'000 && !torn; ++i) {
    ASSERT_TRUE(source.read(0, std::as_writable_bytes(std::span(copy))));
    for (const std::uint64_t cell : copy) torn |= cell != kLow && cell != kHigh;
  }
  done = true;
  writer.join();
  ::munmap(cells, 4096);
  EXPECT_FALSE(torn);
}

// To open a device is to use it: a watchdog is armed by it. A pipe stands for one here.
TEST_F(SegmentReader, WhatIsNoFileIsNotEvenOpened) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const UniqueFd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  ASSERT_GE(::inotify_add_watch(watch.get(), path_.c_str(), IN_OPEN), 0);
  EXPECT_EQ(fault(), "foreign");
  char event[512];
  EXPECT_LT(::read(watch.get(), event, sizeof event), 0) << "it was opened";
}

}  // namespace
}  // namespace lungate::telemetry
