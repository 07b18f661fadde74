// SPDX-License-Identifier: LGPL-2.1-or-later

// The front door of one portal, on the home loop. Called by its watcher; hands connections to
// Gateway, which gives them to lanes. A connection that the peer has given up already is no error.
// What the system refuses is counted and tried again later, a bounded number per turn otherwise, so
// that a storm of connections does not keep the home loop from what it does for those that are in.
#include "session/acceptor.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "base/log.h"

namespace lungate::session {

Acceptor::Acceptor(event::Loop& loop, UniqueFd listener, OnAccept on_accept, OnFailure on_failure)
    : listener_(std::move(listener)),
      on_accept_(std::move(on_accept)),
      on_failure_(std::move(on_failure)),
      retry_(loop, [this] { watcher_.set_interest(event::Interest::kRead); }),
      watcher_(loop, listener_.get(), event::Interest::kRead,
               [this](event::Interest) { ready(); }) {}

void Acceptor::ready() {
  for (int i = 0; i < limits::kAcceptsPerTurnMax; ++i) {
    auto accepted = accept_on(listener_.get());
    if (accepted) {
      on_accept_(std::move(*accepted));
      continue;
    }
    const int error = accepted.error();
    if (error == EAGAIN || error == EWOULDBLOCK) return;
    if (error == ECONNABORTED || error == EINTR) continue;
    log::error("session", "accept_failed", {{"error", std::strerror(error)}});
    on_failure_();
    watcher_.set_interest(event::Interest::kNone);
    return retry_.start(limits::kAcceptRetryDelay);
  }
}

}  // namespace lungate::session
