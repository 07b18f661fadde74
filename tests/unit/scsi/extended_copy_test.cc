// SPDX-License-Identifier: LGPL-2.1-or-later
#include <random>

#include "tests/unit/scsi/copy_language.h"

namespace lungate::scsi {
namespace {

using testing::bytes_of_list;
using testing::Call;
using testing::copy;
using testing::cscd;
using testing::Data;
using testing::Disk;
using testing::Fails;
using testing::FailsAtListByte;
using testing::filled;
using testing::Good;
using testing::List;
using testing::segment;

constexpr std::uint64_t kBlock = 512;

/// A disk, and another one beside it that the same initiator may see.
class ExtendedCopy : public ::testing::Test {
 protected:
  ExtendedCopy() {
    backend::Traits traits;
    traits.kind = "file";
    traits.identity_seed = "another";
    other.unit.identity = make_identity(traits);
    disk.neighbour = &other;
    for (std::size_t i = 0; i < disk.store.bytes.size(); ++i) {
      disk.store.bytes[i] = static_cast<std::byte>(i / kBlock);
      other.store.bytes[i] = static_cast<std::byte>(0x80 + i / kBlock);
    }
  }

  static Data blocks(const Disk& of, std::uint64_t lba, std::uint64_t count) {
    const auto begin = of.store.bytes.begin() + static_cast<std::ptrdiff_t>(lba * kBlock);
    return Data(begin, begin + static_cast<std::ptrdiff_t>(count * kBlock));
  }

  List from_disk_to_other(unsigned count = 4) const {
    return {{cscd(disk), cscd(other)}, {segment(0, 1, count, 8, 100)}};
  }

  /// Refused, and not a byte read or written.
  void nothing_was_done(const testing::Answer& answer) const {
    EXPECT_TRUE(answer.calls.empty());
    EXPECT_TRUE(other.store.calls.empty());
  }

  Disk disk;
  Disk other;
};

/// COPY ABORTED at this segment; the pointer is to this byte of the list.
MATCHER_P3(AbortsAt, what, number, byte, "aborts the copy") {
  return arg.status == Status::kCheckCondition && arg.sense.what == what &&
         arg.sense.command_specific == std::optional<std::uint32_t>(number) && arg.sense.field &&
         arg.sense.field->in == FieldPointer::In::kParameterList && arg.sense.field->byte == byte;
}

TEST_F(ExtendedCopy, CopiesWithinADisk) {
  const Data expected = blocks(disk, 0, 16);
  const auto answer = copy(disk, {{cscd(disk)}, {segment(0, 0, 16, 0, 2032)}});
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(blocks(disk, 2032, 16), expected);
  EXPECT_EQ(answer.calls.size(), 2u);
  EXPECT_EQ(answer.transfer_bytes, 16 + 32 + 28u);
}

TEST_F(ExtendedCopy, CopiesToAnotherDisk) {
  const Data expected = blocks(disk, 8, 4);
  const Data before = blocks(other, 104, 4);
  EXPECT_THAT(copy(disk, from_disk_to_other()), Good());
  EXPECT_EQ(blocks(other, 100, 4), expected);
  EXPECT_EQ(blocks(other, 104, 4), before);
}

TEST_F(ExtendedCopy, CopiesFromAnotherDisk) {
  const Data expected = blocks(other, 8, 4);
  EXPECT_THAT(copy(disk, {{cscd(other), cscd(disk)}, {segment(0, 1, 4, 8, 100)}}), Good());
  EXPECT_EQ(blocks(disk, 100, 4), expected);
}

/// The copy manager is reached through a disk that has no part in the copy.
TEST_F(ExtendedCopy, CopiesWithinAnotherDisk) {
  const Data expected = blocks(other, 0, 4);
  const auto answer = copy(disk, {{cscd(other)}, {segment(0, 0, 4, 0, 100)}});
  EXPECT_THAT(answer, Good());
  EXPECT_TRUE(answer.calls.empty());
  EXPECT_EQ(blocks(other, 100, 4), expected);
}

TEST_F(ExtendedCopy, SegmentsFollowEachOther) {
  const Data first = blocks(disk, 0, 2);
  EXPECT_THAT(copy(disk, {{cscd(disk), cscd(other)},
                          {segment(0, 1, 2, 0, 50), segment(1, 1, 2, 50, 60),
                           segment(0, 1, 0, 0, 0), segment(1, 0, 2, 60, 70)}}),
              Good());
  EXPECT_EQ(blocks(disk, 70, 2), first) << "through the other disk and back";
}

TEST_F(ExtendedCopy, GoesInPieces) {
  const Data expected = blocks(disk, 0, 1200);
  const auto answer = copy(disk, {{cscd(disk), cscd(other)}, {segment(0, 1, 1200, 0, 0)}});
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.calls, (std::vector<Call>{{backend::Verb::kRead, 0, 256 * 1024},
                                             {backend::Verb::kRead, 256 * 1024, 256 * 1024},
                                             {backend::Verb::kRead, 512 * 1024, 88 * 1024}}));
  EXPECT_EQ(blocks(other, 0, 1200), expected);
}

/// Pieces that have been written must not be read again as the source.
TEST_F(ExtendedCopy, OverlappingRangesKeepTheirData) {
  const Data up = blocks(disk, 0, 1200);
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 1200, 0, 10)}}), Good());
  EXPECT_EQ(blocks(disk, 10, 1200), up);
  const Data down = blocks(disk, 10, 1200);
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 1200, 10, 3)}}), Good());
  EXPECT_EQ(blocks(disk, 3, 1200), down);
}

