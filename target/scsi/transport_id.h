// SPDX-License-Identifier: LGPL-2.1-or-later

// TransportIDs of iSCSI initiator ports (SPC-4, 7.6.4.6): how PERSISTENT RESERVE names a nexus's
// initiator, and the one form in which we keep such a name ("iqn...,i,0x00023d000001").
//
// Format 01b (port: name and ISID) is written and read. Format 00b (device: every port of that name
// that is known just now) is refused, as the standard permits: what is registered would depend on
// who happens to be logged in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace lungate::scsi {

inline constexpr std::string_view kIsidSeparator = ",i,0x";
inline constexpr std::size_t kIsidDigits = 12;
/// The longest name of an initiator port.
inline constexpr std::size_t kPortNameBytesMax =
    limits::kNameBytesMax + kIsidSeparator.size() + kIsidDigits;

/// The name in the form in which names are compared: lower case, all twelve digits of the ISID.
/// Nothing: it is no name of a port. Names that are in this form come back unchanged.
std::optional<std::string> port_name(std::string_view text);

/// How many bytes write_transport_id() takes: a multiple of four, at least 24.
std::size_t transport_id_bytes(std::string_view initiator_port);

/// Header, name, zeros. REQUIRES: `out` has transport_id_bytes(), the name at most
/// kPortNameBytesMax.
void write_transport_id(std::string_view initiator_port, MutableBytes out);

struct TransportId {
  std::string initiator_port;
  std::size_t bytes = 0;  // of the list that it took
};

/// The TransportID at the beginning of `list`, which came from a peer. The error is the position in
/// it of the byte that is wrong.
Result<TransportId, std::size_t> read_transport_id(Bytes list);

}  // namespace lungate::scsi
