// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/initiator.h"

#include <algorithm>

#include "tests/sim/violation.h"

namespace lungate::sim {

Initiator::Initiator(Scene& scene, Door& door, unsigned number, std::string target, bool chap)
    : scene_(scene), door_(door), number_(number), target_(std::move(target)), chap_(chap) {
  constexpr std::uint32_t kPaces[] = {100, 3000, 100'000, 100'000};
  pace_ = scene.chance->among(kPaces);
}

bool Initiator::may_send(std::uint32_t count) const {
  return line_ && logged_in_ && !leaving_ && !spoilt_ && line_->window_open(count);
}

void Initiator::pump() {
  const auto some = [this] { return chance().one_in(2) ? pace_ : chance().between(1, pace_); };
  for (Line& line : abandoned_)
    if (chance().one_in(2)) line.wire().push(some());
  if (!line_) return;
  line_->wire().push(some());
  if (asleep_ > 0) {
    --asleep_;
    return;
  }
  line_->wire().pull(some());
  hear_all();
}

void Initiator::cooperate() {
  constexpr std::size_t kAll = 1 << 20;
  for (Line& line : abandoned_) {
    line.wire().push(kAll);
    line.wire().pull(kAll);
    line.wire().take(line.wire().heard().size());
  }
  if (!line_) return;
  asleep_ = 0;
  if (logged_in_ && !leaving_) {
    if (hole_) fill_hole();
    for (auto& [tag, command] : open_)
      while (!spoilt_ && !command.due.empty()) give_one(tag, command);
  }
  line_->wire().push(kAll);
  line_->wire().pull(kAll);
  hear_all();
}

void Initiator::wind_up() {
  winding_up_ = true;
  spoils_next_ = false;
  abandoned_.clear();
  if (line_ && (spoilt_ || !logged_in_)) vanish();
}

bool Initiator::explained(const Command& command) const {
  const Volume& volume = scene_.volumes[command.lun];
  return command.takings_open > 0 || volume.takings > command.takings;
}

bool Initiator::settled() const {
  if (!line_) return true;
  return logged_in_ && open_.empty() && managing_.empty() && pings_.empty() && texts_.empty() &&
         !hole_ && !logout_;
}

std::string Initiator::open() const {
  std::string text = "initiator " + std::to_string(number_) + (logged_in_ ? "" : " not logged in");
  for (const auto& [tag, command] : open_) text += " command " + std::to_string(tag);
  for (const auto& [tag, managing] : managing_) text += " request " + std::to_string(tag);
  for (const auto& [tag, data] : pings_) text += " ping " + std::to_string(tag);
  for (const std::uint32_t tag : texts_) text += " text " + std::to_string(tag);
  return text;
}

void Initiator::excuse() {
  excused_ = excused_ || line_.has_value();
  doubt_path();
}

/// The gateway may know of the session's end before we do.
void Initiator::doubt_path() {
  for (Volume& volume : scene_.volumes) volume.reservations.path_lost(number_);
}

/// Two sessions of one port at a time would be two answers to the question what is on the disk.
void Initiator::check_abandoned() {
  for (Line& line : abandoned_) {
    for (std::size_t before = ~std::size_t{0}; before != line.wire().heard().size();) {
      before = line.wire().heard().size();
      line.wire().pull(1 << 20);
    }
    require(line.wire().ended(), "the old session lives beside the new one");
  }
  abandoned_.clear();
}

/// Nothing more can be heard of what was open. Its writes may land until this port is in again.
void Initiator::gone() {
  for (const auto& [tag, command] : open_)
    if (command.writes()) orphans_.emplace_back(command.lun, command.write);
  doubt_path();
  open_.clear();
  managing_.clear();  // takings_open of its requests stay: they go on without it
  pings_.clear();
  texts_.clear();
  hole_.reset();
  logout_.reset();
  login_.reset();
  logged_in_ = leaving_ = excused_ = spoilt_ = spoils_next_ = false;
  asleep_ = 0;
}

void Initiator::vanish() {
  scene_.trace.note('i', number_, "vanishes");
  stale_login_ = stale_login_ || (line_ && !logged_in_ && !leaving_);
  gone();
  line_.reset();
}

void Initiator::closed() {
  require(excused_ || leaving_ || spoilt_ || stale_login_ || scene_.draining || scene_.cold_reset,
          "a connection was closed without a reason");
  vanish();
}

}  // namespace lungate::sim
