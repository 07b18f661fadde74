// SPDX-License-Identifier: LGPL-2.1-or-later

// VPD pages 85h to 87h: what the device can do beyond its standard data, and how it is managed.
#include "scsi/vpd_pages.h"

namespace lungate::scsi {
namespace {

/// From byte 4 of the page on; with its header 64 bytes. What is 0 here and has no name: neither
/// protection information, nor grouping, priorities, referrals, self-tests, microcode.
struct ExtendedInquiry {
  std::uint8_t protection = 0;
  std::uint8_t attributes = 0x01;  // SIMPSUP: every command begins in the order that suits us
  std::uint8_t caches = 0;         // V_SUP: there is a volatile cache
  std::array<std::uint8_t, 6> none_7{};
  std::uint8_t sense_bytes_max = limits::kSenseBytesMax;
  std::array<std::uint8_t, 50> none_14{};
};
static_assert(sizeof(ExtendedInquiry) == 0x3c);

struct ModePagePolicy {
  std::uint8_t page = 0x3f;  // all of them
  std::uint8_t subpage = 0xff;
  std::uint8_t policy = 0x00;  // shared by all nexuses
  std::uint8_t reserved = 0;
};
static_assert(sizeof(ModePagePolicy) == 4);

}  // namespace

/// An empty list: the gateway is managed by its host, at no address that an initiator should know.
void build_management_addresses(const Unit&, ParameterData&) {}

void build_extended_inquiry(const Unit& unit, ParameterData& data) {
  constexpr std::uint8_t kVolatileCache = 0x01;
  ExtendedInquiry page;
  if (unit.write_cache) page.caches = kVolatileCache;
  data.append(page);
}

void build_mode_page_policy(const Unit&, ParameterData& data) {
  data.append(ModePagePolicy{});
}

}  // namespace lungate::scsi
