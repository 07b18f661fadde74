// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/sense.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using testing::hex;

constexpr bool kFixed = false;
constexpr bool kDescriptor = true;

std::string wire(const Sense& sense, bool descriptor_format) {
  std::array<std::byte, limits::kSenseBytesMax> out{};
  const std::size_t size = sense.encode(descriptor_format, out);
  return hex(Bytes(out).first(size));
}

TEST(Sense, OfATripleAlone) {
  const Sense sense{sense::kLbaOutOfRange, {}, {}};
  EXPECT_EQ(wire(sense, kFixed),
            "70000500000000"
            "0a"
            "00000000"
            "2100"
            "00"
            "000000");
  EXPECT_EQ(wire(sense, kDescriptor), "7205210000000000");
}

TEST(Sense, PointsAtAFieldOfTheCdb) {
  const Sense sense{sense::kInvalidFieldInCdb, FieldPointer{FieldPointer::In::kCdb, 2, 5}, {}};
  EXPECT_EQ(wire(sense, kFixed),
            "70000500000000"
            "0a"
            "00000000"
            "2400"
            "00"
            "cd0002");
  EXPECT_EQ(wire(sense, kDescriptor),
            "7205240000000008"
            "02060000"
            "cd0002"
            "00");
}

TEST(Sense, TellsAProgress) {
  Sense sense{sense::kSanitizeInProgress, {}, {}};
  sense.progress = std::uint16_t{0x8000};
  EXPECT_EQ(wire(sense, kFixed),
            "70000200000000"
            "0a"
            "00000000"
            "041b"
            "00"
            "808000");
  EXPECT_EQ(wire(sense, kDescriptor),
            "7202041b00000008"
            "02060000"
            "808000"
            "00");
}

TEST(Sense, PointsAtAByteOfTheParameterList) {
  const Sense sense{sense::kInvalidFieldInParameterList,
                    FieldPointer{FieldPointer::In::kParameterList, 0x0123, std::nullopt},
                    {}};
  EXPECT_EQ(wire(sense, kFixed),
            "70000500000000"
            "0a"
            "00000000"
            "2600"
            "00"
            "800123");
  EXPECT_EQ(wire(sense, kDescriptor),
            "7205260000000008"
            "02060000"
            "800123"
            "00");
}

TEST(Sense, CarriesInformation) {
  const Sense sense{sense::kUnrecoveredReadError, {}, 0x12345678};
  EXPECT_EQ(wire(sense, kFixed),
            "f00003"
            "12345678"
            "0a"
            "00000000"
            "1100"
            "00"
            "000000");
  EXPECT_EQ(wire(sense, kDescriptor),
            "720311000000000c"
            "000a8000"
            "0000000012345678");
}

TEST(Sense, LeavesInformationOutOfFixedFormatWhenItDoesNotFit) {
  const Sense sense{sense::kUnrecoveredReadError, {}, 0x100000000};
  EXPECT_EQ(wire(sense, kFixed),
            "70000300000000"
            "0a"
            "00000000"
            "1100"
            "00"
            "000000");
  EXPECT_EQ(wire(sense, kDescriptor),
            "720311000000000c"
            "000a8000"
            "0000000100000000");
}

TEST(Sense, OfACopyNamesItsSegmentAndItsResidual) {
  const Sense sense{.what = sense::kThirdPartyDeviceFailure,
                    .field = FieldPointer{FieldPointer::In::kParameterList, 0x30, std::nullopt},
                    .information = 0x200,
                    .command_specific = 3};
  EXPECT_EQ(wire(sense, kFixed),
            "f0000a"
            "00000200"
            "0a"
            "00000003"
            "0d01"
            "00"
            "800030");
  EXPECT_EQ(wire(sense, kDescriptor),
            "720a0d0100000020"
            "000a80000000000000000200"
            "010a00000000000000000003"
            "0206000080003000");
}

TEST(Sense, IsCutToTheRoomThereIs) {
  const Sense sense{sense::kLbaOutOfRange, {}, {}};
  std::array<std::byte, 3> out{};
  EXPECT_EQ(sense.encode(kFixed, out), 3u);
  EXPECT_EQ(hex(out), "700005");
  EXPECT_EQ(sense.encode(kDescriptor, {}), 0u);
}

