// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;
using testing::hex;

std::string cdb_for(std::uint64_t lba, std::uint32_t allocation) {
  char cdb[64];
  std::snprintf(cdb, sizeof(cdb), "9e 12 %016llx %08x 00 00", static_cast<unsigned long long>(lba),
                allocation);
  return cdb;
}

/// GET LBA STATUS from `lba` on, with room for `descriptors` of them.
testing::Answer status(Disk& disk, std::uint64_t lba, std::uint32_t descriptors = 1) {
  return disk.send(cdb_for(lba, 8 + 16 * descriptors));
}

struct Row {
  std::uint64_t lba;
  std::uint32_t blocks;
  enum { kMapped, kDeallocated } state;
};

/// What the answer looks like: its header, and its descriptors.
std::string list(const std::vector<Row>& rows) {
  char field[64];
  std::snprintf(field, sizeof(field), "%08zx00000000", 4 + 16 * rows.size());
  std::string text = field;
  for (const Row& row : rows) {
    std::snprintf(field, sizeof(field), "%016llx%08x%02x000000",
                  static_cast<unsigned long long>(row.lba), row.blocks, unsigned{row.state});
    text += field;
  }
  return text;
}

TEST(GetLbaStatus, AUnitFullOfDataIsOneMappedRun) {
  Disk disk;
  const auto answer = status(disk, 0);
  EXPECT_THAT(answer, Gives(list({{0, 2048, Row::kMapped}})));
  EXPECT_EQ(answer.plan, (Plan{Direction::kIn, 24, OpClass::kOther}));
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kAllocation, 0, 2048 * 512}));
}

TEST(GetLbaStatus, HolesAndDataInTurnFromTheStartingLbaOn) {
  Disk disk;
  disk.store.holes = {{8 * 512, 16 * 512}, {100 * 512, 512}};
  EXPECT_THAT(status(disk, 4, 8), Gives(list({{4, 4, Row::kMapped},
                                              {8, 16, Row::kDeallocated},
                                              {24, 76, Row::kMapped},
                                              {100, 1, Row::kDeallocated},
                                              {101, 1947, Row::kMapped}})));
  EXPECT_THAT(status(disk, 10), Gives(list({{10, 14, Row::kDeallocated}})));
  EXPECT_THAT(status(disk, 2047), Gives(list({{2047, 1, Row::kMapped}})));
}

TEST(GetLbaStatus, NoMoreDescriptorsThanFitTheAllocationLength) {
  Disk disk;
  disk.store.holes = {{8 * 512, 16 * 512}};
  EXPECT_THAT(status(disk, 0, 2), Gives(list({{0, 8, Row::kMapped}, {8, 16, Row::kDeallocated}})));
  EXPECT_THAT(disk.send(cdb_for(0, 8 + 16 + 15)), Gives(list({{0, 8, Row::kMapped}})))
      << "a part of a descriptor is no room";
}

TEST(GetLbaStatus, AShortAllocationLengthCutsAndTellsTheWholeLength) {
  Disk disk;
  const std::string whole = list({{0, 2048, Row::kMapped}});
  for (const std::uint32_t bytes : {1u, 4u, 8u, 20u, 23u, 24u}) {
    const auto answer = disk.send(cdb_for(0, bytes));
    EXPECT_THAT(answer, Gives(whole.substr(0, 2 * bytes))) << bytes;
    EXPECT_EQ(answer.transfer_bytes, bytes);
  }
}

TEST(GetLbaStatus, AnAllocationLengthOfNothingIsNoErrorAndAsksNobody) {
  Disk disk;
  const auto answer = disk.send(cdb_for(0, 0));
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.plan.direction, Direction::kNone);
  EXPECT_EQ(answer.transfer_bytes, 0u);
  EXPECT_TRUE(answer.calls.empty());
}

TEST(GetLbaStatus, AnInitiatorThatTakesLessGetsAResidual) {
  Disk disk;
  disk.store.holes = {{0, 512}};
  const auto answer = disk.send(cdb_for(0, 8 + 16 * 4), {}, 12);
  EXPECT_EQ(hex(answer.data), list({{0, 1, Row::kDeallocated}}).substr(0, 24));
  EXPECT_EQ(answer.transfer_bytes, 24u);
}

TEST(GetLbaStatus, HowMuchOneCommandAsksOfTheStoreIsBounded) {
  Disk disk;
  for (std::uint64_t lba = 0; lba < 2048; lba += 2) disk.store.holes[lba * 512] = 512;
  const auto answer = disk.send(cdb_for(0, 0xffffffff));
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.plan.bytes, limits::kParameterDataBytesMax);
  EXPECT_EQ(answer.calls.size(), limits::kLbaStatusDescriptorsMax);
  EXPECT_EQ(answer.data.size(), 8 + 16 * limits::kLbaStatusDescriptorsMax);
  EXPECT_EQ(hex(answer.data).substr(0, 8), "00000204");
  EXPECT_EQ(answer.transfer_bytes, answer.data.size());
}

