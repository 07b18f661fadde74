// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

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
  unit.availability = Availability::kReady;
  unit.backend_kind = "file";
  unit.target_name = "iqn.2026-11.io.lungate:store,t,0x0001";
}

Plan Disk::plan_of(std::string_view cdb) const {
  return plan(cdb_of(cdb), unit_is_there ? &unit : nullptr);
}

Answer Disk::send(std::string_view cdb, Data data_out, std::optional<std::uint64_t> expected) {
  Execution execution;
  execution.cdb = cdb_of(cdb);
  execution.nexus = &nexus;
  execution.planned = plan_of(cdb);
  const std::uint64_t moved =
      std::min(expected.value_or(execution.planned.bytes), execution.planned.bytes);
  Data data_in;
  if (execution.planned.direction == Direction::kIn) data_in = filled(moved, 0xcc);
  data_out.resize(execution.planned.direction == Direction::kOut ? moved : 0);
  execution.data_in = data_in;
  execution.data_out = data_out;
  if (meanwhile != nullptr) meanwhile(unit);
  execution.unit = unit_is_there ? &unit : nullptr;

  store.calls.clear();
  Step step = start(execution);
  while (step != Step::kDone) {
    if (step == Step::kSubmit) store.carry_out(execution.request);
    if (step == Step::kChange) unit.mode = execution.change->mode;
    step = resume(execution);
  }
  EXPECT_LE(execution.data_in_bytes, data_in.size());
  data_in.resize(execution.data_in_bytes);
  return {execution.status,         execution.sense,   data_in,
          execution.transfer_bytes, execution.planned, store.calls};
}

Answer Disk::send_nowhere(std::string_view cdb) {
  unit_is_there = false;
  Answer answer = send(cdb);
  unit_is_there = true;
  return answer;
}

}  // namespace lungate::scsi::testing
