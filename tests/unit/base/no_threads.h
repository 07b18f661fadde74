// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gtest/gtest.h>
#include <pthread.h>

#include <cstddef>

namespace lungate::test {

/// While it lives, the machine gives no threads: each new one asks for a stack that no address
/// space holds.
class NoThreads {
 public:
  NoThreads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t greedy;
    ::pthread_attr_init(&greedy);
    EXPECT_EQ(::pthread_attr_setstacksize(&greedy, std::size_t{1} << 62), 0);
    EXPECT_EQ(::pthread_setattr_default_np(&greedy), 0);
    ::pthread_attr_destroy(&greedy);
  }
  NoThreads(const NoThreads&) = delete;
  NoThreads& operator=(const NoThreads&) = delete;
  ~NoThreads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_{};
};

}  // namespace lungate::test
