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

Error connect_error_of(std::int64_t result, const Login& login) {
  Error error = error_of(result, "connect to the Ceph monitors");
  const std::string client = "client." + login.user;
  const std::string monitors =
      login.monitors.empty() ? "(ceph.conf names none: mon_host)" : login.monitors;
  if (error.cause == Cause::kUnreachable) {
    error.text = "the Ceph monitors " + monitors +
                 " do not answer: " + std::generic_category().message(error.number);
  } else if (error.cause == Cause::kNotFound && login.monitors.empty()) {
    error.text += ": ceph.conf names none (mon_host)";
  } else if (!login.unreadable.empty() &&
             (error.cause == Cause::kNotFound || error.cause == Cause::kDenied)) {
    error.cause = Cause::kDenied;
    error.text = "the keyring of " + client + " may not be read by this user: " + login.unreadable;
  } else if (error.cause == Cause::kNotFound) {
    error.cause = Cause::kDenied;
    error.text = "there is no keyring for " + client + " (keyring of ceph.conf: " + login.keyring +
                 "); ceph auth get-or-create " + client +
                 " makes one, and another user is named by [ceph] user";
  } else if (error.cause == Cause::kDenied) {
    error.text = "the Ceph monitors " + monitors + " refuse " + client +
                 " or its key (keyring of ceph.conf: " + login.keyring + "; ceph auth get " +
                 client +
                 " tells whether it is the same): " + std::generic_category().message(error.number);
  }
  return error;
}

bool means_unreachable(std::int64_t result) {
  return result < 0 && cause_of(static_cast<int>(-result)) == Cause::kUnreachable;
}

bool means_fenced(std::int64_t result) {
  return result == -ESHUTDOWN;
}

}  // namespace lungate::ceph
