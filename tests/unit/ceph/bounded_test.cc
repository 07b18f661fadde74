// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/bounded.h"

#include <gtest/gtest.h>

#include <memory>
#include <semaphore>
#include <thread>

#include "base/log.h"
#include "tests/unit/base/no_threads.h"

namespace lungate::ceph {
namespace {

using namespace std::chrono_literals;

TEST(RunBounded, WaitsForWorkThatEnds) {
  bool done = false;
  EXPECT_TRUE(run_bounded(60s, [&] { done = true; }));
  EXPECT_TRUE(done);
}

TEST(RunBounded, LeavesWorkThatHangs) {
  const auto go = std::make_shared<std::binary_semaphore>(0);
  const auto ended = std::make_shared<std::binary_semaphore>(0);
  EXPECT_FALSE(run_bounded(1ms, [go, ended] {
    go->acquire();
    ended->release();
  }));
  go->release();
  ended->acquire();  // and it does end, on its own
}

TEST(RunBounded, WhatWorkHoldsEndsBeforeItReturns) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  EXPECT_TRUE(run_bounded(60s, [held = std::move(held)] {}));
  EXPECT_TRUE(watched.expired());
}

/// No thread is an error of the machine, at a moment when something is to be given back.
TEST(RunBounded, WithoutAThreadTheCallerWorks) {
  log::set_level(log::Level::kError);
  std::thread::id worked;
  {
    const test::NoThreads machine;
    EXPECT_TRUE(run_bounded(1ms, [&] { worked = std::this_thread::get_id(); }));
  }
  EXPECT_EQ(worked, std::this_thread::get_id());
}

}  // namespace
}  // namespace lungate::ceph
