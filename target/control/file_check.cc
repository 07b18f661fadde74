// SPDX-License-Identifier: LGPL-2.1-or-later

// Looking at a file LUN before anything is done. Called by Service's reload on a worker and by
// --check-online on the main thread. Whoever checks is often root, and the gateway is not: a file
// that a check had made would be one that the gateway cannot open. So nothing here writes, and the
// room that does (backend/file) is asked only to open what is there, as it is, for reading.
#include "control/file_check.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "backend/file/file_backend.h"
#include "base/fd.h"
#include "config/names.h"

namespace lungate::control {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::optional<std::uint64_t> size_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(found.st_size);
}

/// May this user, with its rights as they are (and not with those that it was started with)?
int may(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

/// Somebody holds the lock together with others; who holds it alone has been found before.
bool has_readers(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Outlook absent(const config::File& file, bool read_only) {
  const std::string folder = std::filesystem::path(file.path).parent_path().string();
  if (const int error = may(folder, F_OK); error != 0)
    return {false, file.path + ": the folder " + folder + ": " + reason(error)};
  if (file.size_bytes == 0)
    return {false, file.path + ": there is no such file; give a size and it is made"};
  if (read_only) return {false, file.path + ": there is no such file, and read_only makes none"};
  if (const int error = may(folder, W_OK | X_OK); error != 0)
    return {false, file.path + ": cannot be made in the folder " + folder + ": " + reason(error)};
  return {true, "will be made, " + config::size_text(file.size_bytes)};
}

Outlook of_size(const config::File& file, std::uint64_t size_bytes) {
  if (file.size_bytes > size_bytes)
    return {true, "ok, " + config::size_text(size_bytes) + ", will be grown to " +
                      config::size_text(file.size_bytes)};
  return {true, "ok, " + config::size_text(size_bytes)};
}

}  // namespace

std::optional<std::string> would_shrink(const config::File& file) {
  const auto size_bytes = size_of(file.path);
  if (file.size_bytes == 0 || !size_bytes || *size_bytes <= file.size_bytes) return std::nullopt;
  return file.path + " has " + config::size_text(*size_bytes) + " and would be cut to " +
         config::size_text(file.size_bytes);
}

// Opened for reading, for that changes nothing, not even a time stamp. Such an opening shares its
// lock with other readers, so they are looked for apart when the LUN would be written.
Outlook look_at(const config::File& file, bool read_only) {
  if (const int error = may(file.path, F_OK); error == ENOENT) return absent(file, read_only);
  if (const auto why = would_shrink(file)) return {false, *why};
  if (const int error = may(file.path, read_only ? R_OK : R_OK | W_OK); error != 0)
    return {false, file.path + ": cannot open: " + reason(error)};
  const auto size_bytes = size_of(file.path);
  if (size_bytes == std::uint64_t{0} && file.size_bytes > 0 && !read_only)
    return of_size(file, 0);  // nothing can be opened yet
  const auto opened = backend::file::open({.path = file.path, .read_only = true});
  if (!opened) return {false, opened.error().text};
  const std::uint64_t opened_bytes = (*opened)->state().size_bytes;
  (*opened)->close();
  if (!read_only && has_readers(file.path))
    return {false, file.path + " is locked by another process, which reads it"};
  return of_size(file, opened_bytes);
}

}  // namespace lungate::control
