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

/// Whose place this login takes: the session that its TSIH names, or else its port's; kNoSession:
/// nobody's. Discovery sessions are of no nexus: two at a time from one host do not disturb each
/// other.
SessionId Registry::holder(const Admission& admission) const {
  if (admission.tsih != 0) {
    const auto found = by_tsih_.find(admission.tsih);
    return found == by_tsih_.end() ? kNoSession : found->second;
  }
  const auto found = by_name_.find(admission.name);
  return found == by_name_.end() ? kNoSession : found->second;
}

void Registry::admit(const Admission& admission, Answer answer) {
  if (const auto refusal = refuse_join(admission)) return answer(err(*refusal));
  const SessionId present = holder(admission);
  if (present == kNoSession) return answer(enter_anew(admission));
  Entry& old = by_id_.at(present);
  static_assert(limits::kWaitingLoginsPerPortMax == 1, "the newest takes the place");
  const auto superseded = std::exchange(old.waiting, Waiting{admission, std::move(answer)});
  close_entry(present, old, CloseReason::kReinstated);
  if (superseded) superseded->answer(err(AdmissionError::kSuperseded));
}

void Registry::withdraw(const Admission& admission) {
  const auto present = by_id_.find(holder(admission));
  if (present == by_id_.end()) return;
  std::optional<Waiting>& waiting = present->second.waiting;
  if (waiting && waiting->admission.ticket == admission.ticket) waiting.reset();
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

/// The table of RFC 7143, 6.3.1, by TSIH and CID. The answer says whether the session is the
/// asker's own, and nothing about anybody else's. A new CID means "add this connection to that
/// session", which MaxConnections=1 forbids; its own CID means "in the place of that connection".
/// What an operator or a target reset has ended is not continued.
std::optional<AdmissionError> Registry::refuse_join(const Admission& admission) const {
  if (admission.tsih == 0) return {};
  const auto found = by_id_.find(holder(admission));
  if (found == by_id_.end() || found->second.name != admission.name ||
      found->second.closing_for_good)
    return AdmissionError::kNoSuchSession;
  if (found->second.cid != admission.cid) return AdmissionError::kTooManyConnections;
  return {};
}

/// Not refused: whoever has taken all places without any access must not keep out those who have.
void Registry::make_room_for_discovery() {
  if (discovery_.size() < places_.discovery) return;
  const SessionId oldest = *discovery_.begin();
  close_entry(oldest, by_id_.at(oldest), CloseReason::kEvicted);
}

/// TSIHs are given round and round, so that a handle that was just freed is not given to the next
/// one: an initiator that still believes in its old session would join a stranger's. REQUIRES: one
/// is free.
std::uint16_t Registry::next_tsih() {
  do ++last_tsih_;
  while (last_tsih_ == 0 || by_tsih_.contains(last_tsih_));
  return last_tsih_;
}

Result<Admitted, AdmissionError> Registry::enter_anew(const Admission& admission) {
  const bool discovery = admission.name.target.empty();
  if (by_tsih_.size() >= std::numeric_limits<std::uint16_t>::max() ||
      (!discovery && by_name_.size() >= places_.normal))
    return err(AdmissionError::kOutOfResources);
  return enter(admission, next_tsih());
}

/// REQUIRES: name and handle are free.
Admitted Registry::enter(const Admission& admission, std::uint16_t tsih) {
  const bool discovery = admission.name.target.empty();
  if (discovery) make_room_for_discovery();
  const SessionId id = ++last_id_;
  Entry& entry = by_id_[id];
  entry.name = admission.name;
  entry.tsih = tsih;
  entry.cid = admission.cid;
  entry.lane = admission.lane;
  if (discovery)
    discovery_.insert(id);
  else
    by_name_[admission.name] = id;
  by_tsih_[tsih] = id;
  return {id, tsih, nullptr};
}

/// Without a legacy the session had ended by itself before it was asked to.
bool Registry::continued(const Entry& entry, const NexusLegacyPtr& legacy) {
  return entry.waiting && entry.waiting->admission.tsih != 0 && legacy != nullptr &&
         !entry.closing_for_good;
}

bool Registry::continues(SessionId id, const NexusLegacyPtr& legacy) const {
  const auto found = by_id_.find(id);
  return found != by_id_.end() && continued(found->second, legacy);
}

/// Taken out whole first: the one who waits enters under the same name, and with the same handle if
/// it continues the session. Its place is the old one's.
void Registry::ended(SessionId id, NexusLegacyPtr legacy) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  Entry entry = std::move(found->second);
  if (!entry.name.target.empty()) by_name_.erase(entry.name);
  by_tsih_.erase(entry.tsih);
  discovery_.erase(id);
  by_id_.erase(found);
  if (!entry.waiting) return;
  const Admission& admission = entry.waiting->admission;
  if (!continued(entry, legacy)) return admit(admission, std::move(entry.waiting->answer));
  Admitted admitted = enter(admission, entry.tsih);
  admitted.legacy = std::move(legacy);
  entry.waiting->answer(std::move(admitted));
}

bool Registry::close(SessionId id, CloseReason reason) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  close_entry(id, found->second, reason);
  return true;
}

/// Once per session, whoever asks: its lane ends it and reports the end in its own time.
void Registry::close_entry(SessionId id, Entry& entry, CloseReason reason) {
  if (reason != CloseReason::kReinstated) entry.closing_for_good = true;
  if (std::exchange(entry.closing, true)) return;
  discovery_.erase(id);
  close_(entry.lane, id, reason);
}

}  // namespace lungate::session
