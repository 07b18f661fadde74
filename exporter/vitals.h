// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace lungate::exporter {

/// What the HTTP server and its TLS know of themselves and the page shows.
struct Vitals {
  std::atomic<std::uint64_t> authentication_failures = 0;
  std::atomic<std::int64_t> certificate_expiry = 0;  // seconds since the epoch; 0: no TLS
};

}  // namespace lungate::exporter
