// SPDX-License-Identifier: LGPL-2.1-or-later

// The one place where a backend's errors become SCSI statuses.
#pragma once

#include "scsi/execution.h"

namespace lungate::scsi {

/// Ends a command whose request was delivered with another status than kOk. REQUIRES: that.
///
/// BUSY and NOT READY promise that the command was not executed and never will be (DESIGN, "Rules
/// that keep data safe", 2), so they are kept for requests that changed nothing:
///
///   kOutOfRange    ILLEGAL REQUEST, LOGICAL BLOCK ADDRESS OUT OF RANGE (shrunk since the check)
///   kReadOnly      DATA PROTECT, WRITE PROTECTED
///   kNoSpace       DATA PROTECT, SPACE ALLOCATION FAILED WRITE PROTECT
///   kIoError       MEDIUM ERROR, UNRECOVERED READ ERROR or WRITE ERROR
///   kNotOwner      read, allocation: BUSY. Otherwise perhaps done: ABORTED COMMAND, LOGICAL UNIT
///   kUnavailable     COMMUNICATION FAILURE
///   kNoMemory      BUSY
///
/// `executed_in_part`: an earlier request of the same command has changed something; then no answer
/// says that nothing was done: ABORTED COMMAND takes the place of BUSY.
Step backend_failed(Execution& execution, bool executed_in_part = false);

}  // namespace lungate::scsi
