// SPDX-License-Identifier: LGPL-2.1-or-later

// TransportIDs to names and back. What is read came from an initiator: every length in it is held
// against the bytes there are before it is used.
#include "scsi/transport_id.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::scsi {
namespace {

struct Header {
  std::uint8_t format_and_protocol = 0;
  std::uint8_t reserved = 0;
  be16 additional_bytes;  // at least 20, a multiple of four
};
static_assert(sizeof(Header) == 4);

constexpr std::uint8_t kFormatMask = 0xc0;
constexpr std::uint8_t kProtocolMask = 0x0f;
constexpr std::uint8_t kPortFormat = 0x40;
constexpr std::uint8_t kIscsi = 0x05;
constexpr std::size_t kAdditionalBytesMin = 20;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' ||
         c == '_';
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// With the zero that ends it.
std::size_t additional_bytes(std::string_view initiator_port) {
  return std::max(padded_to_4(initiator_port.size() + 1), kAdditionalBytesMin);
}

}  // namespace

std::optional<std::string> port_name(std::string_view text) {
  if (text.size() > kPortNameBytesMax) return std::nullopt;
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);

  const std::size_t separator = folded.find(kIsidSeparator);
  if (separator == std::string::npos) return std::nullopt;
  const std::string name = folded.substr(0, separator);
  const std::string isid = folded.substr(separator + kIsidSeparator.size());
  if (name.empty() || name.size() > limits::kNameBytesMax) return std::nullopt;
  if (isid.empty() || isid.size() > kIsidDigits) return std::nullopt;
  if (!std::all_of(name.begin(), name.end(), is_name_character)) return std::nullopt;
  if (!std::all_of(isid.begin(), isid.end(), is_hex)) return std::nullopt;
  return name + std::string(kIsidSeparator) + std::string(kIsidDigits - isid.size(), '0') + isid;
}

std::size_t transport_id_bytes(std::string_view initiator_port) {
  return sizeof(Header) + additional_bytes(initiator_port);
}

void write_transport_id(std::string_view initiator_port, MutableBytes out) {
  check(initiator_port.size() <= kPortNameBytesMax, "names of ports are bounded");
  check(out.size() == transport_id_bytes(initiator_port), "a TransportID fills its place");
  std::fill(out.begin(), out.end(), std::byte{0});
  store(out, Header{kPortFormat | kIscsi, 0,
                    static_cast<std::uint16_t>(additional_bytes(initiator_port))});
  std::copy_n(bytes_of(initiator_port).begin(), initiator_port.size(),
              out.begin() + sizeof(Header));
}

Result<TransportId, std::size_t> read_transport_id(Bytes list) {
  constexpr std::size_t kFormatAt = 0;
  constexpr std::size_t kLengthAt = 2;
  if (list.size() < sizeof(Header)) return err(kFormatAt);
  const auto header = load<Header>(list);
  if ((header.format_and_protocol & kFormatMask) != kPortFormat) return err(kFormatAt);
  if ((header.format_and_protocol & kProtocolMask) != kIscsi) return err(kFormatAt);
  const std::size_t additional = header.additional_bytes;
  if (additional < kAdditionalBytesMin || additional % 4 != 0) return err(kLengthAt);
  if (additional > list.size() - sizeof(Header)) return err(kLengthAt);

  const std::string_view field = text_of(list.subspan(sizeof(Header), additional));
  const std::size_t end = field.find('\0');  // whatever comes behind it (7.6.4.6)
  if (end == std::string_view::npos) return err(sizeof(Header));
  const auto name = port_name(field.substr(0, end));
  if (!name) return err(sizeof(Header));
  return TransportId{*name, sizeof(Header) + additional};
}

}  // namespace lungate::scsi
