// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/executor.h"

#include <gtest/gtest.h>

#include <vector>

#include "session/task_set.h"

namespace lungate::session {
namespace {

/// Tasks only carry the reference; nothing here looks behind it.
Session& nobody() {
  static int place = 0;
  return reinterpret_cast<Session&>(place);
}

/// An executor that only looks at what it is given: a READ of 512 bytes that is ready to be run.
class Executor : public ::testing::Test, protected LunExecutor {
 protected:
  Executor() : task(*set_.take(1)) {
    task.phase.enter(TaskPhase::kExecuting);
    task.lun = &lun_;
    task.reads = true;
    task.edtl = 512;
    task.execution.planned = {scsi::Direction::kIn, 512, scsi::OpClass::kRead};
    task.execution.data_in = room_;
  }
  ~Executor() override { task.lun = nullptr; }
  void execute(Task& given) noexcept override { check_ready(given); }
  void give_up(Task&) noexcept override {}

 private:
  TaskSet set_{nobody(), 1};
  LaneLun lun_;
  std::vector<std::byte> room_ = std::vector<std::byte>(512);

 protected:
  Task& task;
};
using ExecutorDeathTest = Executor;

TEST_F(Executor, TakesWhatIsReady) {
  execute(task);
  task.edtl = 100;
  task.execution.data_in = task.execution.data_in.first(100);
  execute(task);
  task.reads = false;
  task.execution.data_in = {};
  execute(task);  // nothing was announced: the device server answers for it
}

TEST_F(ExecutorDeathTest, ACommandOfNoLunStopsTheProcess) {
  task.lun = nullptr;
  EXPECT_DEATH(execute(task), "commands of a LUN");
}

TEST_F(ExecutorDeathTest, DataInWithoutRoomStopsTheProcess) {
  task.execution.data_in = {};
  EXPECT_DEATH(execute(task), "data-in has its room");
}

TEST_F(ExecutorDeathTest, DataOutThatIsNotWholeStopsTheProcess) {
  task.reads = false;
  task.execution.data_in = {};
  task.execution.planned = {scsi::Direction::kOut, 512, scsi::OpClass::kWrite};
  task.write.emplace(512, 512, iscsi::Parameters{});
  EXPECT_DEATH(execute(task), "when its data is whole");
}

TEST_F(ExecutorDeathTest, ACommandThatIsAnsweredOrFailedStopsTheProcess) {
  task.failed = true;
  EXPECT_DEATH(execute(task), "what is to be run");
  task.failed = false;
  task.phase.enter(TaskPhase::kResponding);
  EXPECT_DEATH(execute(task), "what is to be run");
}

}  // namespace
}  // namespace lungate::session
