// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <liburing.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "backend/file/operation.h"
#include "base/fd.h"
#include "base/result.h"
#include "event/mailbox.h"

namespace lungate::backend::file {

/// An io_uring and the one thread that touches it: requests come in by mailbox and go out to the
/// mailbox that each names.
class Ring {
 public:
  /// The error is an errno: io_uring may be switched off (kernel.io_uring_disabled, seccomp).
  static Result<std::unique_ptr<Ring>, int> make(const Service& service);
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  /// REQUIRES: every request that was submitted has been delivered.
  ~Ring();

  /// Any thread, never blocks. The request is posted to its reply_to when it is finished.
  /// REQUIRES: request.adapter is the Gate that counts it; it is left just before that.
  void submit(Request& request) noexcept { inbox_.post(request); }

 private:
  explicit Ring(const Service& service);

  void run();
  void take_inbox();
  void start_waiting();
  void submit_and_wait();
  void reap();
  void listen();
  void prepare(Operation& operation);
  io_uring_sqe& next_sqe();
  bool idle() const;

  const Service service_;
  io_uring ring_{};
  bool ring_made_ = false;
  UniqueFd wake_fd_;
  event::Mailbox inbox_;
  std::atomic<bool> ending_{false};
  std::thread thread_;

  // The ring's thread only.
  std::unique_ptr<Operation[]> operations_;  // they must not move while the kernel knows them
  std::unique_ptr<iovec[]> pieces_;          // kPiecesMax per operation
  std::vector<Operation*> free_;
  Mail* waiting_first_ = nullptr;  // requests without an operation yet, oldest first
  Mail* waiting_last_ = nullptr;
  std::uint64_t wake_count_ = 0;
  bool listening_ = false;
};

}  // namespace lungate::backend::file
