// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace lungate::session {

using Done = std::function<void()>;

/// Carried by everything that must end before something may be answered: copies go to each task and
/// each lane concerned; when the last copy is dropped, `done` is called, on the thread that dropped
/// it. Nobody counts, nobody polls. `done` must not surprise who drops: either it only posts (to
/// the home loop), or dropping is the last thing that its holder does (TaskSet::give_back).
using Baton = std::shared_ptr<void>;

inline Baton make_baton(Done done) {
  auto* held = new Done(std::move(done));
  return {held, [](void* memory) {
            std::unique_ptr<Done> owned(static_cast<Done*>(memory));
            (*owned)();
          }};
}

}  // namespace lungate::session
