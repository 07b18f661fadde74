// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/ahs.h"

#include <gtest/gtest.h>

#include "tests/unit/iscsi/hex.h"

namespace lungate::iscsi {
namespace {

using testing::hex;
using testing::to_hex;

TEST(Ahs, None) {
  const auto parsed = parse_ahs({});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->extended_cdb.empty());
  EXPECT_FALSE(parsed->bidirectional_read_bytes);
  EXPECT_FALSE(parsed->unknown_type);
}

TEST(Ahs, ExtendedCdbOf32Bytes) {
  const auto bytes = hex("0011 01 00 00112233 44556677 8899aabb ccddeeff");
  const auto parsed = parse_ahs(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_hex(parsed->extended_cdb), "00112233 44556677 8899aabb ccddeeff");
  EXPECT_FALSE(parsed->cdb_too_long);
}

TEST(Ahs, ExtendedCdbWithPadding) {
  const auto bytes = hex("0003 01 00 aabb 0000");
  const auto parsed = parse_ahs(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(to_hex(parsed->extended_cdb), "aabb");
}

TEST(Ahs, LongestCdbIsMarkedNotStored) {
  std::vector<std::byte> bytes = hex("00f5 01 00");  // 244 bytes: a CDB of 260
  bytes.resize(4 + 244);
  const auto parsed = parse_ahs(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->extended_cdb.size(), 244u);
  EXPECT_TRUE(parsed->cdb_too_long);
}

TEST(Ahs, BidirectionalReadLength) {
  const auto bytes = hex("0005 02 00 00010203");
  const auto parsed = parse_ahs(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->bidirectional_read_bytes, 0x00010203u);
}

TEST(Ahs, BothInEitherOrder) {
  for (const char* text :
       {"0005 02 00 00000200  0003 01 00 aabb 0000", "0003 01 00 aabb 0000  0005 02 00 00000200"}) {
    const auto bytes = hex(text);
    const auto parsed = parse_ahs(bytes);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->bidirectional_read_bytes, 0x200u);
    EXPECT_EQ(parsed->extended_cdb.size(), 2u);
  }
}

TEST(Ahs, UnknownTypeIsMarkedAndPassed) {
  const auto bytes = hex("0001 3f 00  0005 02 00 00000200");
  const auto parsed = parse_ahs(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->unknown_type);
  EXPECT_EQ(parsed->bidirectional_read_bytes, 0x200u);
}

TEST(Ahs, ReservedBitsOfTheTypeDoNotCount) {
  const auto bytes = hex("0005 c2 00 00000200");
  const auto parsed = parse_ahs(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->bidirectional_read_bytes);
}

struct Broken {
  const char* text;
  AhsError error;
};

TEST(Ahs, BrokenSegments) {
  const Broken cases[] = {
      {"ffff 01 00", AhsError::kTruncated},           // 64 KiB in four bytes
      {"0006 01 00 00000000", AhsError::kTruncated},  // one byte beyond
      {"0001 01 00", AhsError::kTruncated},           // an extended CDB without a byte
      {"0000 01 00", AhsError::kTruncated},           // not even the reserved byte
      {"0004 02 00 00000000", AhsError::kTruncated},  // three bytes of read length
      {"0009 02 00 0000000000000000", AhsError::kTruncated},
      {"0005 02 00 00000001 0005 02 00 00000001", AhsError::kRepeated},
      {"0002 01 00 aa000000 0002 01 00 aa000000", AhsError::kRepeated},
      {"00", AhsError::kTruncated},
      {"000501", AhsError::kTruncated},
  };
  for (const Broken& broken : cases) {
    const auto bytes = hex(broken.text);
    const auto parsed = parse_ahs(bytes);
    ASSERT_FALSE(parsed) << broken.text;
    EXPECT_EQ(parsed.error(), broken.error) << broken.text;
  }
}

TEST(Ahs, EmptyUnknownSegmentsEnd) {
  const std::vector<std::byte> zeros(limits::kAhsBytesMax);  // 68 segments of type 0, length 0
  const auto parsed = parse_ahs(zeros);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->unknown_type);
}

}  // namespace
}  // namespace lungate::iscsi
