// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/bounded.h"

#include <gtest/gtest.h>

#include <memory>
#include <semaphore>

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

}  // namespace
}  // namespace lungate::ceph
