// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "backend/backend.h"
#include "config/config.h"
#include "scsi/unit.h"

namespace lungate::control {

/// The logical unit as the configuration alone describes it: offline, without a size. `tag` is the
/// gateway's portal group tag, which is its target port group and relative target port as well.
scsi::Unit unit_of(const config::Target& target, const config::Lun& lun, std::uint16_t tag);

/// The same with what its open store says. What the operator has given (vendor, serial, NAA...)
/// goes before what is made from the store.
scsi::Unit unit_of(const config::Target& target, const config::Lun& lun, std::uint16_t tag,
                   const backend::Traits& traits, const backend::State& state);

/// The NAA designator in hexadecimal, as multipath and esxcli print it.
std::string wwn_text(const scsi::Identity& identity);

}  // namespace lungate::control
