// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string_view>

namespace lungate::ctl {

/// What the standards call the command of an operation code (byte 0 of a CDB), of those that a disk
/// knows; empty for the others.
std::string_view opcode_name(std::uint8_t opcode);

}  // namespace lungate::ctl
