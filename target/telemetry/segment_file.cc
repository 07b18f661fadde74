// SPDX-License-Identifier: LGPL-2.1-or-later

// The segment's file as system calls: create, lock, map, reserve, publish. Called by segment.cc
// alone, on the control thread, at a start and when a LUN is added. Each call's failure is a
// SegmentError that names the call and the path; nothing is left behind by a start that failed (the
// destructor removes an unpublished file), and what an earlier process was killed over is removed
// by the next one.
//
// The order is what makes readers safe: sized and locked before it has its name, filled before it
// is renamed. So whoever opens the path finds a whole segment whose writer lives, or the old one.
#include "telemetry/segment_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "telemetry/file_lock.h"
#include "telemetry/layout.h"

namespace lungate::telemetry {
namespace {

using Kind = SegmentError::Kind;

// The exporter runs as another user of the same group.
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr std::string_view kTemporarySuffix = ".tmp";

SegmentError system_error(std::string_view call, const std::string& path, int error) {
  const Kind kind = error == ENOSPC ? Kind::kNoSpace : Kind::kSystem;
  return {kind, std::string(call) + " " + path + ": " + std::generic_category().message(error)};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// What stands at `path` may be replaced: nothing, or a segment that nobody holds.
// The path comes from a configuration, where a slip of the hand may name anything: only an empty
// file or a segment is replaced.
Result<void, SegmentError> check_replaceable(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    if (errno == ENOENT) return {};
    return err(system_error("open", path, errno));
  }
  if (is_locked(fd.get())) {
    return err(SegmentError{Kind::kInUse, path + " belongs to a running process"});
  }
  std::array<char, layout::kMagic.size()> magic{};
  const ssize_t got = ::read(fd.get(), magic.data(), magic.size());
  if (got != 0 && magic != layout::kMagic) {
    return err(SegmentError{Kind::kForeign, path + " is there and is no segment: remove it, or "
                                                   "configure another path"});
  }
  return {};
}

/// Files that a killed process has left between create() and publish().
// A leftover's lock is free, because its process is gone; one that is held belongs to a start under
// way, which is not ours to end.
void remove_leftovers(const std::string& path) {
  const std::string folder = folder_of(path);
  const std::string prefix = path.substr(path.rfind('/') + 1) + ".";
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name(entry->d_name);
    if (!name.starts_with(prefix) || !name.ends_with(kTemporarySuffix)) continue;
    const std::string leftover = folder + "/" + std::string(name);
    const UniqueFd fd(::open(leftover.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd && !is_locked(fd.get())) ::unlink(leftover.c_str());
  }
}

}  // namespace

// The folder is made if only its last part is missing: a deeper path that is not there is more
// likely a mistake than a wish. It is on a tmpfs, where a reboot takes it along, so it is made at
// each start.
Result<SegmentFile, SegmentError> SegmentFile::create(const std::string& path, std::uint64_t bytes,
                                                      const std::string& tag) {
  const std::string folder = folder_of(path);
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return err(system_error("mkdir", folder, errno));
  }
  if (auto replaceable = check_replaceable(path); !replaceable) return err(replaceable.error());
  remove_leftovers(path);

  SegmentFile file;
  const std::string temporary = path + "." + tag + std::string(kTemporarySuffix);
  file.fd_.reset(::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode));
  if (!file.fd_) return err(system_error("create", temporary, errno));
  file.temporary_ = temporary;
  if (!lock_for_life(file.fd_.get())) return err(system_error("lock", temporary, errno));
  ::fchmod(file.fd_.get(), kFileMode);  // whatever the umask; a failure costs the exporter only
  if (::ftruncate(file.fd_.get(), static_cast<off_t>(bytes)) != 0) {
    return err(system_error("resize", temporary, errno));
  }
  void* mapping = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd_.get(), 0);
  if (mapping == MAP_FAILED) return err(system_error("map", temporary, errno));
  file.mapping_ = {static_cast<std::byte*>(mapping), bytes};
  return file;
}

SegmentFile::SegmentFile(SegmentFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      mapping_(std::exchange(other.mapping_, {})),
      temporary_(std::exchange(other.temporary_, {})) {}

SegmentFile::~SegmentFile() {
  if (!mapping_.empty()) ::munmap(mapping_.data(), mapping_.size());
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

// posix_fallocate() and not a write: it touches no page that a loop may be writing to.
Result<void, SegmentError> SegmentFile::reserve(std::uint64_t offset, std::uint64_t bytes) {
  int error = 0;
  do {
    error = ::posix_fallocate(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(bytes));
  } while (error == EINTR);
  if (error != 0) return err(system_error("reserve memory for", "the segment", error));
  return {};
}

// rename() replaces what is there in one step; the old segment lives on for whoever has it open.
Result<void, SegmentError> SegmentFile::publish(const std::string& path) {
  if (::rename(temporary_.c_str(), path.c_str()) != 0) {
    return err(system_error("rename to", path, errno));
  }
  temporary_.clear();
  return {};
}

}  // namespace lungate::telemetry
