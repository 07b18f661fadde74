// SPDX-License-Identifier: LGPL-2.1-or-later
#include "event/clerk.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "event/mailbox.h"
#include "tests/unit/base/no_threads.h"

namespace lungate::event {
namespace {

/// Letters whose work is to be counted, and to be posted back.
class ClerkTest : public testing::Test {
 protected:
  struct Job final : Mail {
    ClerkTest* test = nullptr;
    int number = 0;
    bool waits = false;  // for may_go_
  };

  static void work(Mail& letter, void* context) noexcept {
    auto& job = static_cast<Job&>(letter);
    auto& test = *static_cast<ClerkTest*>(context);
    if (job.waits) test.may_go_.acquire();
    char text[16] = {};
    ::pthread_getname_np(::pthread_self(), text, sizeof text);
    test.thread_name_ = text;
    test.worked_.push_back(job.number);
    test.box_.post(letter);
  }

  Job job(int number) {
    Job job;
    job.test = this;
    job.number = number;
    job.deliver = [](Mail& self) noexcept { ++static_cast<Job&>(self).test->delivered_; };
    return job;
  }
  void deliver(int count) {
    while (delivered_ < count) {
      arrived_.acquire();
      box_.deliver_all();
    }
  }

  std::counting_semaphore<> arrived_{0};
  Mailbox box_{[](void* test) noexcept { static_cast<ClerkTest*>(test)->arrived_.release(); },
               this};
  std::counting_semaphore<> may_go_{0};
  std::vector<int> worked_;  // by one clerk at a time
  std::string thread_name_;
  int delivered_ = 0;
};

TEST_F(ClerkTest, WorksOffWhatItIsGivenInOrderOnAThreadWithAName) {
  Clerk clerk("lg-clerk", &ClerkTest::work, this);
  std::vector<Job> jobs;
  for (int i = 0; i < 100; ++i) jobs.push_back(job(i));
  jobs[0].waits = true;  // so that the others queue up behind it
  for (Job& job : jobs) ASSERT_TRUE(clerk.give(job));
  may_go_.release();
  deliver(100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(worked_[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(thread_name_, "lg-clerk");
}

TEST_F(ClerkTest, GivingDoesNotWaitForWork) {
  Clerk clerk("lg-clerk", &ClerkTest::work, this);
  Job first = job(1), second = job(2);
  first.waits = second.waits = true;
  ASSERT_TRUE(clerk.give(first));
  ASSERT_TRUE(clerk.give(second));  // hangs here if it did
  may_go_.release(2);
  deliver(2);
}

TEST_F(ClerkTest, ALetterMayBeGivenAgain) {
  Clerk clerk("lg-clerk", &ClerkTest::work, this);
  Job again = job(1);
  for (int i = 1; i <= 200; ++i) {
    ASSERT_TRUE(clerk.give(again));
    deliver(i);
  }
  EXPECT_EQ(worked_.size(), 200u);
}

/// The last delivery may end the clerk while its thread is still on its way to look for more.
TEST_F(ClerkTest, MayGoWithTheLastDelivery) {
  for (int i = 1; i <= 500; ++i) {
    Clerk clerk("lg-clerk", &ClerkTest::work, this);
    Job last = job(i);
    ASSERT_TRUE(clerk.give(last));
    deliver(i);
  }
}

TEST_F(ClerkTest, TakesLettersFromManyThreads) {
  constexpr int kGivers = 4, kEach = 250;
  Clerk clerk("lg-clerk", &ClerkTest::work, this);
  std::vector<Job> jobs;
  for (int i = 0; i < kGivers * kEach; ++i) jobs.push_back(job(i));
  std::vector<std::thread> givers;
  for (int giver = 0; giver < kGivers; ++giver) {
    givers.emplace_back([&, giver] {
      for (int i = 0; i < kEach; ++i)
        EXPECT_TRUE(clerk.give(jobs[static_cast<std::size_t>(giver * kEach + i)]));
    });
  }
  for (std::thread& giver : givers) giver.join();
  deliver(kGivers * kEach);
  EXPECT_EQ(worked_.size(), jobs.size());
}

TEST_F(ClerkTest, WithoutAThreadTheLetterStaysTheGivers) {
  Clerk clerk("lg-clerk", &ClerkTest::work, this);
  Job first = job(1), second = job(2);
  {
    const test::NoThreads machine;
    EXPECT_FALSE(clerk.give(first));
  }
  ASSERT_TRUE(clerk.give(second));
  deliver(1);
  ASSERT_TRUE(clerk.give(first));
  deliver(2);
  EXPECT_EQ(worked_, (std::vector{2, 1}));
}

TEST_F(ClerkTest, GoingBeforeTheWorkIsDoneIsOurMistake) {
  const auto leave_early = [this] {
    Clerk clerk("lg-clerk", &ClerkTest::work, this);
    Job first = job(1), second = job(2);
    first.waits = true;
    (void)clerk.give(first);
    (void)clerk.give(second);
  };
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(leave_early(), "when every letter has been worked off");
}

}  // namespace
}  // namespace lungate::event