TEST_F(ExtendedCopy, OntoItselfChangesNothing) {
  const Data before = disk.store.bytes;
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 16, 0, 0)}}), Good());
  EXPECT_EQ(disk.store.bytes, before);
}

// What is held meanwhile.

TEST_F(ExtendedCopy, HoldsBothDisksAtOnce) {
  EXPECT_THAT(copy(disk, {{cscd(disk), cscd(other)},
                          {segment(0, 1, 4, 8, 100), segment(0, 1, 4, 20, 300)}}),
              Good());
  ASSERT_EQ(disk.locks.size(), 2u);
  EXPECT_EQ(disk.locks[0].unit, &disk.unit);
  EXPECT_EQ(disk.locks[0].offset, 8 * kBlock);
  EXPECT_EQ(disk.locks[0].length, 16 * kBlock);
  EXPECT_EQ(disk.locks[1].unit, &other.unit);
  EXPECT_EQ(disk.locks[1].offset, 100 * kBlock);
  EXPECT_EQ(disk.locks[1].length, 204 * kBlock);
}

TEST_F(ExtendedCopy, HoldsTwoRangesOfOneDisk) {
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 4, 2000, 0)}}), Good());
  ASSERT_EQ(disk.locks.size(), 2u);
  EXPECT_EQ(disk.locks[0].offset, 2000 * kBlock);
  EXPECT_EQ(disk.locks[0].length, 4 * kBlock);
  EXPECT_EQ(disk.locks[1].offset, 0u);
  EXPECT_EQ(disk.locks[1].length, 4 * kBlock);
}

/// One range that waits for another of the same command would wait for ever.
TEST_F(ExtendedCopy, HoldsOneRangeWhereTheyOverlap) {
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 4, 10, 12)}}), Good());
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].offset, 10 * kBlock);
  EXPECT_EQ(disk.locks[0].length, 6 * kBlock);
}

TEST_F(ExtendedCopy, TwoNamesOfOneDiskAreOneDisk) {
  EXPECT_THAT(copy(disk, {{cscd(other), cscd(other)}, {segment(0, 1, 4, 10, 12)}}), Good());
  ASSERT_EQ(disk.locks.size(), 1u);
  EXPECT_EQ(disk.locks[0].unit, &other.unit);
}

