// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace lungate::telemetry {

/// Why a segment cannot be read, as a class. Names are label values of lungate_shm_fault.
enum class Fault : std::uint8_t {
  kAbsent,      // no file
  kUnreadable,  // permissions, or an I/O error
  kForeign,     // not a segment at all: no regular file, no magic, other byte order
  kTruncated,   // shorter than it says
  kVersion,     // a layout that this program does not know
  kSchema,      // the known layout with other meanings: built from another catalogue
  kCorrupt,     // a field that no writer writes
  kStarting,    // not filled yet
  kStopped,     // its writer has ended in good order
  kDead,        // its writer is gone without a word
  kDuplicate,   // another segment carries the same gateway name (found by the exporter)
};
inline constexpr std::size_t kFaults = 11;
inline constexpr std::array<std::string_view, kFaults> kFaultNames = {
    "absent",  "unreadable", "foreign", "truncated", "version",  "schema",
    "corrupt", "starting",   "stopped", "dead",      "duplicate"};

/// A fault with its sentence. The class is a label and decides what an operator does; the sentence
/// is for the log and may name values out of the file, cleaned.
struct ReadError {
  Fault fault = Fault::kCorrupt;
  std::string detail;  // for people: which field, which value

  std::string_view name() const { return kFaultNames[static_cast<std::size_t>(fault)]; }
};

}  // namespace lungate::telemetry
