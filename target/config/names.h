// SPDX-License-Identifier: LGPL-2.1-or-later

// What a text of the configuration may say: names, addresses, sizes, paths. Pure functions.
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

Objection check_gateway_name(std::string_view text);
/// RFC 7143, 4.2.7: iqn., eui. or naa., in the normalised (lower-case) form.
Objection check_target_name(std::string_view text);
/// As a target's, but '_' passes: hosts that exist have it in their names.
Objection check_initiator_name(std::string_view text);
Objection check_alias(std::string_view text);
Objection check_address(std::string_view text);
Objection check_path(std::string_view text);
Objection check_socket_path(std::string_view text);
Objection check_ceph_user(std::string_view text);
Objection check_image(std::string_view text);
Objection check_naa(std::string_view text);
Objection check_log_level(std::string_view text);
Objection check_digest(std::string_view text);
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

/// REQUIRES: check_address() and check_image() have no objection.
Address parse_address(std::string_view text);
Image parse_image(std::string_view text);

std::string_view digest_name(Digest digest);
std::optional<Digest> parse_digest(std::string_view text);

/// `text` in single quotes for a message: control bytes as \xNN, at most 80 bytes of it.
std::string quote(std::string_view text);

}  // namespace lungate::config
