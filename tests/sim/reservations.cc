// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/sim/reservations.h"

namespace lungate::sim {

void Reservations::change_begins(unsigned who) {
  askers_.insert(who);
  ++open_;
}

void Reservations::change_done(Moment begin, Moment at, unsigned who,
                               std::optional<Reserve> gained) {
  --open_;
  held_.reset();
  if (gained && open_ == 0 && disturbed_ < begin) held_ = Held{who, *gained, at};
  disturbed_ = at;
}

void Reservations::path_lost(unsigned who) {
  if (held_ && held_->who == who && held_->how == Reserve::kSpc2) held_.reset();
}

void Reservations::reset_begins() {
  if (held_ && held_->how == Reserve::kSpc2) held_.reset();
}

bool Reservations::broken_by(unsigned who, bool write, Moment begin) const {
  if (!held_ || open_ > 0 || held_->who == who || held_->since > begin) return false;
  return write || held_->how != Reserve::kWriteExclusive;
}

bool Reservations::possible_against(unsigned who) const {
  return askers_.size() > askers_.count(who);
}

}  // namespace lungate::sim
