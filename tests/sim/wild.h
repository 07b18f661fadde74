// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <optional>

#include "tests/sim/initiator.h"
#include "tests/sim/line.h"
#include "tests/sim/scene.h"

namespace lungate::sim {

/// A peer that breaks every rule, on a disk of its own: what it sends was right once, and then some
/// bytes of it were changed. Nobody else may notice; and what it is told has a target's form.
class Wild {
 public:
  Wild(Scene& scene, Door& door) : scene_(scene), door_(door) {}

  void act();
  /// All of its bytes move, and what has come is taken in.
  void hear();
  bool in_session() const { return line_ && in_session_; }

 private:
  using Header = std::array<std::byte, iscsi::kBhsBytes>;

  Chance& chance() { return *scene_.chance; }
  void connect();
  Header some_header();
  void send_something();
  void send_noise();

  Scene& scene_;
  Door& door_;
  std::optional<Line> line_;
  std::optional<Login> login_;
  bool in_session_ = false;
  std::uint32_t next_tag_ = 1;
  std::uint32_t transfer_tag_ = iscsi::kNoTag;  // of the last R2T, and its task's
  std::uint32_t asked_tag_ = 0;
  std::uint32_t asked_offset_ = 0;
  std::uint32_t asked_bytes_ = 0;
  std::uint32_t text_tag_ = iscsi::kNoTag;
};

}  // namespace lungate::sim
