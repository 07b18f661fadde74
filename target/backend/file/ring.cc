// SPDX-License-Identifier: LGPL-2.1-or-later

// One file's io_uring and the thread that owns it. submit() is called on any loop and only posts;
// all else here runs on the ring's thread, so that nothing in it needs a lock. What the kernel
// answers about the file is operation.cc's to judge; what it answers about the ring itself can only
// be our mistake or a shortage, see submit_and_wait().
//
// The turn: listen, take the inbox, start what has a free slot, one io_uring_enter for all of it
// (which waits for at least one completion), look at the completions. It cannot sleep over a
// letter: the wake-up is itself a read in the ring, and is set up again before the inbox is taken,
// so a letter that comes after the look completes that read.
#include "backend/file/ring.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "backend/gate.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/thread.h"

namespace lungate::backend::file {
namespace {

/// At most one entry per slot and one for the wake-up are outstanding at any time (a slot's next
/// step is prepared after its last one has completed), and submission entries are free again when
/// io_uring_enter has taken them: so next_sqe() always finds one. The kernel makes the completion
/// queue twice as long, so it never has to keep completions back either.
constexpr unsigned kEntries = 2 * limits::kFileRingSlots;
static_assert(kEntries > limits::kFileRingSlots + 1);

void wake(int fd) noexcept {
  const std::uint64_t one = 1;
  const ssize_t written = ::write(fd, &one, sizeof one);
  check(written == sizeof one, "an eventfd takes a one");
}

}  // namespace

Ring::Ring(const Service& service)
    : service_(service),
      wake_fd_(::eventfd(0, EFD_CLOEXEC)),
      inbox_([](void* self) noexcept { wake(static_cast<Ring*>(self)->wake_fd_.get()); }, this),
      operations_(std::make_unique<Operation[]>(limits::kFileRingSlots)),
      // Left as it comes: its pages cost no memory until a pattern is written.
      pieces_(std::make_unique_for_overwrite<iovec[]>(limits::kFileRingSlots * kPiecesMax)) {
  for (std::uint32_t i = 0; i < limits::kFileRingSlots; ++i) free_.push_back(&operations_[i]);
}

Result<std::unique_ptr<Ring>, int> Ring::make(const Service& service) {
  std::unique_ptr<Ring> ring(new Ring(service));
  if (!ring->wake_fd_) return err(int{errno});
  const int result = ::io_uring_queue_init(kEntries, &ring->ring_, 0);
  if (result < 0) return err(-result);
  ring->ring_made_ = true;
  try {
    ring->thread_ = start_thread("lg-file", [r = ring.get()] { r->run(); });
  } catch (const std::system_error& error) {
    return err(int{error.code().value()});
  }
  return ring;
}

Ring::~Ring() {
  if (thread_.joinable()) {
    ending_.store(true, std::memory_order_release);
    wake(wake_fd_.get());
    thread_.join();
  }
  if (ring_made_) ::io_uring_queue_exit(&ring_);
}

void Ring::run() {
  while (true) {
    if (!listening_) listen();
    take_inbox();
    start_waiting();
    submit_and_wait();
    reap();
    if (ending_.load(std::memory_order_acquire)) break;
  }
  take_inbox();
  check(idle(), "a file is closed with nothing in flight");
}

bool Ring::idle() const {
  return waiting_first_ == nullptr && free_.size() == limits::kFileRingSlots;
}

void Ring::listen() {
  io_uring_sqe& sqe = next_sqe();
  ::io_uring_prep_read(&sqe, wake_fd_.get(), &wake_count_, sizeof wake_count_, 0);
  ::io_uring_sqe_set_data(&sqe, nullptr);
  listening_ = true;
}

void Ring::take_inbox() {
  Mail* letter = inbox_.take_all();
  if (letter == nullptr) return;
  (waiting_first_ == nullptr ? waiting_first_ : waiting_last_->next_mail) = letter;
  while (letter->next_mail != nullptr) letter = letter->next_mail;
  waiting_last_ = letter;
}

void Ring::start_waiting() {
  while (waiting_first_ != nullptr && !free_.empty()) {
    Mail* const letter = std::exchange(waiting_first_, waiting_first_->next_mail);
    letter->next_mail = nullptr;
    Operation& operation = *free_.back();
    free_.pop_back();
    const auto slot = static_cast<std::size_t>(&operation - operations_.get());
    operation.begin(static_cast<Request&>(*letter), &pieces_[slot * kPiecesMax]);
    prepare(operation);
  }
}

void Ring::prepare(Operation& operation) {
  io_uring_sqe& sqe = next_sqe();
  operation.prepare(sqe, service_);
  ::io_uring_sqe_set_data(&sqe, &operation);
}

io_uring_sqe& Ring::next_sqe() {
  io_uring_sqe* const sqe = ::io_uring_get_sqe(&ring_);
  check(sqe != nullptr, "the submission queue has a place for every operation");
  return *sqe;
}

void Ring::submit_and_wait() {
  const int result = ::io_uring_submit_and_wait(&ring_, 1);
  // EINTR: a debugger. EAGAIN, EBUSY, ENOMEM: the kernel is short of something; what was not taken
  // stays in the queue and goes with the next call. All others (EBADF, EFAULT, EINVAL, ENXIO...)
  // say that the ring's descriptor or memory is not what we made: no request could be answered by
  // it any more, and going on would leave every one of them hanging.
  const bool passes =
      result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY || result == -ENOMEM;
  check(passes, "a ring that was made works");
}

void Ring::reap() {
  unsigned head = 0, seen = 0;
  io_uring_cqe* cqe = nullptr;
  io_uring_for_each_cqe(&ring_, head, cqe) {
    ++seen;
    auto* const operation = static_cast<Operation*>(::io_uring_cqe_get_data(cqe));
    if (operation == nullptr) {
      listening_ = false;
    } else if (operation->answered(cqe->res, service_)) {
      free_.push_back(operation);
      Request& request = operation->request();
      static_cast<Gate*>(request.adapter)->leave();
      request.reply_to->post(request);
    } else {
      prepare(*operation);
    }
  }
  ::io_uring_cq_advance(&ring_, seen);
}

}  // namespace lungate::backend::file