TEST_F(ExtendedCopy, OfNothingHoldsNothing) {
  EXPECT_THAT(copy(disk, {{cscd(disk), cscd(other)}, {segment(0, 1, 0, 8, 100)}}), Good());
  EXPECT_TRUE(disk.locks.empty());
}

// Whom an initiator may name.

TEST_F(ExtendedCopy, DescriptorsThatAreNotThereAreUnreachable) {
  constexpr std::uint16_t kSource = 16 + 32 + 4, kDestination = 16 + 32 + 6;
  for (const unsigned id : {1u, 2u, 0x7ffu, 0xf800u, 0xffffu}) {
    EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(id, 0, 1, 0, 1)}}),
                AbortsAt(sense::kUnreachableCopyTarget, 0u, kSource));
    EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, id, 1, 0, 1)}}),
                AbortsAt(sense::kUnreachableCopyTarget, 0u, kDestination));
  }
}

TEST_F(ExtendedCopy, DisksOfOthersAreNotReachable) {
  disk.neighbour = nullptr;
  const auto answer = copy(disk, from_disk_to_other());
  EXPECT_THAT(answer, AbortsAt(sense::kCopyTargetNotReachable, 0u, 16 + 32));
  nothing_was_done(answer);
}

/// A CSCD descriptor with one byte changed.
std::string spoiled(const Disk& disk, std::size_t at, unsigned value) {
  Data bytes = testing::unhex(cscd(disk));
  bytes[at] = static_cast<std::byte>(value);
  return testing::hex(bytes);
}

TEST_F(ExtendedCopy, OnlyTheNaaOfAUnitNamesIt) {
  for (const auto& [at, value] :
       std::vector<std::pair<std::size_t, unsigned>>{{4, 0x02} /* ASCII */,
                                                     {5, 0x13} /* of a port */,
                                                     {5, 0x01} /* T10 vendor id */,
                                                     {7, 7},
                                                     {7, 9},
                                                     {7, 20},
                                                     {7, 21},
                                                     {7, 0xff},
                                                     {7, 0},
                                                     {8, 0x30},
                                                     {15, 0x99}}) {
    const auto answer = copy(disk, {{spoiled(disk, at, value)}, {segment(0, 0, 1, 0, 1)}});
    EXPECT_THAT(answer, AbortsAt(sense::kCopyTargetNotReachable, 0u, 16)) << at << ' ' << value;
    nothing_was_done(answer);
  }
}

TEST_F(ExtendedCopy, SomeFieldsAreIgnored) {
  for (const auto& [at, value] :
       std::vector<std::pair<std::size_t, unsigned>>{{1, 0xc0} /* LU ID TYPE */,
                                                     {1, 0x20} /* once NUL */,
                                                     {2, 0xff},
                                                     {3, 0xff},
                                                     {28, 0x04} /* PAD */})
    EXPECT_THAT(copy(disk, {{spoiled(disk, at, value)}, {segment(0, 0, 1, 0, 1)}}), Good()) << at;
}

TEST_F(ExtendedCopy, ADiskIsNoTape) {
  EXPECT_THAT(copy(disk, {{spoiled(disk, 1, 0x01)}, {segment(0, 0, 1, 0, 1)}}),
              AbortsAt(sense::kIncorrectCopyTargetType, 0u, 16));
}

TEST_F(ExtendedCopy, AnUnknownUnitHasNoName) {
  other.unit.identity = {};
  EXPECT_THAT(copy(disk, {{"e4 00 0000 01 03 00 08" + std::string(40, '0') + "00 000200"},
                          {segment(0, 0, 1, 0, 1)}}),
              Fails(sense::kCopyTargetNotReachable));
}

TEST_F(ExtendedCopy, AnNaaOfSixteenBytesFits) {
  disk.unit.identity.naa = {0x60, 0x01, 0x40, 0x5a, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  disk.unit.identity.naa_bytes = 16;
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 1, 0, 1)}}), Good());
}

// What may be copied.

