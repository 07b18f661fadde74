// SPDX-License-Identifier: LGPL-2.1-or-later

// The port behind which a LUN's bytes live: a short table of verbs. An adapter (rbd, file, null)
// knows no SCSI; the device server knows no Ceph.
//
// Life of a backend:
//
//   open (adapter's own function, blocks: on a worker)
//     |
//     v                 any loop                adapter's thread          the loop again
//   [ready] --- submit(request) ---> ... ---> reply_to->post(request) ---> request.deliver()
//     |                      (never inline: not even for an error)
//     |--- watcher->backend_changed() from any thread: read state() again
//     v
//   close() (blocks: on a worker). REQUIRES: every request has been delivered.
//     |
//     v
//   destroyed
//
// Buffers: a request's `data` must stay alive and, for writes, unchanged until the request is
// delivered; the adapter touches it no more after that, whatever the outcome.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mail.h"

namespace lungate::backend {

enum class Verb : std::uint8_t {
  kRead,     // data.size() bytes at offset, into data
  kWrite,    // data.size() bytes at offset, from data
  kFlush,    // everything delivered with kOk before this submit is durable; offset, length unused
  kDiscard,  // the range may lose its allocation and reads as zeros afterwards (all of it)
  kWriteZeroes,  // the range reads as zeros afterwards and stays allocated where possible
  kWriteSame,    // data (one pattern, its size divides length) repeated over offset..offset+length
  kAllocation,   // how much of the range, from its beginning, shares one state, and which: extent_*
  kLoadState,    // the small state that was stored last, into data: extent_bytes of it, 0 for none
  kStoreState,   // data replaces it whole, durably: after kOk every load gives it, before none does
};
inline constexpr std::size_t kVerbs = 9;
inline constexpr std::size_t kBlockVerbs = 7;  // the first: what is asked of the store's bytes

enum class Status : std::uint8_t {
  kOk,
  kOutOfRange,   // beyond the end (the image has been shrunk): nothing was done
  kReadOnly,     // the store refuses writes: nothing was done
  kNoSpace,      // the store is full: nothing was done
  kIoError,      // the store reports an error of the medium
  kNotOwner,     // fenced, or the lock is lost: perhaps done, nothing of it will follow
  kUnavailable,  // the store cannot be reached now: perhaps done, nothing of it will follow
  kNoMemory,     // nothing was done
};
inline constexpr std::size_t kStatuses = 8;
std::string_view name(Verb verb);
std::string_view name(Status status);

/// One operation. It is a member of the task that wants it: submitting allocates nothing.
struct Request : Mail {
  Verb verb = Verb::kRead;
  std::uint64_t offset = 0;      // bytes
  std::uint64_t length = 0;      // bytes; for kRead and kWrite equal to data.size()
  MutableBytes data;             // kRead: destination; kWrite, kWriteSame: source
  MailSink* reply_to = nullptr;  // the submitting loop's mailbox
  void* owner = nullptr;         // the submitter's own; adapters leave it alone
  void* adapter = nullptr;       // the adapter's own from submit to delivery
  Status status = Status::kOk;   // set by the adapter before it posts
  int error = 0;                 // errno behind `status`, for the log; 0 when kOk

  // kAllocation with kOk, set by the adapter: the state of offset..offset+extent_bytes. One extent
  // per request, which need not end where the state does (an adapter looks only so far): who wants
  // more asks again behind it. "Allocated" is always a correct answer; "not allocated" promises
  // that all of it reads as zeros, as far as writes are concerned that were delivered before this
  // request was submitted.
  // kLoadState with kOk: how much there is. A state larger than data is kIoError.
  std::uint64_t extent_bytes = 0;  // 1 to length; of a state 0 to data.size()
  bool extent_allocated = true;
  // Set by the adapter beside them. False: nobody has looked (look_ups.h), and asking on behind it
  // would be no use now.
  bool looked = true;

