// SPDX-License-Identifier: LGPL-2.1-or-later
// Several initiators at one disk, each with its own unit attentions:
//
//   Hosts hosts;
//   hosts.registers('a', 0x1);
//   EXPECT_EQ(hosts.send('b', kWrite).status, Status::kReservationConflict);
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "tests/unit/scsi/disk.h"
#include "tests/unit/scsi/reserving.h"

namespace lungate::scsi::testing {

/// A basic parameter list of PERSISTENT RESERVE OUT (SPC-4, table 214).
inline std::string reserve_list(std::uint64_t key, std::uint64_t service_action_key,
                                unsigned flags = 0) {
  char text[64];
  std::snprintf(text, sizeof(text), "%016llx%016llx00000000%02x000000",
                static_cast<unsigned long long>(key),
                static_cast<unsigned long long>(service_action_key), flags);
  return text;
}

class Hosts {
 public:
  Answer send(char host, std::string_view cdb, Data data_out = {}) {
    disk.name = nexus(host);
    disk.nexus.unit_attentions = attentions_[host];
    disk.result = {};
    Answer answer = disk.send(cdb, std::move(data_out));
    attentions_[host] = disk.nexus.unit_attentions;
    for (const auto& [name, attention] : disk.result.told) attentions_[who(name)].raise(attention);
    return answer;
  }

  /// PERSISTENT RESERVE OUT with this list, in hexadecimal.
  Answer out(char host, unsigned action, unsigned scope_and_type, const std::string& list) {
    const Data data = unhex(list);
    char cdb[48];
    std::snprintf(cdb, sizeof(cdb), "5f %02x %02x 0000 %08zx 00", action, scope_and_type,
                  data.size());
    return send(host, cdb, data);
  }
  Answer out(char host, ReservationAction action, std::uint64_t key,
             std::uint64_t service_action_key = 0, unsigned type = 0) {
    return out(host, static_cast<unsigned>(action), type, reserve_list(key, service_action_key));
  }
  /// PERSISTENT RESERVE IN.
  Answer in(char host, unsigned action, unsigned allocation = 16'384) {
    char cdb[48];
    std::snprintf(cdb, sizeof(cdb), "5e %02x 0000000000 %04x 00", action, allocation);
    return send(host, cdb);
  }

  Answer registers(char host, std::uint64_t key) {
    return out(host, ReservationAction::kRegisterAndIgnore, 0, key);
  }
  Answer unregisters(char host, std::uint64_t key) {
    return out(host, ReservationAction::kRegister, key, 0);
  }
  Answer reserves(char host, std::uint64_t key, unsigned type) {
    return out(host, ReservationAction::kReserve, key, 0, type);
  }
  Answer releases(char host, std::uint64_t key, unsigned type) {
    return out(host, ReservationAction::kRelease, key, 0, type);
  }

  /// TEST UNIT READY until it is GOOD: what it has told.
  std::vector<AdditionalSense> attentions(char host) {
    std::vector<AdditionalSense> told;
    for (int i = 0; i < 10; ++i) {
      const Answer answer = send(host, "00 00000000 00");
      if (answer.status != Status::kCheckCondition) break;
      told.push_back(answer.sense.what);
    }
    return told;
  }

  Disk disk;

 private:
  std::map<char, UnitAttentions> attentions_;
};

}  // namespace lungate::scsi::testing
