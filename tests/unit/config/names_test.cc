// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/names.h"

#include <gtest/gtest.h>

namespace lungate::config {
namespace {

void expect(TextRule rule, std::initializer_list<std::string_view> good,
            std::initializer_list<std::string_view> bad) {
  for (const std::string_view text : good) EXPECT_FALSE(rule(text)) << text;
  for (const std::string_view text : bad) EXPECT_TRUE(rule(text)) << text;
}

TEST(Names, TargetNames) {
  const std::string longest = "iqn.2026-11.a:" + std::string(209, 'x');
  expect(check_target_name,
         {"iqn.2026-11.io.lungate:store", "iqn.2026-11.io", "iqn.2026-01.4a:b:c.d-e",
          "eui.02004567a425678d", "naa.52004567ba64678d", "naa.62004567ba64678d0123456789abcdef",
          longest},
         {"", "iqn.", "iqn.2026-11", "iqn.2026-11.", "iqn.2026-00.a", "iqn.2026-13.a",
          "iqn.26-11.a", "iqn.2026-11.-a", "iqn.2026-11.a b", "iqn.2026-11.a_b", "IQN.2026-11.a",
          "eui.0200", "eui.02004567a425678g", "naa.52004567ba64678d01", "nqn.2014-08.org:x",
          "iqn.2026-11.\xc3\xa9", "iqn.2026-11.a:*", longest + "x"});
}

TEST(Names, InitiatorNamesMayHaveUnderscores) {
  expect(check_initiator_name, {"iqn.1991-05.com.microsoft:my_host"}, {"iqn.1991-05.com:A", "x"});
}

TEST(Names, Addresses) {
  expect(check_address, {"127.0.0.1:3260", "0.0.0.0:0", "[::]:65535", "[2001:db8::1]:3260"},
         {"", ":", ":3260", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
          "127.0.0.1:+1", "127.0.0.1:32 60", "256.0.0.1:1", "127.1:1", "::1:3260", "[::1]",
          "[127.0.0.1]:1", "[]:1", "[fe80::1%eth0]:1", "host:3260"});
  EXPECT_EQ(to_string(parse_address("[::1]:3260")), "[::1]:3260");
  EXPECT_EQ(to_string(parse_address("10.0.0.1:0")), "10.0.0.1:0");
}

TEST(Names, Images) {
  expect(check_image, {"rbd/vm", "rbd/ns/vm", "a b/c"},
         {"", "vm", "/vm", "rbd/", "rbd//vm", "a/b/c/d", "rbd/vm@snap", "rbd/\x01"});
  EXPECT_EQ(parse_image("rbd/vm"), (Image{"rbd", "", "vm"}));
  EXPECT_EQ(parse_image("rbd/ns/vm"), (Image{"rbd", "ns", "vm"}));
}

TEST(Names, Paths) {
  expect(check_path, {"/a", "/a/b.c"}, {"", "/", "a", "/a/", "/a\n"});
  const std::string longest = "/" + std::string(106, 'x');
  expect(check_socket_path, {longest}, {longest + "x", "sock"});
}

TEST(Names, Naa) {
  expect(check_naa, {"5001405123456789", "3001405123456789", "60014051234567890123456789abcdef"},
         {"", "6001405123456789", "500140512345678", "50014051234567890123456789abcdef",
          "500140512345678G", "5001405A23456789"});
}

TEST(Sizes, BothWays) {
  EXPECT_EQ(parse_size("10GiB"), 10ull << 30);
  EXPECT_EQ(parse_size("512B"), 512u);
  EXPECT_EQ(parse_size("16383PiB"), 16383ull << 50);
  for (const std::string_view bad : {"", "GiB", "10", "10GB", "10 GiB", "-1GiB", "1.5GiB",
                                     "16384PiB", "99999999999999999999B", "10GiBx", "0x10B"}) {
    EXPECT_FALSE(parse_size(bad)) << bad;
  }
  EXPECT_EQ(size_text(10ull << 30), "10GiB");
  EXPECT_EQ(size_text(1536), "1536B");
  EXPECT_EQ(size_text(1ull << 60), "1024PiB");
  EXPECT_EQ(size_text(0), "0B");
}

TEST(Quote, KeepsTerminalsSafe) {
  EXPECT_EQ(quote("a\x1b\xc3"), "'a\\x1b\\xc3'");
  EXPECT_EQ(quote(std::string(100, 'x')), "'" + std::string(80, 'x') + "...'");
}

}  // namespace
}  // namespace lungate::config
