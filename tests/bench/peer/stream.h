// SPDX-License-Identifier: LGPL-2.1-or-later
// A TCP connection as the bench's peers use it: many PDUs per recv, many per sendmsg, and bytes
// that nobody wants to see are dropped in the kernel. It must cost little beside what it measures.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/bench/peer/wire.h"

namespace lungate::bench {

class Stream {
 public:
  /// Takes the descriptor. Sets TCP_NODELAY.
  explicit Stream(int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_; }

  enum class Wait { kNo, kYes };
  /// One recv. False when nothing was there; throws std::runtime_error when the peer has closed, or
  /// when kYes waited for the whole receive timeout in vain.
  bool receive(Wait wait);
  /// What has been received and not consumed.
  std::span<const std::uint8_t> input() const { return {in_.data() + begin_, end_ - begin_}; }
  /// Drops the next bytes of the stream, received already or not.
  void consume(std::size_t bytes);

  /// Bytes of one header, zeroed, queued to be sent; they may be filled until flush().
  std::uint8_t* add_header();
  /// Queues bytes that stay as they are until they have been sent.
  void add(std::span<const std::uint8_t> bytes);
  /// Sends what is queued, without waiting. True: all of it is out.
  bool flush();
  bool flushed() const { return out_.empty(); }

 private:
  using HeaderBytes = std::array<std::uint8_t, kHeaderBytes>;

  int fd_;
  std::vector<std::uint8_t> in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t dropped_ = 0;  // bytes still to come that nobody wants

  std::vector<HeaderBytes> headers_;
  std::size_t headers_used_ = 0;
  std::vector<iovec> out_;
  std::size_t out_begin_ = 0;
};

/// Connected to host:port (a name, IPv4, or IPv6 in brackets). Throws std::runtime_error.
int connect_to(const std::string& host, const std::string& port);

}  // namespace lungate::bench
