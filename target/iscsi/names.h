// SPDX-License-Identifier: LGPL-2.1-or-later

// iSCSI names (RFC 7143, 4.2.7): iqn., eui. and naa.; compared as bytes once normalised.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lungate::iscsi {

enum class NameError : std::uint8_t {
  kEmpty,
  kTooLong,      // more than limits::kNameBytesMax
  kUnknownType,  // neither iqn. nor eui. nor naa.
  kMalformed,    // the type's own form is not kept: date, hexadecimal digits
  kCharacter,    // a character outside the iSCSI stringprep profile
};
std::string_view name(NameError error);

/// The name in lower case (RFC 3722 maps upper case), or why it is none.
///
/// Two decisions: characters beyond ASCII are refused (their normal form would need all of
/// stringprep, and two spellings of one name would be two initiators); the underscore, which
/// RFC 3722 forbids, is taken, because qemu makes initiator names from guest names that have it.
Result<std::string, NameError> normalise_name(std::string_view text);

}  // namespace lungate::iscsi
