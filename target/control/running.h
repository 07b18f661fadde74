// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/messages.h"
#include "config/config.h"

namespace lungate::control {

/// What the lungate-target that runs with this configuration's control socket and gateway name says
/// of itself; nothing when there is none, when it is another gateway, when this user may not ask,
/// or when it does not answer in limits::kControlTimeout. Blocks.
std::optional<api::Status> running_gateway(const config::Config& config);

/// A LUN of the running gateway.
struct Served {
  std::string target;
  std::uint16_t lun = 0;
  std::uint64_t size_bytes = 0;
};
/// The LUN by which it serves this very store now; nothing: it does not.
std::optional<Served> served_by(const api::Status& status, const config::Store& store);

}  // namespace lungate::control
