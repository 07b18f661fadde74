// SPDX-License-Identifier: LGPL-2.1-or-later

// A connection before full feature phase: feeds the login machine, asks the home loop for the
// session, and hands the connection over to it.
#pragma once

#include <memory>
#include <vector>

#include "iscsi/login.h"
#include "session/connection.h"
#include "session/registry.h"

namespace lungate::session {

struct LoginFailure;

/// Lane's thread. Ends in one of three ways: the session takes the connection over, a refusal is
/// sent and the connection closes, or the connection closes without an answer.
class LoginPhase final : public PduHandler, private iscsi::LoginPolicy {
 public:
  /// `source_refused`: whatever its request says, the login is refused.
  LoginPhase(Connection& connection, bool source_refused);

  MutableBytes place(const iscsi::Framer& framer) override;
  void pdu(const iscsi::Framer& framer) override;
  void sent(Task&) override {}
  void tick(BootTime now) override;
  void drain() override { connection_.close(CloseReason::kDrained); }
  void closed(CloseReason reason) override;

 private:
  void check_accounts(Accounts&) const override {}  // it holds no commands

  iscsi::Admission consider(const iscsi::LoginIdentity& identity) const override;

  void act(iscsi::LoginReply&& reply);
  void send(iscsi::LoginReply&& reply);
  void refused(const iscsi::LoginReply& reply);
  /// Once per login that failed.
  void count(const LoginFailure& failure);
  void ask_admission();
  void answered(const Result<Admitted, AdmissionError>& answer);
  void begin_session(const Admitted& admitted);

  Connection& connection_;
  const bool source_refused_;
  iscsi::LoginMachine machine_;
  const BootTime deadline_;  // of the whole login, however many PDUs it takes
  bool started_ = false;  // a Login Request has come: other PDUs are answered, not just closed on
  bool asking_ = false;   // waits for the home loop
  Admission asked_for_;   // while asking
  std::vector<std::byte> data_;
  /// Answers of the home loop that come when this is gone find nobody behind it.
  std::shared_ptr<LoginPhase*> self_ = std::make_shared<LoginPhase*>(this);
};

}  // namespace lungate::session
