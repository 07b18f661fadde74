// SPDX-License-Identifier: LGPL-2.1-or-later
// Parameter lists of EXTENDED COPY, in words:
//
//   EXPECT_THAT(copy(disk, {{cscd(disk)}, {segment(0, 0, 16, /*from*/ 0, /*to*/ 100)}}), Good());
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi::testing {

inline std::string print(const char* format, auto... values) {
  char text[256];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

inline std::string naa_of(const Disk& disk) {
  const Identity& identity = disk.unit.identity;
  return hex(std::as_bytes(std::span(identity.naa)).first(identity.naa_bytes));
}

/// The identification descriptor of a disk; `block_bytes` as the initiator believes them.
inline std::string cscd(const Disk& disk, unsigned block_bytes) {
  const std::string naa = naa_of(disk);
  return "e4 00 0000 01 03 00" + print("%02zx", naa.size() / 2) + naa +
         std::string(40 - naa.size(), '0') + print("00 %06x", block_bytes);
}
inline std::string cscd(const Disk& disk) {
  return cscd(disk, disk.unit.geometry.block_bytes);
}

inline std::string segment(unsigned source, unsigned destination, unsigned blocks,
                           unsigned long long from, unsigned long long to, unsigned flags = 0) {
  return print("02 %02x 0018 %04x %04x 0000 %04x %016llx %016llx", flags, source, destination,
               blocks, from, to);
}

struct List {
  std::vector<std::string> cscds;
  std::vector<std::string> segments;
  unsigned id = 0;
  unsigned usage = 3;  // no list identifier
};

inline Data bytes_of_list(const List& list) {
  std::string cscds, segments;
  for (const std::string& text : list.cscds) cscds += text;
  for (const std::string& text : list.segments) segments += text;
  return unhex(print("%02x %02x %04zx 00000000 %08zx 00000000", list.id, list.usage << 3,
                     unhex(cscds).size(), unhex(segments).size()) +
               cscds + segments);
}

inline Answer copy_bytes(Disk& disk, const Data& list) {
  return disk.send(print("83 00 0000000000000000 %08zx 00 00", list.size()), list);
}

inline Answer copy(Disk& disk, const List& list) {
  return copy_bytes(disk, bytes_of_list(list));
}

}  // namespace lungate::scsi::testing
