// SPDX-License-Identifier: LGPL-2.1-or-later

// A write lock of an open file description, over the whole file. The segment's writer takes it
// once; readers and a starting target only ask. F_OFD_* for two
// reasons: POSIX locks go when any descriptor of the file is closed in the process, which a target
// that looks at its own segment would do unknowingly; and flock() cannot be asked about without
// taking it. An fcntl that fails reads as "not locked": such a file system cannot hold a segment,
// and create() refuses it.
#include "telemetry/file_lock.h"

#include <fcntl.h>
#include <unistd.h>

namespace lungate::telemetry {
namespace {

struct flock whole_file(short type) noexcept {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;  // l_start and l_len 0: from the start to whatever the end will be
  return lock;
}

}  // namespace

bool lock_for_life(int fd) noexcept {
  struct flock lock = whole_file(F_WRLCK);
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

// Asks with a read lock, which a descriptor opened for reading may: who may read the segment may
// know whether it lives.
bool is_locked(int fd) noexcept {
  struct flock lock = whole_file(F_RDLCK);
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace lungate::telemetry
