// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/clients.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "base/limits.h"
#include "exporter/one_by_one.h"

namespace lungate::exporter {
namespace {

std::string source(const char* address) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, address, &v6.sin6_addr);
  return source_of(reinterpret_cast<const sockaddr*>(&v6));
}

TEST(Source, IsA64OfIpv6) {
  EXPECT_EQ(source("2001:db8::1"), source("2001:db8::ffff:1"));
  EXPECT_NE(source("2001:db8::1"), source("2001:db8:0:1::1"));
  EXPECT_NE(source("::ffff:10.0.0.1"), source("::ffff:10.0.0.2"));
}

class ClientsTest : public ::testing::Test {
 protected:
  Clients::Handle open(std::string source) { return clients_.opened(-1, std::move(source)); }
  Clients clients_;
};

TEST_F(ClientsTest, TheLargestSourcePaysForOthers) {
  std::vector<Clients::Handle> crowd;
  const auto honest = open("honest");
  for (const char* who : {"a", "b"}) {
    for (unsigned i = 0; i < limits::kScrapeConnectionsPerAddressMax; ++i) {
      crowd.push_back(open(who));
    }
  }
  EXPECT_FALSE(clients_.is_dropped(honest));
  unsigned dropped = 0;
  for (const auto& client : crowd) dropped += clients_.is_dropped(client);
  EXPECT_EQ(dropped, 1u);
}

TEST_F(ClientsTest, HeldBytesAreBoundedBySource) {
  const auto greedy = open("a");
  const auto other = open("b");
  clients_.hold(greedy, limits::kScrapeReplyBytesPerAddressMax + 1);
  EXPECT_FALSE(clients_.may_hold_more(greedy));
  EXPECT_TRUE(clients_.may_hold_more(other));
  clients_.hold(other, limits::kScrapeReplyBytesMax);
  EXPECT_TRUE(clients_.may_hold_more(open("c"))) << "room is made";
  EXPECT_TRUE(clients_.is_dropped(greedy)) << "who has held for longest";
}

TEST_F(ClientsTest, LogInsAreBoundedBySource) {
  const auto guesser = open("a");
  for (unsigned i = 0; i < limits::kScrapeLoginsPerAddressMax; ++i) {
    EXPECT_TRUE(clients_.enter_login(guesser));
  }
  EXPECT_FALSE(clients_.enter_login(guesser));
  EXPECT_TRUE(clients_.enter_login(open("b")));
  clients_.leave_login(guesser);
  EXPECT_TRUE(clients_.enter_login(guesser));
}

TEST(OneByOneTest, SourcesTakeTurns) {
  std::string order;
  std::atomic<bool> go = false;
  std::atomic<int> left = 5;
  OneByOne thread("test");
  thread.add([&go](OneByOne::Turn) { go.wait(false); }, "first");
  for (const char* who : {"a", "a", "a", "b", "c"}) {
    thread.add([&order, &left, who](OneByOne::Turn) { order += who, --left, left.notify_all(); },
               who);
  }
  go = true;
  go.notify_all();
  for (int now = left; now != 0; now = left) left.wait(now);
  EXPECT_EQ(order, "abcaa");
}

}  // namespace
}  // namespace lungate::exporter
