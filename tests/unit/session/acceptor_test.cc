// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/acceptor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "base/limits.h"
#include "base/log.h"
#include "tests/unit/session/peer.h"

namespace lungate::session::test {
namespace {

const Endpoint kAnyPort{"127.0.0.1", 0, false};

TEST(Socket, ListensOnAPortOfTheKernelsChoice) {
  const auto listener = listen_on(kAnyPort);
  ASSERT_TRUE(listener);
  const Endpoint where = local_endpoint(listener->get());
  EXPECT_EQ(where.host, "127.0.0.1");
  EXPECT_NE(where.port, 0);
  EXPECT_EQ(where.text(), "127.0.0.1:" + std::to_string(where.port));
  EXPECT_EQ(listen_on(where).error(), EADDRINUSE);
}

TEST(Socket, SpeaksBothFamilies) {
  EXPECT_EQ((Endpoint{"fe80::1", 3260, true}).text(), "[fe80::1]:3260");
  const auto listener = listen_on({"::1", 0, true});
  if (!listener) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EQ(local_endpoint(listener->get()).host, "::1");
}

TEST(Socket, ANameIsNoAddress) {
  EXPECT_EQ(listen_on({"localhost", 0, false}).error(), EINVAL);
  EXPECT_EQ(listen_on({"127.0.0.1", 0, true}).error(), EINVAL);
}

TEST(Socket, TellsEndBlockAndBytesApart) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  const UniqueFd here(pair[0]);
  UniqueFd there(pair[1]);
  std::array<std::byte, 8> buffer{};
  std::array<iovec, 1> piece{{{buffer.data(), buffer.size()}}};
  EXPECT_TRUE(receive(here.get(), piece).would_block);
  EXPECT_EQ(session::send(there.get(), piece).bytes, 8u);
  EXPECT_EQ(receive(here.get(), piece).bytes, 8u);
  there.reset();
  EXPECT_TRUE(receive(here.get(), piece).closed);
  EXPECT_EQ(session::send(here.get(), piece).error, EPIPE) << "and no signal";
}

TEST(Acceptor, HandsOverEveryConnection) {
  event::Loop loop;
  std::vector<Accepted> taken;
  Acceptor acceptor(
      loop, std::move(*listen_on(kAnyPort)),
      [&](Accepted&& in) {
        taken.push_back(std::move(in));
        if (taken.size() == 3) loop.stop();
      },
      [] { FAIL() << "nothing is short"; });
  const Peer a(acceptor.endpoint());
  const Peer b(acceptor.endpoint());
  const Peer c(acceptor.endpoint());
  loop.run();
  for (const Accepted& one : taken) {
    EXPECT_EQ(one.peer.host, "127.0.0.1");
    EXPECT_NE(one.peer.port, 0);
  }
}

/// Guards the pause in Acceptor::ready: a listener that stays ready must not spin while the process
/// is out of descriptors, and goes on when there are some again.
TEST(Acceptor, WaitsWhileTheProcessIsOutOfDescriptors) {
  event::Loop loop;
  unsigned taken = 0;
  unsigned failures = 0;
  Acceptor acceptor(
      loop, std::move(*listen_on(kAnyPort)),
      [&](Accepted&&) {
        ++taken;
        loop.stop();
      },
      [&] { ++failures; });
  const Peer waiting(acceptor.endpoint());
  // The acceptor will log, and the first check of a type by UBSan needs descriptors of its own.
  log::error("test", "out_of_descriptors");
  const UniqueFd probe(::dup(0));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(probe.get()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  unsigned turns = 0;
  loop.set_turn_end([&] { ++turns; });
  event::Timer again(loop, [&] { ::setrlimit(RLIMIT_NOFILE, &before); });
  again.start(limits::kAcceptRetryDelay / 2);
  loop.run();
  EXPECT_EQ(taken, 1u);
  EXPECT_GE(failures, 1u) << "counted by who listens";
  EXPECT_LT(turns, 20u);
}

}  // namespace
}  // namespace lungate::session::test