/// A block that is allocated in part is mapped; a hole counts in whole blocks only.
TEST(GetLbaStatus, WhatIsTornIsRoundedToMappedBlocks) {
  Disk disk(4096, 256);
  disk.store.holes = {{4096 + 512, 3 * 4096}};  // from inside block 1 to inside block 4
  EXPECT_THAT(status(disk, 0, 8), Gives(list({{0, 2, Row::kMapped},
                                              {2, 2, Row::kDeallocated},
                                              {4, 1, Row::kMapped},
                                              {5, 251, Row::kMapped}})));
  disk.store.holes = {{0, 100}, {200, 4095}};  // none of them holds a block
  EXPECT_THAT(status(disk, 0, 8),
              Gives(list({{0, 1, Row::kMapped}, {1, 1, Row::kMapped}, {2, 254, Row::kMapped}})));
}

/// A store tells what it has seen; the rest is the next descriptor's, with the same state.
TEST(GetLbaStatus, ADescriptorEndsWhereTheStoreHasStoppedLooking) {
  Disk disk;
  disk.store.look_no_further_than(512 * 512);
  EXPECT_THAT(status(disk, 0), Gives(list({{0, 512, Row::kMapped}})));
  EXPECT_THAT(status(disk, 0, 2), Gives(list({{0, 512, Row::kMapped}, {512, 1536, Row::kMapped}})));
}

/// Guards `looked`: a store that has had enough of a command's questions gets no more of them, and
/// what nobody has looked at is told only where there is nothing else to tell.
TEST(GetLbaStatus, TheListEndsWhereTheStoreHasHadEnough) {
  Disk disk;
  disk.store.holes = {{8 * 512, 16 * 512}, {100 * 512, 512}};
  disk.store.look_only(2);
  const auto answer = status(disk, 0, 8);
  EXPECT_THAT(answer, Gives(list({{0, 8, Row::kMapped}, {8, 16, Row::kDeallocated}})));
  EXPECT_EQ(answer.calls.size(), 3u);
  disk.store.look_only(0);
  EXPECT_THAT(status(disk, 10, 8), Gives(list({{10, 2038, Row::kMapped}})));
}

TEST(GetLbaStatus, ADescriptorHas32BitsOfBlocks) {
  constexpr std::uint64_t kBlocks = 1ull << 33;
  Disk disk(512, kBlocks);
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(status(disk, 0), Gives(list({{0, 0xffffffff, Row::kMapped}})));
  EXPECT_THAT(status(disk, kBlocks - 2), Gives(list({{kBlocks - 2, 2, Row::kMapped}})));
}

/// SBC-3, 4.7.2: all of it is mapped, whatever the store keeps; it is not even asked.
TEST(GetLbaStatus, AFullyProvisionedUnitIsAllMapped) {
  Disk disk;
  disk.unit.geometry.unmap_granularity_blocks = 0;
  disk.store.holes = {{0, 1 << 20}};
  const auto answer = status(disk, 5, 4);
  EXPECT_THAT(answer, Gives(list({{5, 2043, Row::kMapped}})));
  EXPECT_TRUE(answer.calls.empty());
}

TEST(GetLbaStatus, AStartingLbaBeyondTheEndIsOutOfRange) {
  Disk disk;
  for (const std::uint64_t lba : {std::uint64_t{2048}, std::uint64_t{1} << 55, ~std::uint64_t{0}}) {
    EXPECT_THAT(status(disk, lba), Fails(sense::kLbaOutOfRange)) << lba;
    EXPECT_THAT(disk.send(cdb_for(lba, 0)), Fails(sense::kLbaOutOfRange)) << lba;
  }
}

TEST(GetLbaStatus, NeedsAMediumAndNoPermissionToWrite) {
  Disk disk;
  disk.unit.read_only = true;
  EXPECT_THAT(status(disk, 0), Good());
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(status(disk, 0), Fails(sense::kNotReadyCauseNotReportable));
}

/// SBC-4 has a REPORT TYPE in byte 14: reserved in SBC-3.
TEST(GetLbaStatus, ReservedBytesAreRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("9e 12 0000000000000000 00000018 01 00"), FailsAtCdbByte(14));
}

/// Nothing has been changed, so BUSY is true even after the first descriptor.
TEST(GetLbaStatus, AStoreThatFailsEndsTheCommandWithoutData) {
  for (const int nth : {0, 1}) {
    Disk disk;
    disk.store.holes = {{512, 512}};
    disk.store.fail(backend::Status::kNotOwner, nth);
    const auto answer = status(disk, 0, 4);
    EXPECT_EQ(answer.status, Status::kBusy);
    EXPECT_TRUE(answer.data.empty());
    disk.store.fail(backend::Status::kIoError, nth);
    EXPECT_THAT(status(disk, 0, 4), Fails(sense::kUnrecoveredReadError));
    disk.store.fail(backend::Status::kOutOfRange, nth);
    EXPECT_THAT(status(disk, 0, 4), Fails(sense::kLbaOutOfRange));
  }
}

}  // namespace
}  // namespace lungate::scsi
