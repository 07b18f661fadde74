// SPDX-License-Identifier: LGPL-2.1-or-later
#include "backend/file/errors.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace lungate::backend::file {
namespace {

TEST(Errors, EveryErrnoHasAMeaning) {
  for (int error = 1; error < 200; ++error) EXPECT_NE(status_of(error), Status::kOk) << error;
}

TEST(Errors, ThoseThatTheDeviceServerTellsApart) {
  EXPECT_EQ(status_of(0), Status::kOk);
  EXPECT_EQ(status_of(ENOSPC), Status::kNoSpace);
  EXPECT_EQ(status_of(EDQUOT), Status::kNoSpace);
  EXPECT_EQ(status_of(EROFS), Status::kReadOnly);
  EXPECT_EQ(status_of(EFBIG), Status::kOutOfRange);
  EXPECT_EQ(status_of(ENOMEM), Status::kNoMemory);
  for (const int error : {ETIMEDOUT, ENOLINK, ENODEV, EHOSTDOWN, ESTALE})
    EXPECT_EQ(status_of(error), Status::kUnavailable) << error;
  EXPECT_EQ(status_of(EIO), Status::kIoError);
}

}  // namespace
}  // namespace lungate::backend::file
