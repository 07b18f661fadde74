// SPDX-License-Identifier: LGPL-2.1-or-later

// The joining floor as a whole, from the home loop: lanes, listeners, the registry of sessions and
// the LUNs' truths. The home loop runs no I/O: what is slow here delays logins and changes, never a
// command.
//
//   Gateway(...) -> bind()... -> start() -> add_lun()..., set_directory(), listen() -> serving
//     -> stop_accepting(), drain() -> idle -> stop() -> destroyed
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/result.h"
#include "event/loop.h"
#include "session/acceptor.h"
#include "session/baton.h"
#include "session/directory.h"
#include "session/home_door.h"
#include "session/lane.h"
#include "session/login_guard.h"
#include "session/lun_home.h"
#include "session/portal.h"
#include "session/registry.h"
#include "session/session.h"
#include "session/settings.h"
#include "telemetry/segment.h"

namespace lungate::session {

/// A portal that could not be opened, and the errno.
struct PortalRefusal {
  Endpoint portal;
  int error = 0;
};

/// Home loop's thread only, but for the HomeDoor verbs, which lanes call.
class Gateway final : private HomeDoor, private LaneBroadcast {
 public:
  Gateway(event::Loop& home, const Settings& settings, telemetry::Segment& segment, unsigned lanes);
  /// REQUIRES: stop() has returned, or start() was never called.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void start();
  /// For who runs the lanes' loops on its own thread, instead of start(): a simulation.
  Lane& lane(unsigned index) { return *lanes_.at(index); }

  /// Adds a LUN on every lane; it is offline until its home says otherwise. No session sees it
  /// before a directory names it.
  std::shared_ptr<LunHome> add_lun(LunId id, scsi::Unit unit, telemetry::SlotId slot);
  /// REQUIRES: the directory names it no more. Its commands are answered as their I/O ends, those
  /// that wait for data by LOGICAL UNIT NOT SUPPORTED; `done` when no I/O is left and no lane knows
  /// the LUN: its backend may be closed.
  void remove_lun(LunId id, Done done);
  /// What its keeper knows of the LUN's store. Not counted any more when the LUN is removed.
  void count(LunId id, telemetry::LunCounter counter);

  /// Every lane takes the directory over; sessions that have lost their access end.
  void set_directory(DirectoryPtr directory, Done done);

  /// Takes a portal's address, before start() too: nobody else can serve there from now on, and
  /// who connects is refused. The answer is the real endpoint (port 0 is resolved), the error an
  /// errno. What comes in is counted as the segment's portal with the number of this call.
  Result<Endpoint, int> bind(std::uint16_t portal_group_tag, const Endpoint& where);
  /// Begins to accept on all that have been bound.
  Result<void, PortalRefusal> listen();
  /// A connection that has come to this portal: a lane takes it, or it is closed.
  void accepted(const Portal& portal, Accepted&& connection);

  /// Every session of every lane, in no order. `answer` is called on the home loop.
  void describe_sessions(std::function<void(std::vector<SessionDescription>)> answer);
  /// False when there is no such session.
  bool disconnect(SessionId id) { return registry_.close(id, CloseReason::kAdministrative); }

  /// Every lane holds its accounts against what there is (Lane::check_accounts); for tests.
  void check_accounts(Done done);

  std::size_t sessions() const { return registry_.size(); }
  std::size_t connections() const { return connections_; }
  /// Sources whose logins are refused now.
  std::size_t sources_refused() const { return guard_.refused(boot_now()); }
  std::size_t waiting_logins() const { return registry_.waiting(); }
  unsigned lanes() const { return static_cast<unsigned>(lanes_.size()); }

  void stop_accepting() {
    acceptors_.clear();
    bound_.clear();
  }
  /// Sessions finish what they have and end; `idle` is called when no connection is left.
  void drain(Done idle);
  /// What is still connected is closed. Its I/O is waited for before `idle` of drain() comes.
  void close_all();
  /// REQUIRES: idle.
  void stop();

 private:
  void admit(Lane& from, const Admission& admission, Registry::Answer answer) override;
  void withdraw(const Admission& admission) override;
  void session_ended(SessionId id, NexusLegacyPtr legacy) override;
  void proof_failed(const Source& source) override;
  void connection_ended(const Source& source) override;
  void apply_change(Lane& from, LunId lun, const scsi::UnitChange& change, Asker by,
                    Changed changed) override;
  void let_waiter_go(LunId lun, std::uint64_t ticket) override;
  void lock_ranges(Lane& from, LockRequest request,
                   std::function<void(bool granted)> answer) override;
  void unlock_ranges(std::uint64_t ticket) override;
  void withdraw_lock(std::uint64_t ticket) override;
  void reset_lun(Lane& from, LunId lun, Taker by, Done done) override;
  void clear_lun(Lane& from, LunId lun, Taker by, Done done) override;
  void lose_nexus(Lane& from, const scsi::NexusName& nexus, const std::string& target,
                  Done done) override;
  void close_target(const std::string& iqn) override;

  void update_lun(const LunUpdate& update, Done done) override;
  void abort_lun(LunId id, const std::vector<Taker>& by, Done done) override;
  void abort_nexuses(LunId id, const std::vector<scsi::NexusName>& names, SessionId except,
                     Done done) override;
  MailSink& mailbox() override { return home_.mailbox(); }
  void quiesce_lun(LunId id, LunFate fate, Done done) override;

  /// `work` on every lane; `done` on the home loop when every copy of its baton has been dropped.
  void on_every_lane(const std::function<void(Lane&, const Baton&)>& work, Done done);
  void nexus_lost(const scsi::NexusName& nexus, const std::string& target);
  /// Null, or the bound that another connection of this source would exceed.
  const telemetry::GatewayCounter* bound_reached(const Source& source) const;
  /// Counters of the gateway are the lanes'; the home loop has none of its own.
  void count(telemetry::GatewayCounter counter);
  void tell_if_idle();

  event::Loop& home_;
  const std::size_t connections_max_;
  const std::size_t connections_per_source_max_;  // 0: no bound
  const std::chrono::milliseconds login_refusal_;
  Registry registry_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  struct Bound {
    Portal portal;
    UniqueFd socket;
  };
  std::vector<Bound> bound_;
  std::size_t portals_ = 0;  // that were bound
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::map<LunId, std::shared_ptr<LunHome>> luns_;
  RangeLocks locks_;
  LoginGuard guard_;
  std::size_t connections_ = 0;
  std::map<Source, std::size_t> connections_of_;  // no zeros: as many entries as connections
  std::size_t next_lane_ = 0;
  Done idle_;
};

}  // namespace lungate::session
