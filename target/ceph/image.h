// SPDX-License-Identifier: LGPL-2.1-or-later

// An open RBD image: what it is, its I/O, its exclusive lock in manual mode.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ceph/cluster.h"
#include "ceph/error.h"
#include "ceph/pool.h"

namespace lungate::ceph {

/// pool/[namespace/]image[@snapshot]
struct ImageSpec {
  std::string pool;
  std::string name_space;  // empty: the default namespace
  std::string image;
  std::string snapshot;  // empty: the image itself
};
std::string to_string(const ImageSpec& spec);

/// What does not change while the image is open. It survives renaming; the size is asked for apart.
struct ImageFacts {
  std::int64_t pool_id = 0;
  std::int64_t data_pool_id = 0;  // where the data is; pool_id unless the image has a data pool
  std::string id;                 // librbd's own, unique in the cluster
  std::uint64_t snapshot_id = 0;  // 0: the image itself
  std::uint64_t object_bytes = 0;
  std::uint64_t stripe_bytes =
      0;                 // stripe unit times stripe count: what all spindles together take
  bool striped = false;  // a stripe count above one: neighbouring objects are interleaved
};

class Image {
 public:
  /// How librbd says that an operation has ended; on a thread of its own, which the callback must
  /// leave at once. `completion` is given to Image::result, once.
  using Callback = void (*)(void* completion, void* owner);

  /// Opens the image and checks that a gateway may serve it: a writer needs the exclusive-lock
  /// feature; journaling, migrating and non-primary images are refused (kUnfit), and so are
  /// images whose own settings (`rbd config image set`) turn on a cache or off the zeroing of
  /// discards. Takes no lock. Blocks, perhaps for ever: workers only, see bounded.h.
  static Result<std::unique_ptr<Image>, Error> open(std::shared_ptr<Cluster> cluster,
                                                    const ImageSpec& spec, bool for_writing);
  /// Blocks: unwatches, gives the lock back if it is held, waits for what is in progress.
  ~Image();
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  const ImageFacts& facts() const { return facts_; }
  Cluster& cluster() const { return *pool_.cluster(); }
  Pool& pool() { return pool_; }

  /// May ask the cluster: workers only, or inside the callback of watch().
  Result<std::uint64_t, Error> size_bytes() const;
  /// Which of the image's own settings forbids serving it; empty when none does. As size_bytes().
  std::string forbidden_setting() const;

  /// Calls `changed` when the image's header has changed (size, snapshots, settings), on a thread
  /// of librbd that may block. At most one watch; it ends with unwatch() or with the image. Blocks.
  Result<void, Error> watch(std::function<void()> changed);
  /// After it has returned, `changed` is not called any more. Blocks.
  void unwatch();

  // I/O. Any thread, never waits for the cluster. The range must be checked before: an empty one
  // makes librbd abort the process, so it is refused here (-EINVAL). Returns 0, or a negative errno
  // when nothing was started and the callback will not come. Buffers stay as they are until then.
  int read(std::uint64_t offset, MutableBytes into, Callback done, void* owner) noexcept;
  int write(std::uint64_t offset, Bytes from, Callback done, void* owner) noexcept;
  int discard(std::uint64_t offset, std::uint64_t length, Callback done, void* owner) noexcept;
  int write_zeroes(std::uint64_t offset, std::uint64_t length, Callback done, void* owner) noexcept;
  /// `length` must be a multiple of the pattern's size.
  int write_same(std::uint64_t offset, std::uint64_t length, Bytes pattern, Callback done,
                 void* owner) noexcept;
  int flush(Callback done, void* owner) noexcept;

  /// What a completion says (bytes read, 0, or a negative errno), and the end of it.
  static std::int64_t result(void* completion) noexcept;

  /// How far from the beginning of a range one state goes, and whether objects are there.
  struct Extent {
    std::uint64_t bytes = 0;  // 1 to the length of the range
    bool allocated = true;
  };
  /// Looks at no more than limits::kAllocationObjectsMax objects, so the extent may end before the
  /// state does. An object counts as a whole, and so does what it would take from a parent. "Not
  /// allocated" is said only where neither has an object: it reads as zeros. 0 or a negative errno.
  /// Flushes, then asks the object map or each object, and blocks, perhaps for ever: on a thread of
  /// one's own, neither a loop's nor librbd's.
  int first_extent(std::uint64_t offset, std::uint64_t length, Extent& extent) noexcept;

  // The exclusive lock; the rules for taking it are in lock.h. All block: workers only.

  /// Who holds it, as the OSD tells now; nobody: empty.
  Result<std::optional<Pool::Locker>, Error> lock_holder();
  /// True when that client has a live watch on the image. A dead client's watch lapses after
  /// osd_client_watch_timeout, 30 s.
  Result<bool, Error> watched_by(const std::string& client) const;
  /// Takes the free lock and keeps it: librbd does not hand it to who asks for it, and takes it
  /// back by itself after a reconnect. REQUIRES: lock_holder() said nobody.
  Result<void, Error> acquire_lock();
  /// Takes the lock from a holder that has been fenced. REQUIRES: that, see lock.h.
  Result<void, Error> break_lock(const Pool::Locker& holder);
  void release_lock() noexcept;
  bool owns_lock() const noexcept;

 private:
  Image(Pool pool, void* handle) : pool_(std::move(pool)), handle_(handle) {}
  Result<void, Error> read_facts(const ImageSpec& spec);
  Result<void, Error> check_features(const ImageSpec& spec, bool for_writing) const;

  template <class Start>
  int start(Callback done, void* owner, Start&& start) noexcept;

  Pool pool_;
  void* handle_;  // the rbd_image_t
  ImageFacts facts_;
  std::function<void()> changed_;
  std::uint64_t watch_ = 0;
};

/// Unwatches the image, gives its lock back where `release_lock` says so, and closes it; waits for
/// that no longer than `limit`. False: it goes on by itself, and the function that was given to
/// watch() may still run: it must own what it touches. Blocks: workers only.
bool close_bounded(std::unique_ptr<Image> image, bool release_lock,
                   std::chrono::milliseconds limit);

}  // namespace lungate::ceph
