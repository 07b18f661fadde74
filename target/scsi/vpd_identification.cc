// SPDX-License-Identifier: LGPL-2.1-or-later

// VPD pages 80h, 83h and 88h: by these an initiator recognises the disk, and the port by which it
// has come to it. What they say of the logical unit must never change and is the same on every
// path; what they say of the port differs per path.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "scsi/vpd_pages.h"

namespace lungate::scsi {
namespace {

/// SPC-4, 7.8.6.1.
struct DesignatorHeader {
  std::uint8_t protocol_and_code_set = 0;
  std::uint8_t association_and_type = 0;
  std::uint8_t reserved = 0;
  std::uint8_t bytes = 0;
};
static_assert(sizeof(DesignatorHeader) == 4);

/// The designator of a relative target port or of a target port group.
struct PortNumber {
  be16 reserved;
  be16 number;
};
static_assert(sizeof(PortNumber) == 4);

constexpr std::uint8_t kIscsi = 0x50;  // protocol identifier 5h, in the upper half
constexpr std::uint8_t kBinary = 0x01;
constexpr std::uint8_t kAscii = 0x02;
constexpr std::uint8_t kUtf8 = 0x03;

constexpr std::uint8_t kOfUnit = 0x00;
constexpr std::uint8_t kOfTargetPort = 0x90;    // association 1, and PIV: the protocol is named
constexpr std::uint8_t kOfTargetDevice = 0xa0;  // association 2, and PIV

// Designator types (SPC-4, table 461).
constexpr std::uint8_t kT10VendorId = 0x01;
constexpr std::uint8_t kNaa = 0x03;
constexpr std::uint8_t kRelativeTargetPort = 0x04;
constexpr std::uint8_t kTargetPortGroup = 0x05;
constexpr std::uint8_t kScsiNameString = 0x08;

constexpr std::size_t kDesignatorBytesMax = 255;

/// Page 88h, one for each port: no initiator port is named.
struct PortHeader {
  be16 reserved;
  be16 relative_port;
  be32 initiator_port_bytes;
  be16 reserved_8;
  be16 target_port_bytes;
};
static_assert(sizeof(PortHeader) == 12);

/// What multipath and VMFS go by.
void append_naa(const Identity& identity, ParameterData& data) {
  data.append(DesignatorHeader{kBinary, kOfUnit | kNaa, 0, identity.naa_bytes});
  data.append_bytes(std::as_bytes(std::span(identity.naa)).first(identity.naa_bytes));
}

/// For initiators that do not trust locally assigned NAA: vendor and serial number.
void append_t10_vendor_id(const Identity& identity, ParameterData& data) {
  constexpr std::size_t kVendorBytes = 8;
  const std::string_view specific =
      std::string_view(identity.serial).substr(0, kDesignatorBytesMax - kVendorBytes);
  const auto bytes = static_cast<std::uint8_t>(kVendorBytes + specific.size());
  data.append(DesignatorHeader{kAscii, kOfUnit | kT10VendorId, 0, bytes});
  data.append(padded<kVendorBytes>(identity.vendor));
  data.append_bytes(bytes_of(specific));
}

/// SPC-4, 7.8.6.11: terminated by at least one zero, its length a multiple of four, at most 256
/// with what this field can say: 252.
void append_name(std::uint8_t association, std::string_view name, ParameterData& data) {
  constexpr std::size_t kTextBytesMax = 251;
  constexpr std::array<std::byte, 4> kZeros{};
  name = name.substr(0, kTextBytesMax);
  const std::size_t bytes = padded_to_4(name.size() + 1);
  data.append(DesignatorHeader{kIscsi | kUtf8,
                               static_cast<std::uint8_t>(association | kScsiNameString), 0,
                               static_cast<std::uint8_t>(bytes)});
  data.append_bytes(bytes_of(name));
  data.append_bytes(Bytes(kZeros).first(bytes - name.size()));
}

/// A port's name is the device's with ",t,0x" and the tag of its portal group (RFC 7143, 4.6.2).
std::string port_name(const Unit& unit) {
  std::array<char, sizeof(",t,0x0000")> tag{};
  std::snprintf(tag.data(), tag.size(), ",t,0x%04x", unsigned{unit.target_port_group});
  return unit.target_name + tag.data();
}

/// Which port of ours this path ends at, and which group of ports it belongs to.
void append_port_number(std::uint8_t type, std::uint16_t number, ParameterData& data) {
  data.append(DesignatorHeader{kIscsi | kBinary, static_cast<std::uint8_t>(kOfTargetPort | type), 0,
                               sizeof(PortNumber)});
  data.append(PortNumber{{}, number});
}

}  // namespace

void build_serial_number(const Unit& unit, ParameterData& data) {
  data.append_bytes(
      bytes_of(std::string_view(unit.identity.serial).substr(0, kDesignatorBytesMax)));
}

/// The unit first: initiators that look at the beginning of the page only find it there. With an
/// NAA designator the unit needs no SCSI name string of its own.
void build_device_identification(const Unit& unit, ParameterData& data) {
  append_naa(unit.identity, data);
  append_t10_vendor_id(unit.identity, data);
  append_name(kOfTargetPort, port_name(unit), data);
  append_port_number(kRelativeTargetPort, unit.relative_target_port, data);
  append_port_number(kTargetPortGroup, unit.target_port_group, data);
  append_name(kOfTargetDevice, unit.target_name, data);
}

void build_scsi_ports(const Unit& unit, ParameterData& data) {
  const std::size_t begin = data.size();
  PortHeader port;
  port.relative_port = unit.relative_target_port;
  data.append(port);
  append_name(kOfTargetPort, port_name(unit), data);
  port.target_port_bytes = static_cast<std::uint16_t>(data.size() - begin - sizeof(port));
  data.put(begin, port);
}

}  // namespace lungate::scsi
