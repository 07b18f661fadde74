// SPDX-License-Identifier: LGPL-2.1-or-later
// Sequences of PERSISTENT RESERVE OUT with any parameter list, of RESERVE and RELEASE, by four
// initiators at one unit. An input is one command after the other:
//
//   byte 0     bits 0, 1: who; 2 to 6: the service action (8, 9: RESERVE, RELEASE); 7: as below
//   byte 1     SCOPE and TYPE
//   byte 2     the length of the parameter list; bit 7 of byte 0: times 32
//   the list
//
// After each the state keeps its rules; in the end what is stored can be found again, and what
// PERSISTENT RESERVE IN tells is as long as it says.
#include <algorithm>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "scsi/execution.h"
#include "scsi/kept_state.h"
#include "tests/fuzz/require.h"
#include "tests/unit/scsi/reservation_rules.h"

namespace {

using namespace lungate;
using namespace lungate::scsi;
using fuzz::require;

Unit fresh_unit() {
  Unit unit;
  unit.geometry.block_count = 1;
  unit.availability = Availability::kReady;
  unit.keeps_state = true;
  return unit;
}

NexusName name_of(unsigned who) {
  return {"a" + std::to_string(who) + ",i,0x000000000001", 1};
}

/// One command, with `data` as what the initiator sends, or what it gets.
Status run(Unit& unit, const NexusName& name, const Cdb& cdb, std::vector<std::byte>& data) {
  Nexus nexus;
  nexus.name = &name;
  Execution execution;
  execution.cdb = cdb;
  execution.unit = &unit;
  execution.nexus = &nexus;
  execution.planned = plan(cdb, &unit);
  data.resize(execution.planned.bytes);
  if (execution.planned.direction == Direction::kIn) execution.data_in = data;
  if (execution.planned.direction == Direction::kOut) execution.data_out = data;
  Step step = start(execution);
  if (step == Step::kChange) {
    const Reservations before = unit.reservations ? *unit.reservations : Reservations{};
    const ReservationResult result =
        apply(before, std::get<ReservationRequest>(*execution.change), unit.keeps_state);
    require(result.status == Status::kGood || result.next == before);
    require(testing::broken_rule(result.next).empty());
    for (const auto& told : result.told) require(told.nexus != name);
    unit.reservations = std::make_shared<const Reservations>(result.next);
    execution.changed = {result.status, result.sense};
    step = resume(execution);
  }
  require(step == Step::kDone);
  return execution.status;
}

void read_all(Unit& unit, const NexusName& name) {
  std::vector<std::byte> data;
  for (std::uint8_t action = 0; action < 4; ++action) {
    Cdb cdb;
    cdb.bytes = {0x5e, action, 0, 0, 0, 0, 0, 0xff, 0xff, 0};
    cdb.size = 16;
    const Status status = run(unit, name, cdb, data);
    if (unit.reservations && unit.reservations->reserved) {
      require(status == Status::kReservationConflict);
      continue;
    }
    require(status == Status::kGood);
    if (action == 0)
      require(load<be32>(Bytes(data).subspan(4)) == 8 * unit.reservations->registrations.size());
  }
}

void find_again(const Reservations& state) {
  const std::string text = encode_state({state, {}});
  const auto found = decode_state(bytes_of(std::string_view(text)));
  require(found.has_value());
  Reservations expected;
  if (state.persists) expected = state;
  expected.generation = 0;
  expected.reserved.reset();
  require(found->reservations == expected);
}

Cdb cdb_of(const std::uint8_t* header, std::size_t list_bytes) {
  constexpr unsigned kReserve = 8, kRelease = 9;
  const unsigned action = (header[0] >> 2) & 0x1fu;
  Cdb cdb;
  cdb.size = 16;
  if (action == kReserve || action == kRelease) {
    cdb.bytes[0] = action == kReserve ? 0x16 : 0x57;
    return cdb;
  }
  cdb.bytes = {0x5f, static_cast<std::uint8_t>(action), header[1]};
  cdb.bytes[7] = static_cast<std::uint8_t>(list_bytes >> 8);
  cdb.bytes[8] = static_cast<std::uint8_t>(list_bytes & 0xff);
  return cdb;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  constexpr std::size_t kHeaderBytes = 3;
  Unit unit = fresh_unit();
  for (int commands = 0; size >= kHeaderBytes && commands < 50; ++commands) {
    const std::uint8_t* header = input;
    input += kHeaderBytes;
    size -= kHeaderBytes;
    const std::size_t said = header[2] * ((header[0] & 0x80) != 0 ? std::size_t{32} : 1);
    const std::size_t given = std::min(size, said);
    const auto list = std::as_bytes(std::span(input, given));
    std::vector<std::byte> data(list.begin(), list.end());
    input += given;
    size -= given;
    const NexusName name = name_of(header[0] & 0x03u);
    run(unit, name, cdb_of(header, given), data);
  }
  if (unit.reservations == nullptr) return 0;
  read_all(unit, name_of(0));
  find_again(*unit.reservations);
  return 0;
}
