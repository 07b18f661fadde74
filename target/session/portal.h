// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lungate::session {

/// Where connections come in.
struct Portal {
  std::uint16_t tag = 0;  // of its portal group
  /// Which of those that were bound, from 0 on; the segment's plan has them in the same order.
  /// None: what comes in is counted for the gateway alone, as with a portal that the plan does not
  /// have.
  std::optional<std::size_t> index = {};
};

}  // namespace lungate::session
