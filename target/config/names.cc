// SPDX-License-Identifier: LGPL-2.1-or-later

// Rules of single texts, and what such texts mean. The reader calls the check_*() functions with
// whatever stands in a file; each says what is wrong and how it would be right, in words that
// follow "'key' is 'text': ". The parse_*() functions behind them may rely on that (their
// REQUIRES). Nothing is looked up: no name is resolved, no path opened. What is refused here can
// never come back as an error of bind(), of Ceph or of an initiator at three in the morning, and
// that is the point of being strict.
#include "config/names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace lungate::config {
namespace {

constexpr std::string_view kRados = "rados:";
/// Of a pool, a namespace and an image or object together; RADOS takes far longer names.
constexpr std::size_t kPlaceBytesMax = 512;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
constexpr bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

/// ASCII only: names that need more than that are refused before they get here.
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Objection complain(std::string message, std::string hint = {}) {
  return Complaint{std::move(message), std::move(hint)};
}

/// yyyy-mm.reversed.domain[:anything]
bool is_iqn_body(std::string_view body) {
  const auto digits = [&](std::size_t from, std::size_t count) {
    return std::all_of(body.begin() + static_cast<std::ptrdiff_t>(from),
                       body.begin() + static_cast<std::ptrdiff_t>(from + count), is_digit);
  };
  if (body.size() < 9 || !digits(0, 4) || body[4] != '-' || !digits(5, 2) || body[7] != '.') {
    return false;
  }
  const int month = (body[5] - '0') * 10 + (body[6] - '0');
  const char first = body[8];
  return month >= 1 && month <= 12 && (is_digit(first) || is_lower(first));
}

/// The digits of eui. (16) and naa. (16 or 32).
bool is_hex_body(std::string_view body, bool naa) {
  return (body.size() == 16 || (naa && body.size() == 32)) && std::ranges::all_of(body, is_hex);
}

// Stricter than iscsi::normalise_name(), which must take what initiators send: a name in a
// configuration is compared with theirs in lower case, so an upper-case letter here would be a name
// that no one has. The two rooms may not include each other.
Objection check_letters(std::string_view text, std::string_view extra) {
  if (text.size() > limits::kNameBytesMax) {
    return complain("an iSCSI name has at most 223 bytes, this has " + std::to_string(text.size()));
  }
  if (std::ranges::any_of(text, is_upper)) {
    return complain("iSCSI names are lower case", "write " + quote(lower(text)));
  }
  const bool letters = std::ranges::all_of(text, [&](char c) {
    return is_lower(c) || is_digit(c) || c == '-' || c == '.' || c == ':' ||
           extra.find(c) != extra.npos;
  });
  if (letters) return {};
  return complain("an iSCSI name has only a-z, 0-9, '-', '.' and ':'");
}

Objection check_name(std::string_view text, std::string_view extra) {
  if (auto objection = check_letters(text, extra)) return objection;
  const bool good = (text.starts_with("iqn.") && is_iqn_body(text.substr(4))) ||
                    (text.starts_with("eui.") && is_hex_body(text.substr(4), false)) ||
                    (text.starts_with("naa.") && is_hex_body(text.substr(4), true));
  if (good) return {};
  return complain("this is no iSCSI name", "like 'iqn.2026-11.org.example:store'");
}

struct Unit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array kUnits{Unit{"PiB", 50}, Unit{"TiB", 40}, Unit{"GiB", 30},
                            Unit{"MiB", 20}, Unit{"KiB", 10}, Unit{"B", 0}};

/// "host:port" and "[host]:port" cut in two. Nothing: neither.
struct HostPort {
  std::string host;
  std::string_view port;
  bool ipv6;
};
// The last colon separates the port, so an IPv6 address needs its brackets: without them "::1:80"
// could be read in two ways.
std::optional<HostPort> split_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return {};
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return HostPort{std::string(host.substr(1, host.size() - 2)), port, true};
  }
  return HostPort{std::string(host), port, false};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return port;
}

// Asked of the system that will bind it.
bool is_numeric_host(const HostPort& address) {
  // inet_pton takes neither "127.1" nor scopes ("fe80::1%eth0"): what is written is what is bound.
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  return inet_pton(address.ipv6 ? AF_INET6 : AF_INET, address.host.c_str(), binary.data()) == 1;
}

}  // namespace

// A label value, a part of file names (socket, segment) and of lock cookies: hence no slash, no
// blank, no leading dot, and 63 bytes as in a host's name.
Objection check_gateway_name(std::string_view text) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_digit(c) || is_upper(c) || c == '-' || c == '.' || c == '_';
  };
  const bool good = !text.empty() && text.size() <= 63 && std::ranges::all_of(text, allowed) &&
                    text.front() != '.' && text.front() != '-';
  if (good) return {};
  return complain("a gateway's name has 1 to 63 letters, digits, '-', '_' and '.'",
                  "like the host's own name");
}

Objection check_target_name(std::string_view text) {
  return check_name(text, "");
}

Objection check_initiator_name(std::string_view text) {
  return check_name(text, "_");
}

