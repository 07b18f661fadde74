// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/cmdsn.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

namespace lungate::iscsi {
namespace {

using Verdict = CommandWindow::Verdict;

TEST(CommandWindow, OpensWithItsSlots) {
  const CommandWindow window(10, 4);
  EXPECT_EQ(window.exp_cmd_sn(), 10u);
  EXPECT_EQ(window.max_cmd_sn(), 13u);
}

TEST(CommandWindow, Classification) {
  const CommandWindow window(10, 4);
  EXPECT_EQ(window.classify(10, false), Verdict::kDue);
  EXPECT_EQ(window.classify(11, false), Verdict::kFuture);
  EXPECT_EQ(window.classify(13, false), Verdict::kFuture);
  EXPECT_EQ(window.classify(14, false), Verdict::kIgnore) << "beyond MaxCmdSN";
  EXPECT_EQ(window.classify(9, false), Verdict::kIgnore) << "long done";
  EXPECT_EQ(window.classify(0x8000000a, false), Verdict::kIgnore) << "half a circle away";
}

TEST(CommandWindow, ImmediateCommandsAreAlwaysDue) {
  CommandWindow window(10, 1);
  window.accept();
  for (const std::uint32_t cmd_sn : {0u, 9u, 10u, 11u, 0xffffffffu}) {
    EXPECT_EQ(window.classify(cmd_sn, true), Verdict::kDue);
  }
}

TEST(CommandWindow, ClosesAsCommandsAreInProgress) {
  CommandWindow window(10, 2);
  window.accept();
  EXPECT_EQ(window.max_cmd_sn(), 11u);
  window.accept();
  EXPECT_EQ(window.exp_cmd_sn(), 12u);
  EXPECT_EQ(window.max_cmd_sn(), 11u) << "closed: MaxCmdSN = ExpCmdSN - 1";
  EXPECT_EQ(window.classify(12, false), Verdict::kIgnore);
  window.release();
  EXPECT_EQ(window.max_cmd_sn(), 12u);
  EXPECT_EQ(window.classify(12, false), Verdict::kDue);
}

TEST(CommandWindow, WrapsAround) {
  CommandWindow window(0xfffffffe, 4);
  EXPECT_EQ(window.max_cmd_sn(), 1u);
  EXPECT_EQ(window.classify(0xfffffffe, false), Verdict::kDue);
  EXPECT_EQ(window.classify(0xffffffff, false), Verdict::kFuture);
  EXPECT_EQ(window.classify(1, false), Verdict::kFuture);
  EXPECT_EQ(window.classify(2, false), Verdict::kIgnore);
  EXPECT_EQ(window.classify(0xfffffffd, false), Verdict::kIgnore);
  for (int i = 0; i < 4; ++i) window.accept();
  EXPECT_EQ(window.exp_cmd_sn(), 2u);
  EXPECT_EQ(window.max_cmd_sn(), 1u);
}

TEST(CommandWindow, MaxCmdSnNeverShrinks) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  CommandWindow window(0xffffff00, 32);
  std::uint32_t before = window.max_cmd_sn();
  for (int i = 0; i < 10000; ++i) {
    const bool accept = random() % 2 == 0;
    if (accept && window.in_progress() < window.slots()) window.accept();
    if (!accept && window.in_progress() > 0) window.release();
    ASSERT_FALSE(serial_before(window.max_cmd_sn(), before)) << "seed " << seed;
    before = window.max_cmd_sn();
  }
}

TEST(CommandWindowDeathTest, MistakesOfTheOwner) {
  CommandWindow window(0, 1);
  EXPECT_DEATH(window.release(), "released");
  window.accept();
  EXPECT_DEATH(window.accept(), "within the window");
  EXPECT_DEATH(CommandWindow(0, 0), "has slots");
}

TEST(HeldCommands, WaitForTheirTurn) {
  CommandWindow window(1, 8);
  HeldCommands<std::string> held;
  std::string order;
  for (const std::uint32_t cmd_sn : {3u, 2u, 4u, 1u}) {
    if (window.classify(cmd_sn, false) == Verdict::kFuture) {
      EXPECT_TRUE(held.hold(cmd_sn, std::to_string(cmd_sn)));
      continue;
    }
    window.accept();
    order += std::to_string(cmd_sn);
    while (const auto next = held.take(window.exp_cmd_sn())) {
      window.accept();
      order += *next;
    }
  }
  EXPECT_EQ(order, "1234");
  EXPECT_TRUE(held.empty());
}

TEST(HeldCommands, DuplicatesAreNotTaken) {
  HeldCommands<int> held;
  EXPECT_TRUE(held.hold(7, 1));
  EXPECT_FALSE(held.hold(7, 2));
  EXPECT_EQ(held.size(), 1u);
  EXPECT_EQ(held.take(8), std::nullopt);
  EXPECT_EQ(held.take(7), 1);
}

TEST(HeldCommands, CommandsMayBeMoveOnly) {
  HeldCommands<std::unique_ptr<int>> held;
  EXPECT_TRUE(held.hold(1, std::make_unique<int>(5)));
  EXPECT_EQ(**held.take(1), 5);
}

}  // namespace
}  // namespace lungate::iscsi
