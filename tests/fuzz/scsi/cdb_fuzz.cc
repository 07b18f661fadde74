// SPDX-License-Identifier: LGPL-2.1-or-later
// Any CDB with any parameter data on units of any kind, run to its end. An input is:
//
//   byte 0       the unit: present, offline, read-only, cached, 4096, thick, SWP, huge (one bit
//                each)
//   byte 1       a unit attention, who holds the unit, and which request of the backend fails
//   byte 2       with which status it fails; the size of the CDB; whether the unit formats and has
//                atomic writes (0x20); whether there is a second unit to copy from and to (0x40)
//   byte 3       how much of what the CDB asks for the initiator expects (0: all of it)
//   bytes 4..19  the CDB
//   the rest     data-out
#include <cstring>
#include <memory>
#include <variant>
#include <vector>

#include "base/check.h"
#include "scsi/execution.h"
#include "scsi/medium_job.h"
#include "tests/unit/scsi/memory_store.h"
#include "tests/unit/scsi/reservation_rules.h"

namespace {

using namespace lungate;
using scsi::Direction;
using scsi::Execution;
using scsi::Step;

constexpr std::size_t kHeaderBytes = 20;
constexpr std::uint64_t kStoreBytes = 256 * 1024;
constexpr std::byte kUntouched{0xcc};
constexpr std::uint32_t kStepsMax = 10'000;  // the longest copies in pieces
constexpr int kJobStepsMax = 64;             // of a job on a huge unit, which would take days

/// A unit and its store.
struct Disk {
  scsi::Unit unit;
  scsi::testing::MemoryStore& store;
};

/// What there is besides the execution, which has a pointer to it as its requests' owner.
struct World {
  Disk disk;
  Disk other;  // of the same initiator
};

scsi::Unit unit_of(std::uint8_t bits, const char* seed) {
  backend::Traits traits;
  traits.kind = "file";
  traits.identity_seed = seed;
  scsi::Unit unit;
  unit.identity = scsi::make_identity(traits);
  unit.geometry.block_bytes = (bits & 0x10) != 0 ? 4096 : 512;
  unit.geometry.block_count =
      (bits & 0x80) != 0 ? std::uint64_t{1} << 40 : kStoreBytes / unit.geometry.block_bytes;
  unit.geometry.unmap_granularity_blocks = (bits & 0x20) != 0 ? 0 : 8;
  unit.availability =
      (bits & 0x02) != 0 ? scsi::Availability::kOffline : scsi::Availability::kReady;
  unit.read_only = (bits & 0x04) != 0;
  unit.write_cache = (bits & 0x08) != 0;
  unit.mode.software_write_protect = (bits & 0x40) != 0;
  unit.target_name = "iqn.2026-11.io.lungate:fuzz,t,0x0001";
  return unit;
}

const scsi::NexusName kUs{"iqn.2026-11.io.lungate:us,i,0x000000000001", 1};
const scsi::NexusName kThem{"iqn.2026-11.io.lungate:them,i,0x000000000001", 1};

/// By bits 4 to 6 of byte 1: nobody, with RESERVE, or registered with the keys 1 and 2 and
/// reserved.
std::shared_ptr<const scsi::Reservations> reservations_of(unsigned bits) {
  using Type = scsi::ReservationType;
  if (bits == 0) return nullptr;
  auto state = std::make_shared<scsi::Reservations>();
  if (bits <= 2) {
    state->reserved = bits == 1 ? kUs : kThem;
    return state;
  }
  state->registrations = {{kUs, 1}, {kThem, 2}};
  if (bits == 3) return state;
  constexpr Type kTypes[] = {Type::kWriteExclusive, Type::kExclusiveAccess,
                             Type::kExclusiveAccessRegistrantsOnly,
                             Type::kWriteExclusiveAllRegistrants};
  state->type = kTypes[bits - 4];
  if (!scsi::for_all_registrants(*state->type)) state->holder = bits == 5 ? kThem : kUs;
  return state;
}

scsi::Cdb cdb_of(const std::uint8_t* header) {
  scsi::Cdb cdb;
  std::memcpy(cdb.bytes.data(), header + 4, 16);
  cdb.size = (header[2] & 0x80) != 0 ? header[2] & 0x1f : 16;
  return cdb;
}

bool modifies(backend::Verb verb) {
  return verb != backend::Verb::kRead && verb != backend::Verb::kFlush &&
         verb != backend::Verb::kAllocation;
}

void check_request(const backend::Request& request, const scsi::Unit& unit) {
  if (modifies(request.verb)) {
    check(!unit.read_only && !unit.mode.software_write_protect, "a protected unit is not written");
    check(request.length % unit.geometry.block_bytes == 0, "only whole blocks are written");
  }
  if (request.verb != backend::Verb::kFlush) {
    check(unit.availability == scsi::Availability::kReady, "an offline unit is left alone");
    check(request.offset % unit.geometry.block_bytes == 0, "blocks begin at their LBA");
    check(backend::in_range(request.offset, request.length,
                            unit.geometry.block_count * unit.geometry.block_bytes),
          "a request lies inside the unit");
  }
}

void check_end(const Execution& execution, bool changed) {
  const auto sent = execution.data_in_bytes;
  check(sent <= execution.data_in.size(), "no more is sent than there is room for");
  for (const std::byte byte : execution.data_in.subspan(sent))
    if (execution.status == scsi::Status::kGood)
      check(byte == kUntouched, "nothing lies behind it");
  if (execution.status == scsi::Status::kGood) {
    check(execution.transfer_bytes <= execution.planned.bytes, "no more is moved than planned");
    if (execution.planned.direction == Direction::kIn)
      check(sent == std::min<std::uint64_t>(execution.transfer_bytes, execution.data_in.size()),
            "GOOD sends all that was given");
    return;
  }
  check(sent == 0, "no data come with an error");
  if (execution.status == scsi::Status::kBusy) {
    check(!changed, "BUSY means not executed");
    return;
  }
  if (execution.status == scsi::Status::kReservationConflict) {
    check(!changed, "who is kept out has changed nothing");
    return;
  }
  check(execution.status == scsi::Status::kCheckCondition,
        "GOOD, BUSY, RESERVATION CONFLICT or CHECK CONDITION");
  check(execution.sense.what.key != scsi::SenseKey::kNoSense, "an error has a sense key");
  std::array<std::byte, limits::kSenseBytesMax> wire{};
  check(execution.sense.encode(false, wire) == 18, "fixed format has 18 bytes");
  check(execution.sense.encode(true, wire) >= 8, "descriptor format has a header");
}

scsi::ChangeOutcome change(const scsi::ModeChange& mode, Disk& disk) {
  check(mode.from == disk.unit.mode, "it was made from the mode that the unit has");
  disk.unit.mode = mode.to;
  return {};
}

scsi::ChangeOutcome change(const scsi::ReservationRequest& request, Disk& disk) {
  scsi::Unit& unit = disk.unit;
  const scsi::Reservations before = unit.reservations ? *unit.reservations : scsi::Reservations{};
  const scsi::ReservationResult result = scsi::apply(before, request, unit.keeps_state);
  check(scsi::testing::broken_rule(result.next).empty(), "reservations keep their rules");
  unit.reservations = std::make_shared<const scsi::Reservations>(result.next);
  return {result.status, result.sense};
}

scsi::ChangeOutcome change(const scsi::MediumJob& job, Disk& disk) {
  check(disk.unit.runs_medium_jobs, "no job for a unit that has none");
  if (job.work == scsi::MediumWork::kExitFailureMode) return {};
  scsi::MediumRun run(job, disk.unit);
  backend::Request request;
  for (int steps = 0; steps < kJobStepsMax && run.next(request); ++steps) {
    check_request(request, disk.unit);
    disk.store.carry_out(request);
    if (request.status == backend::Status::kOk) continue;
    disk.unit.medium_activity = run.failure();
    break;
  }
  return {};
}

const scsi::Unit* other_unit(Execution& execution, Bytes) {
  return &static_cast<World*>(execution.request.owner)->other.unit;
}

Disk& asked_for(World& world, const Execution& execution) {
  const bool own = execution.submit_to == nullptr || execution.submit_to == &world.disk.unit;
  check(own || execution.submit_to == &world.other.unit, "requests are for units that were found");
  return own ? world.disk : world.other;
}

void run(Execution& execution, World& world) {
  bool changed = false;
  Step step = scsi::start(execution);
  for (std::uint32_t steps = 0; step != Step::kDone; ++steps) {
    check(steps < kStepsMax, "a command ends");
    if (step == Step::kSubmit) {
      check(execution.unit != nullptr, "only a unit has a backend");
      Disk& disk = asked_for(world, execution);
      check_request(execution.request, disk.unit);
      disk.store.carry_out(execution.request);
      if (modifies(execution.request.verb))
        changed = changed || execution.request.status == backend::Status::kOk;
    } else if (step == Step::kChange) {
      check(execution.change.has_value(), "a change says what");
      execution.changed =
          std::visit([&](const auto& what) { return change(what, world.disk); }, *execution.change);
    }
    step = scsi::resume(execution);
  }
  check_end(execution, changed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < kHeaderBytes) return 0;
  static scsi::testing::MemoryStore store(kStoreBytes);
  static scsi::testing::MemoryStore other_store(kStoreBytes);
  World world{{unit_of(input[0], "fuzz"), store}, {unit_of(input[0] & 0x10, "other"), other_store}};
  scsi::Unit& unit = world.disk.unit;
  if ((input[2] & 0x20) != 0) {
    unit.runs_medium_jobs = true;
    unit.geometry.atomic_blocks_max = 64;
  }
  scsi::Nexus nexus;
  constexpr std::uint16_t kLuns[] = {0, 1, 255};
  nexus.lun_inventory = kLuns;
  nexus.name = &kUs;
  unit.reservations = reservations_of((input[1] >> 4) & 0x07u);
  unit.keeps_state = true;
  if ((input[1] & 0x80) != 0) nexus.unit_attentions.raise(scsi::sense::kPowerOnOccurred);
  store.holes = {{0, 100}, {512, 4096}, {8192, 65536}, {100'000, 1}, {200'000, 62'144}};
  store.look_no_further_than(150'000);
  store.calls.clear();
  other_store.calls.clear();
  store.fail(static_cast<backend::Status>(input[2] % backend::kStatuses), input[1] & 0x07);

  Execution execution;
  execution.cdb = cdb_of(input);
  execution.unit = (input[0] & 0x01) != 0 ? nullptr : &unit;
  execution.nexus = &nexus;
  execution.request.owner = &world;
  if ((input[2] & 0x40) != 0) execution.find_unit = &other_unit;
  execution.planned = scsi::plan(execution.cdb, execution.unit);
  const scsi::Plan& plan = execution.planned;
  check((plan.direction == Direction::kNone) == (plan.bytes == 0), "a direction moves bytes");
  check(plan.bytes <= limits::kTransferBytesMax, "a plan is bounded");

  const std::uint64_t moved = input[3] == 0 ? plan.bytes : plan.bytes * input[3] / 256;
  std::vector<std::byte> data_out(plan.direction == Direction::kOut ? moved : 0);
  std::vector<std::byte> data_in(plan.direction == Direction::kIn ? moved : 0, kUntouched);
  const std::size_t given = std::min(size - kHeaderBytes, data_out.size());
  if (given > 0) std::memcpy(data_out.data(), input + kHeaderBytes, given);
  std::vector<std::byte> scratch(plan.scratch_bytes, kUntouched);
  check(scratch.size() <= limits::kScratchBytesMax, "so is what it needs for itself");
  execution.scratch = scratch;
  execution.data_out = data_out;
  execution.data_in = data_in;
  run(execution, world);
  return 0;
}
