// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <csignal>
#include <future>
#include <string>

#include "tests/unit/base/no_threads.h"

namespace lungate {
namespace {

bool hears(int signal) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 0;
}

TEST(Thread, BlocksSignalsInTheNewThreadOnly) {
  bool there = true;
  start_thread("lg-test", [&] { there = hears(SIGTERM); }).join();
  EXPECT_FALSE(there);
  EXPECT_TRUE(hears(SIGTERM));
}

TEST(Thread, HasItsName) {
  std::thread thread = start_thread("lg-fifteen-char", [] {
    int signal = 0;
    sigset_t wanted;
    ::sigemptyset(&wanted);
    ::sigaddset(&wanted, SIGUSR1);
    ::sigwait(&wanted, &signal);
  });
  char name[16] = {};
  ::pthread_getname_np(thread.native_handle(), name, sizeof name);
  EXPECT_STREQ(name, "lg-fifteen-char");
  ::pthread_kill(thread.native_handle(), SIGUSR1);
  thread.join();
}

TEST(DetachedThread, BlocksSignalsToo) {
  std::promise<bool> heard;
  ASSERT_TRUE(start_detached("lg-test", [&] { heard.set_value(hears(SIGTERM)); }));
  EXPECT_FALSE(heard.get_future().get());
}

TEST(DetachedThread, OfWhichOneStillWorksIsKnown) {
  using namespace std::chrono_literals;
  std::promise<void> go;
  ASSERT_TRUE(start_detached("lg-test", [gone = go.get_future().share()] { gone.wait(); }));
  EXPECT_FALSE(detached_threads_end_within(0ms));
  go.set_value();
  EXPECT_TRUE(detached_threads_end_within(1min));
}

TEST(DetachedThread, ThatCannotBeIsAValue) {
  bool ran = false;
  {
    const test::NoThreads machine;
    EXPECT_THROW(start_thread("lg-test", [] {}), std::system_error);
    EXPECT_FALSE(start_detached("lg-test", [&] { ran = true; }));
  }
  EXPECT_FALSE(ran);
  EXPECT_TRUE(hears(SIGTERM));
  EXPECT_TRUE(detached_threads_end_within(std::chrono::minutes(1)))
      << "it counts although it is not";
}

}  // namespace
}  // namespace lungate
