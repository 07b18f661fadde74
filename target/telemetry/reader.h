// SPDX-License-Identifier: LGPL-2.1-or-later

// The reader's end of the segment: finds the file that stands at a path now, tells whether its
// writer lives, and gives back what it says as a Snapshot.
//
//   Reader reader("/dev/shm/lungate/gw-a");
//   auto snapshot = reader.read();        // as often as wanted; a restarted target is found again
//   if (!snapshot) complain(snapshot.error().name(), snapshot.error().detail);
//
// It never writes, never blocks for the writer, and takes the file for hostile input.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "telemetry/fault.h"
#include "telemetry/layout.h"
#include "telemetry/snapshot.h"

namespace lungate::telemetry {

/// Whose numbers are wanted.
enum class Want : std::uint8_t {
  kLiving,  // a dead writer is an error: what it counted is no news (the exporter)
  kAny,     // also what a dead one has left (a look after the crash)
};

/// The name that a segment goes by, and what its file tells of who made it, which the segment
/// cannot choose.
struct Claim {
  std::string gateway;
  uid_t owner = 0;
  std::uint64_t born_ns = 0;  // since the epoch; 0: the file system does not say
};

/// Holds the file open between readings, for that is how a replaced one is told from the same one.
/// Not thread-safe; one per thread or under the owner's lock.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  /// `now` is what ages are computed from. The error that is reported is the most telling one: a
  /// file that is damaged is called that even when its writer is dead, too.
  Result<Snapshot, ReadError> read(Want want = Want::kLiving, BootTime now = boot_now());

  /// Of a living writer. Reads the header only.
  Result<Claim, ReadError> claim();

  const std::string& path() const { return path_; }

 private:
  /// Opens what is at the path unless it is open already; a writer that has restarted has put
  /// another file (device, inode) there.
  Result<void, ReadError> follow();
  /// The header of what is there, which has been followed, and whether its writer lives.
  struct Head {
    layout::Header header;
    bool alive;
  };
  Result<Head, ReadError> head(Want want);

  std::string path_;
  UniqueFd fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace lungate::telemetry
