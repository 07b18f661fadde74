// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/peer/stream.h"

#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace lungate::bench {
namespace {

constexpr std::size_t kInputBytes = 512 * 1024;
/// Below this, copying is cheaper than another system call.
constexpr std::size_t kDropInKernelBytes = 32 * 1024;
constexpr std::size_t kHeadersMax = 16 * 1024;
constexpr timeval kReceiveTimeout{60, 0};

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Stream::Stream(int fd) : fd_(fd), in_(kInputBytes), headers_(kHeadersMax) {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kReceiveTimeout, sizeof kReceiveTimeout);
}

Stream::~Stream() {
  close(fd_);
}

bool Stream::receive(Wait wait) {
  const int flags = wait == Wait::kYes ? 0 : MSG_DONTWAIT;
  const bool drop = dropped_ >= kDropInKernelBytes;
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (in_.size() - end_ < in_.size() / 4) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const ssize_t got = drop ? recv(fd_, nullptr, dropped_, flags | MSG_TRUNC)
                           : recv(fd_, in_.data() + end_, in_.size() - end_, flags);
  if (got == 0) throw std::runtime_error("the peer has closed the connection");
  if (got < 0) {
    if (wait == Wait::kNo && (errno == EAGAIN || errno == EINTR)) return false;
    fail("recv");
  }
  const auto bytes = static_cast<std::size_t>(got);
  if (drop) {
    dropped_ -= bytes;
    return true;
  }
  end_ += bytes;
  const std::size_t unwanted = std::min(dropped_, bytes);
  begin_ += unwanted;  // the buffer was empty: dropping goes before everything else
  dropped_ -= unwanted;
  return true;
}

void Stream::consume(std::size_t bytes) {
  const std::size_t here = std::min(bytes, end_ - begin_);
  begin_ += here;
  dropped_ += bytes - here;
}

std::uint8_t* Stream::add_header() {
  if (headers_used_ == headers_.size()) throw std::runtime_error("too many headers unsent");
  HeaderBytes& header = headers_[headers_used_++];
  header.fill(0);
  out_.push_back({header.data(), header.size()});
  return header.data();
}

void Stream::add(std::span<const std::uint8_t> bytes) {
  // sendmsg does not write to it; iovec just cannot say so.
  out_.push_back({const_cast<std::uint8_t*>(bytes.data()), bytes.size()});
}

bool Stream::flush() {
  while (out_begin_ < out_.size()) {
    msghdr message{};
    message.msg_iov = out_.data() + out_begin_;
    message.msg_iovlen = std::min<std::size_t>(out_.size() - out_begin_, IOV_MAX);
    const ssize_t sent = sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) return false;
      fail("send");
    }
    auto left = static_cast<std::size_t>(sent);
    while (out_begin_ < out_.size() && left >= out_[out_begin_].iov_len) {
      left -= out_[out_begin_++].iov_len;
    }
    if (left > 0) {
      iovec& cut = out_[out_begin_];
      cut.iov_base = static_cast<std::uint8_t*>(cut.iov_base) + left;
      cut.iov_len -= left;
    }
  }
  out_.clear();
  out_begin_ = 0;
  headers_used_ = 0;
  return true;
}

int connect_to(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found); error != 0) {
    throw std::runtime_error(host + ": " + gai_strerror(error));
  }
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
      close(fd);
      fd = -1;
    }
  }
  freeaddrinfo(found);
  if (fd < 0) fail("connect");
  return fd;
}

}  // namespace lungate::bench
