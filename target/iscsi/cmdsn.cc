// SPDX-License-Identifier: LGPL-2.1-or-later

// The command window's arithmetic, modulo 2^32. Session asks it for every PDU that carries a CmdSN,
// on the session's lane. CmdSN is the peer's word: a number outside the window or seen before is
// kIgnore, as 4.2.2.1 demands, and costs nothing but the look. The checks are about the owner: a
// slot is taken once per accepted command and given back once, or the window would shrink for the
// rest of the session, or open wider than its slots.
#include "iscsi/cmdsn.h"

namespace lungate::iscsi {

CommandWindow::Verdict CommandWindow::classify(std::uint32_t cmd_sn, bool immediate) const {
  if (immediate) return Verdict::kDue;
  const std::uint32_t ahead = cmd_sn - exp_cmd_sn_;  // serial numbers: modulo 2^32
  // A number behind ExpCmdSN is nearly 2^32 ahead of it: one comparison covers both ends.
  if (ahead >= slots_ - in_progress_) return Verdict::kIgnore;
  return ahead == 0 ? Verdict::kDue : Verdict::kFuture;
}

// Invariant of the three numbers: in_progress_ <= slots_, and MaxCmdSN = ExpCmdSN + (slots_ -
// in_progress_) - 1. accept() raises ExpCmdSN and in_progress_ together, so MaxCmdSN stays;
// release() raises it by one. Nothing lowers it.
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
