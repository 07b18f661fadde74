// SPDX-License-Identifier: LGPL-2.1-or-later

// A connection until it is a session. Made by Lane::adopt; called by the connection, and by the
// home loop's answer, on the lane's thread. The login machine judges what the peer says, the
// directory whether it may, the registry (on the home loop) whether it may now. A wrong PDU becomes
// a Login Response with its status and the connection closes, except for what is no login at all:
// that peer does not speak iSCSI, and gets no answer to learn from.
#include "session/login_phase.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "session/lane.h"
#include "session/login_failure.h"
#include "session/session.h"

namespace lungate::session {
namespace {

using telemetry::GatewayCounter;
namespace status = iscsi::login_status;

/// What the registry's refusals are called on the wire.
iscsi::LoginStatus status_of(AdmissionError error) {
  switch (error) {
    case AdmissionError::kNoSuchSession:
      return status::kSessionDoesNotExist;
    case AdmissionError::kTooManyConnections:
      return status::kTooManyConnections;
    case AdmissionError::kOutOfResources:
    case AdmissionError::kSuperseded:
    case AdmissionError::kSourceRefused:
      return status::kOutOfResources;
  }
  return status::kTargetError;
}

iscsi::DigestPolicy digest_policy(const std::vector<config::Digest>& acceptable) {
  const auto takes = [&](config::Digest digest) {
    return std::find(acceptable.begin(), acceptable.end(), digest) != acceptable.end();
  };
  return {takes(config::Digest::kNone), takes(config::Digest::kCrc32c)};
}

iscsi::TargetParameters offer_of(const config::Iscsi& iscsi) {
  iscsi::TargetParameters offer;
  offer.max_recv_data_segment_bytes = iscsi.max_recv_data_segment_bytes;
  offer.max_burst_bytes = iscsi.max_burst_bytes;
  offer.first_burst_bytes = iscsi.first_burst_bytes;
  offer.max_outstanding_r2t = static_cast<std::uint16_t>(iscsi.max_outstanding_r2t);
  offer.initial_r2t = iscsi.initial_r2t;
  offer.immediate_data = iscsi.immediate_data;
  offer.header_digest = digest_policy(iscsi.header_digest);
  offer.data_digest = digest_policy(iscsi.data_digest);
  return offer;
}

iscsi::ChapAlgorithms algorithms_of(const std::vector<config::ChapAlgorithm>& acceptable) {
  constexpr std::array kAlgorithmOf = {iscsi::ChapAlgorithm::kMd5, iscsi::ChapAlgorithm::kSha1,
                                       iscsi::ChapAlgorithm::kSha256, iscsi::ChapAlgorithm::kSha3};
  iscsi::ChapAlgorithms set;
  for (const config::ChapAlgorithm one : acceptable)
    set.add(kAlgorithmOf[static_cast<std::size_t>(one)]);
  return set;
}

/// What must be proved, from the configuration. Secrets are copied for the time of the login only.
iscsi::Authentication demand(const config::Chap& chap, const config::Iscsi& iscsi) {
  iscsi::Authentication authentication;
  authentication.chap = chap.demanded();
  if (!authentication.chap) return authentication;
  authentication.algorithms = algorithms_of(iscsi.chap_digests);
  authentication.initiator = {chap.user, chap.secret};
  authentication.target = {chap.mutual_user, chap.mutual_secret};
  return authentication;
}

}  // namespace

LoginPhase::LoginPhase(Connection& connection, bool source_refused)
    : connection_(connection),
      source_refused_(source_refused),
      machine_(*this, connection.lane().settings().iscsi.command_window),
      deadline_(boot_now() + connection.lane().settings().login_timeout) {}

/// Asked by the login machine once it knows who wants what: may this initiator see this target? A
/// target that it may not see is told apart from one that is not there, as the RFC wants it
/// (11.13.5); whoever minds that keeps target names unguessable. Of a source that has guessed too
/// often nothing is looked at: "out of resources", of class 3, for that is what the RFC has for a
/// request that may be right and may be sent again later. By class 2, "do not try this again",
/// initiators with the right secret behind the same address would give up for good.
iscsi::Admission LoginPhase::consider(const iscsi::LoginIdentity& identity) const {
  iscsi::Admission admission;
  admission.portal_group_tag = connection_.portal_group_tag();
  admission.offer = offer_of(connection_.lane().settings().iscsi);
  if (source_refused_) {
    admission.status = status::kOutOfResources;
    admission.reason = kSourceRefusedReason;
    return admission;
  }
  const Directory& directory = *connection_.lane().directory();
  const config::Iscsi& iscsi = connection_.lane().settings().iscsi;
  if (identity.type == iscsi::SessionType::kDiscovery) {
    admission.authentication = demand(directory.discovery, iscsi);
    return admission;
  }
  const ExportedTarget* target = directory.find(identity.target_name);
  if (target == nullptr || !config::offered_at(target->config, admission.portal_group_tag)) {
    admission.status = status::kNotFound;
    return admission;
  }
  const config::Initiator* access =
      config::find_access(target->config, {identity.initiator_name, connection_.peer().host});
  if (access == nullptr) {
    admission.status = status::kAuthorizationFailure;
  } else if (!target->config.moved_to.empty()) {
    admission.status =
        target->config.moved_permanently ? status::kMovedPermanently : status::kMovedTemporarily;
    admission.target_address = target->config.moved_to;
  } else {
    admission.authentication = demand(config::chap_of(target->config, *access), iscsi);
  }
  return admission;
}

MutableBytes LoginPhase::place(const iscsi::Framer& framer) {
  // At most limits::kLoginDataSegmentBytes: the framer has checked.
  data_.resize(framer.data_segment_bytes());
  return data_;
}

void LoginPhase::pdu(const iscsi::Framer& framer) {
  const bool is_login = framer.header().opcode() == iscsi::Opcode::kLoginRequest;
  if (!is_login && !started_) return connection_.close(CloseReason::kProtocolError);
  if (!is_login || asking_)
    return act(machine_.refuse(status::kInvalidRequest, "not_a_login_request"));
  started_ = true;
  act(machine_.step(load<iscsi::LoginRequest>(framer.header_bytes()), data_));
}

void LoginPhase::act(iscsi::LoginReply&& reply) {
  using Outcome = iscsi::LoginReply::Outcome;
  switch (reply.outcome) {
    case Outcome::kContinue:
      return send(std::move(reply));
    case Outcome::kAdmission:
      return ask_admission();
    case Outcome::kComplete:
      return send(std::move(reply));
    case Outcome::kRefused:
      refused(reply);
      send(std::move(reply));
      return connection_.close_after_send(CloseReason::kLoginRefused);
  }
}

void LoginPhase::send(iscsi::LoginReply&& reply) {
  Outgoing pdu;
  store(MutableBytes(pdu.header), reply.header);
  connection_.send_copy(std::move(pdu), bytes_of(std::string_view(reply.text)));
}

void LoginPhase::refused(const iscsi::LoginReply& reply) {
  // Who is sent elsewhere has made no mistake.
  if (!reply.status.redirection()) count(failure_of(reply.status, reply.reason));
  const iscsi::LoginIdentity& identity = machine_.identity();
  log::warn("session", "login_refused",
            {{"peer", connection_.peer().text()},
             {"initiator", identity.initiator_name},
             {"target", identity.target_name},
             {"status", reply.status.name},
             {"reason", reply.reason}});
}

void LoginPhase::count(const LoginFailure& failure) {
  Lane& lane = connection_.lane();
  if (failure.guess) lane.home().proof_failed(connection_.source());
  lane.recorder().add(failure.result);
  lane.recorder().add(failure.reason);
}

/// The connection is not read while the answer is awaited: a PDU now would be a mistake of the
/// peer's or a trick, and either can wait. The answer may come late (the port's old session must
/// end first), or never (a newer login, an ended connection); login_timeout runs all the while.
void LoginPhase::ask_admission() {
  asking_ = true;
  connection_.pause();
  connection_.lane().login_proved(connection_);
  const iscsi::LoginIdentity& identity = machine_.identity();
  Admission& admission = asked_for_;
  admission.name = {identity.initiator_name, isid_number(identity.isid), identity.target_name,
                    connection_.portal_group_tag()};
  admission.tsih = identity.tsih;
  admission.cid = identity.cid;
  Lane& lane = connection_.lane();
  admission.lane = lane.index();
  admission.ticket = lane.next_ticket();
  admission.source = connection_.source();
  lane.home().admit(lane, admission,
                    [&lane, weak = std::weak_ptr(self_)](Result<Admitted, AdmissionError> answer) {
                      const auto self = weak.lock();
                      if (self != nullptr && (*self)->connection_.open())
                        (*self)->answered(answer);
                      else if (answer)
                        lane.home().session_ended(answer->id, nullptr);  // too late: nobody is left
                    });
}

void LoginPhase::answered(const Result<Admitted, AdmissionError>& answer) {
  asking_ = false;
  if (!answer) {
    const bool for_its_source = answer.error() == AdmissionError::kSourceRefused;
    return act(machine_.refuse(status_of(answer.error()),
                               for_its_source ? kSourceRefusedReason : "not_admitted"));
  }
  act(machine_.admit(answer->tsih));
  begin_session(*answer);
}

/// The last login response is queued already, without digests; limits and digests hold from the
/// next PDU on (RFC 7143, 6.3). This object lives on until the turn's end, for it is the caller.
/// A reinstated connection is begun like any other (6.3.4), also with its login's CmdSN: what the
/// initiator will number its next command by (11.12.8). What it had sent below that and not heard
/// of has ended with the old connection.
void LoginPhase::begin_session(const Admitted& admitted) {
  Connection& connection = connection_;
  connection.lane().recorder().add(GatewayCounter::kLoginSuccess);
  connection.lane().login_ended(connection);
  const iscsi::Parameters& parameters = machine_.negotiation().parameters();
  connection.set_limits(
      {parameters.max_recv_data_segment_bytes, parameters.header_digest, parameters.data_digest});
  SessionStart start{admitted.id,
                     admitted.tsih,
                     machine_.identity(),
                     machine_.negotiation(),
                     machine_.next_stat_sn(),
                     machine_.first_cmd_sn()};
  auto session = std::make_unique<Session>(connection, std::move(start));
  Session& started = *session;
  connection.set_handler(std::move(session));
  started.begin(admitted.legacy);
  if (connection.open()) connection.resume();
}

void LoginPhase::tick(BootTime now) {
  // While it waits, nothing is read, and the end of the connection would go unnoticed.
  if (asking_ && connection_.peer_has_gone()) return connection_.close(CloseReason::kPeerClosed);
  if (now > deadline_) connection_.close(CloseReason::kLoginTimeout);
}

/// A login that ended without an answer is counted by what ended it; refused() has counted the
/// rest, and who has evicted it has said so.
void LoginPhase::closed(CloseReason reason) {
  connection_.lane().login_ended(connection_);
  if (const auto failure = failure_of(reason)) {
    count(*failure);
    if (reason != CloseReason::kEvicted)
      log::warn("session", "login_failed",
                {{"peer", connection_.peer().text()}, {"reason", name(reason)}});
  }
  if (asking_) connection_.lane().home().withdraw(asked_for_);
  connection_.bury();
}

}  // namespace lungate::session
