// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ceph/error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lungate::ceph {
namespace {

TEST(Error, SaysWhatAndWhy) {
  const Error error = error_of(-EPERM, "open pool rbd");
  EXPECT_EQ(error.cause, Cause::kDenied);
  EXPECT_EQ(error.number, EPERM);
  EXPECT_EQ(error.text, "cannot open pool rbd: Operation not permitted");
}

TEST(Error, BlocklistedIsCalledByItsName) {
  const Error error = error_of(-ESHUTDOWN, "write");
  EXPECT_EQ(error.cause, Cause::kFenced);
  EXPECT_EQ(error.text, "cannot write: this RADOS client is blocklisted");
  EXPECT_TRUE(means_fenced(-ESHUTDOWN));
  EXPECT_FALSE(means_fenced(-EROFS));
}

TEST(Error, CausesTellWhatToDo) {
  EXPECT_EQ(error_of(-ENOENT, "x").cause, Cause::kNotFound);
  EXPECT_EQ(error_of(-EBUSY, "x").cause, Cause::kLocked);
  EXPECT_EQ(error_of(-EACCES, "x").cause, Cause::kDenied);
  EXPECT_EQ(error_of(-ENOSYS, "x").cause, Cause::kUnfit);  // features that librbd does not know
  EXPECT_EQ(error_of(-ETIMEDOUT, "x").cause, Cause::kUnreachable);
  EXPECT_EQ(error_of(-EIO, "x").cause, Cause::kFailed);
}

}  // namespace
}  // namespace lungate::ceph
