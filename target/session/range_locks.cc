// SPDX-License-Identifier: LGPL-2.1-or-later

// The order of range locks (home loop) and what each lane does about them. Called by Gateway for
// the lanes that ask and by LocalExecutor before a write. What is asked here comes from commands
// that the device server has checked; a ticket that nobody has is our mistake.
#include "session/range_locks.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "base/limits.h"

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

/// Each LUN of the request once.
template <class Act>
void for_each_lun(const LockRequest& request, Act act) {
  for (std::size_t i = 0; i < request.ranges.size(); ++i)
    if (i == 0 || request.ranges[i].lun != request.ranges[0].lun) act(request.ranges[i].lun);
}

}  // namespace

// --- Home loop -----------------------------------------------------------------------------------

bool RangeLocks::has_room(const LockRequest& request) const {
  bool room = true;
  for_each_lun(request, [&](LunId lun) {
    const auto found = of_lun_.find(lun);
    room = room && (found == of_lun_.end() || found->second.size() < limits::kRangeLocksPerLunMax);
  });
  return room;
}

void RangeLocks::lock(LockRequest request, Answer answer) {
  auto& entry = entries_[request.ticket];
  check(entry == nullptr, "a ticket names one lock");
  entry = std::make_unique<Entry>(Entry{std::move(request), std::move(answer)});
  for_each_lun(entry->request, [&](LunId lun) { of_lun_[lun].push_back(entry.get()); });
  hold_if_free(*entry);
}

void RangeLocks::unlock(std::uint64_t ticket) {
  const auto found = entries_.find(ticket);
  check(found != entries_.end() && found->second->holding, "a lock that is given back was held");
  std::vector<Entry*> next;
  const std::unique_ptr<Entry> entry = take_out(found, next);
  release_(entry->request);
  went(next);
}

void RangeLocks::withdraw(std::uint64_t ticket) {
  const auto found = entries_.find(ticket);
  if (found == entries_.end() || found->second->holding) return;
  std::vector<Entry*> next;
  const std::unique_ptr<Entry> entry = take_out(found, next);
  entry->answer(false);
  went(next);
}

/// Only who overlaps what goes can have waited for it.
std::unique_ptr<RangeLocks::Entry> RangeLocks::take_out(Entries::iterator found,
                                                        std::vector<Entry*>& next) {
  std::unique_ptr<Entry> entry = std::move(found->second);
  entries_.erase(found);
  for_each_lun(entry->request, [&](LunId lun) {
    std::vector<Entry*>& others = of_lun_.at(lun);
    std::erase(others, entry.get());
    std::copy_if(others.begin(), others.end(), std::back_inserter(next), [&](const Entry* other) {
      return !other->holding && overlap(other->request, entry->request);
    });
    if (others.empty()) of_lun_.erase(lun);
  });
  return entry;
}

void RangeLocks::went(const std::vector<Entry*>& next) {
  for (Entry* other : next) hold_if_free(*other);
  for (Waiting& waiting : std::exchange(waiting_, {}))
    when_free(waiting.lun, std::move(waiting.free));
}

void RangeLocks::when_free(LunId lun, Done free) {
  if (!of_lun_.contains(lun)) return free();
  waiting_.push_back({lun, std::move(free)});
}

/// In the order of asking, also among those that only wait: nobody is overtaken for ever.
bool RangeLocks::in_the_way(const Entry& entry) const {
  bool found = false;
  for_each_lun(entry.request, [&](LunId lun) {
    const std::vector<Entry*>& all = of_lun_.at(lun);
    const auto before = std::find(all.begin(), all.end(), &entry);
    found = found || std::any_of(all.begin(), before, [&](const Entry* other) {
              return overlap(other->request, entry.request);
            });
  });
  return found;
}

void RangeLocks::hold_if_free(Entry& entry) {
  if (entry.holding || in_the_way(entry)) return;
  entry.holding = true;
  hold_(entry.request, [answer = std::exchange(entry.answer, nullptr)] { answer(true); });
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
