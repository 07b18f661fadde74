// SPDX-License-Identifier: LGPL-2.1-or-later
// The other end of the control socket: takes one connection, reads one line, answers with bytes
// that the test chose.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <thread>

#include "base/fd.h"

namespace lungate::ctl {

class FakeTarget {
 public:
  enum class Then { kClose, kWaitForPeer };

  FakeTarget(const std::string& path, std::string answer, Then then = Then::kClose)
      : answer_(std::move(answer)), then_(then) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), generic, sizeof(address)), 0) << std::strerror(errno);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeTarget() {
    if (thread_.joinable()) thread_.join();
  }

  /// What was asked, newline included. Waits for the connection to end.
  std::string heard() {
    thread_.join();
    return heard_;
  }

 private:
  void serve() {
    const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
    char byte = 0;
    while (heard_.find('\n') == heard_.npos && ::recv(peer.get(), &byte, 1, 0) == 1) {
      heard_ += byte;
    }
    // In pieces, so that the reader has to put them together.
    for (std::size_t at = 0; at < answer_.size(); at += 1000) {
      const std::size_t size = std::min<std::size_t>(1000, answer_.size() - at);
      if (::send(peer.get(), answer_.data() + at, size, MSG_NOSIGNAL) < 0) return;
    }
    if (then_ == Then::kWaitForPeer) ::recv(peer.get(), &byte, 1, 0);
  }

  UniqueFd listener_;
  std::string answer_;
  Then then_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace lungate::ctl
