// SPDX-License-Identifier: LGPL-2.1-or-later

// The exporter's listening socket. main() calls it once, before the server starts; the address has
// been checked as a text by config. What the system refuses (a port in use, an address that this
// host has not) is a sentence with the call and the address, and the process ends with it: an
// exporter that listens elsewhere than it was told would be scraped by nobody.
#include "exporter/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "base/bytes.h"

namespace lungate::exporter {
namespace {

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

constexpr int kBacklog = 16;

// errno is read here, so nothing may come between the call that failed and this.
std::string failure(const char* call, const config::Address& address) {
  return std::string(call) + " " + to_string(address) + ": " +
         std::generic_category().message(errno);
}

// No look-ups: the address is numeric. inet_pton() cannot fail here; config has asked it already.
SocketAddress to_socket_address(const config::Address& address) {
  SocketAddress socket{};
  if (address.ipv6) {
    socket.v6.sin6_family = AF_INET6;
    socket.v6.sin6_port = port_to_network(address.port);
    inet_pton(AF_INET6, address.host.c_str(), &socket.v6.sin6_addr);  // checked by config
  } else {
    socket.v4.sin_family = AF_INET;
    socket.v4.sin_port = port_to_network(address.port);
    inet_pton(AF_INET, address.host.c_str(), &socket.v4.sin_addr);
  }
  return socket;
}

}  // namespace

// SO_REUSEADDR, so that a restart does not wait for the last scrapes' TIME_WAIT. IPV6_V6ONLY off:
// [::] means every address of the host, as people expect it to.
Result<Listener, std::string> listen_on(const config::Address& address) {
  SocketAddress socket = to_socket_address(address);
  socklen_t length = address.ipv6 ? sizeof socket.v6 : sizeof socket.v4;
  Listener listener{
      UniqueFd(::socket(socket.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      address};
  if (!listener.fd) return err(failure("socket for", address));
  const int on = 1;
  const int off = 0;
  ::setsockopt(listener.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ipv6) {
    ::setsockopt(listener.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(listener.fd.get(), &socket.any, length) != 0) return err(failure("bind", address));
  if (::listen(listener.fd.get(), kBacklog) != 0) return err(failure("listen on", address));
  if (::getsockname(listener.fd.get(), &socket.any, &length) != 0) {
    return err(failure("name of", address));
  }
  listener.address.port =
      port_from_network(address.ipv6 ? socket.v6.sin6_port : socket.v4.sin_port);
  return listener;
}

}  // namespace lungate::exporter
