// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::FailsAtCdbByte;
using testing::Gives;
using testing::Good;

constexpr std::uint16_t kLuns[] = {0, 3, 255, 256};
constexpr const char* kReportLuns = "a0 00 00 000000 00001000 00 00";

class ReportLuns : public ::testing::Test {
 protected:
  ReportLuns() { disk.nexus.lun_inventory = kLuns; }
  Disk disk;
};

constexpr const char* kAll =
    "00000020 00000000 0000000000000000 0003000000000000 00ff000000000000 4100000000000000";

TEST_F(ReportLuns, ListsWhatThisInitiatorMaySee) {
  EXPECT_THAT(disk.send(kReportLuns), Gives(kAll));
  EXPECT_THAT(disk.send("a0 00 02 000000 00001000 00 00"), Gives(kAll));
}

TEST_F(ReportLuns, HasNoWellKnownUnits) {
  EXPECT_THAT(disk.send("a0 00 01 000000 00001000 00 00"), Gives("0000000000000000"));
}

TEST_F(ReportLuns, OtherSelectionsAreRefused) {
  for (const char* cdb : {"a0 00 03 000000 00001000 00 00", "a0 00 10 000000 00001000 00 00",
                          "a0 00 ff 000000 00001000 00 00"})
    EXPECT_THAT(disk.send(cdb), FailsAtCdbByte(2)) << cdb;
}

TEST_F(ReportLuns, IsAnsweredByAMissingUnit) {
  EXPECT_THAT(disk.send_nowhere(kReportLuns), Gives(kAll));
}

TEST_F(ReportLuns, IsCutButSaysItsWholeLength) {
  EXPECT_THAT(disk.send("a0 00 00 000000 00000000 00 00"), Gives(""));
  EXPECT_THAT(disk.send("a0 00 00 000000 00000004 00 00"), Gives("00000020"));
  EXPECT_THAT(disk.send("a0 00 00 000000 00000010 00 00"),
              Gives("00000020 00000000 0000000000000000"));
}

TEST_F(ReportLuns, TellsThatTheListHasChanged) {
  disk.nexus.unit_attentions.raise(sense::kReportedLunsChanged);
  disk.nexus.unit_attentions.raise(sense::kCapacityChanged);
  EXPECT_THAT(disk.send(kReportLuns), Good());
  EXPECT_THAT(disk.send("00 00 00 00 00 00"), testing::Fails(sense::kCapacityChanged));
  EXPECT_THAT(disk.send("00 00 00 00 00 00"), Good());
}

TEST_F(ReportLuns, OfAFullInventoryFits) {
  std::vector<std::uint16_t> all(limits::kLunNumberMax + 1);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  disk.nexus.lun_inventory = all;
  EXPECT_EQ(disk.send(kReportLuns).data.size(), 8 + 8 * 256u);
}

}  // namespace
}  // namespace lungate::scsi
