// SPDX-License-Identifier: LGPL-2.1-or-later

// Mode pages (SPC-4, 7.5; SBC-3, 6.4): one builder per page, listed in a table that MODE SENSE and
// MODE SELECT share. None is saved: PS is 0 everywhere, and SP of MODE SELECT a stray bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "scsi/unit.h"

namespace lungate::scsi {

/// The longest page that we have, its header included.
inline constexpr std::size_t kModePageBytesMax = 40;
using ModePageBytes = std::array<std::byte, kModePageBytesMax>;

/// What of a page MODE SENSE asks for (PC, SPC-4, table 178).
enum class PageControl : std::uint8_t { kCurrent, kChangeable, kDefault, kSaved };

struct ModePage {
  std::uint8_t code = 0;
  std::uint8_t subpage = 0;  // not 0: the page has the longer header (SPF)
  std::uint8_t bytes = 0;    // header included
  /// The page as it is in `mode`. What MODE SELECT may change is what differs between two modes.
  void (*build)(const Unit& unit, const ModeState& mode, MutableBytes page) = nullptr;
  /// Takes from a page what it may change. Null: it changes nothing.
  void (*apply)(Bytes page, ModeState& mode) = nullptr;

  std::size_t header_bytes() const { return subpage == 0 ? 2 : 4; }
};

/// Ascending by code and subpage.
std::span<const ModePage> mode_pages();

/// Null if there is no such page.
const ModePage* find_mode_page(std::uint8_t code, std::uint8_t subpage);

/// The first `page.bytes` are the page. REQUIRES: not kSaved.
ModePageBytes mode_page_bytes(const ModePage& page, PageControl control, const Unit& unit);

}  // namespace lungate::scsi
