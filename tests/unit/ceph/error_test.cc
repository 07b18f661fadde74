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

const Login kLogin{"lungate", "/etc/ceph/ceph.client.lungate.keyring", "", "v2:192.0.2.1:3300"};

TEST(ConnectError, AMissingKeyringIsNotAMissingMonitor) {
  const Error error = connect_error_of(-ENOENT, kLogin);
  EXPECT_EQ(error.cause, Cause::kDenied);
  EXPECT_EQ(error.number, ENOENT);
  EXPECT_EQ(error.text.find("there is no keyring for client.lungate"), 0u) << error.text;
  EXPECT_NE(error.text.find(kLogin.keyring), std::string::npos);
  EXPECT_NE(error.text.find("ceph auth get-or-create client.lungate"), std::string::npos);
}

TEST(ConnectError, AKeyringThatMayNotBeReadIsNamed) {
  for (const int number : {-ENOENT, -EACCES}) {
    Login login = kLogin;
    login.unreadable = login.keyring;
    EXPECT_EQ(connect_error_of(number, login).text,
              "the keyring of client.lungate may not be read by this user: " + login.keyring);
  }
}

TEST(ConnectError, ARefusedUserIsNamed) {
  for (const int number : {-EACCES, -EPERM}) {
    const Error error = connect_error_of(number, kLogin);
    EXPECT_EQ(error.cause, Cause::kDenied);
    EXPECT_NE(error.text.find("refuse client.lungate or its key"), std::string::npos) << error.text;
  }
}

TEST(ConnectError, SilentMonitorsAreNamed) {
  const Error error = connect_error_of(-ETIMEDOUT, kLogin);
  EXPECT_EQ(error.cause, Cause::kUnreachable);
  EXPECT_EQ(error.text, "the Ceph monitors v2:192.0.2.1:3300 do not answer: Connection timed out");
}

TEST(ConnectError, AConfigurationWithoutMonitorsSaysSo) {
  const Error error = connect_error_of(-ENOENT, {"lungate", "/k", "", ""});
  EXPECT_NE(error.text.find("mon_host"), std::string::npos) << error.text;
  EXPECT_EQ(error.text.find("keyring"), std::string::npos) << error.text;
}

TEST(ConnectError, TheRestIsAsEver) {
  EXPECT_EQ(connect_error_of(-EIO, kLogin).text,
            error_of(-EIO, "connect to the Ceph monitors").text);
}

}  // namespace
}  // namespace lungate::ceph
