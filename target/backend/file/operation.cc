// SPDX-License-Identifier: LGPL-2.1-or-later

// What the kernel is asked, step by step, to carry out one request, and what its answers mean.
// Called by the ring on its thread; no system call, so that every answer can be played through in a
// test. An answer that is an error becomes the request's status (errors.cc) and ends it; one that
// is short goes on where it stopped; nothing that the kernel may say is a mistake of ours.
#include "backend/file/operation.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "backend/file/errors.h"
#include "base/check.h"
#include "base/limits.h"

namespace lungate::backend::file {
namespace {

constexpr std::array<std::byte, 64 * limits::kKiB> kZeros{};

/// One read or write moves at most this much; the kernel's own bound is just below 2 GiB.
constexpr std::uint64_t kMoveBytesMax = std::uint64_t{1} << 30;

constexpr int fallocate_mode(Verb verb) {
  return FALLOC_FL_KEEP_SIZE |
         (verb == Verb::kDiscard ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
}

/// No request is so long that this overflows.
Nanoseconds delay_of(const Request& request, const Service& service) {
  if (service.test_bytes_per_s == 0) return service.test_delay;
  return service.test_delay +
         Nanoseconds(request.length * 1'000'000'000 / service.test_bytes_per_s);
}
static_assert(limits::kUnmapBytesMax < std::uint64_t{1} << 34, "delay_of() counts in 64 bits");

/// Lays `pattern` over `length` bytes, beginning `skip` bytes into the pattern; as far as the
/// pieces and limits::kFileFillBytesMax go. Returns how many pieces were used.
unsigned lay_out(Bytes pattern, std::uint64_t skip, std::uint64_t length, iovec* pieces) {
  std::uint64_t left = std::min<std::uint64_t>(length, limits::kFileFillBytesMax);
  std::size_t from = static_cast<std::size_t>(skip % pattern.size());
  unsigned used = 0;
  for (; left > 0 && used < kPiecesMax; ++used, from = 0) {
    const Bytes piece = pattern.subspan(from, std::min<std::uint64_t>(left, pattern.size() - from));
    pieces[used] = {const_cast<std::byte*>(piece.data()), piece.size()};
    left -= piece.size();
  }
  return used;
}

}  // namespace

void Operation::begin(Request& request, iovec* pieces) {
  *this = Operation{};
  request_ = &request;
  pieces_ = pieces;
}

bool Operation::by_fallocate() const {
  return !fill_with_zeros_ &&
         (request_->verb == Verb::kDiscard || request_->verb == Verb::kWriteZeroes);
}

void Operation::prepare(io_uring_sqe& sqe, const Service& service) {
  switch (step_) {
    case Step::kWork:
      prepare_work(sqe, service.fd);
      break;
    case Step::kSync:
      ::io_uring_prep_fsync(&sqe, service.fd, IORING_FSYNC_DATASYNC);
      break;
    case Step::kDelay:
      ::io_uring_prep_timeout(&sqe, &delay_, 0, 0);
      break;
  }
  if (punt_) ::io_uring_sqe_set_flags(&sqe, IOSQE_ASYNC);
}

void Operation::prepare_work(io_uring_sqe& sqe, int fd) {
  const std::uint64_t offset = request_->offset + done_bytes_;
  const std::uint64_t left = request_->length - done_bytes_;
  const auto now = static_cast<unsigned>(std::min(left, kMoveBytesMax));
  switch (request_->verb) {
    case Verb::kRead:
      ::io_uring_prep_read(&sqe, fd, request_->data.data() + done_bytes_, now, offset);
      break;
    case Verb::kWrite:
      ::io_uring_prep_write(&sqe, fd, request_->data.data() + done_bytes_, now, offset);
      break;
    case Verb::kFlush:
      ::io_uring_prep_fsync(&sqe, fd, IORING_FSYNC_DATASYNC);
      break;
    case Verb::kDiscard:
    case Verb::kWriteZeroes:
      if (fill_with_zeros_) return prepare_fill(sqe, fd);
      ::io_uring_prep_fallocate(&sqe, fd, fallocate_mode(request_->verb),
                                static_cast<off_t>(offset), static_cast<off_t>(left));
      break;
    case Verb::kWriteSame:
      prepare_fill(sqe, fd);
      break;
    case Verb::kAllocation:
    case Verb::kLoadState:
    case Verb::kStoreState:
      check_failed("what the clerk does is not the ring's work", __FILE__, __LINE__);
  }
}

void Operation::prepare_fill(io_uring_sqe& sqe, int fd) {
  const Bytes pattern = fill_with_zeros_ ? Bytes(kZeros) : Bytes(request_->data);
  const unsigned used = lay_out(pattern, done_bytes_, request_->length - done_bytes_, pieces_);
  ::io_uring_prep_writev(&sqe, fd, pieces_, used, request_->offset + done_bytes_);
}

bool Operation::answered(int result, const Service& service) {
  if (step_ == Step::kDelay) return true;  // -ETIME: the time is over
  if (result == -EINTR) return false;
  if (result == -EAGAIN) {
    punt_ = true;
    return false;
  }
  punt_ = false;
  if (step_ == Step::kSync) return conclude(-result, service);
  return worked(result, service);
}

// In order: what the file system cannot do is done by hand; what failed has ended; a verb that
// moves no bytes has ended too, or is made durable; and a short move goes on.
bool Operation::worked(int result, const Service& service) {
  if (result == -EOPNOTSUPP && by_fallocate()) {
    fill_with_zeros_ = true;
    return false;
  }
  if (result < 0) return conclude(-result, service);
  if (request_->verb == Verb::kFlush) return conclude(0, service);
  if (by_fallocate()) {
    if (!service.write_through) return conclude(0, service);
    step_ = Step::kSync;
    return false;
  }
  if (result == 0) {
    // A read at the end of a file that somebody has cut; a write never moves nothing.
    const bool cut = request_->verb == Verb::kRead;
    return conclude(cut ? EFBIG : EIO, service);
  }
  done_bytes_ += static_cast<std::uint64_t>(result);
  return done_bytes_ == request_->length && conclude(0, service);
}

bool Operation::conclude(int error, const Service& service) {
  request_->status = status_of(error);
  request_->error = error;
  const Nanoseconds delay = delay_of(*request_, service);
  if (delay == Nanoseconds::zero()) return true;
  step_ = Step::kDelay;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(delay);
  delay_.tv_sec = seconds.count();
  delay_.tv_nsec = (delay - seconds).count();
  return false;
}

}  // namespace lungate::backend::file
