// SPDX-License-Identifier: LGPL-2.1-or-later

// The reader's way from a path to a Snapshot. The exporter's collector and `lungate top` call it,
// one thread at a time each, as often as they show something. Nothing at the path may hurt or hold
// up the caller: a pipe, a folder, a file of another kind or one that shrinks is a ReadError with
// its class and a sentence; the writer is never waited for.
#include "telemetry/reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/limits.h"
#include "telemetry/decode.h"
#include "telemetry/file_lock.h"
#include "telemetry/source.h"
#include "telemetry/validate.h"

namespace lungate::telemetry {
namespace {

ReadError open_error(int error) {
  const bool absent = error == ENOENT || error == ENOTDIR;
  return {absent ? Fault::kAbsent : Fault::kUnreadable, std::generic_category().message(error)};
}

}  // namespace

// stat() at each reading: the path is the name of "the current segment", and a restart puts another
// file there. The old descriptor would go on giving the dead one's numbers.
Result<void, ReadError> Reader::follow() {
  struct stat there {};
  if (::stat(path_.c_str(), &there) != 0) {
    fd_.reset();
    return err(open_error(errno));
  }
  if (fd_ && there.st_dev == device_ && there.st_ino == inode_) return {};
  fd_.reset();
  // By O_PATH first: to open a device is to use it (a watchdog is armed by it, a tape rewinds), and
  // what is at the path is others' to say. Only a file is opened, and the very one that was seen.
  const UniqueFd found(::open(path_.c_str(), O_PATH | O_CLOEXEC));
  if (!found) return err(open_error(errno));
  struct stat opened {};
  if (::fstat(found.get(), &opened) != 0 || !S_ISREG(opened.st_mode)) {
    return err(ReadError{Fault::kForeign, "not a regular file"});
  }
  const std::string same = "/proc/self/fd/" + std::to_string(found.get());
  fd_.reset(::open(same.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd_) return err(open_error(errno));
  device_ = opened.st_dev;
  inode_ = opened.st_ino;
  return {};
}

// In the order of how much each finding tells: not there, no segment, damaged, dead, and only then
// the numbers. `alive` is asked before the copy: a writer that dies during it has written
// everything that we copy.
Result<Reader::Head, ReadError> Reader::head(Want want) {
  if (auto followed = follow(); !followed) return err(followed.error());
  auto header = read_header(FileSource(fd_.get()));
  if (!header) return err(header.error());
  const bool alive = is_locked(fd_.get());
  const bool stopped = header->state == static_cast<std::uint64_t>(layout::State::kStopping);
  if (!alive && want == Want::kLiving) {
    return err(stopped ? ReadError{Fault::kStopped, "the target has ended"}
                       : ReadError{Fault::kDead, "the target is gone: nobody holds the lock"});
  }
  return Head{*header, alive};
}

Result<Snapshot, ReadError> Reader::read(Want want, BootTime now) {
  auto found = head(want);
  if (!found) return err(found.error());
  auto snapshot = decode(FileSource(fd_.get()), found->header, now);
  if (snapshot) snapshot->alive = found->alive;
  return snapshot;
}

// A file system that knows no birth is one that all segments are on: they are alike then.
Result<Claim, ReadError> Reader::claim() {
  auto found = head(Want::kLiving);
  if (!found) return err(found.error());
  struct statx file {};
  if (::statx(fd_.get(), "", AT_EMPTY_PATH, STATX_UID | STATX_BTIME, &file) != 0) {
    return err(open_error(errno));
  }
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  Claim claim{gateway_of(found->header), file.stx_uid, 0};
  if ((file.stx_mask & STATX_BTIME) != 0) {
    claim.born_ns =
        static_cast<std::uint64_t>(file.stx_btime.tv_sec) * kNsPerSecond + file.stx_btime.tv_nsec;
  }
  return claim;
}

}  // namespace lungate::telemetry
