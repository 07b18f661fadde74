// SPDX-License-Identifier: LGPL-2.1-or-later
// A pool at its quota: writes must fail with kNoSpace, not wait for somebody to make room.
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "tests/unit/backend/rbd/lun.h"

namespace lungate::backend::rbd {
namespace {

using test::Data;
using test::kMiB;

class FullPoolTest : public test::LunTest {};

TEST_F(FullPoolTest, WriteBeyondTheQuotaSaysNoSpace) {
  const std::string pool = "lungate-" + test::fresh_name();
  admin_->command(R"({"prefix": "osd pool create", "pool": ")" + pool + R"(", "pg_num": 1})");
  admin_->command(R"({"prefix": "osd pool application enable", "pool": ")" + pool +
                  R"(", "app": "rbd"})");
  {
    test::Outsider owner("", pool);
    Options options = this->options(owner.make_image({.bytes = 512 * kMiB, .object_order = 20}));
    options.image.pool = pool;
    ASSERT_EQ(open(options), "");
    ASSERT_EQ(write(0, test::noise(kMiB, 1)), Status::kOk);
    admin_->command(R"({"prefix": "osd pool set-quota", "pool": ")" + pool +
                    R"(", "field": "max_bytes", "val": "65536"})");
    // The monitors find out by the statistics of the OSDs, some seconds later.
    Status status = Status::kOk;
    const BootTime start = boot_now();
    for (std::uint64_t mib = 1; status == Status::kOk && mib < 500; ++mib) {
      status = write(mib * kMiB, test::noise(4096, mib));
      ASSERT_LT(boot_now() - start, 55'000'000'000u);
      ::usleep(100'000);
    }
    EXPECT_EQ(status, Status::kNoSpace) << last_error_;
    EXPECT_EQ(read(0, 4096), test::noise(4096, 1));  // and it still reads
    EXPECT_TRUE(backend_->state().ready);
    // Room again, for the tidying up.
    admin_->command(R"({"prefix": "osd pool set-quota", "pool": ")" + pool +
                    R"(", "field": "max_bytes", "val": "0"})");
    backend_.reset();
  }
}

}  // namespace
}  // namespace lungate::backend::rbd
