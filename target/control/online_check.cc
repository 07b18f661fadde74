// SPDX-License-Identifier: LGPL-2.1-or-later

// `lungate-target --check-online`: can every store be opened from here, as this user, now? Called
// by main() before anything else has been started, on its thread, one store after the other. What
// cannot be opened is a line on stdout and exit code 1; the rest is tried all the same.
//
// It opens as the service does, so it takes locks and fences former instances of this gateway: a
// running gateway keeps its own, and is named as the holder.
#include "control/online_check.h"

#include <cstdio>
#include <string>

#include "control/stores.h"

namespace lungate::control {

// Closed again before the next is opened: the check of a thousand LUNs needs one connection at a
// time.
int check_online(const config::Config& config) {
  Stores stores(config);
  int code = 0;
  for (const config::Target& target : config.targets) {
    for (const config::Lun& lun : target.luns) {
      const std::string what =
          target.iqn + " lun " + std::to_string(lun.id) + " (" + to_string(lun.store) + ")";
      auto opened = stores.open(target, lun);
      if (!opened) {
        std::printf("%s: %s\n", what.c_str(), opened.error().text.c_str());
        code = 1;
        continue;
      }
      std::printf("%s: ok, %llu bytes\n", what.c_str(),
                  static_cast<unsigned long long>((*opened)->state().size_bytes));
      (*opened)->close();
    }
  }
  return code;
}

}  // namespace lungate::control
