// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>

namespace lungate::session {

/// A logical unit of this gateway. Given by the home loop, never reused while the process lives.
using LunId = std::uint32_t;

/// An I_T nexus (one session). Never reused while the process lives; what operators see and name.
using SessionId = std::uint64_t;

inline constexpr SessionId kNoSession = 0;

/// Who asks for a change of a LUN: a command of this session, known by its range lock (0: it has
/// none, and nobody can take its wish back).
struct Asker {
  SessionId session = kNoSession;
  std::uint64_t ticket = 0;
};

/// Who takes all commands of a LUN away: a request of this session. What the same session has sent
/// before it ends without a status (SAM-5, 5.6); all others are told, also those that it has sent
/// meanwhile.
struct Taker {
  SessionId session = kNoSession;
  std::uint32_t cmd_sn = 0;
  std::uint64_t commands = 0;  // that had arrived in the session by then (Task::ordinal)
};

}  // namespace lungate::session
