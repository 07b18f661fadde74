// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/quotes.h"

#include <gtest/gtest.h>

namespace lungate::config {
namespace {

struct Case {
  std::string_view line;
  std::uint32_t column;  // 0: no fault of quotation marks
  bool in_list = false;
};

TEST(QuoteFault, IsFoundAtItsColumn) {
  constexpr Case kCases[] = {
      {"level = info", 9},
      {"size=2GiB", 6},
      {"file = /srv/a.img # here", 8},
      {"a = { b = 1, c = x }", 18},
      {"portals = ['10.0.0.1:1', 10.0.0.2:1]", 26},
      {"  10.0.0.1:3260,", 3, true},
      {"a = \"b", 5},
      {"a = 'b\"", 5},
      {"a = \"b\\\"", 5},
      {"a = ['b, 'c']", 11},
      {"'a = 1", 1},
      {"a = b\"", 5},
  };
  for (const Case& row : kCases) {
    const auto fault = quote_fault(row.line, row.in_list);
    ASSERT_TRUE(fault) << row.line;
    EXPECT_EQ(fault->column, row.column) << row.line << ": " << fault->message;
  }
}

TEST(QuoteFault, OtherFaultsAreLeftAlone) {
  constexpr Case kCases[] = {
      {"", 0},
      {"a =", 0},
      {"a = 'b' c = 2", 0},
      {"a = \"b\\q\"", 0},
      {"[table", 0},
      {"GET / HTTP/1.0", 0},
      {"  10.0.0.1:3260,", 0},
      {"a = 1_000, b = -0.5e3, c = 0xff, d = +inf, e = nan", 0},
      {"a = true # 'b", 0},
      {"a = 2026-11-01T00:00:00Z", 0},
      {"a = 12:00:00", 0},
      {"a = \"\"\"text", 0},
      {"a = '''text", 0},
  };
  for (const Case& row : kCases) {
    EXPECT_FALSE(quote_fault(row.line, row.in_list)) << row.line;
  }
}

}  // namespace
}  // namespace lungate::config
