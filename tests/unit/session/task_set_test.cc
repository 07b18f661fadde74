// SPDX-License-Identifier: LGPL-2.1-or-later
#include "session/task_set.h"

#include <gtest/gtest.h>

#include <set>

#include "session/baton.h"
#include "session/close_reason.h"
#include "session/lun.h"

namespace lungate::session {
namespace {

/// Tasks only carry the reference; nothing here looks behind it.
Session& nobody() {
  static int place = 0;
  return reinterpret_cast<Session&>(place);
}

TEST(TaskSet, GivesEverySlotOnceAndFindsByTag) {
  TaskSet set(nobody(), 4);
  std::set<const Task*> slots;
  for (std::uint32_t tag = 10; tag < 14; ++tag) slots.insert(set.take(tag));
  EXPECT_EQ(slots.size(), 4u);
  EXPECT_TRUE(set.full());
  EXPECT_EQ(set.find(12)->initiator_task_tag, 12u);
  EXPECT_EQ(set.find(99), nullptr);
  EXPECT_EQ(set.find(0xffffffff), nullptr) << "free slots bear no tag";
  set.give_back(*set.find(12));
  EXPECT_EQ(set.find(12), nullptr);
  EXPECT_EQ(set.in_use(), 3u);
  EXPECT_NE(set.take(0), nullptr);
  EXPECT_TRUE(set.full());
}

TEST(TaskSet, ASlotForgetsWhatWasInIt) {
  TaskSet set(nobody(), 1);
  BufferPool pool;
  Task& task = *set.take(1);
  task.aborted = task.failed = task.delivered = true;
  task.phase.enter(TaskPhase::kExecuting);
  task.buffer = pool.take(100);
  task.view = std::make_shared<const LunView>();
  task.times.submitted.ns = 5;
  set.give_back(task);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  Task& again = *set.take(2);
  EXPECT_EQ(&again, &task);
  EXPECT_EQ(again.phase, TaskPhase::kReceiving);
  EXPECT_FALSE(again.aborted || again.failed || again.delivered);
  EXPECT_EQ(again.view, nullptr);
  EXPECT_EQ(again.times.submitted, BootTime{});
  set.give_back(again);
}

/// Guards the order in give_back(): who waits for the task's end may use its slot at once.
TEST(TaskSet, WhoWaitsIsToldWhenTheSlotIsFree) {
  TaskSet set(nobody(), 1);
  Task& task = *set.take(1);
  bool told = false;
  task.batons.push_back(make_baton([&] {
    told = true;
    set.give_back(*set.take(7));
  }));
  set.give_back(task);
  EXPECT_TRUE(told);
  EXPECT_EQ(set.in_use(), 0u);
}

TEST(TaskSetDeathTest, NothingIsGivenBackTwice) {
  TaskSet set(nobody(), 2);
  Task& task = *set.take(1);
  set.give_back(task);
  EXPECT_DEATH(set.give_back(task), "by its table");
}

/// The table in words: what is not here must stop the process.
TEST(TaskPhases, OnlyTheStepsOfATasksLifeAreAllowed) {
  using enum TaskPhase;
  const std::set<std::pair<TaskPhase, TaskPhase>> steps = {
      {kFree, kReceiving},       {kReceiving, kExecuting}, {kReceiving, kFree},
      {kExecuting, kResponding}, {kExecuting, kFree},      {kResponding, kFree}};
  for (const TaskPhase from : {kFree, kReceiving, kExecuting, kResponding})
    for (const TaskPhase to : {kFree, kReceiving, kExecuting, kResponding})
      EXPECT_EQ(kTaskTable.allow(from, to), steps.contains({from, to}))
          << static_cast<int>(from) << " to " << static_cast<int>(to);
}

TEST(TaskPhasesDeathTest, AnyOtherStepStopsTheProcess) {
  StateOf<TaskPhase, kTaskTable> phase(TaskPhase::kFree);
  phase.enter(TaskPhase::kReceiving);
  EXPECT_DEATH(phase.enter(TaskPhase::kResponding), "by its table");
  phase.enter(TaskPhase::kExecuting);
  phase.enter(TaskPhase::kResponding);
  EXPECT_DEATH(phase.enter(TaskPhase::kExecuting), "by its table") << "nothing is answered twice";
}

TEST(Baton, TellsWhenTheLastCopyIsDropped) {
  int told = 0;
  Baton first = make_baton([&] { ++told; });
  Baton second = first;
  first.reset();
  EXPECT_EQ(told, 0);
  second.reset();
  EXPECT_EQ(told, 1);
}

TEST(TasksInProgress, KeepsTheOldestInFrontWhoeverLeaves) {
  TaskSet set(nobody(), 5);
  TasksInProgress list;
  std::vector<Task*> tasks;
  for (std::uint32_t i = 0; i < 5; ++i) {
    tasks.push_back(set.take(i));
    tasks.back()->times.arrival.ns = 100 + i;
    list.add(*tasks.back());
  }
  EXPECT_EQ(list.oldest_start().ns, 100u);
  list.remove(*tasks[2]);  // middle
  list.remove(*tasks[0]);  // oldest
  EXPECT_EQ(list.oldest_start().ns, 101u);
  list.remove(*tasks[4]);  // newest
  EXPECT_EQ(list.count(), 2u);
  list.add(*tasks[0]);  // and back, now the newest
  list.remove(*tasks[1]);
  EXPECT_EQ(list.oldest(), tasks[3]);
  list.remove(*tasks[3]);
  list.remove(*tasks[0]);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.oldest_start(), BootTime{});
}

TEST(TasksSince, KeepsTheLongestInFrontWhoeverLeaves) {
  TaskSet set(nobody(), 4);
  TasksSince list(TasksSince::State::kWaiting);
  std::vector<Task*> tasks;
  for (std::uint32_t i = 0; i < 4; ++i) {
    tasks.push_back(set.take(i));
    list.add(*tasks.back(), {100 + i});
  }
  list.add(*tasks[0], {200});
  EXPECT_EQ(list.longest().ns, 100u) << "it is in it already";
  list.remove(*tasks[1]);  // middle
  list.remove(*tasks[0]);  // longest
  EXPECT_EQ(list.longest().ns, 102u);
  list.remove(*tasks[0]);
  list.remove(*tasks[3]);  // newest
  list.add(*tasks[0], {104});
  list.remove(*tasks[2]);
  EXPECT_EQ(list.longest().ns, 104u);
  EXPECT_FALSE(TasksSince::has(TasksSince::State::kInStore, *tasks[0]));
  list.remove(*tasks[0]);
  EXPECT_EQ(list.longest(), BootTime{});
}

TEST(TasksInProgressDeathTest, NobodyIsInTwice) {
  TaskSet set(nobody(), 1);
  TasksInProgress list;
  Task& task = *set.take(1);
  list.add(task);
  EXPECT_DEATH(list.add(task), "in progress once");
}

TEST(CloseReason, EveryReasonHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCloseReasons; ++i) names.insert(name(static_cast<CloseReason>(i)));
  EXPECT_EQ(names.size(), kCloseReasons);
  EXPECT_EQ(name(CloseReason::kDrained), "drained");
}

}  // namespace
}  // namespace lungate::session
