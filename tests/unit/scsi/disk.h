// SPDX-License-Identifier: LGPL-2.1-or-later
// A disk to send CDBs to, in hexadecimal, and words for what it should answer:
//
//   Disk disk;
//   EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), Good());
//   EXPECT_THAT(disk.send("28 00 00000800 00 0001 00"), Fails(sense::kLbaOutOfRange));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scsi/execution.h"
#include "tests/unit/scsi/memory_store.h"

namespace lungate::scsi::testing {

using Data = std::vector<std::byte>;

/// Bytes from hexadecimal digits; spaces are for the reader.
Data unhex(std::string_view text);

/// "0a0b": lower case, no spaces.
std::string hex(Bytes bytes);

/// `count` bytes of one value.
inline Data filled(std::size_t count, unsigned value) {
  return Data(count, static_cast<std::byte>(value));
}

struct Answer {
  Status status = Status::kGood;
  Sense sense;
  Data data;  // data-in
  std::uint64_t transfer_bytes = 0;
  Plan plan;
  std::vector<Call> calls;  // to the backend, of this command
};
std::ostream& operator<<(std::ostream& out, const Answer& answer);

class Disk {
 public:
  explicit Disk(std::uint32_t block_bytes = 512, std::uint64_t block_count = 2048);
  Disk(const Disk&) = delete;  // the nexus points to the name
  Disk& operator=(const Disk&) = delete;

  /// Plans, moves data as a session would, and runs the command to its end. `expected` is the
  /// initiator's Expected Data Transfer Length: what the CDB says unless given.
  Answer send(std::string_view cdb, Data data_out = {},
              std::optional<std::uint64_t> expected = std::nullopt);

  /// The same to a LUN that does not exist.
  Answer send_nowhere(std::string_view cdb);

  Plan plan_of(std::string_view cdb) const;

  /// One request of a FORMAT UNIT or SANITIZE that goes on after its command; false: it has ended.
  bool step_job();
  void finish_job();

  Unit unit;
  Nexus nexus;
  MemoryStore store;
  bool unit_is_there = true;
  NexusName name{"iqn.2026-11.io.lungate:host,i,0x00023d000001", 1};
  std::uint64_t now_ms = 0;      // the machine's clock
  Disk* neighbour = nullptr;     // the one other unit that this initiator may see
  std::vector<RangeLock> locks;  // of the last command
  ReservationResult result;      // of the last change of reservations
  std::optional<MediumJob> job;  // the last one that was asked for
  std::optional<MediumRun> run;  // its work
  /// Changes the unit between plan and start, as a reload or a resize may.
  void (*meanwhile)(Unit& unit) = nullptr;

 private:
  MemoryStore& store_of(const Execution& execution);
  ChangeOutcome carry_out(const UnitChange& change);
  ChangeOutcome carry_out(const MediumJob& asked);
};

/// Ends with GOOD.
MATCHER(Good, "is GOOD") {
  return arg.status == Status::kGood;
}

/// Ends with GOOD and exactly these bytes, in hexadecimal.
MATCHER_P(Gives, expected, "gives " + hex(unhex(expected))) {
  return arg.status == Status::kGood && hex(arg.data) == hex(unhex(expected));
}

/// Ends with CHECK CONDITION, this triple, and no data.
MATCHER_P(Fails, what, "fails with " + std::string(AdditionalSense(what).text)) {
  return arg.status == Status::kCheckCondition && arg.sense.what == what && arg.data.empty();
}

/// INVALID FIELD IN CDB, pointing at this byte.
MATCHER_P(FailsAtCdbByte, byte, "fails with INVALID FIELD IN CDB at the byte") {
  return arg.status == Status::kCheckCondition && arg.sense.what == sense::kInvalidFieldInCdb &&
         arg.sense.field && arg.sense.field->in == FieldPointer::In::kCdb &&
         arg.sense.field->byte == byte;
}

/// INVALID FIELD IN PARAMETER LIST, pointing at this byte.
MATCHER_P(FailsAtListByte, byte, "fails with INVALID FIELD IN PARAMETER LIST at the byte") {
  return arg.status == Status::kCheckCondition &&
         arg.sense.what == sense::kInvalidFieldInParameterList && arg.sense.field &&
         arg.sense.field->in == FieldPointer::In::kParameterList && arg.sense.field->byte == byte;
}

}  // namespace lungate::scsi::testing
