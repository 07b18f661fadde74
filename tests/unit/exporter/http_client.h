// SPDX-License-Identifier: LGPL-2.1-or-later
// The smallest HTTP client: sends bytes, reads until the server closes or the answer is complete.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/fd.h"
#include "config/config.h"

namespace lungate::exporter {

struct Answer {
  unsigned status = 0;
  std::string head;  // status line and headers
  std::string body;
  std::string everything;  // also where there are several answers

  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class HttpClient {
 public:
  explicit HttpClient(const config::Address& address) {
    sockaddr_storage to{};
    socklen_t length = 0;
    if (address.ipv6) {
      auto& v6 = reinterpret_cast<sockaddr_in6&>(to);
      v6.sin6_family = AF_INET6;
      v6.sin6_port = port_to_network(address.port);
      inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr);
      length = sizeof v6;
    } else {
      auto& v4 = reinterpret_cast<sockaddr_in&>(to);
      v4.sin_family = AF_INET;
      v4.sin_port = port_to_network(address.port);
      inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr);
      length = sizeof v4;
    }
    fd_.reset(::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), length) == 0;
  }

  bool connected() const { return connected_; }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// Says that there is nothing more to come.
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }

  /// Everything until the server closes the connection, or has said nothing for ten seconds.
  Answer receive() {
    std::string all;
    char buffer[65536];
    for (;;) {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 10'000) != 1) break;
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0) break;
      all.append(buffer, static_cast<std::size_t>(got));
    }
    Answer answer;
    const std::size_t end = all.find("\r\n\r\n");
    answer.head = all.substr(0, end);
    if (end != std::string::npos) answer.body = all.substr(end + 4);
    if (all.starts_with("HTTP/1.1 ")) {
      answer.status = static_cast<unsigned>(std::atoi(all.c_str() + 9));
    }
    answer.everything = std::move(all);
    return answer;
  }

  /// Throws away what comes, until the end or until so much time has passed in silence.
  bool ended_within(std::chrono::milliseconds patience) {
    char buffer[4096];
    for (;;) {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (::poll(&wait, 1, static_cast<int>(patience.count())) != 1) return false;
      if (::recv(fd_.get(), buffer, sizeof buffer, 0) <= 0) return true;
    }
  }

  Answer request(std::string_view method, std::string_view path, std::string_view more = {}) {
    send(std::string(method) + " " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(more) + "\r\n");
    return receive();
  }

 private:
  UniqueFd fd_;
  bool connected_ = false;
};

}  // namespace lungate::exporter
