// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <vector>

namespace lungate {
namespace {

// They overlay received headers: no padding, no alignment, no hidden state.
static_assert(sizeof(be16) == 2 && sizeof(be24) == 3 && sizeof(be32) == 4 && sizeof(be48) == 6 &&
              sizeof(be64) == 8);
static_assert(alignof(be16) == 1 && alignof(be64) == 1);
static_assert(std::is_trivially_copyable_v<be24> && std::is_standard_layout_v<be24>);
// Usable in constant tables.
static_assert(be32(0x01020304u).value() == 0x01020304u);
static_assert(be24(0xabcdefu) + 1u == 0xabcdf0u);
static_assert(padded_to_4(0) == 0 && padded_to_4(1) == 4 && padded_to_4(4) == 4 &&
              padded_to_4(5) == 8);

std::vector<int> image(Bytes bytes) {
  std::vector<int> numbers;
  for (const std::byte byte : bytes) numbers.push_back(std::to_integer<int>(byte));
  return numbers;
}

TEST(BigEndian, GoldenImages) {
  EXPECT_EQ(image(bytes_of(be16(0x0102))), (std::vector{1, 2}));
  EXPECT_EQ(image(bytes_of(be24(0x010203))), (std::vector{1, 2, 3}));
  EXPECT_EQ(image(bytes_of(be32(0x01020304))), (std::vector{1, 2, 3, 4}));
  EXPECT_EQ(image(bytes_of(be48(0x010203040506))), (std::vector{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(image(bytes_of(be64(0x0102030405060708))), (std::vector{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Ports, StandInASocketAddressMostSignificantByteFirst) {
  const std::uint16_t field = port_to_network(3260);
  EXPECT_EQ(image(bytes_of(field)), (std::vector{0x0c, 0xbc}));
  EXPECT_EQ(port_from_network(field), 3260);
  EXPECT_EQ(port_from_network(port_to_network(0xffff)), 0xffff);
  EXPECT_EQ(port_to_network(0), 0);
}

TEST(BigEndian, KeepsTheExtremes) {
  EXPECT_EQ(be16(0xffff).value(), 0xffff);
  EXPECT_EQ(be24(0xffffff).value(), 0xffffffu);
  EXPECT_EQ(be48(0xffffffffffff).value(), 0xffffffffffffu);
  EXPECT_EQ(be64(~std::uint64_t{0}).value(), ~std::uint64_t{0});
  EXPECT_EQ(be64().value(), 0u);
}

TEST(BigEndian, ANarrowFieldLosesWhatItCannotHold) {
  EXPECT_EQ(be24(0x01ffffff).value(), 0xffffffu);
}

TEST(BigEndian, AssignsLikeTheIntegerItIs) {
  be32 field = 1;
  field = field + 41;
  EXPECT_EQ(field, 42u);
}

TEST(LoadAndStore, OverlayAnyOffset) {
  std::array<std::byte, 7> buffer{};
  store(MutableBytes(buffer).subspan(3), be32(0xdeadbeef));
  EXPECT_EQ(image(buffer), (std::vector{0, 0, 0, 0xde, 0xad, 0xbe, 0xef}));
  EXPECT_EQ(load<be32>(Bytes(buffer).subspan(3)), 0xdeadbeefu);
}

TEST(Text, IsTheSameBytes) {
  EXPECT_EQ(image(bytes_of(std::string_view("A\0z", 3))), (std::vector{65, 0, 122}));
  EXPECT_EQ(text_of(bytes_of(std::string_view("key=value"))), "key=value");
}

}  // namespace
}  // namespace lungate
