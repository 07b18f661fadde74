// SPDX-License-Identifier: LGPL-2.1-or-later

// Ranges that one command has to itself (scsi::RangeLock), for commands that read before they write
// (COMPARE AND WRITE, ORWRITE) and for those that work on another unit than their own (EXTENDED
// COPY). The order of locks is kept on the home loop; what a lane does about them is LaneRanges.
//
//   lane:  kLock --lock()--> home: no other, earlier lock overlaps
//                              --> every lane: hold(); writes that began before it are waited for
//                   granted <--      the last of them has ended
//   lane:  kDone --unlock()--> home --> every lane: release(); writes that waited go on
//
// No cycle of waiting can come about: a command asks once, for all its ranges, before it has
// submitted anything, and a lock waits for earlier locks and earlier writes only.
//
// An ordinary write pays one look at an empty vector. The alternative, one mutex per unit on the
// path of every write, would cost each of them more than these few commands do.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "backend/backend.h"
#include "session/baton.h"
#include "session/ids.h"

namespace lungate::session {

struct Task;

struct LockedRange {
  LunId lun = 0;
  /// The store that the command will write to. The lock is refused when the LUN has another one by
  /// now, or none: nobody else keeps that store open for the command.
  const backend::Backend* backend = nullptr;
  std::uint64_t offset = 0;  // bytes
  std::uint64_t length = 0;

  bool overlaps(std::uint64_t other_offset, std::uint64_t other_length) const {
    return offset < other_offset + other_length && other_offset < offset + length;
  }
};

/// What one command holds or waits for. `ticket` names it, among all lanes.
struct LockRequest {
  std::uint64_t ticket = 0;
  std::vector<LockedRange> ranges;  // one or two
};

/// Home loop only.
class RangeLocks {
 public:
  /// Has every lane hold the ranges; `held` when the writes before them have ended.
  using Hold = std::function<void(const LockRequest& request, Done held)>;
  using Release = std::function<void(const LockRequest& request)>;
  using Answer = std::function<void(bool granted)>;

  RangeLocks(Hold hold, Release release) : hold_(std::move(hold)), release_(std::move(release)) {}

  /// False: as many as may be hold a range of one of its LUNs, or wait for one.
  bool has_room(const LockRequest& request) const;
  /// REQUIRES: has_room(), and a ticket that nobody has.
  void lock(LockRequest request, Answer answer);
  /// REQUIRES: granted.
  void unlock(std::uint64_t ticket);
  /// Who waits for its turn waits no longer: answered "false". Others are left alone.
  void withdraw(std::uint64_t ticket);
  /// `free` when nobody holds, or waits for, a range of this LUN.
  void when_free(LunId lun, Done free);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    LockRequest request;
    Answer answer;
    bool holding = false;  // the lanes have been told
  };
  struct Waiting {
    LunId lun;
    Done free;
  };

  using Entries = std::map<std::uint64_t, std::unique_ptr<Entry>>;
  /// Out of the lists. `next`: those who may have waited for it.
  std::unique_ptr<Entry> take_out(Entries::iterator found, std::vector<Entry*>& next);
  void went(const std::vector<Entry*>& next);
  void hold_if_free(Entry& entry);
  bool in_the_way(const Entry& entry) const;

  Hold hold_;
  Release release_;
  Entries entries_;                              // by ticket
  std::map<LunId, std::vector<Entry*>> of_lun_;  // in the order of asking; none is empty
  std::vector<Waiting> waiting_;
};

/// A lane's view of the locks of one LUN.
class LaneRanges {
 public:
  bool empty() const { return held_.empty(); }

  /// Writes of commands that began later than now wait. `now`: the lane's count of commands begun.
  void hold(std::uint64_t ticket, const LockedRange& range, std::uint64_t now);
  void release(std::uint64_t ticket);

  /// The request must wait: it writes into a range of somebody else who came before its command.
  bool stop(const backend::Request& request, std::uint64_t own_ticket, std::uint64_t began) const;

  void park(Task& task) { parked_.push_back(&task); }
  /// False: it does not wait here.
  bool unpark(Task& task) { return std::erase(parked_, &task) != 0; }
  /// Everybody who waits, oldest first: to be tried again.
  std::vector<Task*> take_parked() { return std::exchange(parked_, {}); }

 private:
  struct Held {
    std::uint64_t ticket;
    LockedRange range;
    std::uint64_t since;
  };
  std::vector<Held> held_;
  std::vector<Task*> parked_;
};

}  // namespace lungate::session
