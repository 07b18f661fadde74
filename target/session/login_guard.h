// SPDX-License-Identifier: LGPL-2.1-or-later

// Who guesses secrets is slowed down: after so many proofs of one source that failed within a
// minute, every login from there is refused for some seconds, the right one too, and then it is
// counted anew. Seconds, because a source may be many hosts behind one address, and one of them,
// misconfigured or hostile, must not keep the others out for long; sessions that stand are never
// touched. A secret has 96 bits or more, so that a few guesses a second find none.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "base/clock.h"
#include "base/limits.h"
#include "session/source.h"

namespace lungate::session {

/// Home loop's thread. Time is its caller's.
class LoginGuard {
 public:
  struct Terms {
    std::uint32_t failures_max = 0;  // within kFailedLoginsWindow; 0: nobody is refused
    std::chrono::milliseconds refusal{};
    std::size_t sources_max = limits::kFailedLoginSourcesMax;
  };
  explicit LoginGuard(Terms terms) : terms_(terms) {}

  bool refuses(const Source& source, BootTime now) const;

  /// A proof of this source has failed. True: it is refused from now on. What fails while it is
  /// refused (a login that had begun) makes that no longer.
  bool failed(const Source& source, BootTime now);

  /// Sources that are refused now. A walk over all that are remembered.
  std::size_t refused(BootTime now) const;

  /// Sources that are remembered. Beyond `sources_max` the one whose count is oldest is forgotten,
  /// and who is refused last of all.
  std::size_t size() const { return records_.size(); }

 private:
  struct Record {
    BootTime since;  // of the first failure that counts
    std::uint32_t failures = 0;
    BootTime refused_until;  // 0: it is not refused

    bool over(BootTime now) const;
    /// For who must be forgotten: first those that are not refused, of these the oldest.
    bool outlived_by(const Record& other) const;
  };

  Record& record_of(const Source& source, BootTime now);

  const Terms terms_;
  std::map<Source, Record> records_;
};

}  // namespace lungate::session
