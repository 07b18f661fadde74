// SPDX-License-Identifier: LGPL-2.1-or-later

// Called by a LUN's keeper on a worker, between opening a store and serving it. The answer of the
// backend comes as a letter, for which a worker has no loop: it waits for the one letter instead.
#include "control/kept_state.h"

#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/limits.h"

namespace lungate::control {
namespace {

class OneLetter final : public MailSink {
 public:
  void post(Mail&) noexcept override {
    // Told under the mutex: who waits may destroy this as soon as it can take it.
    const std::lock_guard lock(mutex_);
    here_ = true;
    came_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [this] { return here_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  bool here_ = false;
};

}  // namespace

Result<scsi::KeptState, Refusal> load_state(backend::Backend& backend) {
  if (!backend.traits().keeps_state) return scsi::KeptState{};
  std::vector<std::byte> room(limits::kUnitStateBytesMax);
  OneLetter letter;
  backend::Request request;
  request.verb = backend::Verb::kLoadState;
  request.data = room;
  request.length = room.size();
  request.reply_to = &letter;
  request.deliver = [](Mail&) noexcept {};
  backend.submit(request);
  letter.wait();
  if (request.status != backend::Status::kOk)
    return err(Refusal{telemetry::OfflineReason::kOther,
                       "its stored state cannot be read: " + std::string(name(request.status))});
  auto state = scsi::decode_state(Bytes(room).first(request.extent_bytes));
  if (!state)
    return err(Refusal{telemetry::OfflineReason::kInvalid,
                       "its stored state cannot be used: " + state.error()});
  return std::move(*state);
}

}  // namespace lungate::control
