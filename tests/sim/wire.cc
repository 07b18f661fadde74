// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/wire.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace lungate::sim {

Wire Wire::make_pair(UniqueFd& other, int buffer_bytes, unsigned lane) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "no socket pair");
  other.reset(ends[1]);
  if (buffer_bytes > 0)
    ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
  return {UniqueFd(ends[0]), lane};
}

/// A target that has closed is found by who reads.
void Wire::push(std::size_t bytes_max) {
  const std::size_t wanted = std::min(bytes_max, out_.size());
  if (wanted == 0) return;
  const ssize_t put = ::send(fd_.get(), out_.data(), wanted, MSG_NOSIGNAL);
  if (put < 0 && errno != EAGAIN) return out_.clear();
  if (put > 0) out_.erase(out_.begin(), out_.begin() + put);
}

void Wire::pull(std::size_t bytes_max) {
  if (ended_ || bytes_max == 0) return;
  if (taken_ > 0) in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  static std::array<std::byte, 256 * 1024> room;
  const ssize_t got = ::recv(fd_.get(), room.data(), std::min(bytes_max, room.size()), 0);
  if (got > 0) in_.insert(in_.end(), room.begin(), room.begin() + got);
  ended_ = got == 0 || (got < 0 && errno != EAGAIN);
}

void Wire::take(std::size_t bytes) {
  taken_ += bytes;
}

}  // namespace lungate::sim
