// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/store.h"

#include <algorithm>

#include "iscsi/crc32c.h"
#include "tests/sim/violation.h"

namespace lungate::sim {
namespace {

using backend::Request;
using backend::Status;
using backend::Verb;

bool writes(const Request& request) {
  return request.verb == Verb::kWrite || request.verb == Verb::kWriteSame ||
         request.verb == Verb::kStoreState;
}

std::uint32_t crc_of(Bytes bytes) {
  iscsi::Crc32c crc;
  crc.update(bytes);
  return crc.value();
}

bool has_range(Verb verb) {
  return verb != Verb::kFlush && verb != Verb::kLoadState && verb != Verb::kStoreState;
}

}  // namespace

Store::Store(unsigned number, Disk* disk, Trace& trace)
    : number_(number),
      disk_(disk),
      trace_(trace),
      bytes_(std::size_t{Disk::kBlocks} * kBlockBytes) {
  traits_.kind = "file";
  traits_.discard_bytes = kBlockBytes;
  traits_.identity_seed = "disk " + std::to_string(number);
  traits_.keeps_state = true;
  if (disk_ == nullptr) return;
  for (std::uint32_t lba = 0; lba < Disk::kBlocks; ++lba)
    stamp(MutableBytes(bytes_).subspan(std::size_t{lba} * kBlockBytes, kBlockBytes), number, lba,
          0);
}

backend::State Store::state() const {
  return {.ready = true, .read_only = false, .size_bytes = bytes_.size(), .reason = {}};
}

void Store::heal() {
  fails_one_in_ = 0;
  lost_ = false;
}

void Store::submit(Request& request) noexcept {
  backend::check_request(request);
  trace_.note('s', number_, "submitted",
              {static_cast<unsigned>(request.verb), request.offset / kBlockBytes,
               request.length / kBlockBytes});
  if (disk_ != nullptr && broken_rule_.empty()) {
    if (request.verb == Verb::kWrite) broken_rule_ = disk_->submitted(request.offset, request.data);
    if (request.verb == Verb::kDiscard || request.verb == Verb::kWriteZeroes ||
        request.verb == Verb::kWriteSame)
      broken_rule_ = "the store is given a verb that nobody has asked for";
  }
  held_.push_back({&request, writes(request) ? crc_of(request.data) : 0, false});
}

/// The bytes of the request, or the first of them.
void Store::move(const Request& request, std::size_t bytes) {
  if (request.verb == Verb::kStoreState) state_.assign(request.data.begin(), request.data.end());
  if (request.verb == Verb::kLoadState)
    std::copy_n(state_.begin(), std::min(state_.size(), request.data.size()), request.data.begin());
  if (!has_range(request.verb)) return;
  const MutableBytes place = MutableBytes(bytes_).subspan(request.offset, bytes);
  if (request.verb == Verb::kRead) std::copy(place.begin(), place.end(), request.data.begin());
  if (request.verb == Verb::kWrite) {
    if (disk_ != nullptr) disk_->landed(request.offset, request.data.first(bytes), place);
    std::copy_n(request.data.begin(), bytes, place.begin());
  }
  if (request.verb == Verb::kDiscard || request.verb == Verb::kWriteZeroes)
    std::fill(place.begin(), place.end(), std::byte{});
  if (request.verb == Verb::kWriteSame)
    for (std::size_t i = 0; i < bytes; ++i) place[i] = request.data[i % request.data.size()];
}

void Store::act(Chance& chance) {
  if (held_.empty()) return;
  const auto chosen = chance.below(static_cast<std::uint32_t>(held_.size()));
  Held& held = held_[chosen];
  Request& request = *held.request;
  const bool fits =
      !has_range(request.verb) || backend::in_range(request.offset, request.length, bytes_.size());
  if (fits && !held.moved && !lost_ && chance.one_in(2)) {
    move(request, static_cast<std::size_t>(request.length));
    held.moved = true;
    return;
  }
  const Held taken = held;
  held_.erase(held_.begin() + chosen);
  require(!writes(request) || crc_of(request.data) == taken.crc,
          "data changed while the store had it");
  complete(chance, taken);
}

/// What may be said of it: not "nothing was done" once the bytes have moved.
Status Store::failure(Chance& chance, const Held& held) {
  const Request& request = *held.request;
  if (has_range(request.verb) && !backend::in_range(request.offset, request.length, bytes_.size()))
    return Status::kOutOfRange;
  const bool fails =
      lost_ ? !held.moved : fails_one_in_ > 0 && chance.below(fails_one_in_) == fails_one_in_ - 1;
  if (!fails) return Status::kOk;
  constexpr Status kPerhapsDone[] = {Status::kIoError, Status::kNotOwner, Status::kUnavailable};
  constexpr Status kNotDone[] = {Status::kNoMemory, Status::kNoSpace};
  if (lost_) return Status::kNotOwner;
  if (held.moved || chance.one_in(2)) return chance.among(kPerhapsDone);
  return writes(request) ? chance.among(kNotDone) : Status::kNoMemory;
}

void Store::complete(Chance& chance, const Held& held) {
  Request& request = *held.request;
  request.status = failure(chance, held);
  request.error = request.status == Status::kOk ? 0 : EIO;
  if (request.status != Status::kOk) ++failures_;
  const auto blocks = static_cast<std::uint32_t>(request.length / kBlockBytes);
  if (request.status == Status::kOk && !held.moved)
    move(request, static_cast<std::size_t>(request.length));
  if (request.status == Status::kIoError && !held.moved && request.verb == Verb::kWrite)
    move(request, std::size_t{chance.below(blocks + 1)} * kBlockBytes);  // torn
  if (request.status == Status::kOk && request.verb == Verb::kWrite && disk_ != nullptr)
    disk_->completed(request.offset, request.data);
  if (request.verb == Verb::kAllocation) backend::all_allocated(request);
  if (request.verb == Verb::kLoadState) request.extent_bytes = state_.size();
  trace_.note('s', number_, "completed",
              {static_cast<unsigned>(request.verb), request.offset / kBlockBytes, blocks,
               static_cast<unsigned>(request.status)});
  request.reply_to->post(request);
}

}  // namespace lungate::sim