// What is before the '*' must be able to begin a name: "iqm.*" would let in nobody, in silence.
Objection check_initiator_pattern(std::string_view text) {
  if (text.find('?') != text.npos || text.find('*') < text.size() - 1) {
    return complain("the only wildcard is a '*' at the end", "like 'iqn.1994-05.com.redhat:*'");
  }
  if (!text.ends_with('*')) return check_initiator_name(text);
  const std::string_view begin = text.substr(0, text.size() - 1);
  if (auto objection = check_letters(begin, "_")) return objection;
  constexpr std::array<std::string_view, 3> kTypes{"iqn.", "eui.", "naa."};
  const bool good = std::ranges::any_of(kTypes, [&](std::string_view type) {
    const std::size_t common = std::min(type.size(), begin.size());
    return begin.substr(0, common) == type.substr(0, common);
  });
  if (good) return {};
  return complain("no iSCSI name begins so", "like 'iqn.1994-05.com.redhat:*'");
}

Objection check_chap_user(std::string_view text) {
  return check_printable(text, limits::kChapUserBytesMax);
}

// Control characters are refused as scan() and the files' reader refuse them: nobody can type them,
// and one at the end is a line's.
Objection check_secret(std::string_view text) {
  if (text == kMaskedSecret) {
    return complain("this only stands where a printed configuration hides a secret");
  }
  if (text.size() < limits::kChapSecretBytesMin || text.size() > limits::kChapSecretBytesMax) {
    return complain("a secret has 12 to 255 bytes, this has " + std::to_string(text.size()),
                    "RFC 7143, 9.2.1");
  }
  if (std::ranges::none_of(
          text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return {};
  }
  return complain("a secret has no control characters");
}

Objection check_alias(std::string_view text) {
  constexpr std::size_t kAliasBytesMax = 255;  // RFC 7143, 6.1: text-value
  if (text.size() <= kAliasBytesMax && std::ranges::all_of(text, is_printable)) return {};
  return complain("an alias has at most 255 printable ASCII characters");
}

// INQUIRY data is padded with blanks, so one at an end would be lost on the way and the two sides
// would disagree about the text.
Objection check_printable(std::string_view text, std::size_t bytes_max) {
  if (!text.empty() && text.size() <= bytes_max && std::ranges::all_of(text, is_printable) &&
      text.front() != ' ' && text.back() != ' ') {
    return {};
  }
  return complain("1 to " + std::to_string(bytes_max) +
                  " printable ASCII characters are allowed, no blank at either end");
}

// Port 0 passes: tests listen on whatever is free. A product portal with it would be found by
// nobody, which `lungate status` shows.
Objection check_address(std::string_view text) {
  constexpr std::string_view kForm = "like '10.0.0.1:3260' or '[2001:db8::1]:3260'";
  const auto address = split_address(text);
  if (!address) return complain("an address and a port are needed", std::string(kForm));
  if (!parse_port(address->port)) {
    return complain("a port is 0 to 65535", std::string(kForm));
  }
  if (!is_numeric_host(*address)) {
    return complain("the address must be numeric (names are not looked up)", std::string(kForm));
  }
  return {};
}

Objection check_network(std::string_view text) {
  if (parse_network(text)) return {};
  return complain("a numeric address or a network is needed, without bits behind its length",
                  "like '192.0.2.0/24', '2001:db8::/32' or '192.0.2.7'");
}

// Not normalised and not looked at: two spellings of one file are found by rules.cc, and what is
// there is the opener's business.
Objection check_path(std::string_view text) {
  constexpr std::size_t kPathBytesMax = 4095;  // PATH_MAX without its zero
  if (text.size() < 2 || text.front() != '/') return complain("an absolute path is needed");
  if (text.size() > kPathBytesMax || !std::ranges::none_of(text, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      })) {
    return complain("a path has at most 4095 bytes and no control characters");
  }
  if (text.back() == '/') return complain("a file is needed, this is a folder");
  return {};
}

Objection check_group(std::string_view text) {
  if (!text.starts_with(kRados)) return check_path(text);
  const std::string_view place = text.substr(kRados.size());
  const auto parts = std::ranges::count(place, '/') + 1;
  const bool good = (parts == 2 || parts == 3) && place.front() != '/' && place.back() != '/' &&
                    place.find("//") == place.npos && place.size() <= kPlaceBytesMax &&
                    std::ranges::all_of(place, is_printable);
  if (good) return {};
  return complain("a pool and an object are needed",
                  "like 'rados:pool/object' or 'rados:pool/namespace/object'");
}

Objection check_socket_path(std::string_view text) {
  if (auto objection = check_path(text)) return objection;
  if (text.size() <= limits::kSocketPathBytesMax) return {};
  return complain("a Unix socket's path has at most 107 bytes, this has " +
                  std::to_string(text.size()));
}

// Everybody has seen it both ways, and Ceph's own error for the wrong one is a refused connection.
Objection check_ceph_user(std::string_view text) {
  if (text.starts_with("client.")) {
    return complain("the name goes without 'client.'", "write " + quote(text.substr(7)));
  }
  return check_printable(text, 255);
}

