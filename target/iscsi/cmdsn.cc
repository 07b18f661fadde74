// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/cmdsn.h"

namespace lungate::iscsi {

CommandWindow::Verdict CommandWindow::classify(std::uint32_t cmd_sn, bool immediate) const {
  if (immediate) return Verdict::kDue;
  const std::uint32_t ahead = cmd_sn - exp_cmd_sn_;  // serial numbers: modulo 2^32
  // A number behind ExpCmdSN is nearly 2^32 ahead of it: one comparison covers both ends.
  if (ahead >= slots_ - in_progress_) return Verdict::kIgnore;
  return ahead == 0 ? Verdict::kDue : Verdict::kFuture;
}

void CommandWindow::accept() {
  check(in_progress_ < slots_, "a command is accepted within the window");
  ++exp_cmd_sn_;
  ++in_progress_;
}

void CommandWindow::release() {
  check(in_progress_ > 0, "a slot is released as often as it is taken");
  --in_progress_;
}

}  // namespace lungate::iscsi
