// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/notify.h"

#include <systemd/sd-daemon.h>

namespace lungate::control {

void notify_ready(const std::string& status) {
  ::sd_notifyf(0, "READY=1\nSTATUS=%s", status.c_str());
}

void notify_reloading() {
  ::sd_notify(0, "RELOADING=1");
}

void notify_stopping() {
  ::sd_notify(0, "STOPPING=1");
}

}  // namespace lungate::control
