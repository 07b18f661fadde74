// SPDX-License-Identifier: LGPL-2.1-or-later
// What the command's own tests cannot see: units whose snapshots change while it runs.
#include "scsi/copy_plan.h"

#include "tests/unit/scsi/copy_language.h"

namespace lungate::scsi {
namespace {

using testing::bytes_of_list;
using testing::cscd;
using testing::Data;
using testing::Disk;
using testing::segment;

class CopyPlan : public ::testing::Test {
 public:
  CopyPlan() {
    backend::Traits traits;
    traits.kind = "file";
    traits.identity_seed = "another";
    other.unit.identity = newer.unit.identity = make_identity(traits);
    execution.unit = &own.unit;
    execution.request.owner = this;
  }

  Disk own;
  Disk other;
  Disk newer;  // the same unit as `other`, in a later snapshot
  Execution execution;
  int asked = 0;
};

TEST_F(CopyPlan, OneNameIsOneUnitHoweverOftenItIsWritten) {
  execution.find_unit = [](Execution& asking, Bytes) -> const Unit* {
    CopyPlan& self = *static_cast<CopyPlan*>(asking.request.owner);
    return self.asked++ == 0 ? &self.other.unit : &self.newer.unit;
  };
  const Data list = bytes_of_list({{cscd(other), cscd(other)}, {}});
  const CopyUnits units = find_units(execution, CopyList(list));
  EXPECT_EQ(units[0], &other.unit);
  EXPECT_EQ(units[1], &other.unit);
  EXPECT_EQ(asked, 1);
}

TEST_F(CopyPlan, AnAnswerMustHaveTheNameThatWasAskedFor) {
  execution.find_unit = [](Execution& asking, Bytes) -> const Unit* {
    return &static_cast<CopyPlan*>(asking.request.owner)->other.unit;
  };
  Disk stranger;
  stranger.unit.identity.naa[7] ^= 0xff;
  const Data list = bytes_of_list({{cscd(stranger)}, {}});
  EXPECT_EQ(find_units(execution, CopyList(list))[0], nullptr);
}

TEST_F(CopyPlan, HeldUnitsAreNotAskedForAgain) {
  execution.locks[0] = {&other.unit, 0, 512};
  execution.lock_count = 1;
  const Data list = bytes_of_list({{cscd(own), cscd(other)}, {}});
  const CopyUnits units = held_units(execution, CopyList(list));
  EXPECT_EQ(units[0], nullptr) << "not held, though it is the command's own";
  EXPECT_EQ(units[1], &other.unit);
}

TEST_F(CopyPlan, RangesOfTwoUnitsAreTheirHulls) {
  CopyRanges ranges;
  ranges.add({&own.unit, &other.unit, 4096, 0, 512});
  ranges.add({&other.unit, &own.unit, 8192, 1024, 1024});
  ranges.put(execution);
  ASSERT_EQ(execution.lock_count, 2);
  EXPECT_EQ(execution.locks[0].offset, 1024u);
  EXPECT_EQ(execution.locks[0].length, 4608u - 1024);
  EXPECT_EQ(execution.locks[1].offset, 0u);
  EXPECT_EQ(execution.locks[1].length, 9216u);
}

}  // namespace
}  // namespace lungate::scsi
