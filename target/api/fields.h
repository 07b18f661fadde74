// SPDX-License-Identifier: LGPL-2.1-or-later

// The fields of every message, listed once: the codec walks these lists in both directions.
// The names are the wire's; they never change within one protocol version. To add a field: a member
// in messages.h and a line here; old commands skip it. To add a message: its struct, its word, its
// list, and an alternative of Request or Reply; a word or list that is missing does not compile.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/messages.h"

namespace lungate::api {

/// Key and value in order; an object on the wire.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The word of the wire for a request or a reply.
template <class T>
constexpr std::string_view word();
template <>
constexpr std::string_view word<GetStatus>() {
  return "status";
}
template <>
constexpr std::string_view word<ListSessions>() {
  return "sessions";
}
template <>
constexpr std::string_view word<Disconnect>() {
  return "disconnect";
}
template <>
constexpr std::string_view word<SetLogLevel>() {
  return "log_level";
}
template <>
constexpr std::string_view word<Reload>() {
  return "reload";
}
template <>
constexpr std::string_view word<Status>() {
  return "status";
}
template <>
constexpr std::string_view word<Sessions>() {
  return "sessions";
}
template <>
constexpr std::string_view word<Done>() {
  return "done";
}
template <>
constexpr std::string_view word<Reloaded>() {
  return "reloaded";
}
template <>
constexpr std::string_view word<Error>() {
  return "error";
}

void each_field(GetStatus&, auto&&) {}
void each_field(ListSessions&, auto&&) {}
void each_field(Reload&, auto&&) {}
void each_field(Done&, auto&&) {}
void each_field(Disconnect& m, auto&& visit) {
  visit("session", m.session);
}
void each_field(SetLogLevel& m, auto&& visit) {
  visit("level", m.level);
}
void each_field(Reloaded& m, auto&& visit) {
  visit("changes", m.changes);
  visit("warnings", m.warnings);
}
void each_field(Error& m, auto&& visit) {
  visit("code", m.code);
  visit("message", m.message);
  visit("details", m.details);
}
void each_field(PortalStatus& m, auto&& visit) {
  visit("tag", m.tag);
  visit("address", m.address);
}
void each_field(LunStatus& m, auto&& visit) {
  visit("id", m.id);
  visit("backend", m.backend);
  visit("store", m.store);
  visit("state", m.state);
  visit("reason", m.reason);
  visit("size_bytes", m.size_bytes);
  visit("block_size", m.block_size);
  visit("read_only", m.read_only);
  visit("wwn", m.wwn);
}
void each_field(TargetStatus& m, auto&& visit) {
  visit("iqn", m.iqn);
  visit("alias", m.alias);
  visit("luns", m.luns);
}
void each_field(Status& m, auto&& visit) {
  visit("gateway", m.gateway);
  visit("target_version", m.version);
  visit("state", m.state);
  visit("pid", m.pid);
  visit("uptime_s", m.uptime_s);
  visit("loops", m.loops);
  visit("sessions", m.sessions);
  visit("connections", m.connections);
  visit("config_file", m.config_file);
  visit("config_hash", m.config_hash);
  visit("segment", m.segment);
  visit("log_level", m.log_level);
  visit("portals", m.portals);
  visit("targets", m.targets);
}
void each_field(SessionInfo& m, auto&& visit) {
  visit("id", m.id);
  visit("initiator", m.initiator);
  visit("alias", m.alias);
  visit("target", m.target);
  visit("isid", m.isid);
  visit("tsih", m.tsih);
  visit("tag", m.tag);
  visit("peer", m.peer);
  visit("portal", m.portal);
  visit("loop", m.loop);
  visit("since_unix_ms", m.since_unix_ms);
  visit("in_flight", m.in_flight);
  visit("round_trip_us", m.round_trip_us);
  visit("sent_bytes", m.sent_bytes);
  visit("retransmitted_bytes", m.retransmitted_bytes);
  visit("out_of_order_segments", m.out_of_order_segments);
  visit("luns", m.luns);
  visit("parameters", m.parameters);
}
void each_field(Sessions& m, auto&& visit) {
  visit("sessions", m.sessions);
}

/// A message that is made of fields, as against a number or a text.
template <class T>
concept HasFields = requires(T& message) {
  each_field(message, [](std::string_view, auto&) {});
};

}  // namespace lungate::api
