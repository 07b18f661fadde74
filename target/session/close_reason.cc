// SPDX-License-Identifier: LGPL-2.1-or-later

// Words for the log, in the order of the enumeration. Called when a connection ends, on any lane. A
// value comes from our own code only. The words are an interface: operators search for them.
#include "session/close_reason.h"

#include <array>

namespace lungate::session {

std::string_view name(CloseReason reason) {
  constexpr std::array<std::string_view, kCloseReasons> kNames = {
      "logout",        "peer_closed",   "protocol_error",    "digest_error",
      "login_refused", "login_timeout", "receive_timeout",   "send_timeout",
      "nop_timeout",   "reinstated",    "administrative",    "stalled",
      "drained",       "evicted",       "discovery_timeout", "no_memory"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace lungate::session
