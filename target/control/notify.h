// SPDX-License-Identifier: LGPL-2.1-or-later

// The service manager's side of the life cycle (sd_notify(3)). Without one, nothing happens.
#pragma once

#include <string>

namespace lungate::control {

void notify_ready(const std::string& status);
void notify_reloading();
void notify_stopping();

}  // namespace lungate::control
