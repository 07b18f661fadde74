// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/crc32c.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/iscsi/hex.h"

namespace lungate::iscsi {
namespace {

using testing::hex;
using testing::to_hex;

std::string digest_of(Bytes bytes) {
  return to_hex(crc32c_digest(bytes));
}

TEST(Crc32c, CheckValue) {
  Crc32c crc;
  crc.update(bytes_of(std::string_view("123456789")));
  EXPECT_EQ(crc.value(), 0xe3069283u);
  EXPECT_EQ(to_hex(crc.digest()), "839206e3") << "least significant byte first";
}

// RFC 7143, appendix A.4.
TEST(Crc32c, ExamplesOfTheStandard) {
  std::vector<std::byte> up;
  std::vector<std::byte> down;
  for (unsigned i = 0; i < 32; ++i) {
    up.push_back(static_cast<std::byte>(i));
    down.push_back(static_cast<std::byte>(31 - i));
  }
  EXPECT_EQ(digest_of(std::vector<std::byte>(32, std::byte{0})), "aa36918a");
  EXPECT_EQ(digest_of(std::vector<std::byte>(32, std::byte{0xff})), "43aba862");
  EXPECT_EQ(digest_of(up), "4e79dd46");
  EXPECT_EQ(digest_of(down), "5cdb3f11");
  EXPECT_EQ(digest_of(hex("01c00000 00000000 00000000 00000000 14000000 00000400"
                          "00000014 00000018 28000000 00000000 02000000 00000000")),
            "563a96d9");
}

TEST(Crc32c, OfNothing) {
  EXPECT_EQ(digest_of({}), "00000000");
}

TEST(Crc32c, PiecesAreTheWhole) {
  const std::string text = "The quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Crc32c crc;
    crc.update(bytes_of(std::string_view(text).substr(0, cut)));
    crc.update(bytes_of(std::string_view(text).substr(cut)));
    EXPECT_EQ(crc.digest(), crc32c_digest(bytes_of(std::string_view(text)))) << "cut at " << cut;
  }
}

TEST(Crc32c, PaddingIsZeros) {
  Crc32c padded;
  padded.update(bytes_of(std::string_view("abcde")));
  padded.update_zeros(3);
  EXPECT_EQ(padded.digest(), crc32c_digest(bytes_of(std::string_view("abcde\0\0\0", 8))));
}

}  // namespace
}  // namespace lungate::iscsi
