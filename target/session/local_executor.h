// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/mail.h"
#include "scsi/execution.h"
#include "session/executor.h"

namespace lungate::session {

class Lane;

/// Runs commands of LUNs whose backend is in this process: drives the device server's steps, hands
/// its requests to the backend, comes back on this lane by the lane's mailbox.
class LocalExecutor final : public LunExecutor {
 public:
  explicit LocalExecutor(Lane& lane) : lane_(lane) {}

  void execute(Task& task) noexcept override;

 private:
  static void delivered(Mail& letter) noexcept;
  void proceed(Task& task, scsi::Step step) noexcept;
  void submit(Task& task) noexcept;
  void change(Task& task) noexcept;

  Lane& lane_;
};

}  // namespace lungate::session
