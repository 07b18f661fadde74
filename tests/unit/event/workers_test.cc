// SPDX-License-Identifier: LGPL-2.1-or-later
#include "event/workers.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "event/loop.h"
#include "tests/unit/base/no_threads.h"

namespace lungate::event {
namespace {

TEST(Workers, RunsWorkElsewhereAndDoneOnTheLoop) {
  Loop loop;
  Workers workers(2);
  std::thread::id worked, done;
  workers.run([&] { worked = std::this_thread::get_id(); }, loop,
              [&] {
                done = std::this_thread::get_id();
                loop.stop();
              });
  loop.run();
  EXPECT_NE(worked, std::this_thread::get_id());
  EXPECT_EQ(done, std::this_thread::get_id());
}

TEST(Workers, WorkOnEveryThreadAtOnce) {
  Loop loop;
  Workers workers(3);
  std::latch all_three(3);  // hangs unless three calls are in progress together
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    workers.run([&] { all_three.arrive_and_wait(); }, loop,
                [&] {
                  if (++done == 3) loop.stop();
                });
  }
  loop.run();
}

TEST(Workers, WhatWorkHoldsEndsBeforeDone) {
  Loop loop;
  Workers workers(1);
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> watched = held;
  bool expired = false;
  workers.run([held = std::move(held)] {}, loop,
              [&] {
                expired = watched.expired();
                loop.stop();
              });
  loop.run();
  EXPECT_TRUE(expired);
}

TEST(Workers, AreNamedAndDeafToSignals) {
  Loop loop;
  Workers workers(1);
  std::string name;
  bool blocked = false;
  workers.run(
      [&] {
        char text[16] = {};
        ::pthread_getname_np(::pthread_self(), text, sizeof text);
        name = text;
        sigset_t mask;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        blocked = ::sigismember(&mask, SIGTERM) == 1;
      },
      loop, [&] { loop.stop(); });
  loop.run();
  EXPECT_EQ(name, "lg-worker-0");
  EXPECT_TRUE(blocked);
}

TEST(Workers, EndingDropsWhatIsQueuedAndWaitsForWorkInProgress) {
  Loop loop;
  std::latch begun(1), may_end(1);
  bool finished = false, ran = false;
  {
    Workers workers(1);
    workers.run(
        [&] {
          begun.count_down();
          may_end.wait();
          finished = true;
        },
        loop, [] {});
    // The first call goes on when the second is dropped: this order is the only one that ends.
    std::shared_ptr<void> release(&loop, [&](void*) { may_end.count_down(); });
    workers.run([&ran, release = std::move(release)] { ran = true; }, loop, [&ran] { ran = true; });
    begun.wait();
  }
  EXPECT_TRUE(finished);
  EXPECT_FALSE(ran);
}

TEST(WorkersWithoutThreads, AreAnErrorOfTheMachine) {
  const test::NoThreads machine;
  EXPECT_THROW(Workers(2), std::system_error);
}

}  // namespace
}  // namespace lungate::event
