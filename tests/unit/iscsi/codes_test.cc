// SPDX-License-Identifier: LGPL-2.1-or-later
// The small enumerations: values of the standard, and what a peer's value decodes to.
#include <gtest/gtest.h>

#include <set>

#include "iscsi/framer.h"
#include "iscsi/logout.h"
#include "iscsi/reject.h"
#include "iscsi/task_management.h"
#include "iscsi/transfer.h"

namespace lungate::iscsi {
namespace {

/// What holds for every list: a number and a name once each, names as logs and labels want them,
/// and the way from a number to its name and back.
template <class Rows>
void check_list(const Rows& rows) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const auto& row : rows) {
    numbers.insert(static_cast<int>(row.value));
    names.insert(row.name);
    EXPECT_EQ(name(row.value), row.name);
    EXPECT_EQ(value_in(rows, static_cast<std::uint8_t>(row.value)), row.value);
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << row.name;
    EXPECT_FALSE(row.name.empty());
  }
  EXPECT_EQ(numbers.size(), rows.size());
  EXPECT_EQ(names.size(), rows.size());
}

TEST(Lists, NameEachValueOnce) {
  check_list(kRejectReasons);
  check_list(kTaskFunctions);
  check_list(kTaskResponses);
  check_list(kLogoutReasons);
  check_list(kLogoutOutcomes);
  check_list(kFramingErrors);
  check_list(kTransferErrors);
}

TEST(Lists, AreAsLongAsTheStandards) {
  EXPECT_EQ(kRejectReasons.size(), 10u);  // 11.17.1, without the one that nothing here can cause
  EXPECT_EQ(kTaskFunctions.size(), 12u);
  EXPECT_EQ(kTaskResponses.size(), 9u);
  EXPECT_EQ(kLogoutReasons.size(), 3u);
  EXPECT_EQ(kLogoutOutcomes.size(), 4u);
}

TEST(Lists, WhatIsNoEnumeratorIsUnknown) {
  EXPECT_EQ(name(static_cast<FramingError>(99)), "unknown");
  EXPECT_EQ(name(static_cast<TransferError>(99)), "unknown");
  EXPECT_EQ(value_in(kRejectReasons, 0x0b), std::nullopt);
}

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

}  // namespace
}  // namespace lungate::iscsi
