// SPDX-License-Identifier: LGPL-2.1-or-later

// The service manager's side of the life cycle (sd_notify(3)). Without one, nothing happens.
#pragma once

#include <string>

namespace lungate::control {

/// The gateway serves, for the first time or again after a reload. `status` is one line for
/// `systemctl status`.
void notify_ready(const std::string& status);
/// A reload has begun. REQUIRES: notify_ready() or notify_stopping() will follow.
void notify_reloading();
/// The end has begun. REQUIRES: nothing follows.
void notify_stopping();

}  // namespace lungate::control
