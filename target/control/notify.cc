// SPDX-License-Identifier: LGPL-2.1-or-later

// What the service manager is told, on the home loop, by Service. Errors are ignored on purpose:
// without a manager ($NOTIFY_SOCKET unset) there is nobody to tell, and with one that does not
// listen there is nothing to be done. systemd takes RELOADING only if READY follows, and READY
// after STOPPING for a mistake: stage.h sees to the order.
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
