// SPDX-License-Identifier: LGPL-2.1-or-later

// PERSISTENT RESERVE IN (SPC-4, 6.15): who is registered, who holds the unit, what there is. Each
// answer says its whole length, however much of it is cut off. READ FULL STATUS names 256 nexuses
// in up to 68 KiB, more than other parameter data ever have: it is written piece by piece into the
// initiator's buffer, and what does not fit is only counted.
#include <algorithm>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"
#include "scsi/transport_id.h"

namespace lungate::scsi {
namespace {

constexpr std::uint8_t kReadFullStatus = 0x03;

/// In front of all but REPORT CAPABILITIES.
struct Header {
  be32 generation;
  be32 additional_bytes;
};
static_assert(sizeof(Header) == 8);

/// Table 204. SCOPE is 0h: the unit (6.15.3.3).
struct HeldReservation {
  be64 key;
  be32 obsolete_16;
  std::uint8_t reserved = 0;
  std::uint8_t scope_and_type = 0;
  be16 obsolete_22;
};
static_assert(sizeof(HeldReservation) == 16);

/// Table 207.
struct Capabilities {
  be16 bytes = 8;
  std::uint8_t flags = 0;
  std::uint8_t more_flags = 0;
  be16 types;
  be16 reserved;
};
static_assert(sizeof(Capabilities) == 8);

/// Table 211; the TransportID follows.
struct FullStatus {
  be64 key;
  be32 reserved_8;
  std::uint8_t flags = 0;
  std::uint8_t scope_and_type = 0;
  be32 reserved_14;
  be16 relative_target_port;
  be32 additional_bytes;
};
static_assert(sizeof(FullStatus) == 24);

/// Who has never been registered has no snapshot: nothing is what it says.
const Reservations& reservations_of(const Execution& execution) {
  static const Reservations kNone;
  return execution.unit->reservations != nullptr ? *execution.unit->reservations : kNone;
}

std::uint16_t allocation_bytes(const Cdb& cdb) {
  return as<PersistentReserveInCdb>(cdb).allocation_bytes;
}

/// Data-in, filled as far as it goes.
class Writer {
 public:
  explicit Writer(Execution& execution) : execution_(execution) {}

  void append(Bytes bytes) {
    const MutableBytes room = execution_.data_in;
    if (size_ < room.size())
      std::copy_n(bytes.begin(), std::min(bytes.size(), room.size() - size_),
                  room.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }

  Step give() {
    execution_.transfer_bytes = std::min<std::uint64_t>(size_, allocation_bytes(execution_.cdb));
    execution_.data_in_bytes =
        std::min<std::uint64_t>(execution_.transfer_bytes, execution_.data_in.size());
    return good(execution_);
  }

 private:
  Execution& execution_;
  std::size_t size_ = 0;
};

void append_status(const Registration& registration, const Reservations& reservations,
                   Writer& writer) {
  constexpr std::uint8_t kHolder = 0x01;  // R_HOLDER; ALL_TG_PT is 0: one nexus each
  const std::string& initiator_port = registration.nexus.initiator_port;
  std::array<std::byte, sizeof(be32) + padded_to_4(kPortNameBytesMax + 1)> buffer;
  const MutableBytes transport_id = MutableBytes(buffer).first(transport_id_bytes(initiator_port));
  write_transport_id(initiator_port, transport_id);

  FullStatus status;
  status.key = registration.key;
  if (reservations.holds(registration.nexus)) {
    status.flags = kHolder;
    status.scope_and_type = static_cast<std::uint8_t>(*reservations.type);
  }
  status.relative_target_port = registration.nexus.relative_target_port;
  status.additional_bytes = static_cast<std::uint32_t>(transport_id.size());
  writer.append(bytes_of(status));
  writer.append(transport_id);
}

std::uint32_t full_status_bytes(const Reservations& reservations) {
  std::size_t bytes = 0;
  for (const Registration& registration : reservations.registrations)
    bytes += sizeof(FullStatus) + transport_id_bytes(registration.nexus.initiator_port);
  return static_cast<std::uint32_t>(bytes);
}

}  // namespace

std::uint64_t persistent_reserve_in_bytes(const Cdb& cdb, std::uint32_t) {
  const bool long_answer = (cdb.bytes[1] & 0x1f) == kReadFullStatus;
  return long_answer ? allocation_bytes(cdb) : room_for(allocation_bytes(cdb));
}

Step read_reservation_keys(Execution& execution) {
  const Reservations& reservations = reservations_of(execution);
  const std::size_t keys_bytes = reservations.registrations.size() * sizeof(be64);
  ParameterData data;
  data.append(Header{reservations.generation, static_cast<std::uint32_t>(keys_bytes)});
  for (const Registration& registration : reservations.registrations)
    data.append(be64{registration.key});
  return give(execution, data, allocation_bytes(execution.cdb));
}

Step read_reservation(Execution& execution) {
  const Reservations& reservations = reservations_of(execution);
  ParameterData data;
  if (!reservations.type) {
    data.append(Header{reservations.generation, {}});
    return give(execution, data, allocation_bytes(execution.cdb));
  }
  HeldReservation held;
  if (reservations.holder) held.key = reservations.find(*reservations.holder)->key;
  held.scope_and_type = static_cast<std::uint8_t>(*reservations.type);
  data.append(Header{reservations.generation, sizeof(held)});
  data.append(held);
  return give(execution, data, allocation_bytes(execution.cdb));
}

Step report_reservation_capabilities(Execution& execution) {
  constexpr std::uint8_t kCrh = 0x10;  // reservation_changes.cc
  constexpr std::uint8_t kSipC = 0x08;
  constexpr std::uint8_t kAtpC = 0x04;  // one target port: all of them are that one
  constexpr std::uint8_t kPtplC = 0x01;
  constexpr std::uint8_t kTmv = 0x80;
  constexpr std::uint8_t kAllowCommands = 0x40;  // 100b: what the command table says, table 208
  constexpr std::uint8_t kPtplA = 0x01;
  constexpr std::uint16_t kAllSixTypes = 0xea01;  // table 209
  Capabilities capabilities;
  capabilities.flags = kCrh | kSipC | kAtpC;
  if (execution.unit->keeps_state) capabilities.flags |= kPtplC;
  capabilities.more_flags = kTmv | kAllowCommands;
  if (reservations_of(execution).persists) capabilities.more_flags |= kPtplA;
  capabilities.types = kAllSixTypes;
  ParameterData data;
  data.append(capabilities);
  return give(execution, data, allocation_bytes(execution.cdb));
}

Step read_full_reservation_status(Execution& execution) {
  const Reservations& reservations = reservations_of(execution);
  Writer writer(execution);
  writer.append(bytes_of(Header{reservations.generation, full_status_bytes(reservations)}));
  for (const Registration& registration : reservations.registrations)
    append_status(registration, reservations, writer);
  return writer.give();
}

}  // namespace lungate::scsi
