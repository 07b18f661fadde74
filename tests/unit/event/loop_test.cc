// SPDX-License-Identifier: LGPL-2.1-or-later
#include "event/loop.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"

namespace lungate::event {
namespace {

using namespace std::chrono_literals;

/// Burns time as a callback that takes too long would.
void stay_busy(Nanoseconds span) {
  const BootTime begin = boot_now();
  while (Nanoseconds(boot_now() - begin) < span) {
  }
}

/// Lets time pass as a loop does that has nothing to do.
void stay_idle(Nanoseconds span) {
  Loop loop;
  Timer end(loop, [&] { loop.stop(); });
  end.start(span);
  loop.run();
}

class LoopTest : public testing::Test {
 protected:
  /// Runs the loop until everything posted so far has run.
  void run_posted() {
    loop_.post([this] { loop_.stop(); });
    loop_.run();
  }
  void say(std::string word) { said_.push_back(std::move(word)); }

  Loop loop_;
  std::vector<std::string> said_;
};

TEST_F(LoopTest, RunsPostedWorkInOrder) {
  for (const char* word : {"a", "b", "c"}) loop_.post([this, word] { say(word); });
  run_posted();
  EXPECT_EQ(said_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(LoopTest, RunsWorkThatWorkPosts) {
  loop_.post([this] { loop_.post([this] { say("inner"), loop_.stop(); }); });
  loop_.run();
  EXPECT_EQ(said_, std::vector<std::string>{"inner"});
}

TEST_F(LoopTest, StopBeforeRunIsNotForgotten) {
  loop_.stop();
  loop_.run();  // the test hangs if it is
}

TEST_F(LoopTest, RunsAgainAfterStop) {
  run_posted();
  loop_.post([this] { say("second run"); });
  run_posted();
  EXPECT_EQ(said_.size(), 1u);
}

TEST_F(LoopTest, StopsFromAnotherThread) {
  std::thread other([this] { loop_.stop(); });
  loop_.run();
  other.join();
}

TEST_F(LoopTest, TurnEndComesAfterAllEventsOfTheTurnAndOncePerTurn) {
  for (const char* word : {"a", "b"}) loop_.post([this, word] { say(word); });
  loop_.post([this] { loop_.stop(); });
  loop_.set_turn_end([this] { say("end"); });
  loop_.run();
  // What was posted before run() is delivered before the first poll, and one "end" follows it all.
  EXPECT_EQ(said_, (std::vector<std::string>{"a", "b", "end"}));
}

TEST_F(LoopTest, WhatTurnEndPostsRunsWithoutWaiting) {
  bool posted = false;
  loop_.set_turn_end([&] {
    if (!std::exchange(posted, true)) loop_.post([this] { loop_.stop(); });
  });
  loop_.run();  // hangs if the letter does not wake the loop that is about to sleep
}

TEST_F(LoopTest, TurnStartStandsStillDuringATurnAndMovesBetween) {
  std::vector<BootTime> seen;
  loop_.post([&] {
    seen.push_back(loop_.turn_start());
    stay_busy(2ms);
    seen.push_back(loop_.turn_start());
    loop_.post([&] {
      seen.push_back(loop_.turn_start());
      loop_.stop();
    });
  });
  loop_.run();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_GE(seen[2] - seen[1], 2'000'000u);
}

TEST_F(LoopTest, ClosuresNotRunAreDestroyedWithTheLoop) {
  auto token = std::make_shared<int>(1);
  std::weak_ptr<int> watched = token;
  {
    Loop loop;
    loop.post([token = std::move(token)] { FAIL() << "the loop never ran"; });
  }
  EXPECT_TRUE(watched.expired());
}

TEST(LoopDeathTest, ACompletionUnderWayMustNotOutliveItsLoop) {
  struct Completion final : Mail {};
  auto forget = [] {
    Completion completion;
    completion.deliver = [](Mail&) noexcept {};
    Loop loop;
    loop.mailbox().post(completion);
  };
  EXPECT_DEATH(forget(), "no completion is under way when its loop ends");
}

// The letter is delivered while its poster is still on the way out of post(): under the sanitizers
// this fails if the loop does not wait for it.
TEST(LoopEnd, ALoopMayEndAsSoonAsTheLastLetterIsDelivered) {
  for (int i = 0; i < 500; ++i) {
    auto loop = std::make_unique<Loop>();
    std::thread poster([&box = loop->mailbox(), loop = loop.get()] {
      struct Last final : Mail {
        Loop* loop = nullptr;
      };
      static Last last;
      last.loop = loop;
      last.deliver = [](Mail& self) noexcept { static_cast<Last&>(self).loop->stop(); };
      box.post(last);
    });
    loop->run();
    loop.reset();
    poster.join();
  }
}

TEST_F(LoopTest, PostsFromManyThreadsAllRun) {
  constexpr int kThreads = 4, kPosts = 2000;
  int ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kPosts; ++i) {
        loop_.post([&] {
          if (++ran == kThreads * kPosts) loop_.stop();
        });
      }
    });
  }
  loop_.run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, kThreads * kPosts);
}

// --- Stalls ----------------------------------------------------------------------------------

TEST_F(LoopTest, StallHookComesBeforeAnyEventOfTheNextTurn) {
  Nanoseconds stalled{0};
  loop_.post([&] {
    loop_.post([this] { say("next"), loop_.stop(); });
    loop_.set_stall_hook(20ms, [&](Nanoseconds gap) {
      stalled = gap;
      say("stall");
    });
    stay_busy(40ms);
    say("busy");
  });
  loop_.run();
  EXPECT_EQ(said_, (std::vector<std::string>{"busy", "stall", "next"}));
  EXPECT_GE(stalled, 40ms);
}

TEST_F(LoopTest, WaitingForEventsIsNoStall) {
  // The limit is far above what a busy machine adds to a wake-up, and below the time waited.
  loop_.set_stall_hook(1s, [&](Nanoseconds) { say("stall"); });
  Timer end(loop_, [this] { loop_.stop(); });
  end.start(1200ms);
  loop_.run();
  EXPECT_TRUE(said_.empty());
}

/// A child process whose loop waits with a stall limit of 500 ms, says "r" once it runs, and writes
/// "s" on a stall and ends.
class Child {
 public:
  Child() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) live(ends[1]);
    ::close(ends[1]);
    from_child_.reset(ends[0]);
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  char hear() {
    char word = 0;
    return ::read(from_child_.get(), &word, 1) == 1 ? word : '\0';
  }
  void pause() {
    ::kill(pid_, SIGSTOP);
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  void resume() { ::kill(pid_, SIGCONT); }

 private:
  [[noreturn]] static void live(int to_parent) {
    Loop loop;
    loop.set_stall_hook(500ms, [&](Nanoseconds gap) {
      const bool long_enough = gap >= 500ms;
      ::_exit(::write(to_parent, long_enough ? "s" : "x", 1) == 1 ? 0 : 1);
    });
    loop.post([&] {
      if (::write(to_parent, "r", 1) != 1) ::_exit(1);
    });
    loop.run();
    ::_exit(1);
  }

  pid_t pid_ = -1;
  UniqueFd from_child_;
};

TEST(LoopPause, AStoppedProcessFindsOutWhenItGoesOn) {
  Child child;
  ASSERT_EQ(child.hear(), 'r');
  child.pause();
  stay_idle(700ms);  // the pause itself: longer than the child's limit
  child.resume();
  EXPECT_EQ(child.hear(), 's');
}

}  // namespace
}  // namespace lungate::event
