// SPDX-License-Identifier: LGPL-2.1-or-later

// `lungate-target --check-online`: can every store be opened from here, as this user, now? Called
// by main() before anything else has been started, on its thread, one store after the other. What
// cannot be opened is a line on stdout and exit code 1; the rest is tried all the same.
//
// An image is opened as the service does, so its lock is taken, and former instances of this
// gateway are fenced: a running gateway keeps its own, and is named as the holder. What it says
// that it serves is not opened at all.
#include "control/online_check.h"

#include <cstdio>
#include <string>

#include "base/log.h"
#include "config/names.h"
#include "control/file_check.h"
#include "control/running.h"
#include "control/stores.h"

namespace lungate::control {
namespace {

Outlook of_served(const api::Status& status, const Served& served) {
  return {true, "served by this gateway (pid " + std::to_string(status.pid) + "): ok, " +
                    config::size_text(served.size_bytes)};
}

/// Closed again before the next is opened: the check of a thousand LUNs needs one connection at a
/// time.
Outlook opened_once(Stores& stores, const config::Target& target, const config::Lun& lun) {
  const auto opened = stores.open(target, lun);
  if (!opened) return {false, opened.error().text};
  const std::uint64_t size_bytes = (*opened)->state().size_bytes;
  (*opened)->close();
  return {true, "ok, " + config::size_text(size_bytes)};
}

}  // namespace

int check_online(const config::Config& config) {
  log::set_level(log::Level::kError);  // the answer stands between no lines of a log
  const auto running = running_gateway(config);
  Stores stores(config);
  int code = 0;
  for (const config::Target& target : config.targets) {
    for (const config::Lun& lun : target.luns) {
      const auto served = running ? served_by(*running, lun.store) : std::nullopt;
      const auto* file = std::get_if<config::File>(&lun.store);
      const auto harm = file != nullptr ? would_shrink(*file) : std::nullopt;
      Outlook outlook;
      if (harm)
        outlook = {false, *harm};
      else if (served)
        outlook = of_served(*running, *served);
      else if (file != nullptr)
        outlook = look_at(*file, lun.read_only);
      else
        outlook = opened_once(stores, target, lun);
      std::printf("%s lun %u (%s): %s\n", target.iqn.c_str(), unsigned{lun.id},
                  to_string(lun.store).c_str(), outlook.text.c_str());
      if (!outlook.good) code = 1;
    }
  }
  return code;
}

}  // namespace lungate::control
