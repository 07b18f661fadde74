// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/top_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lungate::ctl {
namespace {

using testing::ElementsAre;

/// Each of three LUNs is first in another order, and all orders of figures differ from the names'.
Top three_luns() {
  Top top;
  for (std::uint16_t lun = 0; lun < 3; ++lun) {
    TopRow& row = top.luns.emplace_back();
    row.target = "iqn.2026-11.io.lungate:store";
    row.lun = lun;
    row.state = "ready";
    row.store = "rbd:pool/vm-" + std::to_string(lun);
  }
  top.luns[1].read = {100, 1e6, 0.001, 0.002, 0.001};
  top.luns[2].write = {50, 9e6, 0.001, 0.5, 0.001};
  top.luns[2].in_flight = 3;
  top.luns[1].oldest_s = 4;
  top.luns[2].oldest_s = 2;
  top.luns[2].errors_per_second = 1;
  top.luns[0].state = "locked";
  return top;
}

std::vector<int> luns(const TopChoice& choice) {
  std::vector<int> out;
  for (const TopRow& row : chosen(three_luns(), choice)) out.push_back(row.lun);
  return out;
}

TEST(Chosen, EveryOrder) {
  EXPECT_THAT(luns({By::kLun, Sort::kName, false, ""}), ElementsAre(0, 1, 2));
  EXPECT_THAT(luns({By::kLun, Sort::kName, true, ""}), ElementsAre(2, 1, 0));
  EXPECT_THAT(luns({By::kLun, Sort::kIops, false, ""}), ElementsAre(1, 2, 0));
  EXPECT_THAT(luns({By::kLun, Sort::kIops, true, ""}), ElementsAre(0, 2, 1));
  EXPECT_THAT(luns({By::kLun, Sort::kMbps, false, ""}), ElementsAre(2, 1, 0));
  EXPECT_THAT(luns({By::kLun, Sort::kP99, false, ""}), ElementsAre(2, 1, 0));
  EXPECT_THAT(luns({By::kLun, Sort::kErrors, false, ""}), ElementsAre(2, 0, 1)) << "0 and 1 tie";
  EXPECT_THAT(luns({By::kLun, Sort::kInFlight, false, ""}), ElementsAre(2, 0, 1));
  EXPECT_THAT(luns({By::kLun, Sort::kOldest, false, ""}), ElementsAre(1, 2, 0));
}

TEST(Chosen, FiltersByWhatIsShown) {
  EXPECT_THAT(luns({By::kLun, Sort::kName, false, "VM-1"}), ElementsAre(1));
  EXPECT_THAT(luns({By::kLun, Sort::kName, false, "store/2"}), ElementsAre(2));
  EXPECT_THAT(luns({By::kLun, Sort::kName, false, "Locked"}), ElementsAre(0));
  EXPECT_THAT(luns({By::kLun, Sort::kName, false, "nowhere"}), ElementsAre());
}

TEST(Chosen, RowsOfInitiators) {
  Top top;
  for (const char* initiator : {"a", "a", "b"}) {
    TopRow& row = top.nexuses.emplace_back();
    row.initiator = initiator;
    row.target = "t";
    row.lun = static_cast<std::uint16_t>(top.nexuses.size());
    row.read.per_second = 10;
  }
  EXPECT_EQ(chosen(top, {By::kNexus, Sort::kName, false, ""}).size(), 3u);
  const auto initiators = chosen(top, {By::kInitiator, Sort::kIops, false, ""});
  ASSERT_EQ(initiators.size(), 2u);
  EXPECT_EQ(initiators[0].initiator, "a");
  EXPECT_EQ(initiators[0].read.per_second, 20.0);
  EXPECT_EQ(chosen(top, {By::kInitiator, Sort::kName, false, "b"}).size(), 1u);
}

}  // namespace
}  // namespace lungate::ctl
