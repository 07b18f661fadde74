// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/source.h"

#include <gtest/gtest.h>

namespace lungate::session {
namespace {

Source ipv4(const std::string& host) {
  return Source::of({host, 41234, false}, {"10.0.0.1", 3260, false});
}
Source ipv6(const std::string& host) {
  return Source::of({host, 41234, true}, {"2001:db8:aaaa:1::1", 3260, true});
}

TEST(Source, AnIpv4AddressCountsForItself) {
  EXPECT_EQ(ipv4("10.0.0.7"), ipv4("10.0.0.7"));
  EXPECT_NE(ipv4("10.0.0.7"), ipv4("10.0.0.8"));
  EXPECT_EQ(ipv4("10.0.0.7").text(), "10.0.0.7");
  EXPECT_NE(ipv4("0.0.0.0"), Source());
}

TEST(Source, TheSamePeerCountsOnceThroughBothFamilies) {
  EXPECT_EQ(ipv4("10.0.0.7"), ipv6("::ffff:10.0.0.7"));
  EXPECT_NE(ipv6("::ffff:10.0.0.7"), ipv6("::ffff:10.0.0.8"));
}

/// Guards the mask: who has a /64 has as many addresses as it likes.
TEST(Source, AnIpv6AddressFromElsewhereCountsForItsSixtyFour) {
  EXPECT_EQ(ipv6("2001:db8:1:2::7"), ipv6("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(ipv6("2001:db8:1:2::7"), ipv6("2001:db8:1:3::7"));
  EXPECT_EQ(ipv6("2001:db8:1:2::7").text(), "2001:db8:1:2::/64");
  EXPECT_NE(ipv6("2001:db8:1:2::"),
            Source::of({"2001:db8:1:2::", 1, true}, {"2001:db8:1:2::1", 3260, true}))
      << "the first address of our own network is not the network";
}

/// Guards same_prefix(): the hosts of one storage network are not one another.
TEST(Source, InThePortalsOwnNetworkHostsAreToldApart) {
  EXPECT_NE(ipv6("2001:db8:aaaa:1::7"), ipv6("2001:db8:aaaa:1::8"));
  EXPECT_EQ(ipv6("2001:db8:aaaa:1::7").text(), "2001:db8:aaaa:1::7");
  EXPECT_NE(ipv6("fe80::7"), ipv6("fe80::8"));
}

}  // namespace
}  // namespace lungate::session
