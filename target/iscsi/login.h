// SPDX-License-Identifier: LGPL-2.1-or-later

// The login phase of one connection (RFC 7143, 6.3 and 11.12, 11.13), from the first Login Request
// to full feature phase, as a value: requests go in, responses come out. Everything here is reached
// by peers that nobody has authenticated yet.
//
//   step(request) ---> kContinue    send the response, wait for the next request
//                 ---> kRefused     send the response, close the connection
//                 ---> kAdmission   send nothing yet: the peer has done its part. The owner ends
//                                   the session it replaces (11.12.5) or finds that it may not
//     admit(tsih) ---> kComplete    send the response, full feature phase begins behind it
//     refuse(status) > kRefused     send the response, close
//
// Where the policy demands CHAP, nobody gets out of the security stage, and nobody into the
// operational one, without it; the rounds are chap_exchange.h's. A transition that is asked for in
// the middle of them is put off: the response has no T.
//
// Sequence numbers: login requests are immediate, so ExpCmdSN stays at the CmdSN of the first
// (4.2.2.1); every response takes one StatSN. After kComplete the owner goes on with next_stat_sn()
// and first_cmd_sn().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/transitions.h"
#include "iscsi/bhs.h"
#include "iscsi/chap_exchange.h"
#include "iscsi/login_status.h"
#include "iscsi/negotiation.h"
#include "iscsi/parameters.h"
#include "iscsi/text.h"

namespace lungate::iscsi {

/// Stages of byte 1 in login PDUs (11.12.3). 2 is reserved.
enum class LoginStage : std::uint8_t { kSecurity = 0, kOperational = 1, kFullFeature = 3 };

/// Who logs in to what. Fixed by the first request (its first whole text); names are normalised.
struct LoginIdentity {
  std::string initiator_name;
  std::string initiator_alias;  // may be empty; as the peer sent it
  std::string target_name;      // empty in a discovery session
  SessionType type = SessionType::kNormal;
  Isid isid{};
  std::uint16_t tsih = 0;  // not 0: the peer wants to join or continue a session of ours
  std::uint16_t cid = 0;
};

/// The gateway's opinion of a LoginIdentity.
struct Admission {
  LoginStatus status = login_status::kSuccess;
  /// Why it is refused, for the log, in snake_case; a literal. Empty: the status's own name.
  std::string_view reason = {};
  /// With kMovedTemporarily and kMovedPermanently, where to: "10.0.0.1:3260" (13.8).
  std::string target_address;
  /// What the initiator must prove before anything is negotiated.
  Authentication authentication;
  /// Portal group through which the peer came (13.9); sent for normal sessions.
  std::uint16_t portal_group_tag = 1;
  TargetParameters offer;
};

/// Decides, without waiting, whether the target exists and this initiator may use it. Answers such
/// as kNotFound, kAuthorizationFailure and the redirections come from here, before any
/// authentication: a name that nobody has proved is enough to be refused. Outlives the machine.
class LoginPolicy {
 public:
  virtual Admission consider(const LoginIdentity& identity) const = 0;

 protected:
  ~LoginPolicy() = default;
};

struct LoginReply {
  enum class Outcome : std::uint8_t { kContinue, kAdmission, kComplete, kRefused };

  Outcome outcome = Outcome::kRefused;
  LoginStatus status = login_status::kInitiatorError;
  /// Why, in snake_case, for the log; a literal. Empty unless refused.
  std::string_view reason;
  /// Complete, with its data segment's length. Meaningless with kAdmission. A refusal has a text
  /// only if it is a redirection.
  LoginResponse header;
  std::string text;
};

class LoginMachine {
 public:
  static constexpr std::size_t kNameKeys = 3;  // that fix who it is, and for what

  // The states, in the order of a login. Every change goes through one function, which lets the
  // edges of kTable pass and stops the process at any other: they are our mistakes, never a peer's.
  enum class State : std::uint8_t {
    kFirstRequest,  // nothing has come: the first request chooses the stage to begin in
    kSecurity,      // the peer says who it is, and proves it where it must (6.3.2)
    kOperational,   // parameters are negotiated (6.3.3)
    kAdmission,     // the peer has asked for full feature phase; the owner decides
    kComplete,      // the final response is made: the next PDU belongs to the session
    kRefused,       // a refusal is made: the connection ends behind it
  };
  static constexpr std::size_t kStates = 6;

  static constexpr Transitions<State, kStates> kTable{
      "a login moves along its edges",
      {{State::kFirstRequest, State::kSecurity},
       {State::kFirstRequest, State::kOperational},  // 6.3: security may be skipped
       {State::kFirstRequest, State::kRefused},
       {State::kSecurity, State::kOperational},
       {State::kSecurity, State::kAdmission},  // 6.3: and so may operational parameters
       {State::kSecurity, State::kRefused},
       {State::kOperational, State::kAdmission},
       {State::kOperational, State::kRefused},
       {State::kAdmission, State::kComplete},
       {State::kAdmission, State::kRefused},
       {State::kRefused, State::kRefused}}};  // the owner's refusal may cross one of ours

