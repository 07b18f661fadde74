// SPDX-License-Identifier: LGPL-2.1-or-later

// Ceph's numbers as causes and sentences: the one place in this room where an errno gets a meaning
// for whoever must act on it (I/O has its own table, backend/rbd/verbs.cc: there the initiator
// must). Called by this room's files on any thread. A number without a row is kFailed and keeps its
// text.
#include "ceph/error.h"

#include <cerrno>
#include <system_error>

namespace lungate::ceph {
namespace {

Cause cause_of(int number) {
  switch (number) {
    case ENOENT:
      return Cause::kNotFound;
    case EBUSY:
    case EROFS:
      return Cause::kLocked;
    case EPERM:
    case EACCES:
      return Cause::kDenied;
    case ENOSYS:  // librbd's word for an image with features that it does not know
    case ENOEXEC:
    case EOPNOTSUPP:
      return Cause::kUnfit;
    case ETIMEDOUT:
    case ENOTCONN:
    case ECONNREFUSED:
    case EHOSTUNREACH:
      return Cause::kUnreachable;
    case ESHUTDOWN:
      return Cause::kFenced;
    default:
      return Cause::kFailed;
  }
}

}  // namespace

Error error_of(std::int64_t result, std::string_view doing) {
  const int number = static_cast<int>(result < 0 ? -result : result);
  std::string text = "cannot ";
  text += doing;
  text += ": ";
  text += number == ESHUTDOWN ? "this RADOS client is blocklisted"
                              : std::generic_category().message(number);
  return {cause_of(number), number, std::move(text)};
}

bool means_fenced(std::int64_t result) {
  return result == -ESHUTDOWN;
}

}  // namespace lungate::ceph
