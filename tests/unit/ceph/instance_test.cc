// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/instance.h"

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"

namespace lungate::ceph {
namespace {

Instance sample() {
  Instance instance = this_process();
  instance.client = "client.42";
  instance.address = "10.0.0.7:0/3";
  return instance;
}

TEST(Instance, ThisProcessRuns) {
  const Instance here = this_process();
  EXPECT_EQ(here.pid, static_cast<std::uint64_t>(::getpid()));
  EXPECT_GT(here.start_ticks, 0u);
  EXPECT_EQ(life_of(here, here), Life::kRunning);
  EXPECT_TRUE(same_process(here, sample()));
}

TEST(Instance, ReusedPidIsAnotherProcess) {
  Instance former = sample();
  former.start_ticks -= 1;
  EXPECT_EQ(life_of(former, this_process()), Life::kEnded);
  EXPECT_FALSE(same_process(former, this_process()));
}

TEST(Instance, ZombieHasEnded) {
  char name[] = "true";
  char* argv[] = {name, nullptr};
  pid_t child = -1;
  ASSERT_EQ(::posix_spawnp(&child, "true", nullptr, nullptr, argv, environ), 0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);  // not reaped
  Instance zombie = sample();
  zombie.pid = static_cast<std::uint64_t>(child);
  EXPECT_EQ(life_of(zombie, this_process()), Life::kEnded);
  ::waitpid(child, nullptr, 0);
}

TEST(Instance, OtherBootOrContainerCannotBeSeen) {
  Instance elsewhere = sample();
  elsewhere.boot_id = "another";
  EXPECT_EQ(life_of(elsewhere, this_process()), Life::kUnknown);
  elsewhere = sample();
  elsewhere.pid_space = "pid:[1]";
  EXPECT_EQ(life_of(elsewhere, this_process()), Life::kUnknown);
  elsewhere.boot_id.clear();
  Instance blind = this_process();
  blind.boot_id.clear();  // no /proc: nothing can be told, not even for equal emptiness
  EXPECT_EQ(life_of(elsewhere, blind), Life::kUnknown);
}

TEST(Instance, EncodingGoesBothWays) {
  Instance instance = sample();
  instance.fenced = true;
  instance.host = "a host with spaces";
  const auto back = decode(encode(instance));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, instance);
}

TEST(Instance, NewerVersionMayAddFields) {
  const auto back = decode(encode(sample()) + "colour blue\n");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->client, "client.42");
}

TEST(Instance, MalformedIsRefused) {
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode("client"));
  EXPECT_FALSE(decode("client client.42\naddress a\n"));  // no pid
  std::string text = encode(sample());
  EXPECT_FALSE(decode(text.replace(text.find("pid "), 4, "pid x")));
  EXPECT_FALSE(decode(encode(sample()) + std::string(limits::kRosterEntryBytesMax, 'x')));
}

TEST(Instance, EveryPrefixIsHandled) {
  const std::string text = encode(sample());
  for (std::size_t bytes = 0; bytes + 2 < text.size(); ++bytes)
    EXPECT_FALSE(decode(text.substr(0, bytes))) << bytes;
}

}  // namespace
}  // namespace lungate::ceph
