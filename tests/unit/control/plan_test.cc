// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/plan.h"

#include <gtest/gtest.h>

#include <functional>

namespace lungate::control {
namespace {

using config::Config;
using Names = std::vector<LunName>;

constexpr const char* kTarget = "iqn.2026-11.io.lungate:t";

config::Lun file_lun(std::uint16_t id, std::uint64_t size_bytes = 1 << 20) {
  config::Lun lun;
  lun.id = id;
  lun.store = config::File{"/disk-" + std::to_string(id), size_bytes, 0};
  return lun;
}

Config base() {
  Config config;
  config.gateway.name = "gw";
  config.portal_groups = {{1, "gw", {{"127.0.0.1", 3260, false}}}};
  config::Target target;
  target.iqn = kTarget;
  target.luns = {file_lun(0), file_lun(1)};
  config.targets = {target};
  return config;
}

struct Case {
  const char* name;
  std::function<void(Config&)> change;
  Names remove = {};
  Names add = {};
  Names resize = {};
  std::size_t sentences = 1;
};

std::vector<config::Lun>& luns(Config& config) {
  return config.targets.front().luns;
}

TEST(Plan, OfEveryChange) {
  const LunName zero{kTarget, 0};
  const LunName one{kTarget, 1};
  const LunName two{kTarget, 2};
  const LunName elsewhere{"iqn.2026-11.io.lungate:u", 0};
  const std::vector<Case> cases = {
      {"nothing", [](Config&) {}, {}, {}, {}, 0},
      {"a LUN comes", [](Config& c) { luns(c).push_back(file_lun(2)); }, {}, {two}},
      {"a LUN goes", [](Config& c) { luns(c).pop_back(); }, {one}},
      {"a file grows", [](Config& c) { luns(c)[1] = file_lun(1, 2 << 20); }, {}, {}, {one}},
      {"read only", [](Config& c) { luns(c)[0].read_only = true; }, {zero}, {zero}},
      {"what the operator promises is no change of the disk",
       [](Config& c) { luns(c)[0].slo.read_ms = 1; },
       {},
       {},
       {zero}},
      {"a size, a threshold and an SLO",
       [](Config& c) {
         luns(c)[1] = file_lun(1, 2 << 20);
         luns(c)[1].pool_threshold_percent = 7;
         luns(c)[1].slo.objective = 0.5;
       },
       {},
       {},
       {one},
       3},
      {"another number for the same store",
       [](Config& c) { luns(c)[1].id = 2; },
       {one},
       {two},
       {},
       2},
      {"a target comes with a LUN",
       [](Config& c) {
         c.targets.emplace_back().iqn = "iqn.2026-11.io.lungate:u";
         c.targets.back().luns = {file_lun(0)};
       },
       {},
       {elsewhere},
       {},
       2},
      {"the target goes", [](Config& c) { c.targets.clear(); }, {zero, one}, {}, {}, 3},
      {"an access changes",
       [](Config& c) {
         c.targets[0].initiators = {{"iqn.2026-11.a:b", {0}}};
       }},
  };
  for (const Case& one_case : cases) {
    SCOPED_TRACE(one_case.name);
    Config next = base();
    one_case.change(next);
    const Plan plan = plan_changes(base(), next);
    EXPECT_EQ(plan.remove, one_case.remove);
    EXPECT_EQ(plan.add, one_case.add);
    EXPECT_EQ(plan.resize, one_case.resize);
    EXPECT_EQ(plan.changes.size(), one_case.sentences);
    EXPECT_EQ(plan.directory, one_case.sentences > 0);
    EXPECT_TRUE(plan.needs_restart.empty());
    EXPECT_TRUE(plan.refused.empty());
    EXPECT_FALSE(plan.log_level);
  }
}

TEST(Plan, SaysWhatOnlyARestartCanDo) {
  const std::vector<std::pair<const char*, std::function<void(Config&)>>> cases = {
      {"[gateway] loops: 0 -> 3", [](Config& c) { c.gateway.loops = 3; }},
      {"[ceph] user: \"lungate\" -> \"x\"", [](Config& c) { c.ceph.user = "x"; }},
      {"[telemetry] segment: none -> \"/x\"", [](Config& c) { c.telemetry.segment = "/x"; }},
      {"[telemetry] initiators: true -> false", [](Config& c) { c.telemetry.initiators = false; }},
      {"[iscsi] command_window: 128 -> 1", [](Config& c) { c.iscsi.command_window = 1; }},
      {"[[portal_group]] (1) tag: 1 -> 2", [](Config& c) { c.portal_groups[0].tag = 2; }},
  };
  for (const auto& [table, change] : cases) {
    Config next = base();
    change(next);
    const Plan plan = plan_changes(base(), next);
    ASSERT_EQ(plan.needs_restart.size(), 1u) << table;
    EXPECT_EQ(plan.needs_restart[0].rfind(table, 0), 0u) << plan.needs_restart[0];
  }
}

/// Guards compare_identity(): the disk was swapped under sessions in use, and what they remembered
/// of the old one was written into the new one.
TEST(Plan, RefusesAnotherStoreUnderANumberThatStays) {
  const std::vector<std::pair<const char*, std::function<void(Config&)>>> cases = {
      {"lun 0 of iqn.2026-11.io.lungate:t: file:/disk-0 -> file:/x",
       [](Config& c) { std::get<config::File>(luns(c)[0].store).path = "/x"; }},
      {"lun 0 of iqn.2026-11.io.lungate:t: file:/disk-0 -> rbd:rbd/vm",
       [](Config& c) {
         luns(c)[0].store = config::Image{"rbd", "", "vm"};
       }},
      {"lun 1 of iqn.2026-11.io.lungate:t: file:/disk-1 -> file:/x",
       [](Config& c) {
         std::get<config::File>(luns(c)[1].store).path = "/x";
         luns(c)[1].block_size = 4096;
         luns(c)[1].serial = "42";
       }},
  };
  for (const auto& [words, change] : cases) {
    SCOPED_TRACE(words);
    Config next = base();
    change(next);
    const Plan plan = plan_changes(base(), next);
    ASSERT_EQ(plan.refused.size(), 1u);
    EXPECT_EQ(plan.refused[0],
              std::string(words) +
                  " would be another disk under its number; remove the LUN with one reload and add "
                  "it with the next, if that is meant");
  }
}

TEST(Plan, RefusesImagesOfOtherPoolsNamespacesAndNames) {
  Config now = base();
  luns(now)[0].store = config::Image{"rbd", "", "vm"};
  for (const config::Image& other :
       {config::Image{"ssd", "", "vm"}, config::Image{"rbd", "ns", "vm"},
        config::Image{"rbd", "", "db"}}) {
    Config next = now;
    luns(next)[0].store = other;
    EXPECT_EQ(plan_changes(now, next).refused.size(), 1u) << to_string(config::Store(other));
  }
}

TEST(Plan, RefusesTwoLunsThatChangePlaces) {
  Config next = base();
  std::swap(luns(next)[0].store, luns(next)[1].store);
  EXPECT_EQ(plan_changes(base(), next).refused.size(), 2u);
}

/// Guards compare_identity(): a slip in the file used to make every file system of the disk
/// unreadable, with "replaced by" for an answer.
TEST(Plan, RefusesAnotherIdentityOfALunThatStays) {
  const std::vector<std::pair<const char*, std::function<void(config::Lun&)>>> cases = {
      {": block_size 512 -> 4096:", [](config::Lun& l) { l.block_size = 4096; }},
      {": serial (made from the store) -> \"42\":", [](config::Lun& l) { l.serial = "42"; }},
      {": naa (made from the store) -> \"3aabbccddeeff001\":",
       [](config::Lun& l) { l.naa = "3aabbccddeeff001"; }},
      {": block_size 512 -> 4096:",
       [](config::Lun& l) {
         l.block_size = 4096;
         std::get<config::File>(l.store).size_bytes = 2 << 20;
       }},
  };
  for (const auto& [words, change] : cases) {
    SCOPED_TRACE(words);
    Config next = base();
    change(luns(next)[1]);
    const Plan plan = plan_changes(base(), next);
    ASSERT_EQ(plan.refused.size(), 1u);
    EXPECT_EQ(plan.refused[0].rfind(std::string("lun 1 of ") + kTarget + words, 0), 0u)
        << plan.refused[0];
    EXPECT_NE(plan.refused[0].find("remove the LUN first"), std::string::npos);
  }
}

/// What is added is told apart from what only changes: whether it is online is part of the answer.
TEST(Plan, SaysWhichChangesOpenAStore) {
  Config next = base();
  luns(next)[0].read_only = true;
  luns(next)[1] = file_lun(1, 2 << 20);
  luns(next).push_back(file_lun(2));
  const Plan plan = plan_changes(base(), next);
  ASSERT_EQ(plan.changes.size(), 3u);
  EXPECT_EQ(plan.changes[0].opens, (LunName{kTarget, 0}));
  EXPECT_EQ(plan.changes[1].opens, std::nullopt);
  EXPECT_EQ(plan.changes[2].opens, (LunName{kTarget, 2}));
}

TEST(Plan, TheLogLevelAloneTouchesNothingElse) {
  Config next = base();
  next.log.level = log::Level::kDebug;
  const Plan plan = plan_changes(base(), next);
  EXPECT_TRUE(plan.log_level);
  EXPECT_FALSE(plan.directory);
  ASSERT_EQ(plan.changes.size(), 1u);
  EXPECT_EQ(plan.changes[0].text, "log level is now debug");
}

}  // namespace
}  // namespace lungate::control
