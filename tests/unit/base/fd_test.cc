// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <type_traits>
#include <utility>

namespace lungate {
namespace {

static_assert(!std::is_copy_constructible_v<UniqueFd>);
static_assert(std::is_nothrow_move_constructible_v<UniqueFd>);

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

UniqueFd some_fd() {
  return UniqueFd(::eventfd(0, EFD_CLOEXEC));
}

TEST(UniqueFd, ClosesAtTheEndOfItsLife) {
  int number = -1;
  {
    const UniqueFd fd = some_fd();
    number = fd.get();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, NoneIsFalse) {
  EXPECT_FALSE(UniqueFd());
  EXPECT_TRUE(some_fd());
}

TEST(UniqueFd, MovingLeavesNoneBehindAndClosesWhatIsReplaced) {
  UniqueFd a = some_fd(), b = some_fd();
  const int kept = a.get(), replaced = b.get();
  b = std::move(a);
  EXPECT_EQ(b.get(), kept);
  EXPECT_TRUE(is_open(kept));
  EXPECT_FALSE(is_open(replaced));
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): the state after a move is promised
}

TEST(UniqueFd, ReleasingKeepsItOpen) {
  UniqueFd fd = some_fd();
  const UniqueFd again(fd.release());
  EXPECT_FALSE(fd);
  EXPECT_TRUE(is_open(again.get()));
}

}  // namespace
}  // namespace lungate
