// SPDX-License-Identifier: LGPL-2.1-or-later
// What is asked of the kernel and what its answers mean, with a kernel that answers as it likes:
// short transfers, EINTR, EAGAIN, and file systems without fallocate.
#include "backend/file/operation.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "tests/unit/backend/drive.h"

namespace lungate::backend::file {
namespace {

using namespace std::chrono_literals;

class OperationTest : public testing::Test {
 protected:
  void begin(Verb verb, std::uint64_t offset, std::uint64_t length, std::size_t data_bytes) {
    buffer_ = test::pattern(data_bytes, 1);
    request_.verb = verb;
    request_.offset = offset;
    request_.length = length;
    request_.data = buffer_;
    operation_.begin(request_, pieces_.data());
  }
  const io_uring_sqe& asked() {
    std::memset(&sqe_, 0, sizeof sqe_);
    operation_.prepare(sqe_, service_);
    return sqe_;
  }
  bool answered(int result) { return operation_.answered(result, service_); }

  /// The bytes of the vectored write that was asked for last.
  std::uint64_t vector_bytes() const {
    std::uint64_t sum = 0;
    for (unsigned i = 0; i < sqe_.len; ++i) sum += pieces_[i].iov_len;
    return sum;
  }

  Service service_{.fd = 7};
  Request request_;
  test::Data buffer_;
  std::array<iovec, kPiecesMax> pieces_{};
  Operation operation_;
  // Not a member itself: it ends in an array of no size, which C++ has not.
  std::unique_ptr<io_uring_sqe> entry_ = std::make_unique<io_uring_sqe>();
  io_uring_sqe& sqe_ = *entry_;
};

TEST_F(OperationTest, ReadsWhatIsWanted) {
  begin(Verb::kRead, 4096, 512, 512);
  EXPECT_EQ(asked().opcode, IORING_OP_READ);
  EXPECT_EQ(sqe_.fd, 7);
  EXPECT_EQ(sqe_.off, 4096u);
  EXPECT_EQ(sqe_.len, 512u);
  EXPECT_TRUE(answered(512));
  EXPECT_EQ(request_.status, Status::kOk);
}

TEST_F(OperationTest, ContinuesAShortWriteWhereItEnded) {
  begin(Verb::kWrite, 4096, 512, 512);
  asked();
  EXPECT_FALSE(answered(100));
  EXPECT_EQ(asked().off, 4196u);
  EXPECT_EQ(sqe_.len, 412u);
  EXPECT_EQ(sqe_.addr, reinterpret_cast<std::uintptr_t>(buffer_.data() + 100));
  EXPECT_TRUE(answered(412));
}

TEST_F(OperationTest, AsksAgainAfterEintr) {
  begin(Verb::kRead, 0, 512, 512);
  asked();
  EXPECT_FALSE(answered(-EINTR));
  EXPECT_EQ(asked().len, 512u);
  EXPECT_EQ(sqe_.flags & IOSQE_ASYNC, 0);
}

TEST_F(OperationTest, HandsWhatWouldBlockToTheKernelsThreads) {
  begin(Verb::kRead, 0, 512, 512);
  asked();
  EXPECT_FALSE(answered(-EAGAIN));
  EXPECT_NE(asked().flags & IOSQE_ASYNC, 0);
  EXPECT_TRUE(answered(512));
}

TEST_F(OperationTest, AReadThatFindsTheEndIsOutOfRange) {
  begin(Verb::kRead, 0, 512, 512);
  asked();
  EXPECT_TRUE(answered(0));
  EXPECT_EQ(request_.status, Status::kOutOfRange);
}

TEST_F(OperationTest, AnErrorKeepsItsErrno) {
  begin(Verb::kWrite, 0, 512, 512);
  asked();
  EXPECT_TRUE(answered(-ENOSPC));
  EXPECT_EQ(request_.status, Status::kNoSpace);
  EXPECT_EQ(request_.error, ENOSPC);
}

TEST_F(OperationTest, DiscardPunchesAHoleAndKeepsTheSize) {
  begin(Verb::kDiscard, 4096, 1 << 20, 0);
  EXPECT_EQ(asked().opcode, IORING_OP_FALLOCATE);
  EXPECT_EQ(sqe_.len, unsigned{FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE});
  EXPECT_EQ(sqe_.addr, std::uint64_t{1} << 20);
  EXPECT_TRUE(answered(0));
}

TEST_F(OperationTest, WritesZerosWhereFallocateIsUnknown) {
  begin(Verb::kWriteZeroes, 512, 3 << 20, 0);
  EXPECT_EQ(asked().opcode, IORING_OP_FALLOCATE);
  EXPECT_FALSE(answered(-EOPNOTSUPP));
  EXPECT_EQ(asked().opcode, IORING_OP_WRITEV);
  EXPECT_EQ(sqe_.off, 512u);
  EXPECT_EQ(vector_bytes(), 1u << 20);
  EXPECT_FALSE(answered(1 << 20));
  asked();
  EXPECT_FALSE(answered(1 << 20));
  EXPECT_EQ(asked().off, 512u + (2u << 20));
  EXPECT_TRUE(answered(1 << 20));
}

TEST_F(OperationTest, APatternIsContinuedInItsMiddle) {
  begin(Verb::kWriteSame, 0, 2048, 512);
  EXPECT_EQ(asked().opcode, IORING_OP_WRITEV);
  EXPECT_EQ(sqe_.len, 4u);
  EXPECT_FALSE(answered(700));
  EXPECT_EQ(asked().off, 700u);
  EXPECT_EQ(pieces_[0].iov_base, buffer_.data() + 188);
  EXPECT_EQ(pieces_[0].iov_len, 324u);
  EXPECT_EQ(vector_bytes(), 2048u - 700u);
}

TEST_F(OperationTest, WriteThroughSyncsAfterFallocate) {
  service_.write_through = true;
  begin(Verb::kDiscard, 0, 4096, 0);
  asked();
  EXPECT_FALSE(answered(0));
  EXPECT_EQ(asked().opcode, IORING_OP_FSYNC);
  EXPECT_TRUE(answered(-EIO));
  EXPECT_EQ(request_.status, Status::kIoError);
}

TEST_F(OperationTest, ASlowDiskTakesLongerForMoreBytes) {
  service_.test_bytes_per_s = 2048;
  begin(Verb::kWrite, 0, 3072, 3072);
  asked();
  EXPECT_FALSE(answered(3072));
  EXPECT_EQ(asked().opcode, IORING_OP_TIMEOUT);
  const auto* const time = reinterpret_cast<const __kernel_timespec*>(sqe_.addr);
  EXPECT_EQ(time->tv_sec, 1);
  EXPECT_EQ(time->tv_nsec, 500'000'000);
  EXPECT_TRUE(answered(-ETIME));
  EXPECT_EQ(request_.status, Status::kOk);
}

TEST_F(OperationTest, ADelayComesLastAndKeepsTheStatus) {
  service_.test_delay = 1'500ms;
  begin(Verb::kWrite, 0, 512, 512);
  asked();
  EXPECT_FALSE(answered(-EIO));
  EXPECT_EQ(asked().opcode, IORING_OP_TIMEOUT);
  const auto* const time = reinterpret_cast<const __kernel_timespec*>(sqe_.addr);
  EXPECT_EQ(time->tv_sec, 1);
  EXPECT_EQ(time->tv_nsec, 500'000'000);
  EXPECT_TRUE(answered(-ETIME));
  EXPECT_EQ(request_.status, Status::kIoError);
}

}  // namespace
}  // namespace lungate::backend::file