TEST(Sense, OfEveryTripleCarriesItsOwnBytes) {
  struct Row {
    AdditionalSense what;
    unsigned key, asc, ascq;
  };
  const Row rows[] = {
      {sense::kNone, 0x0, 0x00, 0x00},
      {sense::kNotReadyCauseNotReportable, 0x2, 0x04, 0x00},
      {sense::kBecomingReady, 0x2, 0x04, 0x01},
      {sense::kWriteError, 0x3, 0x0c, 0x00},
      {sense::kUnrecoveredReadError, 0x3, 0x11, 0x00},
      {sense::kInvalidFieldInInformationUnit, 0x5, 0x0e, 0x03},
      {sense::kParameterListLengthError, 0x5, 0x1a, 0x00},
      {sense::kInvalidOperationCode, 0x5, 0x20, 0x00},
      {sense::kLbaOutOfRange, 0x5, 0x21, 0x00},
      {sense::kInvalidFieldInCdb, 0x5, 0x24, 0x00},
      {sense::kLogicalUnitNotSupported, 0x5, 0x25, 0x00},
      {sense::kInvalidFieldInParameterList, 0x5, 0x26, 0x00},
      {sense::kSavingParametersNotSupported, 0x5, 0x39, 0x00},
      {sense::kOperationInProgress, 0x5, 0x00, 0x16},
      {sense::kTooManyTargetDescriptors, 0x5, 0x26, 0x06},
      {sense::kUnsupportedTargetDescriptor, 0x5, 0x26, 0x07},
      {sense::kTooManySegmentDescriptors, 0x5, 0x26, 0x08},
      {sense::kUnsupportedSegmentDescriptor, 0x5, 0x26, 0x09},
      {sense::kInlineDataLengthExceeded, 0x5, 0x26, 0x0b},
      {sense::kUnreachableCopyTarget, 0xa, 0x08, 0x04},
      {sense::kThirdPartyDeviceFailure, 0xa, 0x0d, 0x01},
      {sense::kCopyTargetNotReachable, 0xa, 0x0d, 0x02},
      {sense::kIncorrectCopyTargetType, 0xa, 0x0d, 0x03},
      {sense::kUnexpectedInexactSegment, 0xa, 0x26, 0x0a},
      {sense::kWriteProtected, 0x7, 0x27, 0x00},
      {sense::kSoftwareWriteProtected, 0x7, 0x27, 0x02},
      {sense::kSpaceAllocationFailed, 0x7, 0x27, 0x07},
      {sense::kCommunicationFailure, 0xb, 0x08, 0x00},
      {sense::kDataPhaseError, 0xb, 0x4b, 0x00},
      {sense::kOverlappedCommands, 0xb, 0x4e, 0x00},
      {sense::kResetOccurred, 0x6, 0x29, 0x00},
      {sense::kPowerOnOccurred, 0x6, 0x29, 0x01},
      {sense::kBusDeviceReset, 0x6, 0x29, 0x03},
      {sense::kNexusLoss, 0x6, 0x29, 0x07},
      {sense::kModeParametersChanged, 0x6, 0x2a, 0x01},
      {sense::kCapacityChanged, 0x6, 0x2a, 0x09},
      {sense::kCommandsClearedByProtocol, 0x6, 0x47, 0x7f},
      {sense::kReportedLunsChanged, 0x6, 0x3f, 0x0e},
  };
  for (const Row& row : rows) {
    std::array<std::byte, limits::kSenseBytesMax> out{};
    const Sense sense{row.what, {}, {}};
    sense.encode(kFixed, out);
    EXPECT_EQ(out[2], std::byte(row.key)) << row.what.text;
    EXPECT_EQ(out[12], std::byte(row.asc)) << row.what.text;
    EXPECT_EQ(out[13], std::byte(row.ascq)) << row.what.text;
    sense.encode(kDescriptor, out);
    EXPECT_EQ(out[1], std::byte(row.key)) << row.what.text;
    EXPECT_EQ(out[2], std::byte(row.asc)) << row.what.text;
    EXPECT_EQ(out[3], std::byte(row.ascq)) << row.what.text;
  }
}

TEST(Sense, KeysHaveTheStandardsNames) {
  EXPECT_EQ(name(SenseKey::kIllegalRequest), "ILLEGAL REQUEST");
  EXPECT_EQ(name(SenseKey::kAbortedCommand), "ABORTED COMMAND");
}

}  // namespace
}  // namespace lungate::scsi
