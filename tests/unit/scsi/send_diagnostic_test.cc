// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;
using testing::FailsAtCdbByte;
using testing::Good;
using ::testing::IsEmpty;

TEST(SendDiagnostic, TheDefaultSelfTestAsksTheStore) {
  Disk disk;
  const auto answer = disk.send("1d 04 00 0000 00");
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls, ElementsAre(Call{Verb::kRead, 0, 512}));
  EXPECT_THAT(disk.send("1d 07 00 0000 00"), Good());  // may disturb others, but need not
}

TEST(SendDiagnostic, TheSelfTestCanFail) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send("1d 04 00 0000 00"), Fails(sense::kUnrecoveredReadError));
}

TEST(SendDiagnostic, OfNothingDoesNothing) {
  Disk disk;
  const auto answer = disk.send("1d 10 00 0000 00");
  EXPECT_THAT(answer, Good());
  EXPECT_THAT(answer.calls, IsEmpty());
}

TEST(SendDiagnostic, HasNoOtherTestsAndNoPages) {
  Disk disk;
  EXPECT_THAT(disk.send("1d 20 00 0000 00"), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send("1d a0 00 0000 00"), FailsAtCdbByte(1));
  EXPECT_THAT(disk.send("1d 10 00 0008 00"), FailsAtCdbByte(4));
}

}  // namespace
}  // namespace lungate::scsi
