// SPDX-License-Identifier: LGPL-2.1-or-later

// The bounds of look-ups. Called by adapters: pass_on() on any loop, for each request, due() on the
// clerk's thread. A command's time begins with its first request here and is kept in the request,
// which is the same for all of them.
#include "backend/look_ups.h"

#include "base/limits.h"

namespace lungate::backend {
namespace {

void pass_over(Request& request) noexcept {
  all_allocated(request);
  request.looked = false;
}

}  // namespace

bool LookUps::begin(Request& request, BootTime now) noexcept {
  request.looked = true;
  if (request.look_until == BootTime{}) request.look_until = now + limits::kLookUpTime;
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < limits::kLookUpsPerLunMax) return true;
  end();
  pass_over(request);
  return false;
}

bool LookUps::due(Request& request, BootTime now) noexcept {
  if (now < request.look_until && !hurried(request)) return true;
  pass_over(request);
  return false;
}

}  // namespace lungate::backend
