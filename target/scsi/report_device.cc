// SPDX-License-Identifier: LGPL-2.1-or-later

// What the device says of itself: REPORT IDENTIFYING INFORMATION, REPORT SUPPORTED TASK MANAGEMENT
// FUNCTIONS, REPORT TIMESTAMP (SPC-4, 6.32, 6.36, 6.38).
#include <array>

#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// A task management function of SAM-5, clause 7, and its bit in the data.
struct TaskFunction {
  std::string_view name;
  std::uint8_t byte;
  std::uint8_t bit;
  bool supported;
};

/// What the session does with each, in the order of their bits. TARGET RESET stands for iSCSI's
/// TARGET WARM RESET and TARGET COLD RESET; the queries and the last three need a session of
/// iSCSIProtocolLevel 2 (RFC 7144).
constexpr std::array<TaskFunction, 11> kTaskFunctions = {{
    {"ABORT TASK", 0, 7, true},
    {"ABORT TASK SET", 0, 6, true},
    {"CLEAR ACA", 0, 5, false},
    {"CLEAR TASK SET", 0, 4, true},
    {"LOGICAL UNIT RESET", 0, 3, true},
    {"QUERY TASK", 0, 2, true},
    {"TARGET RESET", 0, 1, true},
    {"WAKEUP", 0, 0, false},
    {"QUERY ASYNCHRONOUS EVENT", 1, 2, true},
    {"QUERY TASK SET", 1, 1, true},
    {"I_T NEXUS RESET", 1, 0, true},
}};

/// With REPD=1: no timeouts are told (TMFTMOV 0), for they are the store's and vary.
struct TaskTimeouts {
  std::array<std::uint8_t, 4> flags{};
  be32 long_100ms;
  be32 short_100ms;
};
static_assert(sizeof(TaskTimeouts) == 12);

struct Timestamp {
  be16 bytes = 0x000a;         // that follow this field
  std::uint8_t origin = 0x03;  // set by other means than the standard's: the machine keeps it
  std::uint8_t reserved = 0;
  be48 since_1970_ms;
  be16 reserved_10;
};
static_assert(sizeof(Timestamp) == 12);

struct InformationHeader {
  be16 reserved;
  be16 bytes;
};
static_assert(sizeof(InformationHeader) == 4);

/// One kind of identifying information, and how much of it can be stored.
struct InformationType {
  std::uint8_t type = 0;  // in bits 7 to 1
  std::uint8_t reserved = 0;
  be16 bytes_max;  // 0: nobody can set it
};
static_assert(sizeof(InformationType) == 4);

enum : std::uint8_t { kPeripheral = 0x00, kText = 0x02, kSupported = 0x7f };

}  // namespace

/// Fewer bytes than the data have are an error here, unlike elsewhere (SPC-4, 6.36).
Step report_task_functions(Execution& execution) {
  constexpr std::uint8_t kAllocationByte = 6;
  const auto cdb = as<ReportCdb>(execution.cdb);
  std::array<std::uint8_t, 4> supported{};
  for (const TaskFunction& function : kTaskFunctions)
    if (function.supported)
      supported[function.byte] =
          static_cast<std::uint8_t>(supported[function.byte] | 1u << function.bit);
  if (cdb.extended_data()) supported[3] = sizeof(TaskTimeouts);
  ParameterData data;
  data.append(supported);
  if (cdb.extended_data()) data.append(TaskTimeouts{});
  if (cdb.allocation_bytes < data.size())
    return fail(execution, invalid_field_in_cdb(kAllocationByte));
  return give(execution, data, cdb.allocation_bytes);
}

Step report_timestamp(Execution& execution) {
  Timestamp timestamp;
  timestamp.since_1970_ms = execution.now_ms;
  ParameterData data;
  data.append(timestamp);
  return give(execution, data, as<ReportCdb>(execution.cdb).allocation_bytes);
}

/// There is none, and no command to set any.
Step report_information(Execution& execution) {
  constexpr std::uint8_t kTypeByte = 10;
  const auto cdb = as<ReportCdb>(execution.cdb);
  const auto type = static_cast<std::uint8_t>(cdb.information_type >> 1);
  ParameterData data;
  if (type == kSupported) {
    data.append(InformationHeader{{}, 2 * sizeof(InformationType)});
    data.append(InformationType{kPeripheral << 1, 0, {}});
    data.append(InformationType{kText << 1, 0, {}});
  } else if (type == kPeripheral || type == kText) {
    data.append(InformationHeader{});
  } else {
    return fail(execution, invalid_field_in_cdb(kTypeByte, 7));
  }
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
