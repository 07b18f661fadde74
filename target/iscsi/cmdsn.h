// SPDX-License-Identifier: LGPL-2.1-or-later

// Command numbering of a session (RFC 7143, 4.2.2.1): which commands are due, which come too early,
// which are to be ignored, and how many more the initiator may send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "iscsi/serial.h"

namespace lungate::iscsi {

/// ExpCmdSN and MaxCmdSN.
///
/// The window opens with `slots` and closes as commands are in progress: each accepted command
/// takes a slot, and MaxCmdSN = ExpCmdSN + free slots - 1. Accepting moves ExpCmdSN up and takes a
/// slot, releasing gives one back, so MaxCmdSN only ever grows: the RFC forbids the window to
/// shrink. With no free slot MaxCmdSN = ExpCmdSN - 1: closed.
///
///   non-immediate PDU of any kind that carries CmdSN:
///     kDue     -> accept(), act; when its response is sent: release()
///     kFuture  -> hold it (HeldCommands) until the hole before it is filled
///     kIgnore  -> drop it without a word (outside the window, or a duplicate)
///   immediate PDU: kDue whatever its CmdSN; neither accept() nor release(). The owner bounds them
///     by limits::kImmediateCommandsMax.
class CommandWindow {
 public:
  enum class Verdict : std::uint8_t { kDue, kFuture, kIgnore };

  CommandWindow(std::uint32_t first_cmd_sn, std::uint32_t slots)
      : exp_cmd_sn_(first_cmd_sn), slots_(slots) {
    check(slots > 0 && slots < 0x4000'0000u, "a window has slots, and fewer than serials order");
  }

  std::uint32_t exp_cmd_sn() const { return exp_cmd_sn_; }
  std::uint32_t max_cmd_sn() const { return exp_cmd_sn_ + (slots_ - in_progress_) - 1; }
  std::uint32_t slots() const { return slots_; }
  std::uint32_t in_progress() const { return in_progress_; }

  Verdict classify(std::uint32_t cmd_sn, bool immediate) const;

  /// The command with ExpCmdSN begins. REQUIRES: the window is open, as after kDue.
  void accept();
  /// A command that was accepted has been answered (or will never be: its slot is free).
  void release();

 private:
  std::uint32_t exp_cmd_sn_;
  std::uint32_t slots_;
  std::uint32_t in_progress_ = 0;
};

/// Commands that came before their turn (a hole in CmdSN). Over one TCP connection an initiator
/// makes a hole only by mistake or on purpose, so this is small and mostly empty; it holds at most
/// a window's worth, because CommandWindow ignores what lies outside.
// T is what the session must keep of a command until its turn: its header, and the slot whose
// buffer receives its data meanwhile.
template <class T>
class HeldCommands {
 public:
  /// False when a command with this number is already held: a duplicate, to be ignored.
  bool hold(std::uint32_t cmd_sn, T command) {
    for (const auto& held : held_) {
      if (held.first == cmd_sn) return false;
    }
    held_.emplace_back(cmd_sn, std::move(command));
    return true;
  }

  /// The command with this number, which is no longer held. Ask after every accept().
  std::optional<T> take(std::uint32_t cmd_sn) {
    for (auto it = held_.begin(); it != held_.end(); ++it) {
      if (it->first != cmd_sn) continue;
      std::optional<T> command(std::move(it->second));
      held_.erase(it);
      return command;
    }
    return std::nullopt;
  }

  bool empty() const { return held_.empty(); }
  std::size_t size() const { return held_.size(); }

 private:
  std::vector<std::pair<std::uint32_t, T>> held_;
};

}  // namespace lungate::iscsi
