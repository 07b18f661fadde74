// SPDX-License-Identifier: LGPL-2.1-or-later

// Finding out where a file has holes, by lseek. Called by File's clerk, on its thread, for there is
// no telling how long it takes. A file that was cut, or a file system that cannot tell, is an
// answer too: "allocated" is always correct, only a hole that is none would lose data.
#include "backend/file/allocation.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lungate::backend::file {
namespace {

int answer(Request& request, bool allocated, off_t end) {
  const auto from = static_cast<off_t>(request.offset);
  request.extent_allocated = allocated;
  request.extent_bytes = std::min(request.length, static_cast<std::uint64_t>(end - from));
  return 0;
}

/// No data from the offset on: a hole up to the end, unless the offset lies beyond that.
int hole_to_the_end(int fd, Request& request) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return errno;
  if (st.st_size <= static_cast<off_t>(request.offset)) return EFBIG;
  return answer(request, false, st.st_size);
}

/// Some file systems in user space have no such search.
bool cannot_tell(int error) {
  return error == EINVAL || error == EOPNOTSUPP;
}

}  // namespace

int first_extent(int fd, Request& request) noexcept {
  const auto from = static_cast<off_t>(request.offset);
  const off_t data = ::lseek(fd, from, SEEK_DATA);
  if (data < 0 && errno == ENXIO) return hole_to_the_end(fd, request);
  if (data > from) return answer(request, false, data);
  const off_t hole = data < 0 ? data : ::lseek(fd, from, SEEK_HOLE);
  if (hole > from) return answer(request, true, hole);
  if (hole < 0 && errno == ENXIO) return EFBIG;  // cut between the two
  if (hole < 0 && !cannot_tell(errno)) return errno;
  // Nothing is known, or a hole was punched between the two and the data are gone: asking again
  // would say so, and this is right as well.
  all_allocated(request);
  return 0;
}

}  // namespace lungate::backend::file
