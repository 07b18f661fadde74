// SPDX-License-Identifier: LGPL-2.1-or-later

// TCP sockets as the session uses them: never blocking, errors as errno values.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace lungate::session {

/// A numeric address and port. `text()` is "10.0.0.7:41234" or "[fe80::1]:41234".
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  bool ipv6 = false;
  std::string text() const;
};

/// Takes the address, port 0 lets the kernel choose; who connects is refused until it listens. The
/// error is an errno: EADDRINUSE when somebody listens there.
Result<UniqueFd, int> bind_on(const Endpoint& where);
/// 0 or an errno: somebody else may have taken the address too, and listens by now.
int begin_listening(int fd);
/// Both.
Result<UniqueFd, int> listen_on(const Endpoint& where);

/// The address that the socket is bound to.
Endpoint local_endpoint(int fd);

struct Accepted {
  UniqueFd fd;
  Endpoint peer;
};
/// The next waiting connection, non-blocking and with TCP_NODELAY. EAGAIN: there is none.
Result<Accepted, int> accept_on(int listener);

/// What one read or write did. `error` is an errno; EAGAIN is not an error: would_block.
struct Transfer {
  std::size_t bytes = 0;
  bool would_block = false;
  bool closed = false;  // the peer has ended its side (reads only)
  int error = 0;
};
/// The peer has ended its side, or the connection is broken; bytes may be waiting all the same.
bool hung_up(int fd);

Transfer receive(int fd, std::span<iovec> into);
Transfer send(int fd, std::span<const iovec> from);

/// What the kernel has seen of a connection so far. Nothing above TCP sees a lost segment: what is
/// sent counts as gone when the kernel has it, and a command that is lost has no first byte yet.
struct PathHealth {
  std::uint64_t sent_bytes = 0;  // those sent again included
  std::uint64_t retransmitted_bytes = 0;
  std::uint64_t out_of_order_segments = 0;  // received: one before them was lost or overtaken
  std::uint32_t round_trip_us = 0;          // smoothed, RFC 6298; 0: not known yet
};
/// Nothing if the kernel cannot tell. Grows as long as the connection lives.
std::optional<PathHealth> path_health(int fd);

}  // namespace lungate::session
