// SPDX-License-Identifier: LGPL-2.1-or-later

// The list of vital product data pages; INQUIRY builds page 00h from it and finds the others by it.
// A page more is a row here. Constant; any thread.
#include "scsi/vpd_pages.h"

#include <array>

namespace lungate::scsi {

std::span<const VpdPage> vpd_pages() {
  static constexpr std::array<VpdPage, 10> kPages = {{
      {0x80, build_serial_number},
      {0x83, build_device_identification},
      {0x85, build_management_addresses},
      {0x86, build_extended_inquiry},
      {0x87, build_mode_page_policy},
      {0x88, build_scsi_ports},
      {0x8f, build_third_party_copy},
      {0xb0, build_block_limits},
      {0xb1, build_block_characteristics},
      {0xb2, build_provisioning},
  }};
  return kPages;
}

}  // namespace lungate::scsi
