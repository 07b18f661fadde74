// SPDX-License-Identifier: LGPL-2.1-or-later
// The requests of a job, one after the other.
#include "scsi/medium_job.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Data;
using testing::Disk;
using ::testing::ElementsAre;
using testing::filled;

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr Call kFlush{Verb::kFlush, 0, 0};

Unit of_mib(std::uint64_t mib, bool discards) {
  Disk disk;
  disk.unit.geometry.block_count = mib * kMiB / 512;
  disk.unit.geometry.unmap_granularity_blocks = discards ? 8 : 0;
  return disk.unit;
}

std::vector<Call> requests(MediumRun& run) {
  std::vector<Call> calls;
  backend::Request request;
  while (run.next(request)) calls.push_back({request.verb, request.offset, request.length});
  return calls;
}

MediumJob overwrite(std::uint8_t passes, bool inverts) {
  MediumJob job;
  job.work = MediumWork::kOverwrite;
  job.passes = passes;
  job.inverts = inverts;
  job.pattern = filled(1, 0xa5);
  return job;
}

TEST(MediumRun, FormatsByDiscarding) {
  MediumRun run({}, of_mib(1025, true));
  EXPECT_THAT(requests(run), ElementsAre(Call{Verb::kDiscard, 0, 512 * kMiB},
                                         Call{Verb::kDiscard, 512 * kMiB, 512 * kMiB},
                                         Call{Verb::kDiscard, 1024 * kMiB, kMiB}, kFlush));
}

TEST(MediumRun, FormatsByZerosWhereNothingCanBeDiscarded) {
  MediumRun run({}, of_mib(20, false));
  EXPECT_THAT(requests(run), ElementsAre(Call{Verb::kWriteZeroes, 0, 16 * kMiB},
                                         Call{Verb::kWriteZeroes, 16 * kMiB, 4 * kMiB}, kFlush));
}

TEST(MediumRun, ErasesByDiscarding) {
  MediumJob job;
  job.work = MediumWork::kBlockErase;
  MediumRun run(job, of_mib(1, true));
  EXPECT_THAT(requests(run), ElementsAre(Call{Verb::kDiscard, 0, kMiB}, kFlush));
}

TEST(MediumRun, OverwritesPassByPass) {
  MediumRun run(overwrite(3, false), of_mib(17, true));
  const Call first{Verb::kWriteSame, 0, 16 * kMiB};
  const Call second{Verb::kWriteSame, 16 * kMiB, kMiB};
  EXPECT_THAT(requests(run), ElementsAre(first, second, first, second, first, second, kFlush));
}

void expect_patterns(const MediumJob& job, std::initializer_list<unsigned> values) {
  MediumRun run(job, of_mib(1, true));
  backend::Request request;
  for (const unsigned value : values) {
    ASSERT_TRUE(run.next(request));
    EXPECT_EQ(Data(request.data.begin(), request.data.end()), filled(512, value));
  }
}

TEST(MediumRun, InvertsBetweenThePassesIfToldTo) {
  expect_patterns(overwrite(3, true), {0xa5, 0x5a, 0xa5});
  expect_patterns(overwrite(3, false), {0xa5, 0xa5, 0xa5});
}

/// Between the command and its work the store may have become another one.
TEST(MediumRun, GoesByTheUnitAsItIs) {
  MediumJob job = overwrite(1, false);
  job.pattern = filled(4096, 0x11);
  expect_patterns(job, {0x11});
  MediumJob erase;
  erase.work = MediumWork::kBlockErase;
  MediumRun run(erase, of_mib(1, false));
  EXPECT_THAT(requests(run), ElementsAre(Call{Verb::kWriteZeroes, 0, kMiB}, kFlush));
}

TEST(MediumRun, TellsHowFarItIs) {
  MediumRun run(overwrite(2, false), of_mib(32, true));
  const auto activity = run.activity();
  std::vector<unsigned> progress;
  backend::Request request;
  do {
    progress.push_back(activity->progress->load());
  } while (run.next(request));
  // Before the first request, before it again, and after each of four; the flush adds nothing.
  EXPECT_THAT(progress, ElementsAre(0u, 0u, 0x3fffu, 0x7fffu, 0xbfffu, 0xffffu));
}

TEST(MediumRun, SaysWhatItIsAndWhatItLeaves) {
  MediumJob job = overwrite(1, false);
  job.unrestricted_exit = true;
  MediumRun run(job, of_mib(1, true));
  EXPECT_EQ(run.activity()->work, MediumWork::kOverwrite);
  EXPECT_FALSE(run.activity()->failed);
  EXPECT_TRUE(run.failure()->failed);
  EXPECT_TRUE(run.failure()->unrestricted_exit);
}

}  // namespace
}  // namespace lungate::scsi
