// SPDX-License-Identifier: LGPL-2.1-or-later

// Addresses as keys. The home loop makes one for each connection that comes in, and the connection
// one for itself, on its lane. The texts are the kernel's, never a peer's; one that is no address
// (there is none) would count for "::".
#include "session/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace lungate::session {
namespace {

using Address = std::array<std::uint8_t, 16>;
constexpr std::size_t kPrefixBytes = 8;  // of a /64

in6_addr as_in6(const Address& address) {
  in6_addr in6;
  std::memcpy(&in6, address.data(), sizeof in6);
  return in6;
}

Address parse(const Endpoint& endpoint) {
  // An IPv4 address has a form in IPv6 (RFC 4291, 2.5.5.2): one kind of key for both.
  const std::string text = endpoint.ipv6 ? endpoint.host : "::ffff:" + endpoint.host;
  Address address{};
  in6_addr in6;
  if (::inet_pton(AF_INET6, text.c_str(), &in6) == 1) {
    std::memcpy(address.data(), &in6, sizeof in6);
  }
  return address;
}

bool same_prefix(const Address& a, const Address& b) {
  return std::equal(a.begin(), a.begin() + kPrefixBytes, b.begin());
}

}  // namespace

Source Source::of(const Endpoint& peer, const Endpoint& local) {
  Source source;
  source.address_ = parse(peer);
  const in6_addr in6 = as_in6(source.address_);
  source.whole_ = IN6_IS_ADDR_V4MAPPED(&in6) || IN6_IS_ADDR_LINKLOCAL(&in6) ||
                  same_prefix(source.address_, parse(local));
  if (!source.whole_) std::fill(source.address_.begin() + kPrefixBytes, source.address_.end(), 0);
  return source;
}

std::string Source::text() const {
  const in6_addr in6 = as_in6(address_);
  char text[INET6_ADDRSTRLEN] = "";
  if (IN6_IS_ADDR_V4MAPPED(&in6)) {
    ::inet_ntop(AF_INET, address_.data() + 12, text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &in6, text, sizeof text);
  }
  return whole_ ? text : std::string(text) + "/64";
}

}  // namespace lungate::session
