// SPDX-License-Identifier: LGPL-2.1-or-later
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

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
  end.start(20ms);
  loop_.run();
  EXPECT_EQ(times, 1);
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

// --- The wrong thread ------------------------------------------------------------------------

/// What is made before the loop runs, and then used by somebody else while it does.
class WrongThreadDeathTest : public WatchersTest {
 protected:
  void elsewhere(const std::function<void()>& use) {
    loop_.post([this, &use] {
      std::thread(use).join();
      loop_.stop();
    });
    loop_.run();
  }

  Timer timer_{loop_, [] {}};
  FdWatcher watcher_{loop_, pair_.near.get(), Interest::kNone, [](Interest) {}};
};

constexpr const char* kWrongThread = "a watcher is used on its loop's thread";

TEST_F(WrongThreadDeathTest, TimersAreForTheLoopsThread) {
  EXPECT_DEATH(elsewhere([&] { timer_.start(1h); }), kWrongThread);
  EXPECT_DEATH(elsewhere([&] { timer_.stop(); }), kWrongThread);
  EXPECT_DEATH(elsewhere([&] { Timer made(loop_, [] {}); }), kWrongThread);
}

TEST_F(WrongThreadDeathTest, DescriptorsAndSignalsAreForTheLoopsThread) {
  EXPECT_DEATH(elsewhere([&] { watcher_.set_interest(Interest::kRead); }), kWrongThread);
  EXPECT_DEATH(elsewhere([&] { SignalWatcher made(loop_, SIGUSR1, [] {}); }), kWrongThread);
}

TEST_F(WrongThreadDeathTest, SoAreTheLoopsHooksAndItsTime) {
  EXPECT_DEATH(elsewhere([&] { loop_.set_turn_end([] {}); }), "hooks are set on its thread");
  EXPECT_DEATH(elsewhere([&] { loop_.set_stall_hook(1s, nullptr); }), "hooks are set on its");
  EXPECT_DEATH(elsewhere([&] { loop_.turn_start(); }), "for the events of that turn");
  EXPECT_DEATH(elsewhere([&] { loop_.run(); }), "one thread at a time runs a loop");
}

TEST_F(WatchersTest, ALoopThatDoesNotRunBelongsToWhoeverBuildsIt) {
  std::thread([this] {
    EXPECT_TRUE(loop_.on_loop_thread());
    Timer timer(loop_, [] {});
    timer.start(1h);
  }).join();
}

TEST_F(WatchersTest, ALoopInsideAnothersCallbackLeavesThatOneItsThread) {
  bool ours_inside = true, ours_after = false;
  loop_.post([&] {
    Loop inner;
    inner.post([&] {
      ours_inside = loop_.on_loop_thread();
      inner.stop();
    });
    inner.run();
    ours_after = loop_.on_loop_thread();
    loop_.stop();
  });
  loop_.run();
  EXPECT_FALSE(ours_inside);
  EXPECT_TRUE(ours_after);
}

}  // namespace
}  // namespace lungate::event