TEST_F(ExtendedCopy, BlocksThatAreNotThereAreNotReachable) {
  constexpr std::uint16_t kFrom = 16 + 32 + 12, kTo = 16 + 32 + 20;
  for (const std::uint64_t lba : {2047ull, 2048ull, 1ull << 55, ~0ull, ~0ull - 1}) {
    const auto from = copy(disk, {{cscd(disk)}, {segment(0, 0, 2, lba, 0)}});
    EXPECT_THAT(from, AbortsAt(sense::kCopyTargetNotReachable, 0u, kFrom)) << lba;
    const auto to = copy(disk, {{cscd(disk)}, {segment(0, 0, 2, 0, lba)}});
    EXPECT_THAT(to, AbortsAt(sense::kCopyTargetNotReachable, 0u, kTo)) << lba;
    nothing_was_done(to);
  }
}

TEST_F(ExtendedCopy, AMistakeInTheLastSegmentCopiesNothing) {
  const auto answer =
      copy(disk, {{cscd(disk)}, {segment(0, 0, 1, 0, 1), segment(0, 0, 1, 0, 2048)}});
  EXPECT_THAT(answer, AbortsAt(sense::kCopyTargetNotReachable, 1u, 16 + 32 + 28 + 20));
  nothing_was_done(answer);
}

TEST_F(ExtendedCopy, BlocksOfAnotherSizeArePointedAt) {
  EXPECT_THAT(copy(disk, {{cscd(disk, 4096)}, {segment(0, 0, 1, 0, 1)}}), FailsAtListByte(16 + 29));
  EXPECT_THAT(copy(disk, {{cscd(disk, 0)}, {segment(0, 0, 1, 0, 1)}}), Good()) << "as the unit has";
}

TEST_F(ExtendedCopy, WriteProtectionIsTheDestinations) {
  other.unit.read_only = true;
  auto answer = copy(disk, from_disk_to_other());
  EXPECT_THAT(answer, AbortsAt(sense::kThirdPartyDeviceFailure, 0u, 16 + 32));
  nothing_was_done(answer);
  EXPECT_THAT(copy(disk, {{cscd(other), cscd(disk)}, {segment(0, 1, 1, 0, 1)}}), Good());
  other.unit.read_only = false;
  other.unit.mode.software_write_protect = true;
  EXPECT_THAT(copy(disk, from_disk_to_other()), Fails(sense::kThirdPartyDeviceFailure));
  disk.unit.read_only = true;
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 1, 0, 1)}}),
              Fails(sense::kThirdPartyDeviceFailure));
}

TEST_F(ExtendedCopy, BothDisksMustBeReady) {
  other.unit.availability = Availability::kOffline;
  for (const List& list :
       {from_disk_to_other(), List{{cscd(other), cscd(disk)}, {segment(0, 1, 1, 0, 1)}}}) {
    const auto answer = copy(disk, list);
    EXPECT_THAT(answer, Fails(sense::kThirdPartyDeviceFailure));
    nothing_was_done(answer);
  }
  disk.unit.availability = Availability::kOffline;
  EXPECT_THAT(copy(disk, from_disk_to_other()), Fails(sense::kNotReadyCauseNotReportable));
}

std::shared_ptr<const Reservations> held_by_somebody(ReservationType type) {
  Reservations reservations;
  const NexusName somebody{"iqn.2026-11.io.lungate:somebody,i,0x00023d000009", 1};
  reservations.registrations = {{somebody, 7}};
  reservations.type = type;
  reservations.holder = somebody;
  return std::make_shared<const Reservations>(reservations);
}

