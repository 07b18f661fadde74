// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>

#include "base/fd.h"
#include "event/loop.h"
#include "session/socket.h"

namespace lungate::session {

/// Takes connections from one listening socket. When the process is out of descriptors it waits a
/// moment instead of spinning on a socket that stays ready. Home loop's thread.
class Acceptor {
 public:
  using OnAccept = std::function<void(Accepted&&)>;
  using OnFailure = std::function<void()>;
  /// `on_failure`: a connection could not be taken, for want of descriptors or memory. It stays in
  /// the kernel's queue and is tried again.
  Acceptor(event::Loop& loop, UniqueFd listener, OnAccept on_accept, OnFailure on_failure);

  Endpoint endpoint() const { return local_endpoint(listener_.get()); }

 private:
  void ready();

  UniqueFd listener_;
  OnAccept on_accept_;
  OnFailure on_failure_;
  event::Timer retry_;
  event::FdWatcher watcher_;
};

}  // namespace lungate::session
