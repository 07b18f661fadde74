// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/network.h"

#include <gtest/gtest.h>

namespace lungate::config {
namespace {

TEST(Network, IsPrintedAsItIsRead) {
  for (const char* text : {"192.0.2.0/24", "192.0.2.7", "0.0.0.0/0", "10.0.0.0/9", "2001:db8::/32",
                           "::1", "::/0", "::/95"}) {
    const auto network = parse_network(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(to_string(*network), text);
  }
  EXPECT_EQ(to_string(*parse_network("192.0.2.7/32")), "192.0.2.7");
  EXPECT_EQ(to_string(*parse_network("2001:DB8:0::/48")), "2001:db8::/48");
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+4",
        "192.0.2.0/24 ", "192.0.2.0/24/24", "192.0.2/24", "192.0.2.1/24", "192.0.2.7/31",
        "2001:db8::1/64", "::/129", "[::1]", "fe80::1%eth0", "host", "192.0.2.0/4294967320"})
    EXPECT_FALSE(parse_network(text)) << text;
}

struct Case {
  const char* network;
  const char* host;
  bool in;
};

TEST(Network, ContainsWhatBeginsLikeIt) {
  for (const Case& one :
       {Case{"192.0.2.0/24", "192.0.2.0", true}, Case{"192.0.2.0/24", "192.0.2.255", true},
        Case{"192.0.2.0/24", "192.0.3.0", false}, Case{"10.128.0.0/9", "10.127.255.255", false},
        Case{"10.128.0.0/9", "10.200.0.1", true}, Case{"192.0.2.7", "192.0.2.7", true},
        Case{"192.0.2.7", "192.0.2.6", false}, Case{"0.0.0.0/0", "8.8.8.8", true},
        Case{"0.0.0.0/0", "2001:db8::1", false}, Case{"::/0", "2001:db8::1", true},
        Case{"2001:db8::/33", "2001:db8:8000::", false},
        Case{"2001:db8::/32", "2001:db8:f::", true},
        // As a socket for both families would tell it.
        Case{"192.0.2.0/24", "::ffff:192.0.2.9", true}, Case{"fe80::/10", "fe80::1%eth0", true},
        Case{"::/0", "", false}, Case{"::/0", "host", false}, Case{"::/0", "[::1]", false}})
    EXPECT_EQ(contains(*parse_network(one.network), one.host), one.in)
        << one.network << " " << one.host;
}

}  // namespace
}  // namespace lungate::config
