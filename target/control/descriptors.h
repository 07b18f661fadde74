// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>

namespace lungate::control {

/// Raises this process's soft limit of open descriptors to the hard one (outside systemd the soft
/// one is commonly 1,024, which some hundred initiators and a cluster's OSDs exceed).
/// Returns how many may be open now; 0 when the system does not say. At start, before any thread.
std::size_t raise_descriptor_limit() noexcept;

}  // namespace lungate::control
