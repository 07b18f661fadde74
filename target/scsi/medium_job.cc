// SPDX-License-Identifier: LGPL-2.1-or-later

// The requests of FORMAT UNIT and SANITIZE, in order: pass by pass, piece by piece, a flush at the
// end so that GOOD means stored. Pieces are as long as UNMAP and WRITE SAME may be, because these
// lengths are known not to keep a store busy for long.
#include "scsi/medium_job.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "scsi/unit_state.h"

namespace lungate::scsi {

namespace {

/// The pattern begins anew with each block, and is cut at its end.
std::vector<std::byte> block_of(Bytes pattern, std::size_t block_bytes) {
  std::vector<std::byte> block(block_bytes);
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = pattern[i % pattern.size()];
  return block;
}

}  // namespace

MediumRun::MediumRun(MediumJob job, const Unit& unit)
    : job_(std::move(job)),
      bytes_(unit.geometry.block_count * unit.geometry.block_bytes),
      discards_(thinly_provisioned(unit) && job_.work != MediumWork::kOverwrite),
      progress_(std::make_shared<std::atomic<std::uint16_t>>(std::uint16_t{0})) {
  check(job_.work != MediumWork::kExitFailureMode, "only work is run");
  if (job_.work != MediumWork::kOverwrite) return;
  check(job_.passes > 0 && !job_.pattern.empty(), "an overwrite writes something");
  block_ = block_of(job_.pattern, unit.geometry.block_bytes);
}

MediumActivityPtr MediumRun::activity() const {
  return std::make_shared<const MediumActivity>(
      MediumActivity{job_.work, false, job_.unrestricted_exit, progress_});
}

MediumActivityPtr MediumRun::failure() const {
  return std::make_shared<const MediumActivity>(
      MediumActivity{job_.work, true, job_.unrestricted_exit, nullptr});
}

std::uint64_t MediumRun::piece_bytes_max() const {
  return discards_ ? limits::kUnmapBytesMax : limits::kWriteSameBytesMax;
}

void MediumRun::begin_pass() {
  ++pass_;
  done_ = 0;
  if (!job_.inverts) return;
  for (std::byte& byte : block_) byte = ~byte;
}

void MediumRun::report_progress() {
  const double passes = job_.work == MediumWork::kOverwrite ? job_.passes : 1;
  const double share = (pass_ + static_cast<double>(done_) / static_cast<double>(bytes_)) / passes;
  progress_->store(static_cast<std::uint16_t>(std::min(share, 1.0) * 65535.0),
                   std::memory_order_relaxed);
}

bool MediumRun::next(backend::Request& request) {
  using backend::Verb;
  report_progress();
  request.data = {};
  if (done_ == bytes_ && job_.work == MediumWork::kOverwrite && pass_ + 1 < job_.passes)
    begin_pass();
  if (done_ == bytes_) {
    request.verb = Verb::kFlush;
    request.offset = request.length = 0;
    return !std::exchange(flushed_, true);
  }
  request.verb = discards_ ? Verb::kDiscard : Verb::kWriteZeroes;
  if (job_.work == MediumWork::kOverwrite) {
    request.verb = Verb::kWriteSame;
    request.data = block_;
  }
  request.offset = done_;
  request.length = std::min(bytes_ - done_, piece_bytes_max());
  done_ += request.length;
  return true;
}

}  // namespace lungate::scsi
