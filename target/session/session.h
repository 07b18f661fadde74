// SPDX-License-Identifier: LGPL-2.1-or-later

// One session in full feature phase: an I_T nexus on its one connection (MaxConnections is 1). It
// dispatches PDUs, keeps their order by CmdSN, and ends when the connection has, and the last
// command's I/O after it.
//
//   serving --drain()--> draining ---+
//      |                    |        |
//      +------logout------> logging out
//      |                    |        |
//      +--- end(), peer, deadline, all answered ---> closed --last task ends--> finished: the home
//                                                                     loop is told, it is buried
//
// After closed() the session has no connection to speak by, and no more PDUs come; what still comes
// is the end of executions (absorbed), batons, and words of the home loop. Those find it by its
// weak self_, because the object is gone some time after its last task.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "iscsi/login.h"
#include "session/commands.h"
#include "session/connection.h"
#include "session/registry.h"
#include "session/sender.h"
#include "session/task_manager.h"
#include "session/text_exchange.h"
#include "session/window.h"

namespace lungate::session {

class Lane;

/// What the login phase hands over: who it is, what was agreed upon, and where both numberings
/// stand.
struct SessionStart {
  SessionId id = kNoSession;
  std::uint16_t tsih = 0;
  iscsi::LoginIdentity identity;
  iscsi::Negotiation negotiation;
  std::uint32_t stat_sn = 0;
  std::uint32_t first_cmd_sn = 0;
};

/// A session as operators see it: a copy, made on its lane and read on the home loop.
struct SessionDescription {
  SessionId id = kNoSession;
  iscsi::LoginIdentity identity;
  iscsi::Parameters parameters;
  std::uint16_t tsih = 0;
  std::uint16_t portal_group_tag = 0;
  std::string peer;
  std::string portal;
  unsigned lane = 0;
  std::uint64_t since_unix_ms = 0;
  std::uint32_t in_flight = 0;
  PathHealth path;
  std::vector<std::uint16_t> luns;
};

enum class SessionState : std::uint8_t {
  kServing,     // takes commands
  kDraining,    // new commands are answered BUSY; it closes when the last one has been answered
  kLoggingOut,  // a logout waits for I/O to end; then it is answered and the connection closed
  kClosed,      // the connection is gone; I/O of some commands has not ended yet
  kFinished,    // nothing of it is left but the object, which the turn's end destroys
};
inline constexpr Transitions<SessionState, 5> kSessionTable{
    "a session goes from state to state by its table",
    {{SessionState::kServing, SessionState::kDraining},
     {SessionState::kServing, SessionState::kLoggingOut},
     {SessionState::kServing, SessionState::kClosed},
     {SessionState::kDraining, SessionState::kLoggingOut},
     {SessionState::kDraining, SessionState::kClosed},
     {SessionState::kLoggingOut, SessionState::kClosed},
     {SessionState::kClosed, SessionState::kFinished}}};

class Session final : public PduHandler {
 public:
  Session(Connection& connection, SessionStart start);
  ~Session() override;

  SessionId id() const { return start_.id; }
  Lane& lane() { return connection_.lane(); }
  bool discovery() const { return start_.identity.type == iscsi::SessionType::kDiscovery; }
  const iscsi::LoginIdentity& identity() const { return start_.identity; }
  /// Its initiator's address and port.
  const std::string& peer() const { return connection_.peer_text(); }
  /// For the access list.
  config::Caller caller() const;
  /// Whom reservations are of.
  const scsi::NexusName& port() const { return port_; }
  Commands& commands() { return commands_; }
  telemetry::SlowShare& slow_share() { return slow_share_; }

  // PduHandler
  MutableBytes place(const iscsi::Framer& framer) override;
  void pdu(const iscsi::Framer& framer) override;
  void sent(Task& task) override { commands_.sent(task); }
  void tick(BootTime now) override;
  /// Takes no more commands; ends when those in progress have been answered.
  void drain() override;
  void closed(CloseReason reason) override;
  void check_accounts(Accounts& lane) const override { commands_.check_accounts(lane); }

  /// Begins to serve. Apart from the constructor, because it may find the access gone and close the
  /// connection, whose handler this must be by then. `legacy`: of the session that it continues.
  void begin(const NexusLegacyPtr& legacy);

