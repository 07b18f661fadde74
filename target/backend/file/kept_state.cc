// SPDX-License-Identifier: LGPL-2.1-or-later

// Called on the backend's clerk. The environment errs here (a full disk, a folder that may not be
// written to): each errno is the answer, and the old state stays.
#include "backend/file/kept_state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/fd.h"

namespace lungate::backend::file {
namespace {

/// For the service alone: who has registered is nobody else's business.
constexpr mode_t kMode = 0600;

int write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

int write_file(const std::string& path, Bytes bytes) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (!fd) return errno;
  if (const int error = write_all(fd.get(), bytes); error != 0) return error;
  return ::fsync(fd.get()) == 0 ? 0 : errno;
}

/// The new name is durable when its folder is.
int sync_folder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno;
  return ::fsync(fd.get()) == 0 ? 0 : errno;
}

}  // namespace

std::string state_path(const std::string& disk_path) {
  return disk_path + ".lungate-state";
}

int load_state(const std::string& path, Request& request) noexcept {
  request.extent_bytes = 0;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno == ENOENT ? 0 : errno;
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return errno;
  if (facts.st_size == 0) return EBADMSG;  // never stored so: what was in it is lost
  if (static_cast<std::uint64_t>(facts.st_size) > request.data.size()) return EFBIG;
  while (request.extent_bytes < request.data.size()) {
    const MutableBytes rest = request.data.subspan(request.extent_bytes);
    const ssize_t got = ::read(fd.get(), rest.data(), rest.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    request.extent_bytes += static_cast<std::uint64_t>(got);
  }
  return 0;
}

int store_state(const std::string& path, const Request& request) noexcept {
  const std::string next = path + ".new";
  if (const int error = write_file(next, request.data); error != 0) return error;
  if (std::rename(next.c_str(), path.c_str()) != 0) return errno;
  return sync_folder(path);
}

}  // namespace lungate::backend::file
