// SPDX-License-Identifier: LGPL-2.1-or-later

// How long a command window was full. Called by Session and Commands for every numbered PDU, on the
// lane's thread: a comparison each, no clock is read. How many commands are in the window is the
// peer's choice, within its slots (iscsi/cmdsn.h).
#include "session/window.h"

#include "session/lane.h"

namespace lungate::session {

void Window::accept() {
  numbers_.accept();
  if (numbers_.in_progress() < numbers_.slots()) [[likely]]
    return;
  full_since_ = lane_.loop().turn_start();
  lane_.recorder().add(telemetry::GatewayCounter::kWindowFulls);
}

void Window::release() {
  if (full_since_ != BootTime{}) [[unlikely]]
    end(lane_.loop().turn_start());
  numbers_.release();
}

void Window::tick(BootTime now) {
  if (full_since_ == BootTime{}) return;
  lane_.recorder().window_was_full(now - full_since_);
  full_since_ = now;
}

void Window::end(BootTime now) {
  tick(now);
  full_since_ = {};
}

}  // namespace lungate::session