  /// `command_window` is how many commands MaxCmdSN allows from the start. `random` is where CHAP's
  /// challenges come from, and outlives the machine.
  LoginMachine(const LoginPolicy& policy, std::uint32_t command_window,
               std::uint32_t first_stat_sn = 1, const RandomSource& random = kernel_random());

  /// One Login Request with its data segment. REQUIRES: neither complete, refused nor awaiting
  /// admission (a request that comes while admission is pending is the owner's to refuse).
  LoginReply step(const LoginRequest& request, Bytes data);

  /// After kAdmission. `tsih` is the new session's handle, not 0 (11.13.3).
  LoginReply admit(std::uint16_t tsih);
  /// Refuses at any time before completion; for kInvalidRequest too, when another PDU than a Login
  /// Request comes after the first request (before it: just close). REQUIRES: not status.success().
  LoginReply refuse(const LoginStatus& status, std::string_view reason);

  State state() const { return state_; }
  /// What must hold between two calls, whatever the peer sends: empty, or the sentence that does
  /// not hold. For tests and fuzzers, after every step.
  std::string_view invariants() const;

  /// Complete once the peer's first whole text has been accepted; empty or in part before.
  const LoginIdentity& identity() const { return identity_; }
  /// True once nothing stands between the peer and its parameters: CHAP is done, or not demanded.
  bool authenticated() const { return identified_ && (!chap_demanded_ || chap_.proven()); }
  const Negotiation& negotiation() const { return negotiation_; }
  std::uint16_t portal_group_tag() const { return portal_group_tag_; }
  std::uint32_t next_stat_sn() const { return stat_sn_; }
  /// CmdSN of the first command in full feature phase.
  std::uint32_t first_cmd_sn() const { return cmd_sn_; }

 private:
  /// What a check found wrong, or nothing.
  struct Refusal {
    LoginStatus status;
    std::string_view reason;
    std::string text = {};  // of a redirection
  };
  using Verdict = std::optional<Refusal>;
  struct HeaderRule;  // one row per rule that a request's header must keep
  struct AuthMethod;  // one row per value of AuthMethod that we take

  void enter(State to);
  /// The peer may speak: no answer of the owner's is due, and the login has not ended.
  bool negotiating() const;
  Verdict check_header(const LoginRequest& request) const;
  void remember_first(const LoginRequest& request);
  Verdict take_text(std::string_view text, TextBuilder& reply);
  Verdict identify(const TextKeys& keys, TextBuilder& reply);
  Verdict read_identity(const TextKeys& keys);
  static Refusal redirected(const Admission& admission);
  Verdict authenticate(const TextKeys& keys, TextBuilder& reply);
  Verdict agree_on_method(std::string_view offered, TextBuilder& reply);
  bool none_will_do() const { return !chap_demanded_; }
  bool chap_is_demanded() const { return chap_demanded_; }
  LoginReply refuse(const Refusal& refusal);
  Verdict negotiate(const TextKeys& keys, TextBuilder& reply);
  LoginReply respond(const LoginRequest& request);
  LoginReply make_reply(LoginReply::Outcome outcome, std::uint8_t flags, std::string text);

  const LoginPolicy* policy_;
  const RandomSource* random_;
  std::uint32_t command_window_;  // MaxCmdSN = ExpCmdSN + this - 1
  std::uint32_t stat_sn_;         // of the next response
  std::uint32_t cmd_sn_ = 0;      // of the first request; all of a login bear it

  State state_ = State::kFirstRequest;
  bool started_ = false;          // the first request's header has been accepted
  bool identified_ = false;       // its text has been
  bool auth_negotiated_ = false;  // AuthMethod has been agreed upon
  std::uint32_t rounds_ = 0;      // requests so far, against limits::kLoginRoundsMax
  LoginIdentity identity_;
  std::array<std::optional<std::string>, kNameKeys> said_;  // of kFrozenKeys, at first
  bool chap_demanded_ = false;  // by the policy, once the peer is identified
  ChapExchange chap_;
  std::uint16_t portal_group_tag_ = 0;
  Negotiation negotiation_;
  // A text of the peer's may take several requests (C bit), and so may our answer take several
  // responses; while ours is not all said, the peer may only ask for the rest (6.2).
  TextGatherer incoming_;
  TextSender outgoing_;
  LoginRequest last_request_;  // what the next response echoes
  std::string final_text_;     // of the response that waits for admission
};

}  // namespace lungate::iscsi
