// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/result.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace lungate {
namespace {

enum class Problem { kTooLong, kTooShort };

Result<int, Problem> half(int number) {
  if (number % 2 != 0) return err(Problem::kTooShort);
  return number / 2;
}

Result<void, Problem> accept(bool yes) {
  if (!yes) return err(Problem::kTooLong);
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_EQ(*half(8), 4);
  EXPECT_EQ(half(7).error(), Problem::kTooShort);
  EXPECT_TRUE(accept(true));
  EXPECT_EQ(accept(false).error(), Problem::kTooLong);
}

TEST(Result, MovesWhatCannotBeCopied) {
  auto make = []() -> Result<std::unique_ptr<std::string>, Problem> {
    return std::make_unique<std::string>("disk");
  };
  std::unique_ptr<std::string> taken = std::move(*make());
  EXPECT_EQ(*taken, "disk");
}

// C++20 cannot ask whether an attribute is there, so the compiler itself is asked: a Result that is
// dropped must not compile, and the same line must compile when it is not.
class Compiler {
 public:
  static bool present() { return std::system("c++ --version > /dev/null 2>&1") == 0; }

  static bool accepts(const std::string& statement) {
    const auto root = std::filesystem::path(__FILE__).parent_path() / "../../../target";
    const std::string command = "c++ -std=c++20 -fsyntax-only -Werror=unused-result -x c++ -I'" +
                                root.string() + "' - > /dev/null 2>&1";
    FILE* const compiler = ::popen(command.c_str(), "w");
    if (compiler == nullptr) return false;
    const std::string source =
        "#include \"base/result.h\"\n"
        "lungate::Result<int, int> value(); lungate::Result<void, int> done();\n"
        "void use() { " +
        statement + " }\n";
    std::fwrite(source.data(), 1, source.size(), compiler);
    return ::pclose(compiler) == 0;
  }
};

TEST(Result, DroppingOneDoesNotCompile) {
  if (!Compiler::present()) GTEST_SKIP() << "no compiler on this machine";
  EXPECT_TRUE(Compiler::accepts("if (!value() || !done()) return;"));
  EXPECT_FALSE(Compiler::accepts("value();"));
  EXPECT_FALSE(Compiler::accepts("done();"));
}

}  // namespace
}  // namespace lungate
