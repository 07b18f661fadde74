// SPDX-License-Identifier: LGPL-2.1-or-later

// The slow ring of a reading as rows for people and scripts. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ctl/choice.h"
#include "telemetry/snapshot.h"

namespace lungate::ctl {

/// One I/O, before it is text. Texts come from a segment and are clean (reader.h).
struct SlowRow {
  std::uint64_t wall_ns = 0;  // when it was recorded: it ended then, or was seen to be stuck
  telemetry::SlowKind kind = telemetry::SlowKind::kEnded;
  std::string target;
  std::uint16_t lun = 0;
  std::string initiator;
  std::string peer;
  std::string command;  // "READ(10)"; empty: not known by name
  std::uint8_t opcode = 0;
  telemetry::Op op = telemetry::Op::kOther;
  std::uint64_t lba = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  double duration_s = 0;
  std::array<double, telemetry::kStages> stages_s{};  // of a stuck one: those that are over
  std::optional<telemetry::Stage> stage;              // of a stuck one: where it is
  telemetry::ErrorClass error = telemetry::ErrorClass::kNone;
  std::uint32_t task_tag = 0;
  // Which record of its segment it is.
  std::uint32_t loop = 0;
  std::uint64_t number = 0;
};

/// Both clocks at one moment: what a segment says is of the one, what people read of the other.
struct Clocks {
  BootTime boot;
  std::uint64_t wall_ns = 0;
};

/// The oldest first.
std::vector<SlowRow> slow_rows(const telemetry::Snapshot& snapshot, const Clocks& now);

/// Filtered, sorted so that the newest or longest is the last, and the last `choice.count` of them.
std::vector<SlowRow> chosen(std::vector<SlowRow> rows, const SlowChoice& choice);

/// What `--follow` has not shown yet: takes readings one after the other.
class Unseen {
 public:
  /// The records of `snapshot` that no earlier call had. Another segment (a restart) is all new.
  telemetry::Snapshot of(telemetry::Snapshot snapshot);

 private:
  std::uint64_t generation_ = 0;
  std::array<std::uint8_t, 16> instance_uuid_{};
  std::vector<std::uint64_t> numbers_;  // the last one, by loop
};

}  // namespace lungate::ctl
