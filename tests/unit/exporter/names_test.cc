// SPDX-License-Identifier: LGPL-2.1-or-later
// Who has a gateway's name when several claim it. 100 and 200 are users.
#include "exporter/names.h"

#include <gtest/gtest.h>

namespace lungate::exporter {
namespace {

using telemetry::Claim;

/// Three segments whose files are not called as their gateways are.
Names three() {
  return Names({"/shm/1", "/shm/2", "/shm/3"});
}

TEST(NamesTest, TheFileThatWasBornFirstHasIt) {
  Names names = three();
  names.look({Claim{"gw-a", 100, 30}, Claim{"gw-a", 200, 20}, Claim{"gw-a", 100, 0}});
  EXPECT_FALSE(names.has(0, "gw-a"));
  EXPECT_TRUE(names.has(1, "gw-a"));
  EXPECT_FALSE(names.has(2, "gw-a")) << "nobody knows when";
}

TEST(NamesTest, OfEqualOnesTheFirstThatIsConfigured) {
  Names names = three();
  names.look({std::nullopt, Claim{"gw-a", 200, 0}, Claim{"gw-a", 100, 0}});
  EXPECT_TRUE(names.has(1, "gw-a"));
  EXPECT_FALSE(names.has(2, "gw-a"));
}

// Earlier in the configuration and of an older file, but later to claim it.
TEST(NamesTest, WhoHasHadItKeepsIt) {
  Names names = three();
  names.look({Claim{"gw-b", 200, 10}, Claim{"gw-a", 100, 20}, std::nullopt});
  names.look({Claim{"gw-a", 200, 10}, Claim{"gw-a", 100, 20}, std::nullopt});
  EXPECT_FALSE(names.has(0, "gw-a"));
  EXPECT_TRUE(names.has(1, "gw-a"));
  names.look({Claim{"gw-a", 200, 10}, Claim{"gw-a", 100, 99}, std::nullopt});
  EXPECT_TRUE(names.has(1, "gw-a")) << "it was restarted: a new file";
}

TEST(NamesTest, NoOtherUserTakesItOver) {
  Names names = three();
  names.look({std::nullopt, Claim{"gw-a", 100, 20}, std::nullopt});
  names.look({Claim{"gw-a", 200, 10}, std::nullopt, std::nullopt});
  EXPECT_FALSE(names.has(0, "gw-a"));
  names.look({Claim{"gw-a", 200, 10}, std::nullopt, Claim{"gw-a", 100, 30}});
  EXPECT_TRUE(names.has(2, "gw-a")) << "the same user's gateway has moved";
  EXPECT_FALSE(names.has(1, "gw-a"));
}

TEST(NamesTest, APathsOwnNameIsReservedForIt) {
  Names names({"/shm/1", "/shm/gw-a"});
  names.look({Claim{"gw-a", 200, 10}, std::nullopt});
  EXPECT_FALSE(names.has(0, "gw-a")) << "also before it is there";
  names.look({Claim{"gw-a", 200, 10}, Claim{"gw-a", 100, 20}});
  EXPECT_TRUE(names.has(1, "gw-a"));
}

TEST(NamesTest, NobodyCollectsNames) {
  Names names = three();
  names.look({Claim{"gw-a", 200, 10}, std::nullopt, std::nullopt});
  names.look({Claim{"gw-b", 200, 10}, std::nullopt, std::nullopt});
  EXPECT_TRUE(names.has(0, "gw-b"));
  names.look({std::nullopt, Claim{"gw-a", 100, 20}, std::nullopt});
  EXPECT_TRUE(names.has(1, "gw-a"));
}

}  // namespace
}  // namespace lungate::exporter
