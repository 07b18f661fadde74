// SPDX-License-Identifier: LGPL-2.1-or-later
// Hostile lists: whatever is wrong with the form is said before anything is looked up or copied.
#include "scsi/copy_list.h"

#include "tests/unit/scsi/copy_language.h"

namespace lungate::scsi {
namespace {

using testing::bytes_of_list;
using testing::copy;
using testing::copy_bytes;
using testing::cscd;
using testing::Data;
using testing::Disk;
using testing::Fails;
using testing::FailsAtListByte;
using testing::Good;
using testing::List;
using testing::segment;

class CopyForm : public ::testing::Test {
 protected:
  List good() const { return {{cscd(disk)}, {segment(0, 0, 1, 0, 1)}}; }
  /// The good list with one byte changed.
  testing::Answer with(std::size_t at, unsigned value) {
    Data list = bytes_of_list(good());
    list[at] = static_cast<std::byte>(value);
    return copy_bytes(disk, list);
  }
  Disk disk;
};

TEST_F(CopyForm, OfAGoodListIsGood) {
  EXPECT_THAT(copy(disk, good()), Good());
}

TEST_F(CopyForm, NoListIsNoError) {
  EXPECT_THAT(disk.send("83 00 0000000000000000 00000000 00 00"), Good());
  EXPECT_THAT(copy(disk, {}), Good()) << "a header and no descriptors";
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {}}), Good());
}

TEST_F(CopyForm, CutAnywhereIsALengthError) {
  const Data list = bytes_of_list(good());
  for (std::size_t size = 1; size < list.size(); ++size) {
    const auto answer = copy_bytes(disk, Data(list.begin(), list.begin() + static_cast<int>(size)));
    EXPECT_THAT(answer, Fails(sense::kParameterListLengthError)) << size;
    EXPECT_TRUE(answer.calls.empty()) << size;
  }
}

TEST_F(CopyForm, DataThatDidNotComeAreALengthError) {
  const Data list = bytes_of_list(good());
  char cdb[64];
  std::snprintf(cdb, sizeof(cdb), "83 00 0000000000000000 %08zx 00 00", list.size());
  EXPECT_THAT(disk.send(cdb, list, list.size() - 1), Fails(sense::kParameterListLengthError));
  std::snprintf(cdb, sizeof(cdb), "83 00 0000000000000000 %08zx 00 00", list.size() + 8);
  EXPECT_THAT(disk.send(cdb, list, list.size()), Fails(sense::kParameterListLengthError))
      << "who announces more than the list has to send it";
}

TEST_F(CopyForm, HugeLengthsAreRefusedBeforeAnythingIsFetched) {
  for (const char* cdb :
       {"83 00 0000000000000000 00000411 00 00", "83 00 0000000000000000 ffffffff 00 00"}) {
    EXPECT_EQ(disk.plan_of(cdb).direction, Direction::kNone) << cdb;
    EXPECT_THAT(disk.send(cdb), Fails(sense::kParameterListLengthError)) << cdb;
  }
  EXPECT_EQ(disk.plan_of("83 00 0000000000000000 00000410 00 00").bytes, 16 + 1024u);
}

TEST_F(CopyForm, LengthsThatDoNotAddUpAreALengthError) {
  EXPECT_THAT(with(2, 0xff), Fails(sense::kParameterListLengthError)) << "CSCD list";
  for (const std::size_t at : {8u, 9u, 10u})
    EXPECT_THAT(with(at, 0xff), Fails(sense::kParameterListLengthError)) << "segment list " << at;
}

TEST_F(CopyForm, WhatNobodyAnnouncedIsNotLookedAt) {
  Data list = bytes_of_list(good());
  list.resize(list.size() + 100, std::byte{0xff});
  EXPECT_THAT(copy_bytes(disk, list), Good());
}

TEST_F(CopyForm, HalfADescriptorIsPointedAt) {
  EXPECT_THAT(with(3, 0x1f), FailsAtListByte(2)) << "31 bytes of CSCD descriptors";
  EXPECT_THAT(with(11, 0x1b), FailsAtListByte(8)) << "27 bytes of segment descriptors";
  EXPECT_THAT(with(16 + 32 + 3, 0x17), FailsAtListByte(16 + 32 + 2)) << "a segment's own length";
}

TEST_F(CopyForm, InlineDataAreTooMuch) {
  for (const std::size_t at : {12u, 13u, 14u, 15u})
    EXPECT_THAT(with(at, 1), Fails(sense::kInlineDataLengthExceeded)) << at;
}

TEST_F(CopyForm, ListIdentifiersFitTheirUsage) {
  EXPECT_THAT(with(1, 1 << 3), FailsAtListByte(1)) << "reserved";
  EXPECT_THAT(with(0, 1), FailsAtListByte(0)) << "an identifier where there should be none";
  EXPECT_THAT(with(1, 3 << 3 | 0x27), Good()) << "STR and PRIORITY change nothing";
}

TEST_F(CopyForm, OtherKindsOfDescriptorsAreNotSupported) {
  for (unsigned type = 0; type < 256; ++type) {
    if (type != 0xe4) {
      EXPECT_THAT(with(16, type), Fails(sense::kUnsupportedTargetDescriptor)) << type;
    }
    if (type != 0x02) {
      EXPECT_THAT(with(16 + 32, type), Fails(sense::kUnsupportedSegmentDescriptor)) << type;
    }
  }
}

/// A stream-to-stream segment is shorter than one of ours: its kind is said, not its length.
TEST_F(CopyForm, AShorterKindOfSegmentIsNotSupported) {
  const std::string stream = "03 00 0010 0000 0000 00000000 00000000 00000000";
  EXPECT_THAT(copy(disk, {{cscd(disk)}, {stream}}), Fails(sense::kUnsupportedSegmentDescriptor));
}

TEST_F(CopyForm, TooManyDescriptorsAreCounted) {
  List list = good();
  list.cscds.assign(3, cscd(disk));
  EXPECT_THAT(copy(disk, list), Fails(sense::kTooManyTargetDescriptors));
  list = good();
  list.segments.assign(16, segment(0, 0, 1, 0, 1));
  EXPECT_THAT(copy(disk, list), Good());
  list.segments.push_back(segment(0, 0, 1, 0, 1));
  EXPECT_THAT(copy(disk, list), Fails(sense::kTooManySegmentDescriptors));
}

}  // namespace
}  // namespace lungate::scsi
