// SPDX-License-Identifier: LGPL-2.1-or-later

// A logical unit as every loop sees it: an immutable value. It changes rarely, on the unit's home
// loop, and is handed to every loop as a new snapshot; the path of an I/O takes no lock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "backend/backend.h"
#include "scsi/medium_job.h"
#include "scsi/provisioning.h"
#include "scsi/reservations.h"
#include "scsi/sense.h"
#include "scsi/status.h"

namespace lungate::scsi {

/// What never changes once initiators have seen it: they recognise the disk by it.
struct Identity {
  std::string vendor;    // 8 characters of INQUIRY, left-aligned ASCII; shorter is padded
  std::string product;   // 16 characters
  std::string revision;  // 4 characters
  std::string serial;    // VPD 80
  std::array<std::uint8_t, 16> naa{};  // VPD 83 designator, NAA type 3 or 6
  std::uint8_t naa_bytes = 8;          // 8 (NAA 2, 3, 5) or 16 (NAA 6)

  /// False for a unit whose store was never opened: nothing is known yet that could identify it.
  /// Such a unit must not show an invented identity: two of them would look like one disk.
  bool known() const { return !serial.empty(); }
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// An identity made from the backend's seed: the same wherever and whenever it is computed.
/// NAA type 3 (locally assigned) with 60 bits of a hash; serial is 32 hex digits of the same hash.
/// It must never change later: tests pin its output.
Identity make_identity(const backend::Traits& traits);

struct Geometry {
  std::uint32_t block_bytes = 512;  // 512 or 4096
  std::uint64_t block_count = 0;
  std::uint32_t optimal_blocks = 0;            // VPD B0; 0: not reported
  std::uint32_t unmap_granularity_blocks = 0;  // 0: no UNMAP (LBPME=0)
  /// Writes of at most so many blocks, from a multiple of so many, are all or nothing (WRITE
  /// ATOMIC, VPD B0). 0: no write is more than what the store makes of it.
  std::uint32_t atomic_blocks_max = 0;
  bool rotational = false;  // VPD B1
};

/// What MODE SELECT may change. Pages are made from it (mode_pages.h).
struct ModeState {
  bool software_write_protect = false;  // control page, SWP
  bool descriptor_sense = false;        // control page, D_SENSE
  friend bool operator==(const ModeState&, const ModeState&) = default;
};

enum class Availability : std::uint8_t {
  kReady,
  kOffline,   // NOT READY, LOGICAL UNIT NOT READY, CAUSE NOT REPORTABLE... (sense.h has the triple)
  kBecoming,  // NOT READY, LOGICAL UNIT IS IN PROCESS OF BECOMING READY
};

struct Unit {
  Identity identity;
  Geometry geometry;
  ModeState mode;
  ModeState saved_mode_default;  // what MODE SENSE reports as default values
  Availability availability = Availability::kOffline;
  bool read_only = false;         // the configuration, the backend or both say so
  bool write_cache = false;       // WCE of the caching page
  std::string_view backend_kind;  // "rbd", "file", "null"; null says so in INQUIRY's product
  /// Relative target port and group as VPD 83 reports them (one group for now).
  std::uint16_t target_port_group = 1;
  std::uint16_t relative_target_port = 1;
  std::string target_name;  // the device's; a port's has its group's number behind it (VPD 83, 88)
  /// Who has registered and who holds the unit. Null: nobody has, which is what the path of an I/O
  /// looks at first.
  std::shared_ptr<const Reservations> reservations;
  /// The store can keep them through a restart (backend::Traits): APTPL is taken.
  bool keeps_state = false;
  /// FORMAT UNIT and SANITIZE are there: whoever keeps the unit carries MediumJobs out.
  bool runs_medium_jobs = false;
  MediumActivityPtr medium_activity;  // null: there is none
  /// How full its store's place is, and from which share on hosts are told (provisioning.h); null,
  /// 0: nobody looks.
  std::shared_ptr<const Fullness> fullness;
  std::uint8_t threshold_percent = 0;
  std::uint64_t generation = 0;  // raised with every snapshot
};

/// A MODE SELECT, which was checked against `from`: when the unit has another mode by then, another
/// MODE SELECT was faster, and its pages must not be put back unseen.
struct ModeChange {
  ModeState from;
  ModeState to;
};

/// What a command asks to change; applied on the home loop, one at a time for each unit, then seen
/// by every loop.
using UnitChange = std::variant<ModeChange, ReservationRequest, MediumJob>;

/// What came of it. Not GOOD: nothing has been changed.
struct ChangeOutcome {
  Status status = Status::kGood;
  Sense sense;  // with kCheckCondition
};

}  // namespace lungate::scsi
