// SPDX-License-Identifier: LGPL-2.1-or-later

// PDUs of full feature phase to whoever they are for, in the order of their CmdSN. Called by the
// connection (place, pdu, tick, closed), by the lane (drain, directory, attentions) and by its own
// parts, all on the lane's thread. Whatever a peer gets wrong here costs it a Reject, and its CmdSN
// is used up all the same: a number that never passes would stop everything behind it. What is
// outside the window is dropped without a word, as the RFC wants it.
#include "session/session.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "session/counting.h"
#include "session/lane.h"

namespace lungate::session {

/// What an initiator may send in full feature phase (RFC 7143, 11.2.1.2), and what numbers it: PDUs
/// without a CmdSN (Data-Out, SNACK) are acted on as they come.
struct Session::Row {
  iscsi::Opcode opcode;
  bool numbered;      // CmdSN at byte 24, immediate bit meaningful
  bool in_discovery;  // a discovery session may send it (4.3)
  Handler handler;
};

const std::array<Session::Row, 7> Session::kRows = {{
    {iscsi::Opcode::kScsiCommand, true, false, &Session::on_command},
    {iscsi::Opcode::kDataOut, false, false, &Session::on_data_out},
    {iscsi::Opcode::kNopOut, true, true, &Session::on_nop_out},
    {iscsi::Opcode::kTaskManagementRequest, true, false, &Session::on_task_management},
    {iscsi::Opcode::kTextRequest, true, true, &Session::on_text},
    {iscsi::Opcode::kLogoutRequest, true, true, &Session::on_logout},
    {iscsi::Opcode::kSnackRequest, false, true, &Session::on_snack},
}};

const Session::Row* Session::row_of(iscsi::Opcode opcode) {
  const auto row = std::ranges::find(kRows, opcode, &Row::opcode);
  return row == kRows.end() ? nullptr : &*row;
}

Session::Session(Connection& connection, SessionStart start)
    : connection_(connection),
      start_(std::move(start)),
      port_(port_name({start_.identity.initiator_name, isid_number(start_.identity.isid),
                       start_.identity.target_name, connection.portal_group_tag()})),
      negotiation_(start_.negotiation),
      window_(connection.lane(), start_.first_cmd_sn,
              connection.lane().settings().iscsi.command_window),
      sender_(connection, window_.numbers(), start_.stat_sn),
      commands_(*this, connection, window_, sender_, negotiation_.parameters()),
      text_(*this, sender_, negotiation_),
      manager_(*this, commands_, sender_, window_.numbers(),
               negotiation_.parameters().protocol_level),
      last_heard_(boot_now()),
      begun_at_(last_heard_),
      since_unix_ms_(wall_now_ns() / 1'000'000) {}

Session::~Session() {
  check(state_ == SessionState::kFinished, "a session ends before it is destroyed");
}

void Session::begin(const NexusLegacyPtr& legacy) {
  lane().add_session(*this);
  log::info("session", "login",
            {{"session", id()},
             {"initiator", start_.identity.initiator_name},
             {"target", start_.identity.target_name},
             {"peer", connection_.peer().text()},
             {"continued", legacy != nullptr},
             {"lane", lane().index()}});
  if (legacy != nullptr) commands_.nexuses().inherit(lane(), *legacy, port_);
  take_directory(legacy == nullptr);
}

namespace {

/// A NOP-Out without a task tag is an answer or a sign of life; like an immediate PDU it uses up no
/// CmdSN, whatever its I bit says (RFC 7143, 11.18.1).
bool outside_the_numbers(const iscsi::BasicHeader& header) {
  return header.immediate() ||
         (header.opcode() == iscsi::Opcode::kNopOut && header.initiator_task_tag == iscsi::kNoTag);
}

/// Where every PDU that has a CmdSN has it: at byte 24.
std::uint32_t cmd_sn_of(const iscsi::Framer& framer) {
  return load<iscsi::NopOut>(framer.header_bytes()).cmd_sn;
}

/// Additional header segments belong to SCSI commands, and only the defined ones (RFC
/// 7143, 11.2.2).
bool misplaced_ahs(const iscsi::Framer& framer) {
  if (framer.ahs_bytes().empty()) return false;
  const iscsi::OpcodeInfo* opcode = iscsi::find_opcode(framer.header().opcode_value());
  return framer.ahs().unknown_type || opcode == nullptr || !opcode->takes_ahs;
}

}  // namespace

// --- Receiving -----------------------------------------------------------------------------------

/// What is decided here must be decided again, or remembered, in pdu(): between the two the data
/// arrives, perhaps over many turns, and the session may be drained, reset or told of another
/// directory. A command has its slot from here on; everything else is looked at in pdu().
MutableBytes Session::place(const iscsi::Framer& framer) {
  last_heard_ = connection_.arrival();
  const iscsi::BasicHeader& header = framer.header();
  const Row* row = row_of(header.opcode());
  ignored_ = false;
  if (row == nullptr) return {};
  if (row->numbered) {
    ignored_ = window_.numbers().classify(cmd_sn_of(framer), outside_the_numbers(header)) ==
               iscsi::CommandWindow::Verdict::kIgnore;
  }
  if (ignored_ || misplaced_ahs(framer)) return {};
  if (header.opcode() == iscsi::Opcode::kScsiCommand) {
    begun_ = discovery() ? nullptr : commands_.begin(framer);
    return begun_ != nullptr ? Commands::immediate_room(*begun_) : MutableBytes{};
  }
  if (header.opcode() == iscsi::Opcode::kDataOut) {
    return commands_.place_data_out(load<iscsi::DataOut>(framer.header_bytes()),
                                    static_cast<std::uint32_t>(framer.data_segment_bytes()));
  }
  small_data_.resize(framer.data_segment_bytes());
  return small_data_;
}

void Session::pdu(const iscsi::Framer& framer) {
  if (ignored_) return;  // outside the window: dropped without a word (RFC 7143, 4.2.2.1)
  const auto opcode = framer.header().opcode();
  const Row* row = row_of(opcode);
  if (row == nullptr) {
    lane().recorder().add(telemetry::GatewayCounter::kPduProtocolErrors);
    log::warn("session", "unexpected_pdu",
              {{"session", id()}, {"opcode", framer.header().opcode_value()}});
    return sender_.reject(iscsi::RejectReason::kCommandNotSupported, framer.header_bytes());
  }
  const auto refuse = [&](iscsi::RejectReason reason) {
    sender_.reject(reason, framer.header_bytes());
    if (row->numbered) skip(cmd_sn_of(framer), outside_the_numbers(framer.header()));
  };
  if (misplaced_ahs(framer)) return refuse(iscsi::RejectReason::kInvalidPduField);
  if (discovery() && !row->in_discovery) return refuse(iscsi::RejectReason::kCommandNotSupported);
  if (!framer.data_digest_ok()) {
    lane().recorder().add(telemetry::GatewayCounter::kDataDigestErrors);
    // A command or its data: the task fails. Anything else is answered by the Reject.
    if (opcode != iscsi::Opcode::kScsiCommand && opcode != iscsi::Opcode::kDataOut)
      return refuse(iscsi::RejectReason::kDataDigestError);
    sender_.reject(iscsi::RejectReason::kDataDigestError, framer.header_bytes());
  }
  (this->*row->handler)(framer);
  // A large text's memory is not kept for the pings that follow.
  if (small_data_.capacity() > limits::kReceiveBufferBytes) small_data_ = {};
}

void Session::in_order(std::uint32_t cmd_sn, bool immediate, std::function<void()> act,
                       std::size_t bytes) {
  if (immediate) return act();
  const auto verdict = window_.numbers().classify(cmd_sn, false);
  if (verdict == iscsi::CommandWindow::Verdict::kIgnore) return;
  if (verdict == iscsi::CommandWindow::Verdict::kFuture) {
    if (held_.hold(cmd_sn, {std::move(act), bytes})) held_bytes_ += bytes;
    return;
  }
  window_.accept();
  act();
  run_held();
}

bool Session::too_much_to_hold(const iscsi::Framer& framer) {
  const std::uint32_t cmd_sn = cmd_sn_of(framer);
  const auto verdict = window_.numbers().classify(cmd_sn, outside_the_numbers(framer.header()));
  if (verdict != iscsi::CommandWindow::Verdict::kFuture ||
      held_bytes_ + small_data_.size() <= limits::kHeldBytesPerSessionMax)
    return false;
  sender_.reject(iscsi::RejectReason::kOutOfResources, framer.header_bytes());
  skip(cmd_sn, false);
  return true;
}

void Session::run_held() {
  while (!held_.empty() && connection_.open()) {
    auto next = held_.take(window_.numbers().exp_cmd_sn());
    if (!next) return;
    held_bytes_ -= next->bytes;
    if (held_.empty()) held_ = {};  // holes are rare, and may have been deep
    window_.accept();
    next->act();
  }
}

/// Takes the number's slot when its turn comes and gives it back at once.
void Session::skip(std::uint32_t cmd_sn, bool immediate) {
  in_order(cmd_sn, immediate, [this, immediate] {
    if (!immediate) window_.release();
  });
}

// --- The PDUs ------------------------------------------------------------------------------------

/// Three ways for a command that is whole: it is immediate, or its turn has come: it runs. Its turn
/// is yet to come: it waits in its slot, and its data may come meanwhile.
void Session::on_command(const iscsi::Framer& framer) {
  Task* task = std::exchange(begun_, nullptr);
  if (task == nullptr) return;
  const std::uint32_t cmd_sn = task->cmd_sn;
  if (task->immediate) {
    task->delivered = true;
    return commands_.arrived(framer.data_digest_ok());
  }
  if (window_.numbers().classify(cmd_sn, false) == iscsi::CommandWindow::Verdict::kDue) {
    // The common case, without a closure: it is this command's turn.
    window_.accept();
    task->delivered = true;
    commands_.arrived(framer.data_digest_ok());
    return run_held();
  }
  // Another command waits under the same number: this one is a duplicate, dropped without a word.
  Held deliver{[this, task] { commands_.deliver(*task); }};
  if (!held_.hold(cmd_sn, std::move(deliver))) return commands_.drop(*task);
  commands_.arrived(framer.data_digest_ok());
}

void Session::on_data_out(const iscsi::Framer& framer) {
  commands_.arrived(framer.data_digest_ok());
}

void Session::on_snack(const iscsi::Framer& framer) {
  // Error recovery level 0 has nothing to resend (RFC 7143, 11.16).
  sender_.reject(iscsi::RejectReason::kSnackReject, framer.header_bytes());
}

void Session::on_nop_out(const iscsi::Framer& framer) {
  const auto request = load<iscsi::NopOut>(framer.header_bytes());
  if (request.target_transfer_tag == ping_tag_) ping_sent_ = BootTime{};
  if (request.initiator_task_tag == iscsi::kNoTag) return;
  if (request.immediate()) return answer_ping(request, small_data_);
  if (too_much_to_hold(framer)) return;
  in_order(
      request.cmd_sn, false, [this, request, data = small_data_] { answer_ping(request, data); },
      small_data_.size());
}

void Session::answer_ping(const iscsi::NopOut& request, Bytes data) {
  if (!request.immediate()) window_.release();
  const std::size_t bytes =
      std::min<std::size_t>(data.size(), negotiation_.parameters().max_send_data_segment_bytes);
  sender_.send_copy(iscsi::nop_in_reply(request, static_cast<std::uint32_t>(bytes), sender_.next()),
                    data.first(bytes));
}

void Session::on_text(const iscsi::Framer& framer) {
  const auto request = load<iscsi::TextRequest>(framer.header_bytes());
  if (too_much_to_hold(framer)) return;
  in_order(
      request.cmd_sn, request.immediate(),
      [this, request, data = small_data_] {
        if (!request.immediate()) window_.release();
        text_.request(request, data);
      },
      small_data_.size());
}

void Session::on_task_management(const iscsi::Framer& framer) {
  const auto request = load<iscsi::TaskManagementRequest>(framer.header_bytes());
  in_order(request.cmd_sn, request.immediate(), [this, request] {
    if (!request.immediate()) window_.release();
    manager_.request(request);
  });
}

void Session::on_logout(const iscsi::Framer& framer) {
  const auto request = load<iscsi::LogoutRequest>(framer.header_bytes());
  in_order(request.cmd_sn, request.immediate(), [this, request] { log_out(request); });
}

void Session::log_out(const iscsi::LogoutRequest& request) {
  if (!request.immediate()) window_.release();
  // One at a time: each would hang its own baton on every command that is in progress, and a peer
  // sends logouts faster than Ceph ends writes.
  if (state_ == SessionState::kLoggingOut)
    return sender_.reject(iscsi::RejectReason::kWaitingForLogout, bytes_of(request));
  const auto reason = iscsi::logout_reason(request.reason());
  auto outcome = iscsi::LogoutOutcome::kClosed;
  if (!reason) return sender_.reject(iscsi::RejectReason::kInvalidPduField, bytes_of(request));
  if (*reason == iscsi::LogoutReason::kRemoveForRecovery)
    outcome = iscsi::LogoutOutcome::kRecoveryNotSupported;
  else if (*reason == iscsi::LogoutReason::kCloseConnection && request.cid != start_.identity.cid)
    outcome = iscsi::LogoutOutcome::kNoSuchCid;
  const std::uint32_t tag = request.initiator_task_tag;
  const bool ends = outcome == iscsi::LogoutOutcome::kClosed;
  if (ends) {
    state_.enter(SessionState::kLoggingOut);
    commands_.refuse_new();
  }
  // Commands in progress are terminated first, their I/O waited for: what the initiator does after
  // the answer cannot be overtaken by what it did before (11.14.5).
  const Baton baton = make_baton(if_serving([tag, outcome, ends](Session& self) {
    self.sender_.send(iscsi::logout_response(tag, outcome, 0, 0, self.sender_.next()));
    if (ends) self.connection_.close_after_send(CloseReason::kLogout);
  }));
  if (ends) commands_.abort_all(nullptr, baton);
}

// --- Time ----------------------------------------------------------------------------------------

/// A silent peer is asked whether it lives, once per interval of silence, and given up when it does
/// not say so in time. Any PDU of it counts as a sign of life for the interval, but only the answer
/// to our question ends the question: a peer whose commands come in and whose ears are shut is dead
/// to us. A discovery session ends by its age alone: whoever has none of our targets can hold one.
void Session::tick(BootTime now) {
  const Settings& settings = lane().settings();
  window_.tick(now);
  close_if_drained();
  if (discovery() && now > begun_at_ + settings.discovery_life)
    return connection_.close(CloseReason::kDiscoveryTimeout);
  if (!connection_.reading()) {  // its answer may be waiting in the socket
    last_heard_ = now;
    if (ping_sent_ != BootTime{}) ping_sent_ = now;
    return;
  }
  if (ping_sent_ != BootTime{}) {
    if (now > ping_sent_ + settings.nop_timeout) connection_.close(CloseReason::kNopTimeout);
    return;
  }
  if (settings.nop_interval.count() == 0 || now <= last_heard_ + settings.nop_interval) return;
  if (++ping_tag_ == iscsi::kNoTag) ping_tag_ = 0;
  ping_sent_ = now;
  sender_.send(iscsi::nop_in_ping(ping_tag_, sender_.peek()));
}

// --- Changes from outside ------------------------------------------------------------------------

void Session::raise(const LaneLun& lun, const scsi::AdditionalSense& attention) {
  commands_.nexuses().raise(lun, attention);
}

config::Caller Session::caller() const {
  return {start_.identity.initiator_name, connection_.peer().host};
}

void Session::directory_changed() {
  take_directory(false);
}

/// `first`: the initiator has not looked yet, so it has missed nothing. An inventory that is empty
/// says no such thing: it may have looked, and found nothing.
void Session::take_directory(bool first) {
  if (discovery()) return;
  const ExportedTarget* target = lane().directory()->find(start_.identity.target_name);
  const bool allowed = target != nullptr &&
                       config::find_access(target->config, caller()) != nullptr &&
                       config::offered_at(target->config, connection_.portal_group_tag());
  if (!allowed) return end(CloseReason::kAdministrative);
  const auto visible = visible_luns(*target, caller());
  const auto change = commands_.nexuses().set(lane(), visible, port_);
  if (change == NexusMap::Change::kInventory && !first)
    commands_.nexuses().raise_on_all(scsi::sense::kReportedLunsChanged);
}

void Session::end(CloseReason reason) {
  connection_.take_leave(reason);
}

void Session::drain() {
  if (state_ != SessionState::kServing) return;  // it is on its way out already
  state_.enter(SessionState::kDraining);
  commands_.refuse_new();
  const auto patience = lane().settings().logout_patience;
  if (patience.count() > 0 && !discovery()) {
    logout_due_ = boot_now() + patience;
    sender_.send(
        iscsi::request_logout(static_cast<std::uint16_t>(patience.count()), sender_.next()));
  }
  close_if_drained();
}

/// Idle, and its initiator has had its time to log out by itself.
void Session::close_if_drained() {
  if (state_ != SessionState::kDraining || !connection_.open()) return;
  if (commands_.in_progress() > 0 || boot_now() < logout_due_) return;
  connection_.close_after_send(CloseReason::kDrained);
}

/// Lane's thread; what is not a copy here would be read by the home loop.
SessionDescription Session::describe() const {
  SessionDescription description;
  description.id = start_.id;
  description.identity = start_.identity;
  description.parameters = negotiation_.parameters();
  description.tsih = start_.tsih;
  description.portal_group_tag = connection_.portal_group_tag();
  description.peer = connection_.peer().text();
  description.portal = connection_.local().text();
  description.lane = connection_.lane().index();
  description.since_unix_ms = since_unix_ms_;
  description.in_flight = static_cast<std::uint32_t>(commands_.in_progress());
  description.path = connection_.path();
  description.luns = commands_.nexuses().inventory();
  return description;
}

std::string Session::reachable(const Endpoint& portal) const {
  const bool any = portal.host == "0.0.0.0" || portal.host == "::";
  return any ? connection_.local().host : portal.host;
}

std::function<void()> Session::if_serving(std::function<void(Session&)> work) {
  return [weak = std::weak_ptr(self_), work = std::move(work)] {
    const auto self = weak.lock();
    if (self != nullptr && (*self)->connection_.open()) work(**self);
  };
}

// --- The end -------------------------------------------------------------------------------------

/// From here on nothing can be said to the peer. What waits for it ends now; what is with a backend
/// keeps the session until it has come back.
void Session::closed(CloseReason reason) {
  count_close(lane().recorder(), reason);
  log::info("session", "closed",
            {{"session", id()},
             {"initiator", start_.identity.initiator_name},
             {"reason", name(reason)},
             {"in_progress", commands_.in_progress()}});
  window_.end(lane().loop().turn_start());
  held_ = {};
  held_bytes_ = 0;
  begun_ = nullptr;
  if (reason == CloseReason::kReinstated) legacy_ = leave();
  lane().remove_session(*this);
  // Only then closed: tasks that end within connection_closed() must not end the session under it.
  commands_.connection_closed();
  state_.enter(SessionState::kClosed);
  finish_if_idle();
}

/// While the lane still tells this session what becomes of its LUNs, and before its commands are
/// taken away.
NexusLegacyPtr Session::leave() {
  return std::make_shared<const NexusLegacy>(
      commands_.nexuses().leave([this](const LaneLun& lun) { return commands_.any_on(lun); }));
}

void Session::task_ended() {
  close_if_drained();
  finish_if_idle();
}

void Session::finish_if_idle() {
  if (state_ != SessionState::kClosed || commands_.in_progress() > 0) return;
  state_.enter(SessionState::kFinished);
  lane().home().session_ended(id(), std::move(legacy_));
  connection_.bury();
}

}  // namespace lungate::session
