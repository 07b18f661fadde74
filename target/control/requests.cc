// SPDX-License-Identifier: LGPL-2.1-or-later

// What the control socket's requests do: the service's answers to the operator. Called by the
// control socket on the home loop, in every stage from the moment it is open; so an answer must not
// rely on what comes later than that (portals, LUNs, a directory). What is asked of a session or a
// LUN that does not exist is answered with an error; what is not a request at all never gets here
// (api/codec.h).
//
// An answer is given once, now or later: describe_sessions() asks every lane, a reload waits for
// stores. The client may be gone by then; the control socket sees to that.
#include <unistd.h>

#include <array>
#include <utility>

#include "config/dump.h"
#include "control/service.h"
#include "control/version.h"

namespace lungate::control {
namespace {

/// With leading zeros, so that what is compared by eye lines up.
std::string hex(std::uint64_t value, std::size_t digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) text[i] = kDigits[value & 0xf];
  return text;
}

/// As RFC 7143 writes it: twelve digits, in the order of the wire.
std::string isid_text(const iscsi::Isid& isid) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : isid) number = (number << 8) | byte;
  return hex(number, 2 * isid.size());
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// In the spelling and order of RFC 7143, 13.
Parameters parameters_of(const iscsi::Parameters& p) {
  const auto digest = [](bool on) { return std::string(on ? "CRC32C" : "None"); };
  const auto flag = [](bool on) { return std::string(on ? "Yes" : "No"); };
  return {{"HeaderDigest", digest(p.header_digest)},
          {"DataDigest", digest(p.data_digest)},
          {"MaxConnections", std::to_string(p.max_connections)},
          {"InitialR2T", flag(p.initial_r2t)},
          {"ImmediateData", flag(p.immediate_data)},
          {"MaxRecvDataSegmentLength", std::to_string(p.max_send_data_segment_bytes)},
          {"MaxBurstLength", std::to_string(p.max_burst_bytes)},
          {"FirstBurstLength", std::to_string(p.first_burst_bytes)},
          {"MaxOutstandingR2T", std::to_string(p.max_outstanding_r2t)},
          {"ErrorRecoveryLevel", std::to_string(p.error_recovery_level)}};
}

}  // namespace

api::SessionInfo session_info(const session::SessionDescription& description) {
  api::SessionInfo info;
  info.id = description.id;
  info.initiator = description.identity.initiator_name;
  info.alias = description.identity.initiator_alias;
  info.target = description.identity.target_name;
  info.isid = isid_text(description.identity.isid);
  info.tsih = description.tsih;
  info.tag = description.portal_group_tag;
  info.peer = description.peer;
  info.portal = description.portal;
  info.loop = description.lane;
  info.since_unix_ms = description.since_unix_ms;
  info.in_flight = description.in_flight;
  info.round_trip_us = description.path.round_trip_us;
  info.sent_bytes = description.path.sent_bytes;
  info.retransmitted_bytes = description.path.retransmitted_bytes;
  info.out_of_order_segments = description.path.out_of_order_segments;
  info.luns = description.luns;
  info.parameters = parameters_of(description.parameters);
  return info;
}

void Service::request(const api::Request& request, const ControlSocket::Answer& answer) {
  struct Visitor {
    Service& service;
    const ControlSocket::Answer& answer;

    void operator()(const api::GetStatus&) const { answer(service.status()); }
    /// Answered when every lane has: as late as the busiest one.
    void operator()(const api::ListSessions&) const {
      service.gateway_->describe_sessions(
          [reply = answer](const std::vector<session::SessionDescription>& all) {
            api::Sessions sessions;
            for (const auto& one : all) sessions.sessions.push_back(session_info(one));
            reply(sessions);
          });
    }
    /// Done means: its end has begun. I/O that cannot be taken back is waited for elsewhere.
    void operator()(const api::Disconnect& asked) const {
      if (service.gateway_->disconnect(asked.session)) return answer(api::Done{});
      answer(api::Error{
          api::ErrorCode::kNotFound, "there is no session " + std::to_string(asked.session), {}});
    }
    /// Until a restart, or a reload of a file that says otherwise than the last one did.
    void operator()(const api::SetLogLevel& asked) const {
      log::set_level(asked.level);
      answer(api::Done{});
    }
    void operator()(const api::Reload&) const { service.reload(answer); }
  };
  std::visit(Visitor{*this, answer}, request);
}

// Everything that the home loop knows by itself, so it can be answered at once, in every stage,
// also when lanes or stores hang: that is when it is asked.
api::Status Service::status() const {
  api::Status status;
  status.gateway = config_.gateway.name;
  status.version = kVersion;
  status.state = name(stage_);
  status.pid = static_cast<std::uint64_t>(::getpid());
  status.uptime_s = (boot_now() - started_) / 1'000'000'000;
  status.loops = gateway_->lanes();
  status.sessions = gateway_->sessions();
  status.connections = gateway_->connections();
  status.config_file = file_;
  status.config_hash = hex(config::group_hash(config_), 16);
  status.segment = segment_->path();
  status.log_level = log::level();
  for (const session::PortalGroup& group : portals_)
    for (const session::Endpoint& portal : group.portals)
      status.portals.push_back({group.tag, portal.text()});
  for (const config::Target& target : config_.targets) status.targets.push_back(status_of(target));
  return status;
}

// By the configuration and not by the keepers: a LUN that could not be added must show, with a
// reason.
api::TargetStatus Service::status_of(const config::Target& target) const {
  api::TargetStatus status;
  status.iqn = target.iqn;
  status.alias = target.alias;
  for (const config::Lun& lun : target.luns) {
    api::LunStatus& row = status.luns.emplace_back();
    row.id = lun.id;
    row.store = to_string(lun.store);
    row.backend = row.store.substr(0, row.store.find(':'));
    row.block_size = lun.block_size;
    row.state = "offline";
    row.reason = "it has no place in the telemetry segment";
    const auto keeper = luns_.find({target.iqn, lun.id});
    if (keeper == luns_.end()) continue;
    row.state = name(keeper->second->phase());
    row.reason = keeper->second->reason();
    row.size_bytes = keeper->second->size_bytes();
    row.read_only = keeper->second->read_only();
    row.wwn = keeper->second->wwn();
  }
  return status;
}

}  // namespace lungate::control
