// SPDX-License-Identifier: LGPL-2.1-or-later
// A fuzzer that must fail. Four bytes in the right order break its property: by chance that takes
// four thousand million inputs, with coverage that is really fed back some thousands. When ctest
// does not see it die within its seconds, the other fuzzers' silence means nothing.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr std::uint8_t kSong[] = {'L', 'U', 'N', '!'};
  if (size < sizeof kSong) return 0;
  for (std::size_t i = 0; i < sizeof kSong; ++i) {
    if (data[i] != kSong[i]) return 0;
  }
  lungate::fuzz::require(false);
  return 0;
}
