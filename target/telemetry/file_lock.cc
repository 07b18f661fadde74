// SPDX-License-Identifier: LGPL-2.1-or-later
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

bool is_locked(int fd) noexcept {
  struct flock lock = whole_file(F_RDLCK);
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace lungate::telemetry
