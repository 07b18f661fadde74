// SPDX-License-Identifier: LGPL-2.1-or-later

// A LUN in a file, by io_uring. For a gateway without Ceph, and for tests.
//
//   any loop                             the ring's thread (one per file)
//   -----------------------------------  ----------------------------------------------------------
//   submit(): range, read-only           takes the inbox whole, starts what has a free slot, makes
//     cached read? copy it here, post    one io_uring_enter for all of it, continues short reads
//     and else inbox.post(request)   ----->  writes, posts what has ended to request.reply_to
//
// Why so: a read that the page cache can answer (preadv2, RWF_NOWAIT) needs no other thread, and
// with as many loops as cores every hop is paid by the loops themselves. All else belongs to one
// thread, so the ring needs no lock, a burst of 32 requests costs one wake-up and one system call,
// and work of a loop's thread is not interrupted by the kernel to finish another one's I/O. A ring
// shared under a mutex pays one io_uring_enter per request and wakes a reaper for each completion.
//
// kAllocation goes to neither: looking for holes may take long (allocation.h), so it has a thread
// of its own while there is something to look for (event/clerk.h).
//
// Errors of the store become Status in one function (errors.h). Requests are bounded by their
// owners; what exceeds the ring waits in order and blocks nobody.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/result.h"

namespace lungate::backend::file {

struct Options {
  std::string path = {};
  /// 0: as large as the file is. Else: an absent file is made sparse, a smaller one grows, a larger
  /// one is refused (to shrink a disk is for the operator to do, by hand and knowing why).
  std::uint64_t size_bytes = 0;
  bool read_only = false;
  /// True: writes are answered from the page cache (they survive the process, not the machine), the
  /// disk has a volatile cache (WCE=1), and kFlush makes it durable. False: each write is durable
  /// before it is answered.
  bool write_cache = true;
  /// Every operation ends this much later than it would: for tests that hold the gateway's latency
  /// figures against a known one. Measured by the kernel's high-resolution timer.
  Nanoseconds test_delay{0};
  /// And later by its length at this rate, as on a disk of that speed; 0: not.
  std::uint64_t test_bytes_per_s = 0;
};

enum class OpenFailure : std::uint8_t {
  kMissing,       // no such file, and no size to make it with
  kNotPermitted,  // the file or a folder on the way
  kNotAFile,      // a folder, a device, a socket
  kEmpty,         // it has no bytes, and no size was asked for
  kLocked,        // another process serves it
  kWouldShrink,   // the file is larger than the size asked for
  kSystem,        // anything else the system says, `error` has it
};

struct OpenError {
  OpenFailure failure = OpenFailure::kSystem;
  int error = 0;  // errno, 0 where none is behind it
  std::string
      text;  // for people: path, what and why ("is locked by process 4123 (lungate-target)")
};

/// A Backend (its contract holds), and what only a file needs.
class FileBackend : public Backend {
 public:
  /// Looks at the file's size again, growing the file first if `size_bytes` is above it (0: as it
  /// is); tells the watcher if the size is another now. A file that somebody has truncated is
  /// served with the size that it has. Blocks: workers only. May come at the same time as close(),
  /// or after it: then it is an error (kSystem) and nothing is touched.
  virtual Result<void, OpenError> refresh(std::uint64_t size_bytes = 0) = 0;
};

/// Opens and locks the file (flock: exclusive, or shared if read_only, so that two gateways cannot
/// write one file). Blocks: workers only.
Result<std::unique_ptr<FileBackend>, OpenError> open(const Options& options);

}  // namespace lungate::backend::file
