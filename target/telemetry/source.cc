// SPDX-License-Identifier: LGPL-2.1-or-later

// The two sources: an open file by pread(2), and memory. A short read is "false" and no error text:
// whatever the cause (the file shrank, a disk error on a file that should be on tmpfs), the caller
// says kTruncated. EINTR is tried again; nothing else is.
#include "telemetry/source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lungate::telemetry {

// Zero for a file that cannot be asked: a segment of no bytes is kTruncated, which is true enough.
std::uint64_t FileSource::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || status.st_size < 0) return 0;
  return static_cast<std::uint64_t>(status.st_size);
}

bool FileSource::read(std::uint64_t offset, MutableBytes to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to = to.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

bool MemorySource::read(std::uint64_t offset, MutableBytes to) const {
  if (offset > bytes_.size() || to.size() > bytes_.size() - offset) return false;
  const Bytes from = bytes_.subspan(static_cast<std::size_t>(offset), to.size());
  std::copy(from.begin(), from.end(), to.begin());
  return true;
}

}  // namespace lungate::telemetry
