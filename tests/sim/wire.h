// SPDX-License-Identifier: LGPL-2.1-or-later
// An initiator's end of a connection: a socket pair whose bytes move when, and as far as, somebody
// lets them. So a PDU may be cut anywhere, stand still for a while, or never get whole.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"

namespace lungate::sim {

class Wire {
 public:
  /// `other` is the end for the gateway. `buffer_bytes`: of that socket, 0 for the system's choice.
  /// `lane`: where it will live.
  static Wire make_pair(UniqueFd& other, int buffer_bytes, unsigned lane);

  unsigned lane() const { return lane_; }

  void say(Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  /// At most so many bytes go on, as far as the socket takes them.
  void push(std::size_t bytes_max);
  /// At most so many bytes come in; behind what came before.
  void pull(std::size_t bytes_max);

  bool unsent() const { return !out_.empty(); }
  /// The other end has closed, and all that it had said is in.
  bool ended() const { return ended_; }
  Bytes heard() const { return Bytes(in_).subspan(taken_); }
  void take(std::size_t bytes);

 private:
  Wire(UniqueFd fd, unsigned lane) : fd_(std::move(fd)), lane_(lane) {}

  UniqueFd fd_;
  unsigned lane_;
  std::vector<std::byte> out_;
  std::vector<std::byte> in_;
  std::size_t taken_ = 0;
  bool ended_ = false;
};

}  // namespace lungate::sim
