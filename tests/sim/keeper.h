// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <memory>

#include "session/lun_home.h"
#include "tests/sim/store.h"

namespace lungate::sim {

/// A LUN as its keeper treats it: served, lost with whatever is in progress, and served again when
/// none of its commands can reach the store any more.
class Keeper {
 public:
  Keeper(std::shared_ptr<session::LunHome> home, std::shared_ptr<Store> store);

  void serve();
  bool lost() const { return quiet_ != nullptr; }
  void lose();
  /// Nothing as long as commands may still reach the store.
  void come_back();

 private:
  std::shared_ptr<session::LunHome> home_;
  std::shared_ptr<Store> store_;
  std::shared_ptr<bool> quiet_;  // while lost: no command can reach the store
};

}  // namespace lungate::sim
