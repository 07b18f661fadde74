// SPDX-License-Identifier: LGPL-2.1-or-later

// The order of range locks (home loop) and what each lane does about them. Called by Gateway for
// the lanes that ask and by LocalExecutor before a write. What is asked here comes from commands
// that the device server has checked; a ticket that nobody has is our mistake.
#include "session/range_locks.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace lungate::session {
namespace {

constexpr bool writes(backend::Verb verb) {
  using backend::Verb;
  return verb == Verb::kWrite || verb == Verb::kDiscard || verb == Verb::kWriteZeroes ||
         verb == Verb::kWriteSame;
}

bool overlap(const LockRequest& a, const LockRequest& b) {
  return std::any_of(a.ranges.begin(), a.ranges.end(), [&](const LockedRange& mine) {
    return std::any_of(b.ranges.begin(), b.ranges.end(), [&](const LockedRange& other) {
      return mine.lun == other.lun && mine.overlaps(other.offset, other.length);
    });
  });
}

bool touches(const LockRequest& request, LunId lun) {
  return std::any_of(request.ranges.begin(), request.ranges.end(),
                     [&](const LockedRange& range) { return range.lun == lun; });
}

}  // namespace

// --- Home loop -----------------------------------------------------------------------------------

void RangeLocks::lock(LockRequest request, Done granted) {
  entries_.push_back({std::move(request), std::move(granted)});
  hold_what_may_be();
}

void RangeLocks::unlock(std::uint64_t ticket) {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& one) { return one.request.ticket == ticket; });
  check(entry != entries_.end() && entry->holding, "a lock that is given back was held");
  const LockRequest request = std::move(entry->request);
  entries_.erase(entry);
  release_(request);
  hold_what_may_be();
  for (Waiting& waiting : std::exchange(waiting_, {}))
    when_free(waiting.lun, std::move(waiting.free));
}

void RangeLocks::when_free(LunId lun, Done free) {
  if (!used(lun)) return free();
  waiting_.push_back({lun, std::move(free)});
}

bool RangeLocks::used(LunId lun) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return touches(entry.request, lun); });
}

/// In the order of asking, also among those that only wait: nobody is overtaken for ever.
bool RangeLocks::in_the_way(const std::list<Entry>::iterator& entry) {
  return std::any_of(entries_.begin(), entry,
                     [&](const Entry& before) { return overlap(before.request, entry->request); });
}

void RangeLocks::hold_what_may_be() {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->holding || in_the_way(entry)) continue;
    entry->holding = true;
    hold_(entry->request, std::exchange(entry->granted, nullptr));
  }
}

// --- Lane ----------------------------------------------------------------------------------------

void LaneRanges::hold(std::uint64_t ticket, const LockedRange& range, std::uint64_t now) {
  held_.push_back({ticket, range, now});
}

void LaneRanges::release(std::uint64_t ticket) {
  std::erase_if(held_, [&](const Held& held) { return held.ticket == ticket; });
}

bool LaneRanges::stop(const backend::Request& request, std::uint64_t own_ticket,
                      std::uint64_t began) const {
  if (!writes(request.verb)) return false;
  return std::any_of(held_.begin(), held_.end(), [&](const Held& held) {
    return held.ticket != own_ticket && began > held.since &&
           held.range.overlaps(request.offset, request.length);
  });
}

}  // namespace lungate::session
