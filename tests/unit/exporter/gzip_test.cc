// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace lungate::exporter {
namespace {

std::string unpacked(const std::string& packed, std::size_t size) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string text(size + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0u) << "one stream, whole";
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

TEST(Gzip, GivesBackWhatWentIn) {
  std::mt19937 random(5);
  for (const std::size_t size : {0u, 1u, 65535u, 65536u, 1'000'000u}) {
    std::string text(size, 'x');
    EXPECT_EQ(unpacked(gzip(text), size), text) << size;
    for (char& c : text) c = static_cast<char>(random());
    EXPECT_EQ(unpacked(gzip(text), size), text) << size << " bytes of noise";
  }
}

}  // namespace
}  // namespace lungate::exporter
