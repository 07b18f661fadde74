// SPDX-License-Identifier: LGPL-2.1-or-later

// Work on a whole medium: FORMAT UNIT and SANITIZE (SBC-3, 4.11, 5.3, 5.22). It outlives the
// command that started it: aborts, resets and lost sessions do not end it. So the command only says
// what is to be done (a MediumJob, as Step::kChange, behind a lock on all blocks so that what was
// written before has ended) and the unit's home loop does it:
//
//   MediumRun run(job, unit);
//   unit.medium_activity = run.activity();     seen by every loop: NOT READY, with the progress;
//   while (run.next(request))                  one request at a time, nobody else writes
//     submit; not kOk: unit.medium_activity = run.failure(); the command's outcome is its sense
//   unit.medium_activity = null                GOOD
//
// The command is answered when `immediate` and every loop has seen the activity, otherwise at the
// end. While one runs a second MediumJob is answered with not_ready()'s sense.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "backend/backend.h"

namespace lungate::scsi {

struct Unit;

enum class MediumWork : std::uint8_t {
  kFormat,           // every block reads as zeros, unmapped where the store can
  kBlockErase,       // the same, as SANITIZE; only where the store can discard
  kOverwrite,        // a pattern in every block, perhaps several times
  kExitFailureMode,  // no work: an earlier failure is forgotten
};

/// What is to be done. A value; checked by the command.
struct MediumJob {
  MediumWork work = MediumWork::kFormat;
  bool immediate = false;
  bool unrestricted_exit = false;  // SANITIZE, AUSE: a failure may be left by kExitFailureMode
  std::uint8_t passes = 1;         // kOverwrite: 1 to 31
  bool inverts = false;            // each pass has the last one's bits inverted
  std::vector<std::byte> pattern;  // kOverwrite: put into each block as often as it fits
};

/// What a unit's snapshot says about it. Without one the medium is at everybody's disposal.
struct MediumActivity {
  MediumWork work = MediumWork::kFormat;
  bool failed = false;             // it has ended, and the medium cannot be used as it is
  bool unrestricted_exit = false;  // as the job said
  /// In 65,536ths. Written by the home loop, read by any: one number that orders nothing.
  std::shared_ptr<const std::atomic<std::uint16_t>> progress;
};
using MediumActivityPtr = std::shared_ptr<const MediumActivity>;

/// One job from its first request to its last. Home loop's thread; no sockets, no time.
class MediumRun {
 public:
  /// `unit` as it is when the work begins, which may be another one than the command has seen.
  /// REQUIRES: a job of some work (not kExitFailureMode), with a pattern if it overwrites.
  MediumRun(MediumJob job, const Unit& unit);

  /// What others see from now on, until the last request has been delivered.
  MediumActivityPtr activity() const;
  /// What they see after a request has failed.
  MediumActivityPtr failure() const;

  /// Fills the next request, all but reply_to, deliver and owner. Its data stays alive as long as
  /// this. False: there is none, the job is done. REQUIRES: the last one was delivered with kOk.
  bool next(backend::Request& request);

 private:
  std::uint64_t piece_bytes_max() const;
  void begin_pass();
  void report_progress();

  const MediumJob job_;
  std::vector<std::byte> block_;  // of this pass
  const std::uint64_t bytes_;     // of the medium
  const bool discards_;
  std::uint64_t done_ = 0;  // of this pass
  std::uint8_t pass_ = 0;
  bool flushed_ = false;
  std::shared_ptr<std::atomic<std::uint16_t>> progress_;
};

}  // namespace lungate::scsi
