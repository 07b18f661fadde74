// SPDX-License-Identifier: LGPL-2.1-or-later

// Vital product data (SPC-4, 7.8): one builder per page, listed in a table. Page 00h is the list
// itself and stands with INQUIRY.
#pragma once

#include <cstdint>
#include <span>

#include "scsi/parameter_data.h"
#include "scsi/unit.h"

namespace lungate::scsi {

struct VpdPage {
  std::uint8_t code = 0;
  /// Appends what follows the four bytes of the page's header.
  void (*build)(const Unit& unit, ParameterData& data) = nullptr;
};

/// Ascending by code, as the list in page 00h must be.
std::span<const VpdPage> vpd_pages();

void build_serial_number(const Unit& unit, ParameterData& data);          // 80h, SPC-4, 7.8.15
void build_device_identification(const Unit& unit, ParameterData& data);  // 83h, SPC-4, 7.8.6
void build_management_addresses(const Unit& unit, ParameterData& data);   // 85h, SPC-4, 7.8.9
void build_extended_inquiry(const Unit& unit, ParameterData& data);       // 86h, SPC-4, 7.8.7
void build_mode_page_policy(const Unit& unit, ParameterData& data);       // 87h, SPC-4, 7.8.11
void build_scsi_ports(const Unit& unit, ParameterData& data);             // 88h, SPC-4, 7.8.14
void build_third_party_copy(const Unit& unit, ParameterData& data);       // 8Fh, SPC-4, 7.8.17
void build_block_limits(const Unit& unit, ParameterData& data);           // B0h, SBC-3, 6.5.3
void build_block_characteristics(const Unit& unit, ParameterData& data);  // B1h, SBC-3, 6.5.2
void build_provisioning(const Unit& unit, ParameterData& data);           // B2h, SBC-3, 6.5.4

}  // namespace lungate::scsi
