// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "backend/backend.h"

namespace lungate::session {

/// A request of the home loop's own to a LUN's store (reservations to be kept, a format at work):
/// alive until it has been delivered, and keeps the store's object until then. One at a time.
class HomeRequest {
 public:
  /// Verb, range and data are the caller's; the rest is ours.
  backend::Request request;

  /// `delivered` is called on the loop that `replies` belongs to, and may destroy this.
  void submit(std::shared_ptr<backend::Backend> backend, MailSink& replies,
              std::function<void()> delivered) {
    backend_ = std::move(backend);
    delivered_ = std::move(delivered);
    request.reply_to = &replies;
    request.owner = this;
    request.deliver = [](Mail& letter) noexcept {
      auto& self = *static_cast<HomeRequest*>(static_cast<backend::Request&>(letter).owner);
      const auto keeps_store = std::exchange(self.backend_, nullptr);
      std::exchange(self.delivered_, nullptr)();
    };
    backend_->submit(request);
  }
  bool in_progress() const { return backend_ != nullptr; }

 private:
  std::shared_ptr<backend::Backend> backend_;
  std::function<void()> delivered_;
};

}  // namespace lungate::session
