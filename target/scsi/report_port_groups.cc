// SPDX-License-Identifier: LGPL-2.1-or-later

// REPORT TARGET PORT GROUPS (SPC-4, 6.37): by which paths initiators should go. There is one group,
// of one port, and every path through it is as good as any other.
#include "scsi/cdb.h"
#include "scsi/commands.h"
#include "scsi/outcome.h"

namespace lungate::scsi {
namespace {

/// Of the extended format, behind the length.
struct ExtendedHeader {
  std::uint8_t format = 0x10;  // 001b
  std::uint8_t implicit_transition_s = limits::kImplicitTransitionSeconds;
  be16 reserved;
};
static_assert(sizeof(ExtendedHeader) == 4);

struct GroupDescriptor {
  std::uint8_t state = 0x00;      // no preference (PREF 0); active/optimized
  std::uint8_t supported = 0x01;  // active/optimized, and no other state
  be16 group;
  std::uint8_t reserved = 0;
  std::uint8_t status = 0x00;  // no change of state has been seen
  std::uint8_t vendor = 0;
  std::uint8_t ports = 1;
};
static_assert(sizeof(GroupDescriptor) == 8);

struct PortDescriptor {
  be16 obsolete;
  be16 relative_port;
};
static_assert(sizeof(PortDescriptor) == 4);

}  // namespace

std::uint64_t report_bytes(const Cdb& cdb, std::uint32_t) {
  return room_for(as<ReportCdb>(cdb).allocation_bytes);
}

Step report_port_groups(Execution& execution) {
  const auto cdb = as<ReportCdb>(execution.cdb);
  const Unit& unit = *execution.unit;
  ParameterData data;
  data.append(be32{});
  if (cdb.extended()) data.append(ExtendedHeader{});
  GroupDescriptor group;
  group.group = unit.target_port_group;
  data.append(group);
  data.append(PortDescriptor{{}, unit.relative_target_port});
  data.put(0, be32{static_cast<std::uint32_t>(data.size() - sizeof(be32))});
  return give(execution, data, cdb.allocation_bytes);
}

}  // namespace lungate::scsi
