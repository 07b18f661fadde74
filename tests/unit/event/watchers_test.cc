// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <optional>

#include "base/fd.h"
#include "event/loop.h"

namespace lungate::event {
namespace {

using namespace std::chrono_literals;

struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  UniqueFd near, far;
};

class WatchersTest : public testing::Test {
 protected:
  void far_writes() { ASSERT_EQ(::write(pair_.far.get(), "x", 1), 1); }

  Loop loop_;
  Pair pair_;
};

// --- Descriptors -----------------------------------------------------------------------------

TEST_F(WatchersTest, TellsThatADescriptorIsReadable) {
  std::optional<Interest> heard;
  FdWatcher watcher(loop_, pair_.near.get(), Interest::kRead, [&](Interest ready) {
    heard = ready;
    loop_.stop();
  });
  far_writes();
  loop_.run();
  EXPECT_EQ(heard, Interest::kRead);
}

TEST_F(WatchersTest, TellsOnlyWhatIsWanted) {
  far_writes();  // readable as well
  std::optional<Interest> heard;
  FdWatcher watcher(loop_, pair_.near.get(), Interest::kWrite, [&](Interest ready) {
    heard = ready;
    loop_.stop();
  });
  loop_.run();
  EXPECT_EQ(heard, Interest::kWrite);
}

TEST_F(WatchersTest, TellsBothAtOnce) {
  far_writes();
  std::optional<Interest> heard;
  FdWatcher watcher(loop_, pair_.near.get(), Interest::kBoth, [&](Interest ready) {
    heard = ready;
    loop_.stop();
  });
  loop_.run();
  EXPECT_EQ(heard, Interest::kBoth);
}

TEST_F(WatchersTest, IsLevelTriggered) {
  far_writes();
  int times = 0;
  FdWatcher watcher(loop_, pair_.near.get(), Interest::kRead, [&](Interest) {
    if (++times == 3) loop_.stop();
  });
  loop_.run();
  EXPECT_EQ(times, 3);
}

TEST_F(WatchersTest, InterestMayChangeInTheCallback) {
  far_writes();
  std::vector<Interest> heard;
  std::unique_ptr<FdWatcher> watcher;
  watcher =
      std::make_unique<FdWatcher>(loop_, pair_.near.get(), Interest::kRead, [&](Interest ready) {
        heard.push_back(ready);
        if (heard.size() == 1) return watcher->set_interest(Interest::kWrite);
        watcher->set_interest(Interest::kNone);
        loop_.stop();
      });
  loop_.run();
  EXPECT_EQ(heard, (std::vector{Interest::kRead, Interest::kWrite}));
  EXPECT_EQ(watcher->interest(), Interest::kNone);
}

TEST_F(WatchersTest, NoInterestMeansNoCallback) {
  far_writes();
  FdWatcher watcher(loop_, pair_.near.get(), Interest::kRead, [&](Interest) { ADD_FAILURE(); });
  watcher.set_interest(Interest::kNone);
  loop_.post([this] { loop_.stop(); });
  loop_.run();
}

TEST_F(WatchersTest, HangUpMakesADescriptorReadyForWhatIsWanted) {
  pair_.far.reset();
  std::optional<Interest> heard;
  FdWatcher watcher(loop_, pair_.near.get(), Interest::kBoth, [&](Interest ready) {
    heard = ready;
    loop_.stop();
  });
  loop_.run();
  EXPECT_EQ(heard, Interest::kBoth);
}

TEST_F(WatchersTest, ACallbackMayDestroyItsOwnWatcher) {
  far_writes();
  std::unique_ptr<FdWatcher> watcher;
  auto kept = std::make_shared<int>(7);
  int seen = 0;
  watcher = std::make_unique<FdWatcher>(loop_, pair_.near.get(), Interest::kRead,
                                        [&, kept = std::move(kept)](Interest) {
                                          watcher.reset();
                                          seen = *kept;  // the callback itself is still alive
                                          loop_.stop();
                                        });
  loop_.run();
  EXPECT_EQ(seen, 7);
}

TEST_F(WatchersTest, ACallbackMayDestroyAnotherWatcherThatIsReadyToo) {
  Pair other;
  far_writes();
  ASSERT_EQ(::write(other.far.get(), "x", 1), 1);
  std::unique_ptr<FdWatcher> first, second;
  int calls = 0;
  auto end_the_other = [&](std::unique_ptr<FdWatcher>& victim) {
    ++calls;
    victim.reset();
    loop_.stop();
  };
  first = std::make_unique<FdWatcher>(loop_, pair_.near.get(), Interest::kRead,
                                      [&](Interest) { end_the_other(second); });
  second = std::make_unique<FdWatcher>(loop_, other.near.get(), Interest::kRead,
                                       [&](Interest) { end_the_other(first); });
  loop_.run();
  EXPECT_EQ(calls, 1);
}

// --- Timers ----------------------------------------------------------------------------------

TEST_F(WatchersTest, TimerFiresOnceAndNotEarly) {
  int times = 0;
  Timer timer(loop_, [&] { ++times; });
  Timer end(loop_, [&] { loop_.stop(); });
  const BootTime begin = boot_now();
  timer.start(5ms);
  EXPECT_TRUE(timer.active());
  end.start(20ms);
  loop_.run();
  EXPECT_EQ(times, 1);
  EXPECT_FALSE(timer.active());
  EXPECT_GE(boot_now() - begin, 20'000'000u);
}

TEST_F(WatchersTest, TimerCountsFromItsStartAndNotFromTheTurns) {
  BootTime begin, fired;
  Timer timer(loop_, [&] {
    fired = boot_now();
    loop_.stop();
  });
  loop_.post([&] {
    const BootTime entered = boot_now();
    while (boot_now() - entered < 10'000'000u) {
    }
    begin = boot_now();
    timer.start(10ms);
  });
  loop_.run();
  EXPECT_GE(fired - begin, 9'900'000u);  // libev rounds within its clock's reading
}

TEST_F(WatchersTest, RepeatingTimerRepeatsUntilStopped) {
  int times = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] {
    if (++times < 3) return;
    timer->stop();
    loop_.stop();
  });
  timer->start_repeating(1ms);
  loop_.run();
  EXPECT_EQ(times, 3);
  EXPECT_FALSE(timer->active());
}

TEST_F(WatchersTest, RestartingReplacesWhatWasSet) {
  int times = 0;
  Timer timer(loop_, [&] {
    ++times;
    loop_.stop();
  });
  timer.start_repeating(1h);
  timer.start(1ms);
  loop_.run();
  EXPECT_EQ(times, 1);
  EXPECT_FALSE(timer.active());
}

TEST_F(WatchersTest, ATimerMayRestartOrDestroyItselfInItsCallback) {
  int times = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop_, [&] {
    if (++times == 1) return timer->start(1ms);
    timer.reset();
    loop_.stop();
  });
  timer->start(1ms);
  loop_.run();
  EXPECT_EQ(times, 2);
}

// --- Signals ---------------------------------------------------------------------------------

TEST_F(WatchersTest, SignalIsHeardOnTheLoop) {
  int times = 0;
  SignalWatcher watcher(loop_, SIGUSR1, [&] {
    ++times;
    loop_.stop();
  });
  loop_.post([] { ::raise(SIGUSR1); });
  loop_.run();
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace lungate::event
