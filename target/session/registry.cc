// SPDX-License-Identifier: LGPL-2.1-or-later

// Who is in. Called by Gateway on the home loop, for logins and ends of sessions that lanes report.
// The names are a peer's, and as many as it likes to invent: what it can make grow here is bounded
// by the places of sessions and by one waiting login per entry. A login that
// cannot be let in is an AdmissionError, which the login phase puts into its response.
#include "session/registry.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <limits>
#include <utility>

#include "base/limits.h"

namespace lungate::session {

std::uint64_t isid_number(const iscsi::Isid& isid) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : isid) number = (number << 8) | byte;
  return number;
}

scsi::NexusName port_name(const NexusName& name) {
  char isid[16];
  std::snprintf(isid, sizeof(isid), "%012" PRIx64, name.isid);
  return {name.initiator + ",i,0x" + isid, name.portal_group_tag};
}

const NexusName* Registry::name_of(SessionId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second.name;
}

void Registry::admit(const Admission& admission, Answer answer) {
  if (admission.tsih != 0) return answer(err(refuse_join(admission)));
  // Discovery sessions are of no nexus: two at a time from one host do not disturb each other.
  if (admission.name.target.empty()) {
    make_room_for_discovery();
    return answer(enter(admission));
  }
  const auto present = by_name_.find(admission.name);
  if (present == by_name_.end()) return answer(enter(admission));
  Entry& old = by_id_.at(present->second);
  static_assert(limits::kWaitingLoginsPerPortMax == 1, "the newest takes the place");
  const auto superseded = std::exchange(old.waiting, Waiting{admission, std::move(answer)});
  close_entry(present->second, old, CloseReason::kReinstated);
  if (superseded) superseded->answer(err(AdmissionError::kSuperseded));
}

void Registry::withdraw(const NexusName& name, std::uint64_t ticket) {
  const auto present = by_name_.find(name);
  if (present == by_name_.end()) return;
  std::optional<Waiting>& waiting = by_id_.at(present->second).waiting;
  if (waiting && waiting->admission.ticket == ticket) waiting.reset();
}

void Registry::close_target(const std::string& iqn, CloseReason reason) {
  for (auto& [id, entry] : by_id_)
    if (entry.name.target == iqn) close_entry(id, entry, reason);
}

std::size_t Registry::waiting() const {
  return static_cast<std::size_t>(std::count_if(by_id_.begin(), by_id_.end(), [](const auto& one) {
    return one.second.waiting.has_value();
  }));
}

/// A TSIH means "add this connection to that session", which MaxConnections=1 forbids; the answer
/// says whether the session is the asker's own, and nothing about anybody else's.
AdmissionError Registry::refuse_join(const Admission& admission) const {
  const auto found = by_tsih_.find(admission.tsih);
  const bool ours = found != by_tsih_.end() && by_id_.at(found->second).name == admission.name;
  return ours ? AdmissionError::kTooManyConnections : AdmissionError::kNoSuchSession;
}

/// Not refused: whoever has taken all places without any access must not keep out those who have.
void Registry::make_room_for_discovery() {
  if (discovery_.size() < places_.discovery) return;
  const SessionId oldest = *discovery_.begin();
  close_entry(oldest, by_id_.at(oldest), CloseReason::kEvicted);
}

/// TSIHs are given round and round, so that a handle that was just freed is not given to the next
/// one: an initiator that still believes in its old session would join a stranger's.
Result<Admitted, AdmissionError> Registry::enter(const Admission& admission) {
  const bool discovery = admission.name.target.empty();
  if (by_tsih_.size() >= std::numeric_limits<std::uint16_t>::max() ||
      (!discovery && by_name_.size() >= places_.normal))
    return err(AdmissionError::kOutOfResources);
  do ++last_tsih_;
  while (last_tsih_ == 0 || by_tsih_.contains(last_tsih_));
  const SessionId id = ++last_id_;
  Entry& entry = by_id_[id];
  entry.name = admission.name;
  entry.tsih = last_tsih_;
  entry.lane = admission.lane;
  if (discovery)
    discovery_.insert(id);
  else
    by_name_[admission.name] = id;
  by_tsih_[last_tsih_] = id;
  return Admitted{id, last_tsih_};
}

/// Taken out whole first: the one who waits enters under the same name.
void Registry::ended(SessionId id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  Entry entry = std::move(found->second);
  if (!entry.name.target.empty()) by_name_.erase(entry.name);
  by_tsih_.erase(entry.tsih);
  discovery_.erase(id);
  by_id_.erase(found);
  if (entry.waiting) admit(entry.waiting->admission, std::move(entry.waiting->answer));
}

bool Registry::close(SessionId id, CloseReason reason) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  close_entry(id, found->second, reason);
  return true;
}

/// Once per session, whoever asks: its lane ends it and reports the end in its own time.
void Registry::close_entry(SessionId id, Entry& entry, CloseReason reason) {
  if (std::exchange(entry.closing, true)) return;
  discovery_.erase(id);
  close_(entry.lane, id, reason);
}

}  // namespace lungate::session
