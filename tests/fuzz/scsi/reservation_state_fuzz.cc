// SPDX-License-Identifier: LGPL-2.1-or-later
// What a store gives back as reservations: it may be damaged, another program's, or somebody's who
// wants to be let in. It is refused with a reason, or is a state that could have come about, which
// written and read again is itself.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/limits.h"
#include "scsi/kept_state.h"
#include "tests/fuzz/require.h"
#include "tests/unit/scsi/reservation_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lungate;
  using fuzz::require;
  const auto state = scsi::decode_state(std::as_bytes(std::span(data, size)));
  if (!state) {
    require(!state.error().empty());
    return 0;
  }
  require(scsi::testing::broken_rule(state->reservations).empty());
  require(state->reservations.generation == 0 && !state->reservations.reserved);
  const std::string text = scsi::encode_state(*state);
  require(!text.empty() && text.size() <= limits::kUnitStateBytesMax);
  const auto again = scsi::decode_state(bytes_of(std::string_view(text)));
  require(again.has_value() && *again == *state);
  return 0;
}
