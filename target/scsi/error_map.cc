// SPDX-License-Identifier: LGPL-2.1-or-later

// The one place where what a store answers becomes what an initiator reads. The switch has no
// default, so a new Status must find its answer here. Called by the commands on the session's loop
// when a request has failed.
#include "scsi/error_map.h"

#include "base/check.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// A flush may fail to store what was written before it.
bool only_looks(backend::Verb verb) {
  return verb == backend::Verb::kRead || verb == backend::Verb::kAllocation;
}

Sense medium_error(backend::Verb verb) {
  return {only_looks(verb) ? sense::kUnrecoveredReadError : sense::kWriteError, {}, {}};
}

Step not_executed(Execution& execution, bool executed_in_part) {
  if (executed_in_part) return fail(execution, {sense::kCommunicationFailure, {}, {}});
  return end(execution, Status::kBusy);
}

}  // namespace

Step backend_failed(Execution& execution, bool executed_in_part) {
  const backend::Request& request = execution.request;
  switch (request.status) {
    case backend::Status::kOk:
      break;
    case backend::Status::kOutOfRange:
      return fail(execution, {sense::kLbaOutOfRange, {}, {}});
    case backend::Status::kReadOnly:
      return fail(execution, {sense::kWriteProtected, {}, {}});
    case backend::Status::kNoSpace:
      return fail(execution, {sense::kSpaceAllocationFailed, {}, {}});
    case backend::Status::kIoError:
      return fail(execution, medium_error(request.verb));
    case backend::Status::kNotOwner:
    case backend::Status::kUnavailable:
      return not_executed(execution, executed_in_part || !only_looks(request.verb));
    case backend::Status::kNoMemory:
      return not_executed(execution, executed_in_part);
  }
  check_failed("only a failed request is mapped", __FILE__, __LINE__);
}

}  // namespace lungate::scsi
