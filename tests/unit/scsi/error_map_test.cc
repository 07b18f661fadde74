// SPDX-License-Identifier: LGPL-2.1-or-later
#include "scsi/error_map.h"

#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;

constexpr AdditionalSense kBusy{};  // no sense data: BUSY

struct Row {
  backend::Status status;
  Verb verb;
  bool executed_in_part;
  AdditionalSense expected;
};

TEST(ErrorMap, EveryStatusHasItsAnswer) {
  using S = backend::Status;
  const Row rows[] = {
      {S::kOutOfRange, Verb::kRead, false, sense::kLbaOutOfRange},
      {S::kOutOfRange, Verb::kWrite, false, sense::kLbaOutOfRange},
      {S::kReadOnly, Verb::kWrite, false, sense::kWriteProtected},
      {S::kReadOnly, Verb::kDiscard, false, sense::kWriteProtected},
      {S::kNoSpace, Verb::kWrite, false, sense::kSpaceAllocationFailed},
      {S::kIoError, Verb::kRead, false, sense::kUnrecoveredReadError},
      {S::kIoError, Verb::kWrite, false, sense::kWriteError},
      {S::kIoError, Verb::kFlush, false, sense::kWriteError},
      {S::kIoError, Verb::kAllocation, false, sense::kUnrecoveredReadError},
      {S::kNotOwner, Verb::kRead, false, kBusy},
      {S::kNotOwner, Verb::kWrite, false, sense::kCommunicationFailure},
      {S::kNotOwner, Verb::kFlush, false, sense::kCommunicationFailure},
      {S::kNotOwner, Verb::kAllocation, false, kBusy},
      {S::kUnavailable, Verb::kRead, false, kBusy},
      {S::kUnavailable, Verb::kAllocation, false, kBusy},
      {S::kUnavailable, Verb::kWrite, false, sense::kCommunicationFailure},
      {S::kUnavailable, Verb::kWriteSame, false, sense::kCommunicationFailure},
      {S::kUnavailable, Verb::kWriteZeroes, false, sense::kCommunicationFailure},
      {S::kUnavailable, Verb::kDiscard, false, sense::kCommunicationFailure},
      {S::kNoMemory, Verb::kRead, false, kBusy},
      {S::kNoMemory, Verb::kWrite, false, kBusy},
      {S::kNoMemory, Verb::kDiscard, true, sense::kCommunicationFailure},
  };
  for (const Row& row : rows) {
    Execution execution;
    execution.request.verb = row.verb;
    execution.request.status = row.status;
    execution.data_in_bytes = 512;
    EXPECT_EQ(backend_failed(execution, row.executed_in_part), Step::kDone);
    const bool busy = row.expected == kBusy;
    EXPECT_EQ(execution.status, busy ? Status::kBusy : Status::kCheckCondition)
        << name(row.status) << ' ' << name(row.verb);
    EXPECT_EQ(execution.sense.what, row.expected) << execution.sense.what.text;
    EXPECT_EQ(execution.data_in_bytes, 0u) << "nothing half-read is sent";
  }
}

TEST(ErrorMap, AbortedIsTheKeyOfWhatPerhapsHappened) {
  EXPECT_EQ(sense::kCommunicationFailure.key, SenseKey::kAbortedCommand);
}

TEST(ErrorMapDeathTest, SuccessIsNotMapped) {
  Execution execution;
  EXPECT_DEATH(backend_failed(execution), "only a failed request");
}

TEST(ErrorMap, AFailedReadSendsNoData) {
  testing::Disk disk;
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send("28 00 00000000 00 0001 00"), testing::Fails(sense::kUnrecoveredReadError));
}

TEST(ErrorMap, AShrinkSeenByTheStoreAloneIsOutOfRange) {
  testing::Disk disk;
  disk.store.bytes.resize(512);  // the unit's geometry does not know it yet
  EXPECT_THAT(disk.send("2a 00 00000001 00 0001 00", testing::filled(512, 1)),
              testing::Fails(sense::kLbaOutOfRange));
}

}  // namespace
}  // namespace lungate::scsi
