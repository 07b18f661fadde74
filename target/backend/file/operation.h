// SPDX-License-Identifier: LGPL-2.1-or-later

// One request on its way through the ring, as a value: what the kernel is to be asked next, and
// what its answer means. No system call here.
#pragma once

#include <liburing.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "backend/backend.h"
#include "base/clock.h"

namespace lungate::backend::file {

/// How one file is served.
struct Service {
  int fd = -1;
  bool write_through = false;  // the descriptor has O_DSYNC; fallocate needs an fdatasync besides
  Nanoseconds test_delay{0};
  std::uint64_t test_bytes_per_s = 0;
};

/// The pieces of one vectored write. 256 of 4 KiB are limits::kFileFillBytesMax.
inline constexpr std::size_t kPiecesMax = 256;

/// Steps of a request, in order; most requests have the first one only.
///
///   kWork --> kSync --> kDelay --> done
enum class Step : std::uint8_t {
  kWork,   // the verb itself: repeated until all bytes are through
  kSync,   // fdatasync, where writes are durable before they are answered
  kDelay,  // Service::test_delay, test_bytes_per_s
};

class Operation {
 public:
  /// `pieces` (kPiecesMax of them) belong to this operation until it is done.
  void begin(Request& request, iovec* pieces);

  /// Writes what comes next into `sqe`. The operation must not move until its answer is here.
  void prepare(io_uring_sqe& sqe, const Service& service);

  /// Takes the kernel's answer (bytes, or -errno). True when the request is finished: its status
  /// is set and it may be posted. False: prepare() again.
  bool answered(int result, const Service& service);

  Request& request() { return *request_; }

 private:
  void prepare_work(io_uring_sqe& sqe, int fd);
  void prepare_fill(io_uring_sqe& sqe, int fd);
  bool worked(int result, const Service& service);
  bool conclude(int error, const Service& service);
  bool by_fallocate() const;

  Request* request_ = nullptr;
  iovec* pieces_ = nullptr;
  std::uint64_t done_bytes_ = 0;
  Step step_ = Step::kWork;
  bool fill_with_zeros_ = false;  // the file system knows no fallocate of this kind
  bool punt_ = false;             // the kernel said EAGAIN: let it use a thread of its own
  __kernel_timespec delay_{};
};

}  // namespace lungate::backend::file
