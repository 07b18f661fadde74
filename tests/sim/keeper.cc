// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/keeper.h"

#include "tests/sim/gateway_plan.h"
#include "tests/sim/violation.h"

namespace lungate::sim {

Keeper::Keeper(std::shared_ptr<session::LunHome> home, std::shared_ptr<Store> store)
    : home_(std::move(home)), store_(std::move(store)) {}

void Keeper::serve() {
  home_->set_online(store_, unit_of(*store_), [] {});
}

void Keeper::lose() {
  quiet_ = std::make_shared<bool>(false);
  store_->set_lost(true);
  home_->set_offline(scsi::Availability::kOffline,
                     [home = home_, quiet = quiet_] { home->quiesce([quiet] { *quiet = true; }); });
}

void Keeper::come_back() {
  if (!*quiet_) return;
  require(store_->held() == 0, "a store that may be closed has requests");
  quiet_.reset();
  store_->set_lost(false);
  serve();
}

}  // namespace lungate::sim
