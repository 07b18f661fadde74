// SPDX-License-Identifier: LGPL-2.1-or-later

// Files that the operator names (web configuration, certificates). Read at the start and again when
// they change, on the server's thread: so a pipe must not hang it, and what goes wrong must be a
// value. (A stream's iterator throws where a read fails, a folder's for one, whatever the stream's
// exceptions are set to.)
#include "exporter/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/fd.h"

namespace lungate::exporter {
namespace {

std::string cannot_be_read(const std::string& path, int error) {
  return path + ": cannot be read: " + std::generic_category().message(error);
}

}  // namespace

Result<std::string, std::string> read_small_file(const std::string& path, std::size_t bytes_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return err(cannot_be_read(path, errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return err(path + ": is not a regular file");
  }
  std::string text(bytes_max + 1, '\0');  // one more, to see that it is larger
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return err(cannot_be_read(path, errno));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  if (used > bytes_max) return err(path + ": too large");
  text.resize(used);
  return text;
}

}  // namespace lungate::exporter
