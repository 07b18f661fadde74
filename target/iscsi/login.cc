// SPDX-License-Identifier: LGPL-2.1-or-later

// The login machine: a request's header is held against a table of rules, its text is gathered,
// read and answered, and the response says what comes next. Its owner (session's login phase) calls
// it on the connection's lane. The peer is a stranger: whatever it sends wrong becomes a response
// with a status (11.13.5) and the end of the connection, never a check. What a check guards here is
// the owner's order of calls, and that states change along LoginMachine::kTable only.
#include "iscsi/login.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "iscsi/names.h"

namespace lungate::iscsi {
namespace {

using Outcome = LoginReply::Outcome;

constexpr std::uint8_t kReservedStage = 2;
constexpr std::uint8_t kVersionMin = 0;  // the one version that RFC 7143 defines (11.12.4)

using State = LoginMachine::State;

constexpr std::uint8_t value(LoginStage stage) {
  return static_cast<std::uint8_t>(stage);
}

/// The state that a stage of byte 1 stands for. Full feature phase is asked for here, and entered
/// only when the owner has admitted. REQUIRES: not the reserved stage; check_header() refuses it.
constexpr State state_of(std::uint8_t stage) {
  constexpr std::array kStateOf = {State::kSecurity, State::kOperational, State::kRefused,
                                   State::kAdmission};
  return kStateOf[stage];
}

/// What a failed exchange is on the wire. Whoever breaks the rules of the exchange is told so; whom
/// we do not believe learns that, and not why.
LoginStatus status_of(ChapError error) {
  switch (error) {
    case ChapError::kOutOfTurn:
    case ChapError::kIncomplete:
      return login_status::kInitiatorError;
    case ChapError::kCryptoFailed:
      return login_status::kTargetError;
    case ChapError::kNoAlgorithms:
    case ChapError::kMalformed:
    case ChapError::kReflectedChallenge:
    case ChapError::kEqualSecrets:
    case ChapError::kUnknownUser:
    case ChapError::kWrongSecret:
    case ChapError::kNoTargetSecret:
      return login_status::kAuthenticationFailure;
  }
  return login_status::kAuthenticationFailure;
}

/// Keys that the first request fixes for the whole login, said or not.
constexpr std::array<std::string_view, LoginMachine::kNameKeys> kFrozenKeys = {
    "InitiatorName", "TargetName", "SessionType"};

}  // namespace

// --- The header of a request ---------------------------------------------------------------------

struct LoginMachine::HeaderRule {
  bool (*broken)(const LoginMachine& machine, const LoginRequest& request);
  LoginStatus status;
  std::string_view reason;

