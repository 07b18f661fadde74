// SPDX-License-Identifier: LGPL-2.1-or-later

// What a text of the configuration may say: names, addresses, sizes, paths. Pure functions, from
// any thread. The rules are those of what the text will meet (RFC 7143, SPC-4, the kernel, Ceph),
// so that it is refused where it is written and not where it is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace lungate::config {

/// What is wrong with a text and how it would be right; nothing wrong: no complaint.
struct Complaint {
  std::string message;  // continues "'key' is 'text': "
  std::string hint;     // may be empty
};
using Objection = std::optional<Complaint>;
using TextRule = Objection (*)(std::string_view text);

/// 1 to 63 letters, digits, '-', '_', '.': it becomes part of paths, of labels and of RADOS
/// objects.
Objection check_gateway_name(std::string_view text);
/// RFC 7143, 4.2.7: iqn., eui. or naa., in the normalised (lower-case) form.
Objection check_target_name(std::string_view text);
/// As a target's, but '_' passes: hosts that exist have it in their names.
Objection check_initiator_name(std::string_view text);
/// Such a name, or the beginning of one and a '*' behind it; "*" alone is everybody.
Objection check_initiator_pattern(std::string_view text);
/// CHAP_N: a text value that people type, so printable ASCII.
Objection check_chap_user(std::string_view text);
/// 12 to 255 bytes (RFC 7143, 9.2.1: 96 bits), and not kMaskedSecret. The words never show it.
Objection check_secret(std::string_view text);
/// TargetAlias (13.6): for people, so any printable ASCII.
Objection check_alias(std::string_view text);
/// A numeric IPv4 address, or an IPv6 one in brackets, and a port.
Objection check_address(std::string_view text);
/// A numeric address, or one with the length of a network: 192.0.2.0/24.
Objection check_network(std::string_view text);
/// Absolute, of a file. Whether it exists is found out when it is opened.
Objection check_path(std::string_view text);
/// Such a path, or rados:pool/[namespace/]object.
Objection check_group(std::string_view text);
/// A path, and short enough for sockaddr_un.
Objection check_socket_path(std::string_view text);
/// The part after "client.".
Objection check_ceph_user(std::string_view text);
/// pool/[namespace/]image; no snapshots.
Objection check_image(std::string_view text);
/// An NAA designator in hex (SPC-4, 7.8.6.6), as VPD page 83 shows it.
Objection check_naa(std::string_view text);
Objection check_log_level(std::string_view text);
Objection check_digest(std::string_view text);
Objection check_chap_digest(std::string_view text);
/// Printable ASCII of 1 to kMax bytes that neither begins nor ends with a blank.
template <std::size_t kMax>
Objection check_printable(std::string_view text);
Objection check_printable(std::string_view text, std::size_t bytes_max);

template <std::size_t kMax>
Objection check_printable(std::string_view text) {
  return check_printable(text, kMax);
}

/// "10GiB" in bytes; B, KiB, MiB, GiB, TiB, PiB. Nothing: not a size, or beyond 64 bits.
std::optional<std::uint64_t> parse_size(std::string_view text);
/// The largest unit that leaves no remainder: 10737418240 is "10GiB".
std::string size_text(std::uint64_t bytes);

/// Nothing: it is a path. REQUIRES: check_group() has no objection.
std::optional<GroupObject> parse_group_object(std::string_view text);

/// REQUIRES: check_address() and check_image() have no objection.
Address parse_address(std::string_view text);
Image parse_image(std::string_view text);

/// "None", "CRC32C": as RFC 7143 spells them, and exactly so.
std::string_view digest_name(Digest digest);
std::optional<Digest> parse_digest(std::string_view text);

/// "MD5", "SHA1", "SHA-256", "SHA3-256".
std::string_view chap_digest_name(ChapAlgorithm algorithm);
std::optional<ChapAlgorithm> parse_chap_digest(std::string_view text);

/// What stands for a secret in a printed configuration and in messages. It is refused as a secret:
/// whoever copies a printed configuration must not get one that everybody knows.
inline constexpr std::string_view kMaskedSecret = "(a secret)";

/// `text` in single quotes for a message: control bytes as \xNN, at most 80 bytes of it.
std::string quote(std::string_view text);

}  // namespace lungate::config
