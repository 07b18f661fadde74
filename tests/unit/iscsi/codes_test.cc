// SPDX-License-Identifier: LGPL-2.1-or-later
// The small enumerations: values of the standard, and what a peer's value decodes to.
#include <gtest/gtest.h>

#include "iscsi/logout.h"
#include "iscsi/reject.h"
#include "iscsi/responses.h"
#include "iscsi/task_management.h"

namespace lungate::iscsi {
namespace {

TEST(TaskManagement, Functions) {
  EXPECT_EQ(task_function(1), TaskFunction::kAbortTask);
  EXPECT_EQ(task_function(5), TaskFunction::kLogicalUnitReset);
  EXPECT_EQ(task_function(8), TaskFunction::kTaskReassign);
  EXPECT_EQ(task_function(12), TaskFunction::kQueryAsynchronousEvent);
  EXPECT_EQ(task_function(0), std::nullopt);
  EXPECT_EQ(task_function(13), std::nullopt);
  EXPECT_EQ(task_function(127), std::nullopt);
}

TEST(TaskManagement, EveryFunctionHasItsName) {
  for (std::uint8_t value = 1; value <= 12; ++value) {
    EXPECT_NE(name(*task_function(value)), "unknown") << int{value};
  }
  EXPECT_EQ(name(TaskFunction::kAbortTask), "abort_task");
  EXPECT_EQ(name(static_cast<TaskFunction>(99)), "unknown");
}

TEST(TaskManagement, Responses) {
  EXPECT_EQ(static_cast<int>(TaskResponse::kNotSupported), 5);
  EXPECT_EQ(static_cast<int>(TaskResponse::kRejected), 255);
  EXPECT_EQ(name(TaskResponse::kNoSuchLun), "no_such_lun");
  EXPECT_EQ(name(TaskResponse::kRejected), "rejected");
}

TEST(Logout, Reasons) {
  EXPECT_EQ(logout_reason(0), LogoutReason::kCloseSession);
  EXPECT_EQ(logout_reason(1), LogoutReason::kCloseConnection);
  EXPECT_EQ(logout_reason(2), LogoutReason::kRemoveForRecovery);
  EXPECT_EQ(logout_reason(3), std::nullopt);
  EXPECT_EQ(logout_reason(127), std::nullopt);
  EXPECT_EQ(name(LogoutReason::kCloseSession), "close_session");
  EXPECT_EQ(name(LogoutOutcome::kCleanupFailed), "cleanup_failed");
}

TEST(Reject, Reasons) {
  EXPECT_EQ(static_cast<int>(RejectReason::kDataDigestError), 2);
  EXPECT_EQ(static_cast<int>(RejectReason::kProtocolError), 4);
  EXPECT_EQ(static_cast<int>(RejectReason::kInvalidPduField), 9);
  EXPECT_EQ(static_cast<int>(RejectReason::kWaitingForLogout), 12);
  EXPECT_EQ(name(RejectReason::kSnackReject), "snack_reject");
  EXPECT_EQ(name(static_cast<RejectReason>(0)), "unknown");
}

TEST(Async, Events) {
  EXPECT_EQ(static_cast<int>(AsyncEvent::kLogoutRequest), 1);
  EXPECT_EQ(static_cast<int>(AsyncEvent::kTasksTerminated), 5);
  EXPECT_EQ(name(AsyncEvent::kConnectionDrop), "connection_drop");
}

}  // namespace
}  // namespace lungate::iscsi
