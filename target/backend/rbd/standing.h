// SPDX-License-Identifier: LGPL-2.1-or-later

// How an open image stands: whether we may do I/O on it, how large it is, and who is told when that
// changes. Apart from the backend, because it outlives it: librbd may still be inside a callback
// that asks a cluster which does not answer, when close() has stopped waiting.
//
//   stands --lose(kFenced | kLockLost | kUnfit)--> lost, for good
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "backend/backend.h"
#include "ceph/image.h"
#include "ceph/roster.h"

namespace lungate::backend::rbd {

/// Any thread, but for what says otherwise.
class Standing {
 public:
  /// `image` names it in the log. A reader (not `writer`) holds no lock, so it cannot lose one.
  Standing(std::string image, std::shared_ptr<ceph::Roster> roster, bool writer,
           std::uint64_t size_bytes);

  bool ready() const noexcept { return ready_.load(std::memory_order_acquire); }
  bool writer() const noexcept { return writer_; }
  std::uint64_t size_bytes() const noexcept { return size_bytes_.load(std::memory_order_acquire); }
  State state() const;

  /// The one who is told. After watch(nullptr) has returned nobody is any more.
  void watch(Watcher* watcher);

  /// Looks at the image again: is the lock still ours, is it still fit to be served, how large is
  /// it? Asks the cluster, perhaps for ever: on a worker, or in librbd's callback for changes.
  void look(ceph::Image& image) noexcept;

  /// Ends it: from here on submit() refuses. The first loss stays, but that a fence which shows
  /// later takes its place: it is what the other losses came from. A fence is passed on to the
  /// connection (`cluster`), for it takes all its images with it. Does not block. `why` completes
  /// the sentence for people where the loss itself does not say enough.
  void lose(ceph::Cluster& cluster, Loss loss, const std::string& why = {}) noexcept;

 private:
  void tell_watcher() noexcept;

  const std::string image_;
  const std::shared_ptr<ceph::Roster> roster_;
  const bool writer_;
  std::atomic<std::uint64_t> size_bytes_;
  std::atomic<bool> ready_{true};
  mutable std::mutex mutex_;  // guards the two that follow
  Loss loss_ = Loss::kNone;
  std::string reason_;
  std::mutex watcher_mutex_;  // held while the watcher is called, so that watch(null) waits for it
  Watcher* watcher_ = nullptr;
};

}  // namespace lungate::backend::rbd
