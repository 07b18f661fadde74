// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "config/config.h"

namespace lungate::exporter {

/// A bound, listening, non-blocking socket, closed when dropped.
struct Listener {
  UniqueFd fd;
  config::Address address;  // with the real port where 0 was asked for
};

/// Binds and listens. [::] takes IPv4 too; every other address what it is. The error is for people.
Result<Listener, std::string> listen_on(const config::Address& address);

}  // namespace lungate::exporter
