// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/scsi/disk.h"

namespace lungate::scsi {
namespace {

using backend::Verb;
using testing::Call;
using testing::Disk;
using ::testing::ElementsAre;
using testing::Fails;

TEST(SynchronizeCache, FlushesWhateverRangeIsNamed) {
  for (const char* cdb :
       {"35 00 00000000 00 0000 00", "35 02 00000007 00 0001 00", "35 06 00000000 00 0800 00",
        "91 00 0000000000000000 00000000 00 00", "91 02 00000000000007ff 00000001 00 00"}) {
    Disk disk;
    EXPECT_THAT(disk.send(cdb).calls, ElementsAre(Call{Verb::kFlush, 0, 0})) << cdb;
  }
}

TEST(SynchronizeCache, ChecksTheRange) {
  for (const char* cdb : {"35 00 00000800 00 0000 00", "35 00 000007ff 00 0002 00",
                          "91 00 ffffffffffffffff 00000001 00 00"}) {
    Disk disk;
    const auto answer = disk.send(cdb);
    EXPECT_THAT(answer, Fails(sense::kLbaOutOfRange)) << cdb;
    EXPECT_TRUE(answer.calls.empty());
  }
}

TEST(SynchronizeCache, IsNotGoodWhenTheFlushFails) {
  Disk disk;
  disk.store.fail(backend::Status::kIoError);
  EXPECT_THAT(disk.send("35 00 00000000 00 0000 00"), Fails(sense::kWriteError));
}

}  // namespace
}  // namespace lungate::scsi
