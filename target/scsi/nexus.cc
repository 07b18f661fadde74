// SPDX-License-Identifier: LGPL-2.1-or-later

// The queue of unit attentions of one I_T_L nexus. It is short and its overflow is not an error:
// more conditions than it holds become the one that says that everything may have changed
// (29h/00h), as SAM-5 allows. Used on the session's loop only.
#include "scsi/nexus.h"

#include <algorithm>

#include "base/check.h"

namespace lungate::scsi {
namespace {

/// Conditions of higher rank imply those of lower rank (SAM-5, 5.14.4).
int rank(const AdditionalSense& what) {
  struct Ranked {
    AdditionalSense what;
    int rank;
  };
  static constexpr std::array<Ranked, 4> kRanks = {{
      {sense::kPowerOnOccurred, 3},
      {sense::kResetOccurred, 3},
      {sense::kBusDeviceReset, 2},
      {sense::kNexusLoss, 1},
  }};
  for (const Ranked& ranked : kRanks)
    if (ranked.what == what) return ranked.rank;
  return 0;
}

}  // namespace

void UnitAttentions::raise(AdditionalSense what) {
  const int new_rank = rank(what);
  drop_if([&](const AdditionalSense& queued) { return rank(queued) < new_rank; });
  if (std::find(queue_.begin(), end(), what) != end()) return;
  if (count_ == queue_.size()) {
    // More than an initiator can be told one by one: tell it to ask for everything again.
    clear();
    what = sense::kResetOccurred;
  }
  queue_[count_++] = what;
}

AdditionalSense UnitAttentions::take() {
  check(count_ > 0, "a unit attention is taken from those there are");
  const AdditionalSense oldest = queue_[0];
  std::copy(queue_.begin() + 1, end(), queue_.begin());
  --count_;
  return oldest;
}

void UnitAttentions::drop(AdditionalSense what) {
  drop_if([&](const AdditionalSense& queued) { return queued == what; });
}

}  // namespace lungate::scsi
