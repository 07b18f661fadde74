// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/trace.h"

#include <cstdio>
#include <string>

#include "iscsi/crc32c.h"
#include "tests/sim/system.h"

namespace lungate::sim {

void Trace::mix(std::uint64_t word) {
  hash_ = (hash_ ^ word) * 0x0000'0100'0000'01b3u;
  hash_ ^= hash_ >> 29;
}

void Trace::note(char kind, unsigned who, std::string_view what,
                 std::initializer_list<std::uint64_t> numbers) {
  mix(now().ns);
  mix(static_cast<std::uint64_t>(static_cast<unsigned char>(kind)) << 32 | who);
  for (const char letter : what) mix(static_cast<unsigned char>(letter));
  for (const std::uint64_t number : numbers) mix(number);
  if (!aloud_) return;
  std::string line;
  for (const std::uint64_t number : numbers) line += " " + std::to_string(number);
  const auto microseconds = static_cast<unsigned long long>(now().ns / 1000 % 100'000'000'000u);
  std::fprintf(stderr, "%5llu.%06llu %c%u %.*s%s\n", microseconds / 1'000'000,
               microseconds % 1'000'000, kind, who, static_cast<int>(what.size()), what.data(),
               line.c_str());
}

void Trace::data(Bytes bytes) {
  iscsi::Crc32c crc;
  crc.update(bytes);
  mix(load<std::uint32_t>(Bytes(crc.digest())));
}

}  // namespace lungate::sim
