// SPDX-License-Identifier: LGPL-2.1-or-later
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

Session::Session(Connection& connection, SessionStart start)
    : connection_(connection),
      start_(std::move(start)),
      negotiation_(start_.negotiation),
      window_(start_.first_cmd_sn, connection.lane().settings().iscsi.command_window),
      sender_(connection, window_, start_.stat_sn),
      commands_(*this, connection, window_, sender_, negotiation_.parameters()),
      text_(*this, sender_, negotiation_),
      manager_(*this, commands_, sender_, window_),
      last_heard_(boot_now()),
      since_unix_ms_(wall_now_ns() / 1'000'000) {}

Session::~Session() {
  check(finished_, "a session ends before it is destroyed");
}

void Session::begin() {
  lane().add_session(*this);
  log::info("session", "login",
            {{"session", id()},
             {"initiator", start_.identity.initiator_name},
             {"target", start_.identity.target_name},
             {"peer", connection_.peer().text()},
             {"lane", lane().index()}});
  directory_changed();
}

namespace {

/// Additional header segments belong to SCSI commands, and only the defined ones (RFC
/// 7143, 11.2.2).
bool misplaced_ahs(const iscsi::Framer& framer) {
  if (framer.ahs_bytes().empty()) return false;
  const iscsi::OpcodeInfo* opcode = iscsi::find_opcode(framer.header().opcode_value());
  return framer.ahs().unknown_type || opcode == nullptr || !opcode->takes_ahs;
}

}  // namespace

// --- Receiving -----------------------------------------------------------------------------------

MutableBytes Session::place(const iscsi::Framer& framer) {
  last_heard_ = connection_.arrival();
  const iscsi::BasicHeader& header = framer.header();
  const auto row = std::find_if(kRows.begin(), kRows.end(),
                                [&](const Row& r) { return r.opcode == header.opcode(); });
  ignored_ = false;
  if (row == kRows.end()) return {};
  if (row->numbered) {
    const auto numbers = load<iscsi::NopOut>(framer.header_bytes());  // CmdSN is at byte 24 in all
    ignored_ = window_.classify(numbers.cmd_sn, header.immediate()) ==
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
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.opcode == opcode; });
  if (row == kRows.end()) {
    lane().recorder().add(telemetry::GatewayCounter::kPduProtocolErrors);
    log::warn("session", "unexpected_pdu",
              {{"session", id()}, {"opcode", framer.header().opcode_value()}});
    return sender_.reject(iscsi::RejectReason::kCommandNotSupported, framer.header_bytes());
  }
  const auto numbers = load<iscsi::NopOut>(framer.header_bytes());
  if (misplaced_ahs(framer)) {
    sender_.reject(iscsi::RejectReason::kInvalidPduField, framer.header_bytes());
    if (row->numbered) skip(numbers.cmd_sn, numbers.immediate());
    return;
  }
  if (discovery() && !row->in_discovery) {
    sender_.reject(iscsi::RejectReason::kCommandNotSupported, framer.header_bytes());
    if (row->numbered) skip(numbers.cmd_sn, numbers.immediate());
    return;
  }
  if (!framer.data_digest_ok()) {
    lane().recorder().add(telemetry::GatewayCounter::kDataDigestErrors);
    sender_.reject(iscsi::RejectReason::kDataDigestError, framer.header_bytes());
    // A command or its data: the task fails. Anything else has been answered by the Reject.
    if (opcode != iscsi::Opcode::kScsiCommand && opcode != iscsi::Opcode::kDataOut) {
      if (row->numbered) skip(numbers.cmd_sn, numbers.immediate());
      return;
    }
  }
  (this->*row->handler)(framer);
}

void Session::in_order(std::uint32_t cmd_sn, bool immediate, std::function<void()> act) {
  if (immediate) return act();
  const auto verdict = window_.classify(cmd_sn, false);
  if (verdict == iscsi::CommandWindow::Verdict::kIgnore) return;
  if (verdict == iscsi::CommandWindow::Verdict::kFuture) {
    held_.hold(cmd_sn, std::move(act));
    return;
  }
  window_.accept();
  act();
  run_held();
}

void Session::run_held() {
  while (!held_.empty() && connection_.open()) {
    auto next = held_.take(window_.exp_cmd_sn());
    if (!next) return;
    window_.accept();
    (*next)();
  }
}

void Session::skip(std::uint32_t cmd_sn, bool immediate) {
  in_order(cmd_sn, immediate, [this, immediate] {
    if (!immediate) window_.release();
  });
}

// --- The PDUs ------------------------------------------------------------------------------------

