// SPDX-License-Identifier: LGPL-2.1-or-later

// Counts failed proofs by source. The gateway calls it on the home loop: for each connection that
// comes in, each login that asks to be admitted, each proof that has failed. A peer decides how
// often that is, so that each call is a look into one bounded map; only a new source in a full one
// costs a walk over it (a thousand records, some microseconds).
#include "session/login_guard.h"

#include <algorithm>
#include <tuple>

namespace lungate::session {

bool LoginGuard::Record::over(BootTime now) const {
  return refused_until == BootTime{} ? now >= since + limits::kFailedLoginsWindow
                                     : now >= refused_until;
}

bool LoginGuard::Record::outlived_by(const Record& other) const {
  return std::tie(refused_until, since) < std::tie(other.refused_until, other.since);
}

bool LoginGuard::refuses(const Source& source, BootTime now) const {
  const auto found = records_.find(source);
  return found != records_.end() && now < found->second.refused_until;
}

bool LoginGuard::failed(const Source& source, BootTime now) {
  if (terms_.failures_max == 0 || terms_.sources_max == 0) return false;
  Record& record = record_of(source, now);
  if (record.over(now)) record = {now, 0, {}};
  if (record.refused_until != BootTime{}) return false;
  if (++record.failures < terms_.failures_max) return false;
  record.refused_until = now + terms_.refusal;
  return true;
}

std::size_t LoginGuard::refused(BootTime now) const {
  return static_cast<std::size_t>(
      std::count_if(records_.begin(), records_.end(),
                    [&](const auto& r) { return now < r.second.refused_until; }));
}

LoginGuard::Record& LoginGuard::record_of(const Source& source, BootTime now) {
  const auto found = records_.find(source);
  if (found != records_.end()) return found->second;
  if (records_.size() >= terms_.sources_max) {
    records_.erase(std::min_element(
        records_.begin(), records_.end(),
        [](const auto& a, const auto& b) { return a.second.outlived_by(b.second); }));
  }
  return records_.emplace(source, Record{now, 0, {}}).first->second;
}

}  // namespace lungate::session
