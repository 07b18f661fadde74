// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/online_check.h"

#include <cstdio>
#include <string>

#include "control/stores.h"

namespace lungate::control {

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
