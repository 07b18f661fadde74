// SPDX-License-Identifier: LGPL-2.1-or-later

// The sessions of this gateway, on the home loop: who is in, under which TSIH, and the rule that an
// initiator port has one session per target portal group (RFC 7143, 4.4.3). A login that has
// succeeded asks here last; if its port is in already, the old session is ended first, and the
// answer waits until the old one's commands have ended in the backend too: a write of the old
// session must not land after a write of the new one.
//
// Discovery sessions are of no nexus, and anybody may have one: they have places of their own, and
// the oldest makes room for the newest.
//
//   login B arrives, A is in     A is asked to end (once); B waits
//   login C arrives              C waits in B's place, B is answered kSuperseded
//   C's connection goes          C is withdrawn; nobody waits
//   A's last I/O has ended       whoever waits comes in
//
// With TSIH 0 that is session reinstatement (RFC 7143, 6.3.5): another session, another nexus. With
// A's own TSIH and CID it is connection reinstatement (6.3.4): A's connection is logged out in the
// same way and its tasks terminated (error recovery level 0), but the session continues (6.3.6):
// under its TSIH, with the legacy of its nexuses. The I_T nexus is not lost: 6.3.5.1 counts what
// loses it, and this is not among it. A session that has ended by itself, its connection lost or
// logged out, is there no more for whoever comes with its TSIH.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "base/limits.h"
#include "base/result.h"
#include "iscsi/bhs.h"
#include "scsi/reservations.h"
#include "session/close_reason.h"
#include "session/ids.h"
#include "session/source.h"

namespace lungate::session {

struct NexusLegacy;
/// Null: the session has left nothing, and its I_T nexus is lost.
using NexusLegacyPtr = std::shared_ptr<const NexusLegacy>;

/// What identifies a session to its peers: the I_T nexus.
struct NexusName {
  std::string initiator;
  std::uint64_t isid = 0;  // 48 bits
  std::string target;      // empty: discovery
  std::uint16_t portal_group_tag = 0;

  friend bool operator==(const NexusName&, const NexusName&) = default;
  friend auto operator<=>(const NexusName& a, const NexusName& b) {
    return std::tie(a.initiator, a.isid, a.target, a.portal_group_tag) <=>
           std::tie(b.initiator, b.isid, b.target, b.portal_group_tag);
  }
};

/// The six bytes of an ISID as a number.
std::uint64_t isid_number(const iscsi::Isid& isid);
/// As reservations know a normal session: its initiator port, and the target port it came by.
scsi::NexusName port_name(const NexusName& name);

struct Admission {
  NexusName name;
  std::uint16_t tsih = 0;    // as the login request says; not 0: it means to join that session,
  std::uint16_t cid = 0;     // as another connection, or in the place of the one with this CID
  unsigned lane = 0;         // where the connection lives
  std::uint64_t ticket = 0;  // names this login, and no other of this gateway: for withdraw()
  Source source;             // where the connection comes from
};

struct Admitted {
  SessionId id = kNoSession;
  std::uint16_t tsih = 0;
  NexusLegacyPtr legacy;  // null: a new session
};

enum class AdmissionError : std::uint8_t {
  kNoSuchSession,       // TSIH is not 0 and names none of ours, or one that has ended meanwhile
  kTooManyConnections,  // it exists, with another CID, and MaxConnections is 1
  kOutOfResources,      // no place or no session handle left
  kSuperseded,          // it waited, and a newer login of its port has come
  kSourceRefused,       // the gateway's: too many proofs of its source have failed
};

class Registry {
 public:
  using Answer = std::function<void(Result<Admitted, AdmissionError>)>;
  /// Asks the lane to end a session; the lane answers by ended() when nothing of it is left.
  using CloseSession = std::function<void(unsigned lane, SessionId, CloseReason)>;

  struct Places {
    std::size_t normal = limits::kConnectionsMax;
    std::size_t discovery = limits::kDiscoverySessionsMax;
  };

  Registry(CloseSession close, Places places) : close_(std::move(close)), places_(places) {}

  /// `answer` is called once, perhaps before admit() returns, or never if it is withdrawn. Home
  /// loop, as everything here.
  void admit(const Admission& admission, Answer answer);

  /// The connection of a login has gone: it waits no longer. Nothing happens when the login with
  /// this ticket does not wait.
  void withdraw(const Admission& admission);

  /// A login waits to continue this session, whose connection was ended for it, and can.
  bool continues(SessionId id, const NexusLegacyPtr& legacy) const;
  /// The session's connection is gone and its last command has ended.
  void ended(SessionId id, NexusLegacyPtr legacy);

  /// Asks for the end of one session; false when there is none of this id.
  bool close(SessionId id, CloseReason reason);

  void close_target(const std::string& iqn, CloseReason reason);
  /// Null: there is no such session.
  const NexusName* name_of(SessionId id) const;

  std::size_t size() const { return by_id_.size(); }
  /// Logins that wait for the end of a session.
  std::size_t waiting() const;

 private:
  struct Waiting {
    Admission admission;
    Answer answer;
  };
  struct Entry {
    NexusName name;
    std::uint16_t tsih = 0;
    std::uint16_t cid = 0;
    unsigned lane = 0;
    bool closing = false;
    bool closing_for_good = false;   // asked by somebody else than its own initiator's login
    std::optional<Waiting> waiting;  // the newest login of the same port
  };

  static bool continued(const Entry& entry, const NexusLegacyPtr& legacy);
  SessionId holder(const Admission& admission) const;
  std::optional<AdmissionError> refuse_join(const Admission& admission) const;
  std::uint16_t next_tsih();
  Admitted enter(const Admission& admission, std::uint16_t tsih);
  Result<Admitted, AdmissionError> enter_anew(const Admission& admission);
  void make_room_for_discovery();
  void close_entry(SessionId id, Entry& entry, CloseReason reason);

  CloseSession close_;
  const Places places_;
  std::unordered_map<SessionId, Entry> by_id_;
  std::map<NexusName, SessionId> by_name_;  // normal sessions
  std::set<SessionId> discovery_;           // by age, without those that were asked to end
  std::map<std::uint16_t, SessionId> by_tsih_;
  SessionId last_id_ = kNoSession;
  std::uint16_t last_tsih_ = 0;
};

}  // namespace lungate::session