TEST_F(ExtendedCopy, ReservationsOfOthersHold) {
  const List to_other = from_disk_to_other();
  const List from_other{{cscd(other), cscd(disk)}, {segment(0, 1, 1, 0, 1)}};
  other.unit.reservations = held_by_somebody(ReservationType::kWriteExclusive);
  const auto answer = copy(disk, to_other);
  EXPECT_THAT(answer, AbortsAt(sense::kThirdPartyDeviceFailure, 0u, 16 + 32));
  nothing_was_done(answer);
  EXPECT_THAT(copy(disk, from_other), Good()) << "may be read";
  other.unit.reservations = held_by_somebody(ReservationType::kExclusiveAccess);
  EXPECT_THAT(copy(disk, from_other), AbortsAt(sense::kThirdPartyDeviceFailure, 0u, 16));
  disk.unit.reservations = held_by_somebody(ReservationType::kWriteExclusive);
  EXPECT_EQ(copy(disk, to_other).status, Status::kReservationConflict);
}

TEST_F(ExtendedCopy, SegmentsAreBounded) {
  constexpr std::uint16_t kCount = 16 + 64 + 10;
  Disk large(4096, 1 << 20), large_other(4096, 1 << 20);
  large_other.unit.identity = other.unit.identity;
  large.neighbour = &large_other;
  const auto of = [&](unsigned count) {
    return copy(large, {{cscd(large), cscd(large_other)}, {segment(0, 1, count, 0, 0)}});
  };
  EXPECT_THAT(of(8192), Good()) << "32 MiB";
  EXPECT_THAT(of(8193), FailsAtListByte(kCount));
  EXPECT_THAT(of(0xffff), FailsAtListByte(kCount));
}

/// DC says whose blocks are counted.
TEST_F(ExtendedCopy, BlockSizesMayDifferIfItComesOutEven) {
  constexpr std::uint16_t kCount = 16 + 64 + 10;
  Disk coarse(4096, 256);
  coarse.unit.identity = other.unit.identity;
  disk.neighbour = &coarse;
  const auto into_coarse = [&](unsigned count, unsigned flags) {
    return copy(disk, {{cscd(disk), cscd(coarse)}, {segment(0, 1, count, 8, 2, flags)}});
  };
  EXPECT_THAT(into_coarse(16, 0), Good());
  EXPECT_EQ(disk.locks[1].length, 2 * 4096u);
  EXPECT_THAT(into_coarse(3, 0x02), Good());
  EXPECT_EQ(disk.locks[1].length, 3 * 4096u);
  EXPECT_EQ(Data(coarse.store.bytes.begin() + 8192, coarse.store.bytes.begin() + 8192 + 4096),
            blocks(disk, 8, 8));
  for (const unsigned cat : {0u, 1u})
    EXPECT_THAT(into_coarse(15, cat), AbortsAt(sense::kUnexpectedInexactSegment, 0u, kCount));
}

TEST_F(ExtendedCopy, CatChangesNothingWhereItComesOutEven) {
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 4, 0, 100, 0x01)}}), Good());
}

// What becomes of it when a store fails.

TEST_F(ExtendedCopy, AFailedReadNamesItsSource) {
  disk.store.fail(backend::Status::kIoError);
  const auto answer = copy(disk, from_disk_to_other());
  EXPECT_THAT(answer, AbortsAt(sense::kThirdPartyDeviceFailure, 0u, 16));
  EXPECT_EQ(answer.sense.information, std::nullopt) << "nothing has been written";
  EXPECT_TRUE(other.store.calls.empty());
}

TEST_F(ExtendedCopy, AFailedWriteNamesItsDestinationAndTheRest) {
  other.store.fail(backend::Status::kNoSpace, 1);
  const auto answer =
      copy(disk, {{cscd(disk), cscd(other)}, {segment(0, 1, 0, 0, 0), segment(0, 1, 1200, 0, 0)}});
  EXPECT_THAT(answer, AbortsAt(sense::kThirdPartyDeviceFailure, 1u, 16 + 32));
  EXPECT_EQ(answer.sense.information, std::optional<std::uint64_t>(1200 - 512));
}

TEST_F(ExtendedCopy, BackwardsTheRestIsAllOfIt) {
  disk.store.fail(backend::Status::kIoError, 3);
  const auto answer = copy(disk, {{cscd(disk)}, {segment(0, 0, 1200, 0, 10)}});
  EXPECT_THAT(answer, Fails(sense::kThirdPartyDeviceFailure));
  EXPECT_EQ(answer.sense.information, std::optional<std::uint64_t>(1200));
}

