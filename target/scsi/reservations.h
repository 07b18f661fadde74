// SPDX-License-Identifier: LGPL-2.1-or-later

// Who may use a unit: persistent reservations (SPC-4, 5.13) and the old RESERVE and RELEASE (SPC-2,
// 5.5), as values. A change is a pure function from one state to the next; the unit's home loop
// runs it, has the state stored where it must survive (APTPL), and hands the new snapshot to every
// loop before the command is answered.
//
//   PERSISTENT RESERVE OUT --parse--> ReservationRequest --Step::kChange--> home: apply()
//        --> ReservationResult: the next state, who is told what, whose commands are aborted
//
//   any command --> conflicts(): three pointers and a comparison when there is a reservation, one
//                   pointer when there is none
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scsi/sense.h"
#include "scsi/status.h"

namespace lungate::scsi {

/// One I_T nexus, as reservations name it: they outlive the session, so it is no session's number.
struct NexusName {
  /// iSCSI name in lower case, ",i,0x" and the ISID in twelve lower-case hex digits, as a
  /// TransportID of format 01b has it (SPC-4, 7.6.4.6; transport_id.h).
  std::string initiator_port;
  std::uint16_t relative_target_port = 1;  // never 0
  friend bool operator==(const NexusName&, const NexusName&) = default;
};

/// SPC-4, table 206; the values of the wire.
enum class ReservationType : std::uint8_t {
  kWriteExclusive = 0x1,
  kExclusiveAccess = 0x3,
  kWriteExclusiveRegistrantsOnly = 0x5,
  kExclusiveAccessRegistrantsOnly = 0x6,
  kWriteExclusiveAllRegistrants = 0x7,
  kExclusiveAccessAllRegistrants = 0x8,
};

/// The type with this value on the wire; nothing: it is obsolete or reserved.
std::optional<ReservationType> reservation_type(std::uint8_t code);
/// Every registered nexus holds it, and no single one (5.13.10).
bool for_all_registrants(ReservationType type);
/// Every registered nexus may use the unit, whoever holds the reservation.
bool for_registrants(ReservationType type);

struct Registration {
  NexusName nexus;
  std::uint64_t key = 0;  // never 0
  friend bool operator==(const Registration&, const Registration&) = default;
};

/// A unit's whole state. Immutable once it stands in a snapshot.
struct Reservations {
  std::uint32_t generation = 0;             // PRGENERATION; not stored, 0 after a restart
  std::vector<Registration> registrations;  // in the order of registering; kRegistrationsMax
  std::optional<ReservationType> type;      // there is a reservation
  std::optional<NexusName> holder;          // of it, registered; none for all registrants
  bool persists = false;                    // APTPL of the last registration
  std::optional<NexusName> reserved;        // by RESERVE; never beside registrations
  friend bool operator==(const Reservations&, const Reservations&) = default;

  const Registration* find(const NexusName& nexus) const;
  /// It is a holder of the persistent reservation: one of several with all registrants.
  bool holds(const NexusName& nexus) const;
  /// Nothing in it but perhaps the generation.
  bool empty() const { return registrations.empty() && !reserved; }
};

/// What a command does, as reservations see it (SPC-4, table 65; SBC-3, table 13; under RESERVE:
/// SPC-2, tables 10 and B.2). A column of the command table.
enum class ReservedFor : std::uint8_t {
  kAnyone,       // no conflict ever: INQUIRY, REPORT LUNS, REQUEST SENSE, READ CAPACITY, ...; and
                 // those that the change itself judges (RESERVE, RELEASE)
  kReaders,      // allowed under write exclusive, a conflict under exclusive access
  kWriters,      // a conflict under both
  kRegistrants,  // a conflict unless registered, whatever the type
  kProbers,      // a conflict only under another's RESERVE: TEST UNIT READY
  kManagers,     // a conflict while RESERVE holds the unit, whoever did it: PERSISTENT RESERVE
};

/// The command of `nexus` must be answered RESERVATION CONFLICT.
bool conflicts(const Reservations& reservations, const NexusName& nexus, ReservedFor what);

/// Service actions of PERSISTENT RESERVE OUT (SPC-4, table 213), and what else changes the state.
enum class ReservationAction : std::uint8_t {
  kRegister = 0x0,
  kReserve = 0x1,
  kRelease = 0x2,
  kClear = 0x3,
  kPreempt = 0x4,
  kPreemptAndAbort = 0x5,
  kRegisterAndIgnore = 0x6,
  kRegisterAndMove = 0x7,
  // Not of the wire:
  kReserveLegacy = 0x20,  // RESERVE (6), (10)
  kReleaseLegacy = 0x21,  // RELEASE (6), (10)
  kReset = 0x22,          // LOGICAL UNIT RESET: the legacy reservation goes, the others stay
  kNexusLost = 0x23,      // the nexus is gone for good: its legacy reservation goes
};

/// One request, parsed and checked for form: what is left to say depends on the state.
struct ReservationRequest {
  ReservationAction action = ReservationAction::kRegister;
  NexusName by;
  /// RESERVE and RELEASE always have one; PREEMPT needs one only when it takes a reservation over,
  /// so that nothing here means that the CDB named none that there is.
  std::optional<ReservationType> type;
  std::uint64_t key = 0;  // RESERVATION KEY
  std::uint64_t service_action_key = 0;
  bool aptpl = false;
  bool specifies_ports = false;        // REGISTER: SPEC_I_PT
  bool unregister_source = false;      // REGISTER AND MOVE: UNREG
  std::vector<NexusName> also;         // the ports of SPEC_I_PT; registered as `by` is, or none is
  std::optional<NexusName> recipient;  // REGISTER AND MOVE
};

struct ReservationResult {
  Status status = Status::kGood;  // kReservationConflict, kCheckCondition: the state is unchanged
  Sense sense;
  Reservations next;  // with kGood
  /// The next state must be stored before GOOD is answered (kept_state.h): that changes, because
  /// the state persists or did so until now.
  bool store = false;
  struct Told {
    NexusName nexus;
    AdditionalSense attention;
  };
  std::vector<Told> told;  // unit attentions, for nexuses other than the one that asks
  /// PREEMPT AND ABORT: whose commands are taken away before GOOD is answered. The one that asks
  /// may be among them (it preempts its own key); its session's are left alone.
  std::vector<NexusName> aborted;
};

/// `keeps_state`: the store can keep it through a restart (otherwise APTPL is refused).
ReservationResult apply(const Reservations& before, const ReservationRequest& request,
                        bool keeps_state);

}  // namespace lungate::scsi