  // kAllocation: what binds all requests of one command together. fresh_look_ups() before the first
  // of them; the adapter sets the time, hurry() the other.
  BootTime look_until;
  bool hurried = false;
};

/// A command begins to ask. Its loop's thread; no request in progress.
void fresh_look_ups(Request& request) noexcept;
/// Whoever waits for this request wants it back rather than answered well (an abort, a LUN that
/// leaves): what has not been begun need not be. The submitting loop's thread, at any time while it
/// is in progress. Means something for kAllocation only; every other verb moves data.
void hurry(Request& request) noexcept;
/// Any thread.
bool hurried(const Request& request) noexcept;

/// Why a store that was served is served no more: what counters and alerts go by.
enum class Loss : std::uint8_t {
  kNone,      // it is ready
  kFenced,    // another gateway, or an operator, has shut this process out of the cluster
  kLockLost,  // somebody has taken the store's lock away; perhaps it has another holder now
  kUnfit,     // the store itself has become one that must not be served (a setting, a feature)
};
inline constexpr std::size_t kLosses = 4;

/// What the device server asks once at open and again after a change. A plain value.
struct State {
  bool ready = false;  // false: offline for good, `reason` says why; close it and open another
  bool read_only = false;
  std::uint64_t size_bytes = 0;
  std::string reason;  // for people: "locked by client.4123 at 10.0.0.7", empty when ready
  Loss loss = Loss::kNone;
};

/// How full the place is that a store takes its space from (a pool, a file system). Others fill it,
/// too. Both in bytes that stores can write there: copies and parity are left out.
struct Fullness {
  std::uint64_t used_bytes = 0;
  std::uint64_t available_bytes = 0;
};
/// Looks. Blocks, perhaps for good: on threads that nothing else waits for. It may be called while
/// its backend is being closed and after it is gone: then, as when the place does not answer, it
/// gives nothing.
using FullnessGauge = std::function<std::optional<Fullness>()>;

/// What never changes while a backend is open.
struct Traits {
  std::string_view kind;            // "rbd", "file", "null"
  std::uint32_t discard_bytes = 0;  // granularity of kDiscard; 0: discard is not supported
  std::uint32_t optimal_bytes = 0;  // best alignment and size of I/O; 0: unknown
  /// Writes of at most so many bytes, from a multiple of so many, are all or nothing. 0: none are.
  std::uint32_t atomic_bytes = 0;
  bool write_cache = false;  // kOk of a write does not mean stored: needs kFlush
  bool rotational = false;
  /// kLoadState and kStoreState are there (limits::kUnitStateBytesMax): what the device server must
  /// find again after a restart, kept with the store under its identity, not in its bytes.
  bool keeps_state = false;
  /// What the disk's identity is made from (VPD 80, 83): equal wherever the same store is opened,
  /// and unchanged for its life. For rbd: cluster fsid, pool id and image id; for a file: its path.
  std::string identity_seed;
};

/// Told of changes that the store sees by itself (resize, lock lost, reachable again).
class Watcher {
 public:
  /// Called on any thread; must not block and must not call back into the backend.
  virtual void backend_changed() noexcept = 0;

 protected:
  ~Watcher() = default;
};

class Backend {
 public:
  virtual ~Backend() = default;

  /// Starts the operation. Any loop's thread; never blocks; delivers exactly once, never inline.
  /// REQUIRES: length > 0 (but for kFlush and the state's verbs), data as the verb says, reply_to
  /// and deliver set. The range need not lie inside the store: that is the adapter's to refuse
  /// (kOutOfRange), for the size may have changed since the caller looked.
  virtual void submit(Request& request) noexcept = 0;

  /// A copy of the state of this moment. Any thread.
  virtual State state() const = 0;

  /// Constant for the life of the backend. Any thread.
  virtual const Traits& traits() const = 0;

  /// Null: its space is promised to it, or there is no telling. Any thread, until close().
  virtual FullnessGauge fullness_gauge() const { return nullptr; }

  /// At most one watcher, null for none; after watch(nullptr) has returned it is called no more.
  /// REQUIRES: no request in progress (before the first submit, after the last delivery).
  virtual void watch(Watcher* watcher) = 0;

  /// Gives the store up (releases its lock, closes the image). Blocks: workers only.
  /// REQUIRES: no request in progress. Afterwards only the destructor may be called, and close()
  /// again, which does nothing. What an adapter offers beside this port says for itself what it
  /// does then.
  virtual void close() noexcept = 0;
};

/// True when offset + length does not wrap and ends within size. Checked arithmetic for adapters.
constexpr bool in_range(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

/// Answers a kAllocation with "allocated", all of it: for stores that know no better. Does not
/// post.
void all_allocated(Request& request) noexcept;

/// Stops the process if `request` breaks a REQUIRES of Backend::submit. Every adapter's submit()
/// begins with it, and counts the request in a Gate (gate.h) until just before it
/// posts it: so a submit() after close(), and a close() or watch() too early, stop the process too.
void check_request(const Request& request) noexcept;

}  // namespace lungate::backend
