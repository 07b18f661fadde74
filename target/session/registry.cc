// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/registry.h"

#include <limits>
#include <utility>

namespace lungate::session {

void Registry::admit(const Admission& admission, Answer answer) {
  if (admission.tsih != 0) return answer(err(refuse_join(admission)));
  // Discovery sessions are of no nexus: two at a time from one host do not disturb each other.
  if (admission.name.target.empty()) return answer(enter(admission));
  const auto present = by_name_.find(admission.name);
  if (present == by_name_.end()) return answer(enter(admission));
  Entry& old = by_id_.at(present->second);
  old.waiting.push_back({admission, std::move(answer)});
  close_entry(present->second, old, CloseReason::kReinstated);
}

AdmissionError Registry::refuse_join(const Admission& admission) const {
  const auto found = by_tsih_.find(admission.tsih);
  const bool ours = found != by_tsih_.end() && by_id_.at(found->second).name == admission.name;
  return ours ? AdmissionError::kTooManyConnections : AdmissionError::kNoSuchSession;
}

Result<Admitted, AdmissionError> Registry::enter(const Admission& admission) {
  if (by_tsih_.size() >= std::numeric_limits<std::uint16_t>::max())
    return err(AdmissionError::kOutOfResources);
  do ++last_tsih_;
  while (last_tsih_ == 0 || by_tsih_.contains(last_tsih_));
  const SessionId id = ++last_id_;
  Entry& entry = by_id_[id];
  entry.name = admission.name;
  entry.tsih = last_tsih_;
  entry.lane = admission.lane;
  if (!admission.name.target.empty()) by_name_[admission.name] = id;
  by_tsih_[last_tsih_] = id;
  return Admitted{id, last_tsih_};
}

void Registry::ended(SessionId id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  Entry entry = std::move(found->second);
  if (!entry.name.target.empty()) by_name_.erase(entry.name);
  by_tsih_.erase(entry.tsih);
  by_id_.erase(found);
  // The first of those who wait enters; the next one finds it there and ends it in turn.
  for (Waiting& waiting : entry.waiting) admit(waiting.admission, std::move(waiting.answer));
}

bool Registry::close(SessionId id, CloseReason reason) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  close_entry(id, found->second, reason);
  return true;
}

void Registry::close_entry(SessionId id, Entry& entry, CloseReason reason) {
  if (std::exchange(entry.closing, true)) return;
  close_(entry.lane, id, reason);
}

}  // namespace lungate::session
