// SPDX-License-Identifier: LGPL-2.1-or-later

// The system calls of TCP. Called by Acceptor on the home loop and by Connection on its lane; no
// state, so any thread may. Everything that goes wrong is an errno for the caller to judge: what is
// a peer's doing (ECONNRESET, EPIPE) and what is the machine's (EMFILE) has the same form here.
#include "session/socket.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"

namespace lungate::session {
namespace {

struct Name {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Endpoint endpoint_of(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6) {
    sockaddr_in6 address;
    std::memcpy(&address, &storage, sizeof address);
    ::inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text);
    return {text, port_from_network(address.sin6_port), true};
  }
  sockaddr_in address;
  std::memcpy(&address, &storage, sizeof address);
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return {text, port_from_network(address.sin_port), false};
}

/// False when `where.host` is no numeric address of its family.
bool to_name(const Endpoint& where, Name& name) {
  if (where.ipv6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = port_to_network(where.port);
    if (::inet_pton(AF_INET6, where.host.c_str(), &address.sin6_addr) != 1) return false;
    std::memcpy(&name.storage, &address, name.size = sizeof address);
    return true;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = port_to_network(where.port);
  if (::inet_pton(AF_INET, where.host.c_str(), &address.sin_addr) != 1) return false;
  std::memcpy(&name.storage, &address, name.size = sizeof address);
  return true;
}

void set_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value,
               sizeof value);  // tuning only: a failure changes no answer
}

/// A signal that interrupts (EINTR) is treated as "not now": the loop asks again by itself.
Transfer outcome(ssize_t moved) {
  if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved)};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {.would_block = true};
  return {.error = errno};
}

}  // namespace

std::string Endpoint::text() const {
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// SO_REUSEADDR: a gateway that is started again must not wait for the connections of its former
/// life to time out. IPV6_V6ONLY: [::] and 0.0.0.0 may both be configured.
Result<UniqueFd, int> bind_on(const Endpoint& where) {
  Name name;
  if (!to_name(where, name)) return err(EINVAL);
  UniqueFd fd{
      ::socket(where.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return err(+errno);
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (where.ipv6) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (::bind(fd.get(), name.get(), name.size) != 0) return err(+errno);
  return fd;
}

int begin_listening(int fd) {
  return ::listen(fd, SOMAXCONN) == 0 ? 0 : errno;
}

Result<UniqueFd, int> listen_on(const Endpoint& where) {
  auto fd = bind_on(where);
  if (!fd) return fd;
  if (const int error = begin_listening(fd->get()); error != 0) return err(error);
  return fd;
}

Endpoint local_endpoint(int fd) {
  Name name;
  ::getsockname(fd, name.get(), &name.size);
  return endpoint_of(name.storage);
}

Result<Accepted, int> accept_on(int listener) {
  Name name;
  UniqueFd fd{::accept4(listener, name.get(), &name.size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!fd) return err(+errno);
  // Responses leave in one piece at the end of a turn already: waiting for more only adds latency.
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return Accepted{std::move(fd), endpoint_of(name.storage)};
}

bool hung_up(int fd) {
  pollfd look{fd, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) == 1;
}

Transfer receive(int fd, std::span<iovec> into) {
  const ssize_t moved = ::readv(fd, into.data(), static_cast<int>(into.size()));
  if (moved == 0) return {.closed = true};
  return outcome(moved);
}

Transfer send(int fd, std::span<const iovec> from) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from.data());  // sendmsg does not write through it
  message.msg_iovlen = from.size();
  return outcome(::sendmsg(fd, &message, MSG_NOSIGNAL));
}

/// An older kernel fills in less, and the rest stays zero.
std::optional<PathHealth> path_health(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return PathHealth{.sent_bytes = info.tcpi_bytes_sent,
                    .retransmitted_bytes = info.tcpi_bytes_retrans,
                    .out_of_order_segments = info.tcpi_rcv_ooopack,
                    .round_trip_us = info.tcpi_rtt};
}

}  // namespace lungate::session
