// SPDX-License-Identifier: LGPL-2.1-or-later

// Numbers only: a name that has to be looked up would let whoever owns the DNS decide on access.
#include "config/network.h"

#include <arpa/inet.h>

#include <charconv>

namespace lungate::config {
namespace {

using Bits = std::array<unsigned char, 16>;
// ::ffff:0:0/96 (RFC 4291, 2.5.5.2).
constexpr Bits kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;
constexpr unsigned kAllBits = 128;

struct Host {
  Bits bits = kMapped;
  bool ipv6 = false;
};

std::optional<Host> parse_host(std::string_view text) {
  const std::string host(text);
  Host found;
  if (::inet_pton(AF_INET, host.c_str(), found.bits.data() + kMappedBits / 8) == 1) return found;
  found.ipv6 = true;
  if (::inet_pton(AF_INET6, host.c_str(), found.bits.data()) == 1) return found;
  return {};
}

Bits masked(Bits host, unsigned bits) {
  for (unsigned i = bits; i < kAllBits; ++i)
    host[i / 8] = static_cast<unsigned char>(host[i / 8] & ~(0x80u >> i % 8));
  return host;
}

/// 0 to `most`, in digits only.
std::optional<unsigned> parse_length(std::string_view text, unsigned most) {
  unsigned length = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, length);
  if (error != std::errc{} || rest != end || length > most) return {};
  return length;
}

bool is_ipv4(const Network& network) {
  return network.bits >= kMappedBits && masked(network.prefix, kMappedBits) == kMapped;
}

}  // namespace

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto host = parse_host(text.substr(0, slash));
  if (!host) return {};
  const unsigned before = host->ipv6 ? 0 : kMappedBits;
  Network network{host->bits, kAllBits};
  if (slash != std::string_view::npos) {
    const auto length = parse_length(text.substr(slash + 1), kAllBits - before);
    if (!length) return {};
    network.bits = before + *length;
  }
  if (masked(network.prefix, network.bits) != network.prefix) return {};
  return network;
}

std::string to_string(const Network& network) {
  const bool ipv4 = is_ipv4(network);
  const unsigned before = ipv4 ? kMappedBits : 0;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(ipv4 ? AF_INET : AF_INET6, network.prefix.data() + before / 8, text.data(),
              text.size());
  std::string out = text.data();
  if (network.bits < kAllBits) out += "/" + std::to_string(network.bits - before);
  return out;
}

bool contains(const Network& network, std::string_view host) {
  const auto parsed = parse_host(host.substr(0, host.find('%')));  // fe80::1%eth0
  return parsed && masked(parsed->bits, network.bits) == network.prefix;
}

}  // namespace lungate::config
