// SPDX-License-Identifier: LGPL-2.1-or-later

// Opening a file so that two processes cannot write it. Called by open() and File::refresh() on a
// worker; every call here may block. Whatever stands at the path (nothing, a folder, a FIFO, a file
// of another size, one that is served already) is a value with a sentence that names it: the
// operator reads it in `lungate status` and has nothing else to go by.
//
// The lock is flock's and not fcntl's, for fcntl's is lost when any descriptor of the file is
// closed in this process, and knows no second LUN of the same process.
#include "backend/file/open_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace lungate::backend::file {
namespace {

OpenFailure failure_of(int error) {
  switch (error) {
    case ENOENT:
      return OpenFailure::kMissing;
    case EISDIR:
    case ENXIO:
    case ENODEV:
      return OpenFailure::kNotAFile;
    case EACCES:
    case EPERM:
    case EROFS:
      return OpenFailure::kNotPermitted;
  }
  return OpenFailure::kSystem;
}

OpenError error_of(OpenFailure failure, const std::string& path, const std::string& why) {
  return {.failure = failure, .error = 0, .text = path + " " + why};
}

OpenError system_error(const std::string& path, const char* what, int error) {
  return {.failure = failure_of(error),
          .error = error,
          .text = path + ": " + what + ": " + std::generic_category().message(error)};
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// "is locked by process 4123 (lungate-target)", as far as the system tells.
std::string locked_by(int fd) {
  struct stat st {};
  ::fstat(fd, &st);
  const int pid =
      lock_holder(content_of("/proc/locks"), major(st.st_dev), minor(st.st_dev), st.st_ino);
  if (pid <= 0) return "is locked by another process";
  if (pid == ::getpid()) return "is served by this process already, as another LUN";
  std::string name = content_of("/proc/" + std::to_string(pid) + "/comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return "is locked by process " + std::to_string(pid) + " (" + name + ")";
}

/// A file that is made here must still be there after the machine has failed.
void make_name_durable(const std::string& path) {
  const auto folder = std::filesystem::absolute(path).parent_path();
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) ::fsync(fd.get());
}

/// What the operator has to do about it.
OpenError nothing_there(const Options& options) {
  const auto folder = std::filesystem::absolute(options.path).parent_path();
  std::error_code ignored;
  std::string why = ": there is no such file; give a size and it is made";
  if (!std::filesystem::exists(folder, ignored))
    why = ": there is no folder " + folder.string();
  else if (options.read_only)
    why = ": there is no such file, and read_only makes none";
  return {.failure = OpenFailure::kMissing, .error = ENOENT, .text = options.path + why};
}

Result<UniqueFd, OpenError> open_or_make(const Options& options) {
  // Not blocking, for a path that turns out to be a FIFO; open_file() clears it again.
  int flags = (options.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
  if (!options.write_cache) flags |= O_DSYNC;
  UniqueFd fd(::open(options.path.c_str(), flags));
  if (!fd && errno == ENOENT && options.size_bytes > 0 && !options.read_only) {
    fd.reset(::open(options.path.c_str(), flags | O_CREAT, 0600));
    if (fd) make_name_durable(options.path);
  }
  if (!fd && errno == ENOENT) return err(nothing_there(options));
  if (!fd) return err(system_error(options.path, "cannot open", errno));
  return fd;
}

/// Asked of the file system itself: it differs between versions of the same kind, and with the
/// options that it was mounted with.
bool punches_holes(int fd, std::uint64_t size_bytes) {
  // Beyond the end: nothing is lost by asking.
  return ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size_bytes),
                     4096) == 0;
}

}  // namespace

int lock_holder(const std::string& proc_locks, unsigned major_number, unsigned minor_number,
                std::uint64_t inode) {
  std::istringstream lines(proc_locks);
  for (std::string line; std::getline(lines, line);) {
    int pid = 0;
    unsigned major_here = 0, minor_here = 0;
    std::uint64_t inode_here = 0;
    // "3: FLOCK  ADVISORY  WRITE 4123 fe:01:131077 0 EOF"; waiters ("3: -> FLOCK") do not match.
    if (std::sscanf(line.c_str(), "%*d: FLOCK %*s %*s %d %x:%x:%" SCNu64, &pid, &major_here,
                    &minor_here, &inode_here) != 4) {
      continue;
    }
    if (major_here == major_number && minor_here == minor_number && inode_here == inode) return pid;
  }
  return 0;
}

Result<std::uint64_t, OpenError> fit_size(int fd, const std::string& path,
                                          std::uint64_t wanted_bytes) {
  struct stat st {};
  if (::fstat(fd, &st) != 0) return err(system_error(path, "cannot stat", errno));
  const auto size_bytes = static_cast<std::uint64_t>(st.st_size);
  if (wanted_bytes == 0 && size_bytes == 0) {
    return err(error_of(OpenFailure::kEmpty, path, "is empty: give it a size"));
  }
  if (wanted_bytes == 0 || wanted_bytes == size_bytes) return size_bytes;
  if (wanted_bytes < size_bytes) {
    return err(error_of(OpenFailure::kWouldShrink, path,
                        "has " + std::to_string(size_bytes) + " bytes and would be cut to " +
                            std::to_string(wanted_bytes)));
  }
  if (::ftruncate(fd, static_cast<off_t>(wanted_bytes)) != 0) {
    return err(system_error(path, "cannot grow", errno));
  }
  return wanted_bytes;
}

Result<OpenedFile, OpenError> open_file(const Options& options) {
  auto fd = open_or_make(options);
  if (!fd) return err(fd.error());
  OpenedFile file;
  file.fd = std::move(*fd);

  struct stat st {};
  if (::fstat(file.fd.get(), &st) != 0)
    return err(system_error(options.path, "cannot stat", errno));
  if (!S_ISREG(st.st_mode)) {
    return err(error_of(OpenFailure::kNotAFile, options.path, "is not a regular file"));
  }
  const int flags = ::fcntl(file.fd.get(), F_GETFL);
  ::fcntl(file.fd.get(), F_SETFL, flags & ~O_NONBLOCK);

  if (::flock(file.fd.get(), (options.read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return err(system_error(options.path, "cannot lock", errno));
    return err(error_of(OpenFailure::kLocked, options.path, locked_by(file.fd.get())));
  }
  const auto size = fit_size(file.fd.get(), options.path, options.size_bytes);
  if (!size) return err(size.error());

  std::error_code ignored;
  file.canonical_path = std::filesystem::canonical(options.path, ignored).string();
  file.size_bytes = *size;
  file.block_bytes = static_cast<std::uint32_t>(st.st_blksize);
  file.punches_holes = !options.read_only && punches_holes(file.fd.get(), *size);
  return file;
}

}  // namespace lungate::backend::file