TEST_F(ExtendedCopy, AfterAnyFailureNothingFollows) {
  for (const auto status :
       {backend::Status::kOutOfRange, backend::Status::kReadOnly, backend::Status::kNoSpace,
        backend::Status::kIoError, backend::Status::kNotOwner, backend::Status::kUnavailable,
        backend::Status::kNoMemory})
    for (int nth = 0; nth < 3; ++nth) {
      disk.store.fail(status, nth);
      const auto answer = copy(disk, {{cscd(disk), cscd(other)}, {segment(0, 1, 1200, 0, 0)}});
      EXPECT_THAT(answer, Fails(sense::kThirdPartyDeviceFailure));
      EXPECT_EQ(answer.calls.size(), static_cast<std::size_t>(nth) + 1);
    }
}

TEST_F(ExtendedCopy, WithoutOtherUnitsFindsItsOwn) {
  Execution execution;
  const Data list = bytes_of_list({{cscd(other)}, {segment(0, 0, 1, 0, 1)}});
  Data data = list, scratch(limits::kScratchBytesMax);
  execution.cdb.bytes = {0x83, 0, 0, 0, 0, 0, 0,
                         0,    0, 0, 0, 0, 0, static_cast<std::uint8_t>(list.size())};
  execution.cdb.size = 16;
  execution.unit = &disk.unit;
  execution.planned = plan(execution.cdb, &disk.unit);
  execution.data_out = data;
  execution.scratch = scratch;
  EXPECT_EQ(start(execution), Step::kDone);
  EXPECT_EQ(execution.sense.what, sense::kCopyTargetNotReachable);
}

/// Lists that are wrong in a few bytes end, one way or another, and copy nothing but blocks of the
/// two disks. (MemoryStore stops at a request that breaks the port's rules.)
TEST_F(ExtendedCopy, SpoiledListsDoNoHarm) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const Data list = bytes_of_list(
      {{cscd(disk), cscd(other)},
       {segment(0, 1, 600, 8, 100), segment(1, 0, 4, 20, 2000), segment(0, 0, 600, 0, 10, 0x02)}});
  int copied = 0;
  for (int round = 0; round < 500; ++round) {
    Data spoiled = list;
    for (unsigned i = random() % 4; i > 0; --i)
      spoiled[random() % spoiled.size()] = static_cast<std::byte>(random() % 4 == 0 ? random() : 1);
    other.store.calls.clear();
    const auto answer = testing::copy_bytes(disk, spoiled);
    ASSERT_TRUE(answer.status == Status::kGood || answer.status == Status::kCheckCondition);
    for (const auto& calls : {answer.calls, other.store.calls})
      for (const Call& call : calls)
        ASSERT_TRUE(backend::in_range(call.offset, call.length, 2048 * kBlock));
    if (answer.status == Status::kGood) ++copied;
  }
  EXPECT_GT(copied, 0);
  EXPECT_LT(copied, 500);
}

/// VMware clones 64 MiB as 16 segments of 4 MiB, and has no use for list identifiers.
TEST_F(ExtendedCopy, SixtyFourMebibytesAtOnce) {
  Disk large(512, 1 << 18), clone(512, 1 << 18);
  clone.unit.identity = other.unit.identity;
  clone.store.bytes.resize(64 << 20);
  large.store.bytes.resize(64 << 20, std::byte{0x5a});
  large.neighbour = &clone;
  List list{{cscd(large), cscd(clone)}, {}};
  for (unsigned i = 0; i < 16; ++i)
    list.segments.push_back(segment(0, 1, 8192, i * 8192, i * 8192));
  EXPECT_THAT(copy(large, list), Good());
  EXPECT_EQ(clone.store.bytes, large.store.bytes);
}

}  // namespace
}  // namespace lungate::scsi
