// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;
using testing::hex;

// SPC-4, HISUP, 91 more bytes, implicit access states and third-party copy, CMDQUE; then SAM-5,
// iSCSI, SPC-4 and SBC-3.
constexpr const char* kStandard =
    "00 00 06 12 5b 18 00 02"
    "4c554e4741544520"                  // "LUNGATE "
    "46696c65206469736b20202020202020"  // "File disk       "
    "30303031"                          // "0001"
    "0000000000000000000000000000000000000000 0000"
    "00a0 0960 0460 04c0 0000 0000 0000 0000"
    "00000000000000000000000000000000000000000000";

TEST(Inquiry, StandardDataAreThese) {
  Disk disk;
  EXPECT_THAT(disk.send("12 00 00 00ff 00"), Gives(kStandard));
}

TEST(Inquiry, IsTheSameWhateverTheAllocationLength) {
  Disk disk;
  const std::string whole = hex(disk.send("12 00 00 0200 00").data);
  ASSERT_EQ(whole.size(), 2 * 96u);
  for (unsigned length = 0; length < 256; ++length) {
    char cdb[32];
    std::snprintf(cdb, sizeof(cdb), "12 00 00 %04x 00", length);
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Good());
    EXPECT_EQ(hex(answer.data), whole.substr(0, 2 * length)) << length;
    EXPECT_EQ(answer.transfer_bytes, answer.data.size());
  }
}

TEST(Inquiry, LeavesWhatTheInitiatorHasNoRoomFor) {
  Disk disk;
  const auto answer = disk.send("12 00 00 0060 00", {}, 36);
  EXPECT_EQ(answer.data.size(), 36u);
  EXPECT_EQ(answer.transfer_bytes, 96u);
}

TEST(Inquiry, OfAMissingUnitSaysThatThereIsNone) {
  Disk disk;
  const auto answer = disk.send_nowhere("12 00 00 0060 00");
  EXPECT_THAT(answer, Good());
  EXPECT_EQ(answer.data.size(), 96u);
  EXPECT_EQ(answer.data[0], std::byte{0x7f});
  EXPECT_EQ(answer.data[2], std::byte{0x06});
}

/// Its store was never opened. Whatever was shown as its name would be taken for one.
TEST(Inquiry, AUnitThatIsNotKnownYetShowsNoIdentity) {
  Disk disk;
  disk.unit.identity = {};
  disk.unit.availability = Availability::kOffline;
  EXPECT_EQ(disk.send("12 00 00 0060 00").data[0], std::byte{0x20});
  EXPECT_THAT(disk.send("12 01 00 00ff 00"), Gives("20 00 0001 00"));
  for (const char* cdb : {"12 01 80 00ff 00", "12 01 83 00ff 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(2)) << cdb;
}

TEST(Inquiry, PageCodeNeedsEvpd) {
  Disk disk;
  EXPECT_THAT(disk.send("12 00 01 0100 00"), FailsAtCdbByte(2));
  EXPECT_THAT(disk.send("12 00 83 00ff 00"), FailsAtCdbByte(2));
  EXPECT_THAT(disk.send_nowhere("12 00 80 00ff 00"), FailsAtCdbByte(2));
}

TEST(Inquiry, UnknownPagesAreRefused) {
  Disk disk;
  for (const char* cdb : {"12 01 01 00ff 00", "12 01 84 00ff 00", "12 01 ff 00ff 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(2)) << cdb;
}

TEST(Inquiry, CmdDtIsRefused) {
  Disk disk;
  EXPECT_THAT(disk.send("12 02 00 00ff 00"), FailsAtCdbByte(1));
}

TEST(Inquiry, PageZeroListsThePages) {
  Disk disk;
  EXPECT_THAT(disk.send("12 01 00 00ff 00"), Gives("00 00 000b 00 80 83 85 86 87 88 8f b0 b1 b2"));
}

TEST(Inquiry, OfAMissingUnitHasOnlyPageZero) {
  Disk disk;
  EXPECT_THAT(disk.send_nowhere("12 01 00 00ff 00"), Gives("7f 00 0001 00"));
  EXPECT_THAT(disk.send_nowhere("12 01 83 00ff 00"), FailsAtCdbByte(2));
}

TEST(Inquiry, OperatorsNamesAreCutAndPadded) {
  Disk disk;
  disk.unit.identity.vendor = "LONGVENDOR";
  disk.unit.identity.product = "short";
  disk.unit.identity.revision = "";
  const auto answer = disk.send("12 00 00 0060 00");
  EXPECT_EQ(text_of(Bytes(answer.data).subspan(8, 28)), "LONGVENDshort               ");
}

}  // namespace
}  // namespace lungate::scsi
