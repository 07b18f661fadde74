// SPDX-License-Identifier: LGPL-2.1-or-later

// errno to Status, for I/O on a file. Called by the ring's thread and the clerk's, for each request
// that has ended. There is no errno without a meaning: one that has no row is an error of the
// medium, which is what an initiator does least harm with.
#include "backend/file/errors.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace lungate::backend::file {
namespace {

struct Row {
  int error;
  Status status;
};

constexpr std::array kRows = {
    Row{0, Status::kOk},
    Row{ENOSPC, Status::kNoSpace},
    Row{EDQUOT, Status::kNoSpace},
    Row{EFBIG, Status::kOutOfRange},  // beyond what the file system or the process may have
    Row{EROFS, Status::kReadOnly},    // ext4 turns read-only after an error of the disk
    Row{EPERM, Status::kReadOnly},    // chattr +i
    Row{ENOMEM, Status::kNoMemory},
    // The disk under the file system is at the end of a cable or a network: the kernel has given
    // the operation up (blk_status_t TIMEOUT, TRANSPORT, OFFLINE; a soft NFS mount; a stale
    // handle).
    Row{ETIMEDOUT, Status::kUnavailable},
    Row{ENOLINK, Status::kUnavailable},
    Row{ENODEV, Status::kUnavailable},
    Row{EHOSTDOWN, Status::kUnavailable},
    Row{ESTALE, Status::kUnavailable},
};

}  // namespace

Status status_of(int error) noexcept {
  const auto* const row =
      std::find_if(kRows.begin(), kRows.end(), [error](const Row& r) { return r.error == error; });
  return row == kRows.end() ? Status::kIoError : row->status;
}

}  // namespace lungate::backend::file
