// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "scsi/unit_state.h"

namespace lungate::scsi::testing {
namespace {

Cdb cdb_of(std::string_view text) {
  const Data bytes = unhex(text);
  Cdb cdb;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    cdb.bytes[i] = std::to_integer<std::uint8_t>(bytes[i]);
  cdb.size = static_cast<std::uint8_t>(std::max<std::size_t>(bytes.size(), 16));  // as in a BHS
  return cdb;
}

bool same_naa(const Unit& unit, Bytes naa) {
  return naa.size() == unit.identity.naa_bytes &&
         std::equal(naa.begin(), naa.end(), unit.identity.naa.begin(),
                    [](std::byte a, std::uint8_t b) { return std::to_integer<int>(a) == b; });
}

}  // namespace

Data unhex(std::string_view text) {
  Data bytes;
  std::string digits;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  EXPECT_TRUE(digits.empty()) << "an odd number of digits: " << text;
  return bytes;
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", std::to_integer<unsigned>(byte));
    text += digits;
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Answer& answer) {
  out << "status " << static_cast<unsigned>(answer.status);
  if (answer.status == Status::kCheckCondition) out << ' ' << answer.sense.what.text;
  if (answer.sense.field)
    out << " at byte " << answer.sense.field->byte << " bit "
        << (answer.sense.field->bit ? int{*answer.sense.field->bit} : -1);
  return out << ", " << answer.data.size() << " bytes of data: " << hex(answer.data);
}

Disk::Disk(std::uint32_t block_bytes, std::uint64_t block_count)
    : store(std::min<std::uint64_t>(block_bytes * block_count, 64 << 20)) {
  backend::Traits traits;
  traits.kind = "file";
  traits.identity_seed = "seed";
  unit.identity = make_identity(traits);
  unit.geometry.block_bytes = block_bytes;
  unit.geometry.block_count = block_count;
  unit.geometry.unmap_granularity_blocks = 4096 / block_bytes;
  unit.geometry.atomic_blocks_max = 256;
  unit.availability = Availability::kReady;
  unit.backend_kind = "file";
  unit.runs_medium_jobs = true;
  unit.keeps_state = true;
  unit.target_name = "iqn.2026-11.io.lungate:store";
  nexus.name = &name;
}

Plan Disk::plan_of(std::string_view cdb) const {
  return plan(cdb_of(cdb), unit_is_there ? &unit : nullptr);
}

Answer Disk::send(std::string_view cdb, Data data_out, std::optional<std::uint64_t> expected) {
  Execution execution;
  execution.cdb = cdb_of(cdb);
  execution.nexus = &nexus;
  execution.now_ms = now_ms;
  execution.planned = plan_of(cdb);
  const std::uint64_t moved =
      std::min(expected.value_or(execution.planned.bytes), execution.planned.bytes);
  Data data_in;
  if (execution.planned.direction == Direction::kIn) data_in = filled(moved, 0xcc);
  data_out.resize(execution.planned.direction == Direction::kOut ? moved : 0);
  Data scratch = filled(execution.planned.scratch_bytes, 0xcc);
  execution.data_in = data_in;
  execution.data_out = data_out;
  execution.scratch = scratch;
  execution.request.owner = this;
  execution.find_unit = [](Execution& asking, Bytes naa) -> const Unit* {
    Disk& self = *static_cast<Disk*>(asking.request.owner);
    return self.neighbour != nullptr && same_naa(self.neighbour->unit, naa) ? &self.neighbour->unit
                                                                            : nullptr;
  };
  if (meanwhile != nullptr) meanwhile(unit);
  execution.unit = unit_is_there ? &unit : nullptr;

  store.calls.clear();
  locks.clear();
  Step step = start(execution);
  while (step != Step::kDone) {
    if (step == Step::kSubmit) store_of(execution).carry_out(execution.request);
    if (step == Step::kChange) execution.changed = carry_out(*execution.change);
    if (step == Step::kLock)
      locks.assign(execution.locks.begin(), execution.locks.begin() + execution.lock_count);
    step = resume(execution);
  }
  EXPECT_LE(execution.data_in_bytes, data_in.size());
  data_in.resize(execution.data_in_bytes);
  return {execution.status,         execution.sense,   data_in,
          execution.transfer_bytes, execution.planned, store.calls};
}

MemoryStore& Disk::store_of(const Execution& execution) {
  if (execution.submit_to == nullptr || execution.submit_to == &unit) return store;
  EXPECT_TRUE(neighbour != nullptr && execution.submit_to == &neighbour->unit);
  return neighbour->store;
}

ChangeOutcome Disk::carry_out(const UnitChange& change) {
  if (const auto* mode = std::get_if<ModeChange>(&change)) {
    unit.mode = mode->to;
    return {};
  }
  if (const auto* medium_job = std::get_if<MediumJob>(&change)) return carry_out(*medium_job);
  result = apply(unit.reservations != nullptr ? *unit.reservations : Reservations{},
                 std::get<ReservationRequest>(change), unit.keeps_state);
  if (result.status == Status::kGood)
    unit.reservations = std::make_shared<const Reservations>(result.next);
  return {result.status, result.sense};
}

/// As the unit's home loop would. A job that its command does not wait for needs finish_job().
ChangeOutcome Disk::carry_out(const MediumJob& asked) {
  job = asked;
  unit.medium_activity = nullptr;
  if (asked.work == MediumWork::kExitFailureMode) return {};
  run.emplace(asked, unit);
  unit.medium_activity = run->activity();
  if (asked.immediate) return {};
  finish_job();
  if (unit.medium_activity == nullptr) return {};
  return {Status::kCheckCondition, *not_ready(unit)};
}

bool Disk::step_job() {
  backend::Request request;
  if (!run->next(request)) {
    unit.medium_activity = nullptr;
    return false;
  }
  store.carry_out(request);
  if (request.status == backend::Status::kOk) return true;
  unit.medium_activity = run->failure();
  return false;
}

void Disk::finish_job() {
  while (step_job()) {
  }
}

Answer Disk::send_nowhere(std::string_view cdb) {
  unit_is_there = false;
  Answer answer = send(cdb);
  unit_is_there = true;
  return answer;
}

}  // namespace lungate::scsi::testing