  // 11.12.4: we speak version 0, so the peer's lowest must be 0.
  static bool version(const LoginMachine&, const LoginRequest& request) {
    return request.version_min > kVersionMin;
  }
  // 11.2.2: no additional header is defined for anything but SCSI commands.
  static bool additional_header(const LoginMachine&, const LoginRequest& request) {
    return request.total_ahs_words != 0;
  }
  // 11.12.2: a text that goes on cannot end its stage.
  static bool transit_and_continue(const LoginMachine&, const LoginRequest& request) {
    return request.transit() && request.continues();
  }
  // 11.12.3: security or operational; 2 is reserved, and nobody logs in from full feature phase.
  static bool current_stage(const LoginMachine&, const LoginRequest& request) {
    return request.current_stage() > value(LoginStage::kOperational);
  }
  // 11.12.3: only forward. Without T the field is reserved and not looked at.
  static bool next_stage(const LoginMachine&, const LoginRequest& request) {
    return request.transit() && (request.next_stage() == kReservedStage ||
                                 request.next_stage() <= request.current_stage());
  }
  // 6.3: the stage changes by a response of ours, never by itself.
  static bool stage_jump(const LoginMachine& machine, const LoginRequest& request) {
    return machine.started_ && state_of(request.current_stage()) != machine.state_;
  }
  // 11.12.5 to 11.12.7: one login, one ISID, TSIH and CID.
  static bool identity(const LoginMachine& machine, const LoginRequest& request) {
    const LoginIdentity& first = machine.identity_;
    return machine.started_ &&
           (request.isid != first.isid || request.tsih != first.tsih || request.cid != first.cid);
  }
};

LoginMachine::Verdict LoginMachine::check_header(const LoginRequest& request) const {
  using Rule = HeaderRule;
  static constexpr std::array kRules = {
      Rule{Rule::version, login_status::kUnsupportedVersion, "version"},
      Rule{Rule::additional_header, login_status::kInitiatorError, "additional_header"},
      Rule{Rule::transit_and_continue, login_status::kInitiatorError, "transit_and_continue"},
      Rule{Rule::current_stage, login_status::kInitiatorError, "current_stage"},
      Rule{Rule::next_stage, login_status::kInitiatorError, "next_stage"},
      Rule{Rule::stage_jump, login_status::kInitiatorError, "stage_jump"},
      Rule{Rule::identity, login_status::kInitiatorError, "identity_changed"},
  };
  for (const Rule& rule : kRules) {
    if (rule.broken(*this, request)) return Refusal{rule.status, rule.reason};
  }
  return std::nullopt;
}

void LoginMachine::remember_first(const LoginRequest& request) {
  started_ = true;
  enter(state_of(request.current_stage()));
  cmd_sn_ = request.cmd_sn;
  identity_.isid = request.isid;
  identity_.tsih = request.tsih;
  identity_.cid = request.cid;
}

// --- The states ----------------------------------------------------------------------------------

// The one place where the state changes. An edge that the table lacks is a mistake of ours,
// whoever's request made it show: so the conditions that lead here must have refused what a peer
// can do wrong.
void LoginMachine::enter(State to) {
  check(kTable.allow(state_, to), kTable.what());
  state_ = to;
}

bool LoginMachine::negotiating() const {
  return state_ == State::kFirstRequest || state_ == State::kSecurity ||
         state_ == State::kOperational;
}

std::string_view LoginMachine::invariants() const {
  const bool answered = state_ == State::kAdmission || state_ == State::kComplete;
  // A refusal may come before anything else did: then nothing is known of the peer.
  if (!started_ && state_ != State::kFirstRequest && state_ != State::kRefused) {
    return "a login that goes on has a first request";
  }
  if (started_ && state_ == State::kFirstRequest) return "the first request chooses the stage";
  if (identified_ && !started_) return "who it is stands in the text of a request";
  if (identified_ && identity_.initiator_name.empty()) return "an accepted initiator has a name";
  if (auth_negotiated_ && !identified_) return "authentication is of somebody";
  if (chap_.under_way() && !auth_negotiated_) return "CHAP follows an agreement";
  if (identified_ && !authenticated() && state_ != State::kSecurity && state_ != State::kRefused) {
    return "nobody leaves the security stage without the proof that is demanded";
  }
  if (answered && !identified_) return "nobody gets in without a name that the policy accepted";
  if (answered && outgoing_.pending()) return "a transition waits until our text is all said";
  if (answered && !incoming_.empty()) return "a transition ends the peer's text";
  if (state_ != State::kAdmission && !final_text_.empty()) {
    return "only a login that waits for admission keeps its last text";
  }
  return {};
}

// --- From request to response --------------------------------------------------------------------

LoginMachine::LoginMachine(const LoginPolicy& policy, std::uint32_t command_window,
                           std::uint32_t first_stat_sn, const RandomSource& random)
    : policy_(&policy),
      random_(&random),
      command_window_(command_window),
      stat_sn_(first_stat_sn) {}

LoginReply LoginMachine::step(const LoginRequest& request, Bytes data) {
  check(negotiating(), "no step after the end of a login");
  last_request_ = request;
  if (++rounds_ > limits::kLoginRoundsMax) {
    return refuse(login_status::kInitiatorError, "too_many_rounds");
  }
  if (const Verdict broken = check_header(request)) return refuse(*broken);
  if (!started_) remember_first(request);

  if (outgoing_.pending()) {  // our answer is longer than a PDU: the peer only asks for the rest
    const bool asks = data.empty() && !request.continues();
    return asks ? respond(request) : refuse(login_status::kInitiatorError, "text_out_of_turn");
  }
  if (const auto appended = incoming_.append(data); !appended) {
    return refuse(login_status::kInitiatorError, name(appended.error()));
  }
  if (!request.continues()) {
    TextBuilder reply;
    const Verdict wrong = take_text(incoming_.text(), reply);
    incoming_.clear();
    if (wrong) return refuse(*wrong);
    outgoing_ = TextSender(reply.take());
  }
  return respond(request);
}

LoginReply LoginMachine::respond(const LoginRequest& request) {
  const std::uint32_t room = std::min(negotiation_.parameters().max_send_data_segment_bytes,
                                      limits::kLoginDataSegmentBytes);
  TextSender::Piece piece = outgoing_.next(room);
  // A transition ends the stage's text: it waits until ours is all said and the peer has asked, and
  // until the peer has proved who it is.
  auto flags = static_cast<std::uint8_t>(request.current_stage() << 2);
  if (piece.more) flags |= kContinueBit;
  if (piece.more || !request.transit() || chap_.under_way()) {
    return make_reply(Outcome::kContinue, flags, std::move(piece.text));
  }

  if (!authenticated()) return refuse(login_status::kAuthenticationFailure, "not_authenticated");
  if (request.next_stage() != value(LoginStage::kFullFeature)) {
    enter(state_of(request.next_stage()));
    flags |= static_cast<std::uint8_t>(kTransitBit | request.next_stage());
    return make_reply(Outcome::kContinue, flags, std::move(piece.text));
  }
  // Checked at the very end: a digest may be agreed upon in any request of the stage.
  if (!negotiation_.digests_acceptable()) {
    return refuse(login_status::kInitiatorError, "digest_required");
  }
  enter(State::kAdmission);
  final_text_ = std::move(piece.text);
  LoginReply reply;
  reply.outcome = Outcome::kAdmission;
  reply.status = login_status::kSuccess;
  return reply;
}

LoginReply LoginMachine::admit(std::uint16_t tsih) {
  check(state_ == State::kAdmission, "a login is admitted when its peer has done its part");
  check(tsih != 0, "a session's handle is not 0");
  enter(State::kComplete);
  const auto flags = static_cast<std::uint8_t>(kTransitBit | (last_request_.current_stage() << 2) |
                                               value(LoginStage::kFullFeature));
  LoginReply reply =
      make_reply(Outcome::kComplete, flags, std::exchange(final_text_, std::string()));
  reply.header.tsih = tsih;
  return reply;
}

// Also from kRefused: the owner's timeout or a stray PDU may meet a refusal of ours that is not
// sent yet. The peer sees whichever is sent first, and then the end.
LoginReply LoginMachine::refuse(const LoginStatus& status, std::string_view reason) {
  check(state_ != State::kComplete, "a complete login is not refused");
  check(!status.success(), "a refusal is no success");
  enter(State::kRefused);
  final_text_.clear();
  const auto flags = static_cast<std::uint8_t>(last_request_.current_stage() << 2);
  LoginReply reply = make_reply(Outcome::kRefused, flags, {});
  reply.status = status;
  reply.reason = reason;
  reply.header.status_class = status.status_class;
  reply.header.status_detail = status.detail;
  return reply;
}

LoginReply LoginMachine::refuse(const Refusal& refusal) {
  LoginReply reply = refuse(refusal.status, refusal.reason);
  reply.text = refusal.text;
  reply.header.data_segment_bytes = static_cast<std::uint32_t>(reply.text.size());
  return reply;
}

// Every response, also a refusal, echoes ISID, TSIH, CID's request tag and the numbers of the
// request it answers: an initiator that retries matches them. StatSN is consumed by each, which is
// why admit() makes its reply only when it is sent.
LoginReply LoginMachine::make_reply(Outcome outcome, std::uint8_t flags, std::string text) {
  LoginReply reply;
  reply.outcome = outcome;
  reply.status = login_status::kSuccess;
  reply.text = std::move(text);
  LoginResponse& header = reply.header;
  header.flags = flags;
  header.data_segment_bytes = static_cast<std::uint32_t>(reply.text.size());
  header.isid = last_request_.isid;
  header.tsih = last_request_.tsih;
  header.initiator_task_tag = last_request_.initiator_task_tag;
  // 4.2.2.1: login requests are immediate, so none of them moves ExpCmdSN on.
  const std::uint32_t exp_cmd_sn = started_ ? cmd_sn_ : last_request_.cmd_sn.value();
  header.stat_sn = stat_sn_++;
  header.exp_cmd_sn = exp_cmd_sn;
  header.max_cmd_sn = exp_cmd_sn + command_window_ - 1;
  return reply;
}

// --- The text of a request -----------------------------------------------------------------------

// In this order, because each step may refuse what the next would answer: well-formed, who it is,
// how it proves that, what it wants. The first text must name the initiator even when it comes in
// the operational stage (6.3).
LoginMachine::Verdict LoginMachine::take_text(std::string_view text, TextBuilder& reply) {
  const auto keys = parse_text(text);
  if (!keys) return Refusal{login_status::kInitiatorError, name(keys.error())};
  if (!identified_) {
    if (const Verdict wrong = identify(*keys, reply)) return wrong;
  } else {
    // libiscsi, given credentials that nobody asks for, says them all again: that changes nothing.
    for (std::size_t i = 0; i < kFrozenKeys.size(); ++i) {
      const auto again = keys->find(kFrozenKeys[i]);
      if (again && again != said_[i]) return Refusal{login_status::kInitiatorError, "name_changed"};
    }
  }
  if (state_ == State::kSecurity) {
    if (const Verdict wrong = authenticate(*keys, reply)) return wrong;
  } else if (!authenticated()) {  // 6.3.3: it has left security out
    return Refusal{login_status::kAuthenticationFailure, "not_authenticated"};
  }
  return negotiate(*keys, reply);
}

// The policy is asked once, here, before any authentication: whether the target exists for this
// initiator decides what may be negotiated at all. It answers from memory; the owner reinstates and
// counts only at admission, when the peer has really done its part.
LoginMachine::Verdict LoginMachine::identify(const TextKeys& keys, TextBuilder& reply) {
  if (const Verdict wrong = read_identity(keys)) return wrong;
  const Admission admission = policy_->consider(identity_);
  if (admission.status.redirection()) return redirected(admission);
  if (!admission.status.success()) {
    return Refusal{admission.status,
                   admission.reason.empty() ? admission.status.name : admission.reason};
  }
  identified_ = true;
  for (std::size_t i = 0; i < kFrozenKeys.size(); ++i) said_[i] = keys.find(kFrozenKeys[i]);
  chap_demanded_ = admission.authentication.chap;
  chap_ = ChapExchange(admission.authentication, *random_);
  negotiation_ = Negotiation(admission.offer);
  portal_group_tag_ = admission.portal_group_tag;
  if (identity_.type == SessionType::kNormal) {  // 13.9: in the first response that carries text
    reply.add("TargetPortalGroupTag", std::uint64_t{portal_group_tag_});
  }
  return std::nullopt;
}

// 11.13.5: where to stands in the refusal's own text.
LoginMachine::Refusal LoginMachine::redirected(const Admission& admission) {
  check(!admission.target_address.empty(), "a redirection names an address");
  TextBuilder text(limits::kLoginDataSegmentBytes);
  text.add("TargetAddress", admission.target_address);
  return {admission.status, admission.status.name, text.take()};
}

LoginMachine::Verdict LoginMachine::read_identity(const TextKeys& keys) {
  const std::string_view type = keys.find("SessionType").value_or("Normal");
  if (type != "Normal" && type != "Discovery") {
    return Refusal{login_status::kSessionTypeNotSupported, "session_type"};
  }
  identity_.type = type == "Normal" ? SessionType::kNormal : SessionType::kDiscovery;

  const auto initiator = keys.find("InitiatorName");
  if (!initiator) return Refusal{login_status::kMissingParameter, "no_initiator_name"};
  auto initiator_name = normalise_name(*initiator);
  if (!initiator_name) return Refusal{login_status::kInitiatorError, "bad_initiator_name"};
  identity_.initiator_name = *std::move(initiator_name);
  identity_.initiator_alias = keys.find("InitiatorAlias").value_or("");

  if (identity_.type == SessionType::kDiscovery) return std::nullopt;  // TargetName: not looked at
  const auto target = keys.find("TargetName");
  if (!target) return Refusal{login_status::kMissingParameter, "no_target_name"};
  auto target_name = normalise_name(*target);
  // What is no name is the name of no target: the initiator made no mistake of protocol.
  if (!target_name) return Refusal{login_status::kNotFound, "bad_target_name"};
  identity_.target_name = *std::move(target_name);
  return std::nullopt;
}

struct LoginMachine::AuthMethod {
  std::string_view name;
  bool (LoginMachine::*acceptable)() const;
};

// CHAP's keys before AuthMethod: they belong to an agreement of an earlier request, and in the text
// that makes it they are out of turn.
LoginMachine::Verdict LoginMachine::authenticate(const TextKeys& keys, TextBuilder& reply) {
  if (const auto stepped = chap_.step(keys, reply); !stepped) {
    return Refusal{status_of(stepped.error()), name(stepped.error())};
  }
  const auto offered = keys.find("AuthMethod");
  return offered ? agree_on_method(*offered, reply) : std::nullopt;  // no offer means None (6.3.2)
}

// To add a method: a row here, and what it begins. The peer lists in order of preference (6.2.1),
// so its first that will do wins.
LoginMachine::Verdict LoginMachine::agree_on_method(std::string_view offered, TextBuilder& reply) {
  static constexpr std::array kMethods = {
      AuthMethod{"None", &LoginMachine::none_will_do},
      AuthMethod{"CHAP", &LoginMachine::chap_is_demanded},
  };
  if (auth_negotiated_) return Refusal{login_status::kInitiatorError, "repeated_auth_method"};
  auth_negotiated_ = true;
  for (const std::string_view item : split_list(offered)) {
    for (const AuthMethod& method : kMethods) {
      if (method.name != item || !(this->*method.acceptable)()) continue;
      reply.add("AuthMethod", method.name);
      if (chap_demanded_) chap_.begin();
      return std::nullopt;
    }
  }
  return Refusal{login_status::kAuthenticationFailure, "no_common_auth_method"};
}

LoginMachine::Verdict LoginMachine::negotiate(const TextKeys& keys, TextBuilder& reply) {
  // Keys outside their stage are answered Reject and stay free for the right one.
  const bool operational = state_ == State::kOperational;
  const KeyPhases phase = operational ? kInOperational : kInSecurity;
  const auto answered = negotiation_.answer(keys, phase, identity_.type, reply);
  if (!answered) return Refusal{login_status::kInitiatorError, name(answered.error())};
  if (operational) negotiation_.declare(reply);
  return std::nullopt;
}

}  // namespace lungate::iscsi