// A snapshot's "pool/image@snap" is refused: nothing may be written there, and reading it needs
// its own open.
Objection check_image(std::string_view text) {
  constexpr std::string_view kForm = "like 'pool/image' or 'pool/namespace/image'";
  const auto slashes = std::ranges::count(text, '/');
  const bool parts = slashes >= 1 && slashes <= 2 && text.front() != '/' && text.back() != '/' &&
                     text.find("//") == text.npos;
  if (!parts) return complain("a pool and an image are needed", std::string(kForm));
  if (text.find('@') != text.npos) return complain("snapshots cannot be served");
  if (text.size() > kPlaceBytesMax || !std::ranges::all_of(text, is_printable)) {
    return complain("at most 512 printable ASCII characters are allowed");
  }
  return {};
}

// SPC-4, 7.8.6.6: the first digit is the format; 2, 3 and 5 have eight bytes, 6 has sixteen.
Objection check_naa(std::string_view text) {
  constexpr std::string_view k16 = "235";
  const bool hex = std::ranges::all_of(text, is_hex);
  const bool good = hex && ((text.size() == 16 && k16.find(text.front()) != k16.npos) ||
                            (text.size() == 32 && text.front() == '6'));
  if (good) return {};
  return complain(
      "16 lower-case hex digits that begin with 2, 3 or 5, or 32 that begin with 6, are needed");
}

Objection check_log_level(std::string_view text) {
  log::Level level{};
  if (log::parse_level(text, level)) return {};
  return complain("a level is 'debug', 'info', 'warn' or 'error'");
}

Objection check_digest(std::string_view text) {
  if (parse_digest(text)) return {};
  return complain("a digest is 'None' or 'CRC32C'");
}

Objection check_chap_digest(std::string_view text) {
  if (parse_chap_digest(text)) return {};
  return complain("a digest of CHAP is 'MD5', 'SHA1', 'SHA-256' or 'SHA3-256'");
}

// No fractions and no decimal units: "1.5GB" means two things, and a disk must have a size that the
// operator and the initiator agree on.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const char* const end_of_text = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), end_of_text, count);
  if (error != std::errc()) return {};
  const std::string_view unit(end, static_cast<std::size_t>(end_of_text - end));
  const auto row = std::ranges::find(kUnits, unit, &Unit::name);
  if (row == kUnits.end() || count > (~std::uint64_t{0} >> row->shift)) return {};
  return count << row->shift;
}

// So that what parse_size() read is printed as it was probably written, and reads back as the same
// number.
std::string size_text(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    const std::uint64_t one = std::uint64_t{1} << unit.shift;
    if (bytes >= one && bytes % one == 0) {
      return std::to_string(bytes >> unit.shift) + std::string(unit.name);
    }
  }
  return "0B";
}

// Unchecked access on purpose: a caller that did not ask the rule first has a bug, which tests
// under sanitizers find.
Address parse_address(std::string_view text) {
  const auto parts = split_address(text);
  return {parts->host, *parse_port(parts->port), parts->ipv6};
}

std::optional<GroupObject> parse_group_object(std::string_view text) {
  if (!text.starts_with(kRados)) return {};
  Image place = parse_image(text.substr(kRados.size()));  // of the same form
  return GroupObject{std::move(place.pool), std::move(place.name_space), std::move(place.image)};
}

Image parse_image(std::string_view text) {
  const std::size_t first = text.find('/');
  const std::size_t last = text.rfind('/');
  Image image{std::string(text.substr(0, first)), {}, std::string(text.substr(last + 1))};
  if (first != last) image.name_space = text.substr(first + 1, last - first - 1);
  return image;
}

std::string_view digest_name(Digest digest) {
  return digest == Digest::kCrc32c ? "CRC32C" : "None";
}

std::optional<Digest> parse_digest(std::string_view text) {
  for (const Digest digest : {Digest::kNone, Digest::kCrc32c}) {
    if (text == digest_name(digest)) return digest;
  }
  return {};
}

std::string_view chap_digest_name(ChapAlgorithm algorithm) {
  constexpr std::array<std::string_view, 4> kNames{"MD5", "SHA1", "SHA-256", "SHA3-256"};
  return kNames[static_cast<std::size_t>(algorithm)];
}

std::optional<ChapAlgorithm> parse_chap_digest(std::string_view text) {
  for (const ChapAlgorithm algorithm :
       {ChapAlgorithm::kMd5, ChapAlgorithm::kSha1, ChapAlgorithm::kSha256, ChapAlgorithm::kSha3}) {
    if (text == chap_digest_name(algorithm)) return algorithm;
  }
  return {};
}

// For messages that may end in a terminal or a log: a file is not trusted to be free of escape
// sequences.
std::string quote(std::string_view text) {
  constexpr std::size_t kBytesMax = 80;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text.substr(0, kBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_printable(c)) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 0xf];
    }
  }
  return out + (text.size() > kBytesMax ? "...'" : "'");
}

}  // namespace lungate::config
