// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/secret.h"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <string>
#include <type_traits>

namespace lungate {
namespace {

using namespace std::string_view_literals;

// It cannot be printed by mistake.
template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};
static_assert(!Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

TEST(Secret, HoldsACopyOfItsBytes) {
  std::string text = "correct horse";
  const Secret secret{bytes_of(std::string_view(text))};
  text.assign(text.size(), 'x');
  EXPECT_EQ(text_of(secret.bytes()), "correct horse");
  EXPECT_FALSE(secret.empty());
}

TEST(Secret, CopiesShareOnePlace) {
  Secret copy;
  {
    const Secret secret{bytes_of("correct horse"sv)};
    copy = secret;
    EXPECT_EQ(copy.bytes().data(), secret.bytes().data());
  }
  EXPECT_EQ(text_of(copy.bytes()), "correct horse") << "the place lives as long as the last copy";
}

TEST(Secret, NothingIsNoSecret) {
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret(Bytes()).empty());
  EXPECT_TRUE(Secret().bytes().empty());
}

TEST(Secret, Equality) {
  const Secret secret{bytes_of("correct horse"sv)};
  EXPECT_EQ(secret, Secret(bytes_of("correct horse"sv)));
  EXPECT_FALSE(secret == Secret(bytes_of("correct horsf"sv)));
  EXPECT_FALSE(secret == Secret(bytes_of("correct hors"sv)));
  EXPECT_FALSE(secret == Secret());
  EXPECT_EQ(Secret(), Secret());
}

/// The flags of the mapping that holds `address` ("dd": not in core files), from the kernel.
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) {
      inside = from <= wanted && wanted < to;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line;
    }
  }
  return {};
}

TEST(Secret, IsLeftOutOfCoreFiles) {
  const Secret secret{bytes_of("correct horse"sv)};
  EXPECT_NE(flags_of(secret.bytes().data()).find(" dd"), std::string::npos);
}

TEST(Secret, WipeOverwrites) {
  std::array<char, 8> text{"hunter2"};
  wipe(std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(text, (std::array<char, 8>{}));
}

}  // namespace
}  // namespace lungate
