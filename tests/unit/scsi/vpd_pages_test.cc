// SPDX-License-Identifier: LGPL-2.1-or-later
// Each page byte by byte.
#include "scsi/vpd_pages.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::Disk;
using testing::Gives;
using testing::Good;
using testing::hex;

testing::Answer page(Disk& disk, unsigned code) {
  char cdb[32];
  std::snprintf(cdb, sizeof(cdb), "12 01 %02x 0400 00", code);
  return disk.send(cdb);
}

TEST(VpdPages, CodesAscend) {
  for (std::size_t i = 1; i < vpd_pages().size(); ++i)
    EXPECT_LT(vpd_pages()[i - 1].code, vpd_pages()[i].code);
}

TEST(VpdPages, EveryListedPageHasItsCodeAndItsLength) {
  Disk disk;
  const auto list = page(disk, 0);
  for (const std::byte code : Bytes(list.data).subspan(4)) {
    const auto answer = page(disk, std::to_integer<unsigned>(code));
    ASSERT_THAT(answer, Good());
    EXPECT_EQ(answer.data[1], code);
    EXPECT_EQ(load<be16>(Bytes(answer.data).subspan(2)), answer.data.size() - 4);
  }
}

TEST(VpdPages, SerialNumber) {
  Disk disk;
  EXPECT_THAT(page(disk, 0x80),
              Gives("00 80 0020"
                    "3639663931373038346637353732373762383036653961306634383563333763"));
}

TEST(VpdPages, DeviceIdentification) {
  Disk disk;
  disk.unit.relative_target_port = 0x0102;
  disk.unit.target_port_group = 0x0304;
  EXPECT_THAT(page(disk, 0x83),
              Gives("00 83 0098"
                    "01 03 00 08 31fffea8bbf0b106"  // NAA, locally assigned
                    "02 01 00 28 4c554e4741544520"  // T10 vendor id: "LUNGATE ", the serial
                    "3639663931373038346637353732373762383036653961306634383563333763"
                    "53 98 00 28"  // SCSI name string of the target port, padded with zeros
                    "69716e2e323032362d31312e696f2e6c756e676174653a73746f72652c742c30"
                    "7830333034000000"      // ",t,0x0304"
                    "51 94 00 04 00000102"  // relative target port
                    "51 95 00 04 00000304"  // target port group
                    "53 a8 00 20"           // SCSI name string of the target device
                    "69716e2e323032362d31312e696f2e6c756e676174653a73746f7265"
                    "00000000"));
}

TEST(VpdPages, ScsiPorts) {
  Disk disk;
  disk.unit.relative_target_port = 0x0102;
  EXPECT_THAT(page(disk, 0x88),
              Gives("00 88 0038 0000 0102 0000 0000 0000 002c"
                    "53 98 00 28"
                    "69716e2e323032362d31312e696f2e6c756e676174653a73746f72652c742c30"
                    "7830303031000000"));
}

TEST(VpdPages, DesignatorsOfAnyLengthFitTheirFields) {
  Disk disk;
  disk.unit.identity.serial = std::string(600, 's');
  disk.unit.target_name = std::string(600, 'n');
  const auto answer = page(disk, 0x83);
  ASSERT_THAT(answer, Good());
  Bytes designators = Bytes(answer.data).subspan(4);
  std::size_t count = 0;
  while (!designators.empty()) {
    designators = designators.subspan(4 + std::to_integer<std::size_t>(designators[3]));
    ++count;
  }
  EXPECT_EQ(count, 6u);
  EXPECT_EQ(page(disk, 0x80).data.size(), 4 + 255u);
}

TEST(VpdPages, AnNaaOfSixteenBytes) {
  Disk disk;
  disk.unit.identity.naa = {0x60, 0x01, 0x40, 0x5a, 0xbc};
  disk.unit.identity.naa_bytes = 16;
  EXPECT_EQ(hex(page(disk, 0x83).data).substr(8, 40),
            "01030010"
            "6001405abc0000000000000000000000");
}

TEST(VpdPages, BlockLimits) {
  Disk disk;
  disk.unit.geometry.optimal_blocks = 128;
  EXPECT_THAT(page(disk, 0xb0), Gives("00 b0 003c"
                                      "01 80 0000"         // WSNZ; COMPARE AND WRITE: 128 blocks
                                      "00002000 00000080"  // at most 4 MiB, best 64 KiB
                                      "00000000"
                                      "00100000 00000100"  // UNMAP: 2^20 blocks, 256 descriptors
                                      "00000008 80000000"  // in 4 KiB, aligned at LBA 0
                                      "0000000000008000"   // WRITE SAME: 16 MiB
                                      "00000100 00000100"  // WRITE ATOMIC: 256 blocks, so aligned
                                      "00000000 00000000 00000000"));
}

TEST(VpdPages, BlockLimitsWithoutDiscardOrAtomicWrites) {
  Disk disk(4096, 256);
  disk.unit.geometry.atomic_blocks_max = 0;
  disk.unit.geometry.unmap_granularity_blocks = 0;
  disk.unit.geometry.optimal_blocks = 5000;  // more than one transfer moves
  EXPECT_THAT(page(disk, 0xb0), Gives("00 b0 003c 01 80 0000 00000400 00000400 00000000"
                                      "00000000 00000000 00000000 00000000 0000000000001000"
                                      "0000000000000000000000000000000000000000"));
}

TEST(VpdPages, BlockCharacteristics) {
  Disk disk;
  // WABEREQ: what SANITIZE BLOCK ERASE has erased can be read.
  EXPECT_THAT(page(disk, 0xb1), Gives("00 b1 003c 0001 00 40" + std::string(112, '0')));
  disk.unit.geometry.rotational = true;
  EXPECT_THAT(page(disk, 0xb1), Gives("00 b1 003c 0000 00 40" + std::string(112, '0')));
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(page(disk, 0xb1), Gives("00 b1 003c 0000 00 00" + std::string(112, '0')));
}

TEST(VpdPages, Provisioning) {
  Disk disk;
  EXPECT_THAT(page(disk, 0xb2), Gives("00 b2 0004 00 e4 02 00"));
  disk.unit.geometry.unmap_granularity_blocks = 0;
  EXPECT_THAT(page(disk, 0xb2), Gives("00 b2 0004 00 00 00 00"));
}

}  // namespace
}  // namespace lungate::scsi