  // The lane's and the executor's. abort, take_away, quiesce and executed may end the session's
  // last task, and with it the session: its caller must not use it after that but through the lane.
  void executed(Task& task) { commands_.executed(task); }
  void abort(Task& task, const Baton& baton) { commands_.abort(task, baton); }
  void take_away(Task& task, const Baton& baton) { commands_.take_away(task, baton); }
  void quiesce(Task& task, LunFate fate, const Baton& baton) {
    commands_.quiesce(task, fate, baton);
  }
  void forget(const LaneLun& lun) { commands_.forget(lun.recorder); }
  bool shows(const LaneLun& lun) const { return commands_.nexuses().shows(lun); }
  void raise(const LaneLun& lun, const scsi::AdditionalSense& attention);
  void directory_changed();
  void end(CloseReason reason);
  SessionDescription describe() const;

  // Its parts'.
  /// The portal's address as this initiator can use it: a portal on every address (0.0.0.0, ::) is
  /// told as the one that the initiator has come to.
  std::string reachable(const Endpoint& portal) const;
  /// A slot is free again: a drain or the session itself may have waited for it.
  void task_ended();
  /// The non-immediate PDU with this number will never be acted on, but its number has been used.
  void skip(std::uint32_t cmd_sn, bool immediate);
  /// For answers that come later: calls `work` on this session if it is still there and serving.
  std::function<void()> if_serving(std::function<void(Session&)> work);

 private:
  using Handler = void (Session::*)(const iscsi::Framer&);
  struct Row;
  static const std::array<Row, 7> kRows;
  /// Null: nothing that an initiator may send here.
  static const Row* row_of(iscsi::Opcode opcode);

  /// What waits for its turn by CmdSN, and the data that is kept for it.
  struct Held {
    std::function<void()> act;
    std::size_t bytes = 0;
  };

  /// Acts now, or when the turn has come, or never (a duplicate).
  void in_order(std::uint32_t cmd_sn, bool immediate, std::function<void()> act,
                std::size_t bytes = 0);
  /// True: it came before its turn with more data than is kept for such; it has been rejected.
  bool too_much_to_hold(const iscsi::Framer& framer);
  void run_held();
  void take_directory(bool first);
  void on_command(const iscsi::Framer& framer);
  void on_data_out(const iscsi::Framer& framer);
  void on_task_management(const iscsi::Framer& framer);
  void on_nop_out(const iscsi::Framer& framer);
  void on_text(const iscsi::Framer& framer);
  void on_logout(const iscsi::Framer& framer);
  void on_snack(const iscsi::Framer& framer);
  void answer_ping(const iscsi::NopOut& request, Bytes data);
  void log_out(const iscsi::LogoutRequest& request);
  void close_if_drained();
  NexusLegacyPtr leave();
  void finish_if_idle();

  // Destroyed from the bottom: the parts hold references to those above them.
  Connection& connection_;
  const SessionStart start_;
  const scsi::NexusName port_;
  iscsi::Negotiation negotiation_;
  Window window_;
  Sender sender_;
  Commands commands_;
  telemetry::SlowShare slow_share_;
  TextExchange text_;
  TaskManager manager_;
  iscsi::HeldCommands<Held> held_;
  std::size_t held_bytes_ = 0;         // at most limits::kHeldBytesPerSessionMax
  std::vector<std::byte> small_data_;  // of NOP-Out and Text
  Task* begun_ = nullptr;              // what begin() gave for the command PDU that is arriving
  bool ignored_ = false;               // the PDU that is arriving is outside the window
  StateOf<SessionState, kSessionTable> state_{SessionState::kServing};
  NexusLegacyPtr legacy_;  // since closed(), for who continues it; else null
  BootTime logout_due_;    // while it drains: not closed before, unless it logs out
  BootTime last_heard_;
  BootTime ping_sent_;  // 0: none is out
  std::uint32_t ping_tag_ = 0;
  const BootTime begun_at_;
  const std::uint64_t since_unix_ms_;
  std::shared_ptr<Session*> self_ = std::make_shared<Session*>(this);
};

}  // namespace lungate::session
