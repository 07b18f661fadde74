// SPDX-License-Identifier: LGPL-2.1-or-later

// PERSISTENT RESERVE OUT (SPC-4, 6.16): the parameter list as a request. Here it is judged for its
// form, which depends on nothing but itself; what it means for the unit is judged and done on the
// unit's home loop (reservation_changes.cc), where the state cannot change in between.
//
// Reserved bits beside the flags are refused: one that a later standard gives a meaning would be
// obeyed by half. The fields that are obsolete since SPC-3 are not looked at.
#include <utility>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"
#include "scsi/reservation_step.h"
#include "scsi/transport_id.h"

namespace lungate::scsi {
namespace {

/// Table 214.
struct BasicList {
  be64 key;
  be64 service_action_key;
  be32 obsolete_16;
  std::uint8_t flags = 0;  // SPEC_I_PT, ALL_TG_PT, APTPL
  std::uint8_t reserved = 0;
  be16 obsolete_22;
};
static_assert(sizeof(BasicList) == 24);

/// Table 217.
struct MoveList {
  be64 key;
  be64 service_action_key;
  std::uint8_t reserved = 0;
  std::uint8_t flags = 0;  // UNREG, APTPL
  be16 relative_target_port;
  be32 transport_id_bytes;
};
static_assert(sizeof(MoveList) == 24);

constexpr std::uint8_t kSpecIPt = 0x08;
constexpr std::uint8_t kAllTgPt = 0x04;  // needs no more: there is one target port, the nexus's own
constexpr std::uint8_t kUnreg = 0x02;
constexpr std::uint8_t kAptpl = 0x01;

Sense length_error() {
  return {sense::kParameterListLengthError, {}, {}};
}

/// The first byte in error, counted from the beginning of the list.
Sense wrong_at(std::size_t byte, std::optional<std::uint8_t> bit = std::nullopt) {
  return invalid_field_in_list(static_cast<std::uint16_t>(byte), bit);
}

std::optional<Sense> stray_flags(std::uint8_t flags, unsigned legal, std::size_t byte) {
  const unsigned stray = flags & ~legal;
  if (stray == 0) return std::nullopt;
  std::uint8_t bit = 7;
  while ((stray & (1u << bit)) == 0) --bit;
  return wrong_at(byte, bit);
}

ReservationAction action_of(const Cdb& cdb) {
  return static_cast<ReservationAction>(cdb.bytes[1] & 0x1f);
}

/// RESERVE, RELEASE and PREEMPT. The scope is the unit, or the type means nothing.
std::optional<ReservationType> type_of(const Cdb& cdb) {
  const auto fields = as<PersistentReserveOutCdb>(cdb);
  if (fields.scope() != 0) return std::nullopt;
  return reservation_type(fields.type());
}

using Mistake = std::optional<Sense>;

/// Table 215: a length, and TransportIDs behind each other. More than can be registered are not
/// even read.
Mistake read_ports(Bytes list, ReservationRequest& request) {
  constexpr std::size_t kLengthAt = sizeof(BasicList);
  constexpr std::size_t kFirstAt = kLengthAt + sizeof(be32);
  if (list.size() < kFirstAt) return length_error();
  const std::uint32_t bytes = load<be32>(list.subspan(kLengthAt));
  if (bytes > list.size() - kFirstAt) return length_error();
  std::size_t at = kFirstAt;
  while (at < kFirstAt + bytes) {
    const auto port = read_transport_id(list.first(kFirstAt + bytes).subspan(at));
    if (!port) return wrong_at(at + port.error());
    if (request.also.size() == limits::kRegistrationsMax)
      return Sense{sense::kInsufficientRegistrationResources, {}, {}};
    request.also.push_back({port->initiator_port, request.by.relative_target_port});
    at += port->bytes;
  }
  return std::nullopt;
}

Mistake read_basic_list(Bytes list, ReservationRequest& request) {
  constexpr std::size_t kFlagsAt = offsetof(BasicList, flags);
  constexpr std::uint8_t kSpecIPtBit = 3;
  const auto basic = load<BasicList>(list);
  if (auto stray = stray_flags(basic.flags, kSpecIPt | kAllTgPt | kAptpl, kFlagsAt)) return stray;
  request.key = basic.key;
  request.service_action_key = basic.service_action_key;
  request.aptpl = (basic.flags & kAptpl) != 0;
  request.specifies_ports = (basic.flags & kSpecIPt) != 0;
  if (!request.specifies_ports) {
    if (list.size() != sizeof(BasicList)) return length_error();
    return std::nullopt;
  }
  if (request.action != ReservationAction::kRegister) return wrong_at(kFlagsAt, kSpecIPtBit);
  return read_ports(list, request);
}

/// 6.16.4. REQUIRES: the nexus's own port is the only one that the unit can be reached by.
Mistake read_move_list(Bytes list, ReservationRequest& request) {
  constexpr std::size_t kTransportIdBytesMin = 24;
  const auto move = load<MoveList>(list);
  if (auto stray = stray_flags(move.flags, kUnreg | kAptpl, offsetof(MoveList, flags)))
    return stray;
  if (move.relative_target_port != request.by.relative_target_port)
    return wrong_at(offsetof(MoveList, relative_target_port));
  const std::uint32_t bytes = move.transport_id_bytes;
  if (bytes < kTransportIdBytesMin || bytes % 4 != 0)
    return wrong_at(offsetof(MoveList, transport_id_bytes));
  if (bytes > list.size() - sizeof(MoveList)) return length_error();
  const auto port = read_transport_id(list.subspan(sizeof(MoveList), bytes));
  if (!port) return wrong_at(sizeof(MoveList) + port.error());
  if (port->bytes != bytes) return wrong_at(offsetof(MoveList, transport_id_bytes));
  request.key = move.key;
  request.service_action_key = move.service_action_key;
  request.aptpl = (move.flags & kAptpl) != 0;
  request.unregister_source = (move.flags & kUnreg) != 0;
  request.recipient = NexusName{port->initiator_port, move.relative_target_port};
  return std::nullopt;
}

}  // namespace

std::uint64_t persistent_reserve_out_bytes(const Cdb& cdb, std::uint32_t) {
  return as<PersistentReserveOutCdb>(cdb).list_bytes;
}

std::optional<Sense> persistent_reserve_out_refusal(const Cdb& cdb, const Unit&) {
  static_assert(sizeof(BasicList) == sizeof(MoveList));
  const auto fields = as<PersistentReserveOutCdb>(cdb);
  if (fields.list_bytes < sizeof(BasicList)) return length_error();
  if (fields.list_bytes > limits::kReserveListBytesMax) return length_error();
  return std::nullopt;
}

std::optional<Sense> persistent_reserve_out_typed_refusal(const Cdb& cdb, const Unit& unit) {
  constexpr std::uint8_t kScopeAndTypeByte = 2;
  const auto fields = as<PersistentReserveOutCdb>(cdb);
  if (fields.scope() != 0) return invalid_field_in_cdb(kScopeAndTypeByte, 7);
  if (!reservation_type(fields.type())) return invalid_field_in_cdb(kScopeAndTypeByte, 3);
  return persistent_reserve_out_refusal(cdb, unit);
}

Step persistent_reserve_out(Execution& execution) {
  execution.transfer_bytes = execution.planned.bytes;
  if (execution.data_out.size() < execution.planned.bytes) return fail(execution, length_error());
  ReservationRequest request;
  request.action = action_of(execution.cdb);
  request.by = nexus_name(execution);
  request.type = type_of(execution.cdb);
  const bool moves = request.action == ReservationAction::kRegisterAndMove;
  const Mistake mistake = moves ? read_move_list(execution.data_out, request)
                                : read_basic_list(execution.data_out, request);
  if (mistake) return fail(execution, *mistake);
  return change_reservations(execution, std::move(request));
}

}  // namespace lungate::scsi
