// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "base/mail.h"
#include "scsi/execution.h"
#include "session/executor.h"

namespace lungate::session {

class Lane;
struct LaneLun;

/// Runs commands of LUNs whose backend is in this process: drives the device server's steps, hands
/// its requests to the backend, comes back on this lane by the lane's mailbox.
class LocalExecutor final : public LunExecutor {
 public:
  explicit LocalExecutor(Lane& lane) : lane_(lane) {}

  void execute(Task& task) noexcept override;
  void give_up(Task& task) noexcept override;

  /// A range of the LUN is free again: what waited for it goes on.
  void resume_parked(LaneLun& lun) noexcept;

 private:
  static void delivered(Mail& letter) noexcept;
  void proceed(Task& task, scsi::Step step) noexcept;
  void submit(Task& task) noexcept;
  void change(Task& task) noexcept;
  void lock(Task& task) noexcept;
  void end(Task& task) noexcept;
  void end_busy(Task& task) noexcept;
  bool overtaken(const Task& task) const noexcept;

  Lane& lane_;
};

}  // namespace lungate::session
