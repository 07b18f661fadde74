// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lungate::ceph {

/// What the caller can do about it. "Waits for the operator" is tried again all the same: he acts
/// without telling us.
enum class Cause : std::uint8_t {
  kNotFound,     // no such pool, namespace, image or snapshot: waits for the operator
  kLocked,       // somebody else holds the image's lock: waits for them
  kDenied,       // the cluster refuses this user (cephx, caps): waits for the operator
  kUnfit,        // it is there, and must not be served as it is: waits for the operator
  kUnreachable,  // the cluster did not answer in time: try again
  kFenced,       // this RADOS client is blocklisted: dead for good, a new connection is needed
  kFailed,       // anything else that the cluster reports
};

/// An error of the cluster, in words that an operator understands: "open image rbd/vm-1: no such
/// image". The number is the errno behind it, for the log; 0 when the finding is our own.
struct Error {
  Cause cause = Cause::kFailed;
  int number = 0;
  std::string text;
};

/// From librados' and librbd's convention (a negative errno). `doing` completes "cannot ...".
Error error_of(std::int64_t result, std::string_view doing);

/// As whom and where a client wanted to connect, by its configuration.
struct Login {
  std::string user;        // without "client."
  std::string keyring;     // files, with commas
  std::string unreadable;  // one of them that is there and that this process may not read
  std::string monitors;    // mon_host
};

/// The same for rados_connect(), whose errno alone leads nowhere: ENOENT is a keyring that is not
/// there, and not the monitors.
Error connect_error_of(std::int64_t result, const Login& login);

/// Nobody has answered in time, or nobody is there.
bool means_unreachable(std::int64_t result);

/// "EBLOCKLISTED" is what Ceph calls ESHUTDOWN: every call of a fenced client ends with it.
bool means_fenced(std::int64_t result);

}  // namespace lungate::ceph