void Session::on_command(const iscsi::Framer& framer) {
  Task* task = std::exchange(begun_, nullptr);
  if (task == nullptr) return;
  const std::uint32_t cmd_sn = task->cmd_sn;
  if (task->immediate) {
    task->delivered = true;
    return commands_.arrived(framer.data_digest_ok());
  }
  if (window_.classify(cmd_sn, false) == iscsi::CommandWindow::Verdict::kDue) {
    // The common case, without a closure: it is this command's turn.
    window_.accept();
    task->delivered = true;
    commands_.arrived(framer.data_digest_ok());
    return run_held();
  }
  // Another command waits under the same number: this one is a duplicate, dropped without a word.
  if (!held_.hold(cmd_sn, [this, task] { commands_.deliver(*task); })) return commands_.drop(*task);
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
  // Without a task tag it is an answer or a sign of life, and uses up no CmdSN (11.18.1).
  if (request.initiator_task_tag == iscsi::kNoTag) return;
  in_order(request.cmd_sn, request.immediate(),
           [this, request, data = small_data_] { answer_ping(request, data); });
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
  in_order(request.cmd_sn, request.immediate(), [this, request, data = small_data_] {
    if (!request.immediate()) window_.release();
    text_.request(request, data);
  });
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
  const auto reason = iscsi::logout_reason(request.reason());
  auto outcome = iscsi::LogoutOutcome::kClosed;
  if (!reason) return sender_.reject(iscsi::RejectReason::kInvalidPduField, bytes_of(request));
  if (*reason == iscsi::LogoutReason::kRemoveForRecovery)
    outcome = iscsi::LogoutOutcome::kRecoveryNotSupported;
  else if (*reason == iscsi::LogoutReason::kCloseConnection && request.cid != start_.identity.cid)
    outcome = iscsi::LogoutOutcome::kNoSuchCid;
  const std::uint32_t tag = request.initiator_task_tag;
  const bool ends = outcome == iscsi::LogoutOutcome::kClosed;
  if (ends) commands_.refuse_new();
  // Commands in progress are terminated first, their I/O waited for: what the initiator does after
  // the answer cannot be overtaken by what it did before (11.14.5).
  const Baton baton = make_baton(if_serving([tag, outcome, ends](Session& self) {
    self.sender_.send(iscsi::logout_response(tag, outcome, 0, 0, self.sender_.next()));
    if (ends) self.connection_.close_after_send(CloseReason::kLogout);
  }));
  if (ends) commands_.abort_all(nullptr, baton);
}

// --- Time ----------------------------------------------------------------------------------------

void Session::tick(BootTime now) {
  const Settings& settings = lane().settings();
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

void Session::directory_changed() {
  if (discovery()) return;
  const ExportedTarget* target = lane().directory()->find(start_.identity.target_name);
  const bool allowed =
      target != nullptr &&
      config::find_access(target->config, start_.identity.initiator_name) != nullptr;
  if (!allowed) return end(CloseReason::kAdministrative);
  const bool first = commands_.nexuses().inventory().empty();
  const auto visible = visible_luns(*target, start_.identity.initiator_name);
  const auto change = commands_.nexuses().set(lane(), *target, visible);
  if (change == NexusMap::Change::kInventory && !first)
    commands_.nexuses().raise_on_all(scsi::sense::kReportedLunsChanged);
}

void Session::end(CloseReason reason) {
  connection_.close(reason);
}

void Session::drain() {
  draining_ = true;
  commands_.refuse_new();
  if (commands_.in_progress() == 0) connection_.close_after_send(CloseReason::kDrained);
}

SessionDescription Session::describe() const {
  SessionDescription description;
  description.id = start_.admitted.id;
  description.identity = start_.identity;
  description.parameters = negotiation_.parameters();
  description.tsih = start_.admitted.tsih;
  description.portal_group_tag = connection_.portal_group_tag();
  description.peer = connection_.peer().text();
  description.portal = connection_.local().text();
  description.lane = connection_.lane().index();
  description.since_unix_ms = since_unix_ms_;
  description.in_flight = static_cast<std::uint32_t>(commands_.in_progress());
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

void Session::closed(CloseReason reason) {
  count_close(lane().recorder(), reason);
  log::info("session", "closed",
            {{"session", id()},
             {"initiator", start_.identity.initiator_name},
             {"reason", name(reason)},
             {"in_progress", commands_.in_progress()}});
  held_ = {};
  begun_ = nullptr;
  lane().remove_session(*this);
  commands_.connection_closed();
  closed_ = true;
  finish_if_idle();
}

void Session::task_ended() {
  if (draining_ && connection_.open() && commands_.in_progress() == 0)
    return connection_.close_after_send(CloseReason::kDrained);
  finish_if_idle();
}

void Session::finish_if_idle() {
  if (!closed_ || finished_ || commands_.in_progress() > 0) return;
  finished_ = true;
  lane().home().session_ended(id());
  connection_.bury();
}

}  // namespace lungate::session
