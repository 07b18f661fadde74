// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/users.h"

#include <gtest/gtest.h>
#include <time.h>

#include <algorithm>
#include <map>
#include <string>

#include "exporter/bcrypt.h"
#include "tests/unit/exporter/passwords.h"

namespace lungate::exporter {
namespace {

std::map<std::string, std::string> one_user(const char* hash) {
  return {{"prometheus", hash}};
}

TEST(Bcrypt, KnowsItsHashes) {
  EXPECT_TRUE(bcrypt_matches("secret", kHashOfSecret));
  EXPECT_FALSE(bcrypt_matches("Secret", kHashOfSecret));
  EXPECT_FALSE(bcrypt_matches("", kHashOfSecret));
  EXPECT_FALSE(bcrypt_matches(std::string("secret\0x", 8), kHashOfSecret));
}

TEST(Bcrypt, TakesNothingElseForAHash) {
  EXPECT_TRUE(is_bcrypt(kHashOfSecret));
  const std::string good = kHashOfSecret;
  for (const std::string& text :
       {std::string(), good.substr(1), good.substr(0, 59), good + "x", "$2x" + good.substr(3),
        "$2b$99" + good.substr(6), "$2b$03" + good.substr(6), "$2b$1x" + good.substr(6),
        good.substr(0, 59) + " ", std::string("$6$salt$abc"), std::string("secret")}) {
    EXPECT_FALSE(is_bcrypt(text)) << text;
  }
}

TEST(Authorization, IsBasicOrNothing) {
  const auto read = parse_authorization("Basic YTpi");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, "a");
  EXPECT_EQ(read->password, "b");
  EXPECT_EQ(parse_authorization("bAsIc  YTpiOmM=")->password, "b:c");
  EXPECT_EQ(parse_authorization("Basic Og==")->user, "");
  for (const char* header : {"", "Basic", "Basic ", "Bearer YTpi", "Basic YTpi!", "Basic YTpiO",
                             "Basic YWI=", "Basic =", "BasicYTpi"}) {
    EXPECT_FALSE(parse_authorization(header)) << header;
  }
}

TEST(UsersTest, RightIsRememberedAndWrongIsNot) {
  Users users(one_user(kHashOfSecret));
  const Credentials right{"prometheus", "secret"};
  EXPECT_FALSE(users.knows(right));
  EXPECT_TRUE(users.check(right));
  EXPECT_TRUE(users.knows(right));
  const Credentials wrong{"prometheus", "Secret"};
  EXPECT_FALSE(users.check(wrong));
  EXPECT_FALSE(users.knows(wrong));
  EXPECT_TRUE(users.knows(right)) << "and pushes nobody out";
}

TEST(UsersTest, NamesDoNotRunIntoPasswords) {
  Users users(one_user(kHashOfSecret));
  ASSERT_TRUE(users.check({"prometheus", "secret"}));
  EXPECT_FALSE(users.knows({"prometheuss", "ecret"}));
  EXPECT_FALSE(users.check({"", "secret"}));
  EXPECT_FALSE(users.check({"nobody", "secret"}));
}

/// In seconds of this thread's CPU: a busy machine takes its time from it, but not to it.
double cost_of_wrong(Users& users, const char* user) {
  const auto used = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const double begun = used();
    EXPECT_FALSE(users.check({user, "wrong"}));
    best = std::min(best, used() - begun);
  }
  return best;
}

// An unknown user costs a hash, as a known one does: the time must not tell who there is.
TEST(UsersTest, AnUnknownUserCostsWhatAKnownOneDoes) {
  Users users(one_user(kDearHash));
  const auto time = [&users](const char* user) { return cost_of_wrong(users, user); };
  const double ratio = time("nobody") / time("prometheus");
  EXPECT_GT(ratio, 0.5);
  EXPECT_LT(ratio, 2);
}

TEST(UsersTest, ACheapHashIsNotToldByItsTime) {
  Users users({{"cheap", kHashOfSecret}, {"dear", kDearHash}});
  const auto time = [&users](const char* user) { return cost_of_wrong(users, user); };
  const double nobody = time("nobody");
  EXPECT_GT(time("cheap") / nobody, 0.5);
  EXPECT_GT(time("dear") / nobody, 0.5);
}

TEST(UsersTest, WhatIsRememberedSurvivesAChangeOfOthers) {
  const Credentials right{"prometheus", "secret"};
  Users users(one_user(kHashOfSecret));
  ASSERT_TRUE(users.check(right));
  const Users more({{"prometheus", kHashOfSecret}, {"other", kDearHash}}, &users);
  EXPECT_TRUE(more.knows(right));
  const Users changed(one_user(kDearHash), &users);
  EXPECT_FALSE(changed.knows(right)) << "the password is another one";
  const Users gone({{"other", kHashOfSecret}}, &users);
  EXPECT_FALSE(gone.knows(right));
}

}  // namespace
}  // namespace lungate::exporter
