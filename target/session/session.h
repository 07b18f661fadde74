// SPDX-License-Identifier: LGPL-2.1-or-later

// One session in full feature phase: an I_T nexus on its one connection (MaxConnections is 1). It
// dispatches PDUs, keeps their order by CmdSN, and ends when the connection has, and the last
// command's I/O after it.
//
//   serving --end()/peer/deadline--> closed --last task ends--> the home loop is told, buried
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

namespace lungate::session {

class Lane;

/// What the login phase hands over.
struct SessionStart {
  Admitted admitted;
  iscsi::LoginIdentity identity;
  iscsi::Negotiation negotiation;
  std::uint32_t stat_sn = 0;
  std::uint32_t first_cmd_sn = 0;
};

/// A session as operators see it.
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
  std::vector<std::uint16_t> luns;
};

class Session final : public PduHandler {
 public:
  Session(Connection& connection, SessionStart start);
  ~Session() override;

  SessionId id() const { return start_.admitted.id; }
  Lane& lane() { return connection_.lane(); }
  bool discovery() const { return start_.identity.type == iscsi::SessionType::kDiscovery; }
  const iscsi::LoginIdentity& identity() const { return start_.identity; }

  // PduHandler
  MutableBytes place(const iscsi::Framer& framer) override;
  void pdu(const iscsi::Framer& framer) override;
  void sent(Task& task) override { commands_.sent(task); }
  void tick(BootTime now) override;
  /// Takes no more commands; ends when those in progress have been answered.
  void drain() override;
  void closed(CloseReason reason) override;

  /// Begins to serve. Apart from the constructor, because it may find the access gone and close the
  /// connection, whose handler this must be by then.
  void begin();

  // The lane's and the executor's.
  void executed(Task& task) { commands_.executed(task); }
  void abort(Task& task, const Baton& baton) { commands_.abort(task, baton); }
  void raise(const LaneLun& lun, const scsi::AdditionalSense& attention);
  void directory_changed();
  void end(CloseReason reason);
  SessionDescription describe() const;

  // Its parts'.
  /// The portal's address as this initiator can use it: a portal on every address (0.0.0.0, ::) is
  /// told as the one that the initiator has come to.
  std::string reachable(const Endpoint& portal) const;
  void task_ended();
  /// The non-immediate PDU with this number will never be acted on, but its number has been used.
  void skip(std::uint32_t cmd_sn, bool immediate);
  /// For answers that come later: calls `work` on this session if it is still there and serving.
  std::function<void()> if_serving(std::function<void(Session&)> work);

 private:
  using Handler = void (Session::*)(const iscsi::Framer&);
  struct Row;
  static const std::array<Row, 7> kRows;

  void in_order(std::uint32_t cmd_sn, bool immediate, std::function<void()> act);
  void run_held();
  void on_command(const iscsi::Framer& framer);
  void on_data_out(const iscsi::Framer& framer);
  void on_task_management(const iscsi::Framer& framer);
  void on_nop_out(const iscsi::Framer& framer);
  void on_text(const iscsi::Framer& framer);
  void on_logout(const iscsi::Framer& framer);
  void on_snack(const iscsi::Framer& framer);
  void answer_ping(const iscsi::NopOut& request, Bytes data);
  void log_out(const iscsi::LogoutRequest& request);
  void finish_if_idle();

  Connection& connection_;
  const SessionStart start_;
  iscsi::Negotiation negotiation_;
  iscsi::CommandWindow window_;
  Sender sender_;
  Commands commands_;
  TextExchange text_;
  TaskManager manager_;
  iscsi::HeldCommands<std::function<void()>> held_;
  std::vector<std::byte> small_data_;  // of NOP-Out and Text
  Task* begun_ = nullptr;              // what begin() gave for the command PDU that is arriving
  bool ignored_ = false;               // the PDU that is arriving is outside the window
  bool draining_ = false;
  bool closed_ = false;
  bool finished_ = false;
  BootTime last_heard_;
  BootTime ping_sent_;  // 0: none is out
  std::uint32_t ping_tag_ = 0;
  const std::uint64_t since_unix_ms_;
  std::shared_ptr<Session*> self_ = std::make_shared<Session*>(this);
};

}  // namespace lungate::session
