// SPDX-License-Identifier: LGPL-2.1-or-later
#include "control/stage.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace lungate::control {
namespace {

std::vector<Stage> stages() {
  std::vector<Stage> all;
  for (int i = 0; i <= static_cast<int>(Stage::kEnded); ++i) all.push_back(static_cast<Stage>(i));
  return all;
}

/// "starting: serving draining": where it goes from each stage, as stage.h draws it.
std::string edges_of(Stage from) {
  std::string text = std::string(name(from)) + ":";
  for (const Stage to : stages())
    if (kStages.allow(from, to)) text += " " + std::string(name(to));
  return text;
}

TEST(Stage, GoesForwardAndBackFromAReloadOnly) {
  std::vector<std::string> edges;
  for (const Stage stage : stages()) edges.push_back(edges_of(stage));
  EXPECT_EQ(edges,
            (std::vector<std::string>{"starting: serving draining", "serving: reloading draining",
                                      "reloading: serving draining", "draining: closing",
                                      "closing: ended", "ended:"}));
}

TEST(Stage, HasANameEach) {
  std::set<std::string_view> names;
  for (const Stage stage : stages()) names.insert(name(stage));
  EXPECT_EQ(names.size(), stages().size());
}

TEST(StageDeathTest, ReadyAfterStoppingIsOurMistake) {
  StateOf<Stage, kStages> stage{Stage::kDraining};
  EXPECT_DEATH(stage.enter(Stage::kServing), "from stage to stage by its table");
}

}  // namespace
}  // namespace lungate::control
