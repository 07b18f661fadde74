// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "config/dump.h"
#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// A folder with files of secrets, and a text that names one of them.
class Secrets : public testing::Test {
 protected:
  Secrets() {
    std::string pattern = testing::TempDir() + "lungate-secrets-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Secrets() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view content, mode_t mode = 0600) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

  /// What load_secrets() says of a text whose initiator has this in its chap table.
  std::string load(const std::string& keys) {
    auto parsed =
        Text().with("[[target.initiator]]", "chap = { user = 'u', " + keys + " }").parse();
    EXPECT_TRUE(parsed) << errors_of(parsed);
    if (!parsed) return "no configuration";
    config_ = *parsed;
    const auto loaded = load_secrets(config_);
    std::string out;
    if (loaded) return out;
    for (const Error& error : loaded.error()) out += to_string(error) + "\n";
    return out;
  }
  std::string load_file(const std::string& path) { return load("secret_file = '" + path + "'"); }

  const Chap& chap() const { return config_.targets[0].initiators[0].chap; }

  std::string folder_;
  Config config_;
};

TEST_F(Secrets, AreReadWithoutTheNewlineAtTheirEnd) {
  for (const std::string_view content : {"correct horse", "correct horse\n"}) {
    EXPECT_EQ(load_file(write("s", content)), "");
    EXPECT_EQ(text_of(chap().secret.bytes()), "correct horse");
  }
  EXPECT_EQ(load_file(write("s", std::string(255, 'x') + "\n")), "");
  EXPECT_EQ(chap().secret.bytes().size(), 255u);
}

TEST_F(Secrets, OfOtherLengthsAreRefused) {
  EXPECT_THAT(load_file(write("s", "")), EndsWith("a secret has 12 to 255 bytes, this has 0 "
                                                  "(RFC 7143, 9.2.1)\n"));
  EXPECT_THAT(load_file(write("s", "eleven byte\n")), HasSubstr("this has 11"));
  EXPECT_THAT(load_file(write("s", std::string(256, 'x'))), HasSubstr("this has 256"));
  EXPECT_THAT(load_file(write("s", std::string(100'000, 'x'))), HasSubstr("12 to 255 bytes"));
  EXPECT_THAT(load_file(write("s", "two lines of\na secret")), HasSubstr("no control characters"));
  EXPECT_THAT(load_file(write("s", "windows has written\r\n")), HasSubstr("no control characters"));
}

TEST_F(Secrets, ErrorsNameFileKeyAndOwnerAndNotTheSecret) {
  const std::string path = write("s", "hunter2");
  EXPECT_EQ(load_file(path), path +
                                 ": error: 'secret_file' of initiator "
                                 "'iqn.1994-05.com.redhat:client' of target "
                                 "'iqn.2026-11.io.lungate:store': a secret has 12 to 255 bytes, "
                                 "this has 7 (RFC 7143, 9.2.1)\n");
}

TEST_F(Secrets, OpenToOthersAreRefused) {
  for (const mode_t mode : {0640, 0604, 0660, 0644, 0610, 0777}) {
    EXPECT_THAT(load_file(write("s", "correct horse", mode)),
                HasSubstr("is open to others than its owner (chmod 600)"))
        << std::oct << mode;
  }
  EXPECT_EQ(load_file(write("s", "correct horse", 0400)), "");
}

TEST_F(Secrets, WhatIsNoFile) {
  EXPECT_THAT(load_file(folder_ + "/none"), HasSubstr("cannot be opened: No such file"));
  EXPECT_THAT(load_file(folder_), HasSubstr("is not a regular file"));
  EXPECT_THAT(load_file("/dev/zero"), HasSubstr("is not a regular file"));
  ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  EXPECT_THAT(load_file(folder_ + "/fifo"), HasSubstr("is not a regular file"));
}

TEST_F(Secrets, NeverProveBothSides) {
  const std::string same = write("s", "correct horse");
  const std::string again = write("m", "correct horse\n");
  EXPECT_THAT(
      load("secret_file = '" + same + "', mutual_user = 'm', mutual_secret_file = '" + again + "'"),
      AllOf(HasSubstr("m: error: 'mutual_secret_file' of initiator"),
            HasSubstr(": it is the secret of initiator '"), HasSubstr("(" + same + ") as well")));
  EXPECT_THAT(load("secret_file = '" + same +
                   "', mutual_user = 'm', mutual_secret = "
                   "'correct horse'"),
              HasSubstr("'mutual_secret' of initiator"))
      << "one in the text, one in a file";
  EXPECT_EQ(load("secret_file = '" + same +
                 "', mutual_user = 'm', mutual_secret = "
                 "'battery staple'"),
            "");
}

TEST_F(Secrets, EveryWrongFileIsTold) {
  auto config = *Text()
                     .with("[[target]]", "chap = { user = 'u', secret_file = '/none/a' }")
                     .with("[[target.initiator]]", "chap = { user = 'u', secret_file = '/none/b' }")
                     .with("[discovery]",
                           "chap = { user = 'u', secret_file = '/none/c', "
                           "mutual_user = 'm', mutual_secret_file = '/none/d' }")
                     .parse();
  const auto loaded = load_secrets(config);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().size(), 4u);
  EXPECT_THAT(to_string(loaded.error()[0]), HasSubstr("'secret_file' of [discovery]"));
  EXPECT_THAT(to_string(loaded.error()[2]), HasSubstr("'secret_file' of target '"));
}

TEST_F(Secrets, AnotherContentIsAnotherConfiguration) {
  const std::string path = write("s", "correct horse");
  ASSERT_EQ(load_file(path), "");
  const Config before = config_;
  ASSERT_EQ(load_file(path), "");
  EXPECT_EQ(config_, before);
  write("s", "battery staple");
  ASSERT_EQ(load_file(path), "");
  EXPECT_FALSE(config_ == before) << "a reload must see it";
  EXPECT_EQ(group_hash(config_), group_hash(before)) << "the number tells nothing of secrets";
}

TEST_F(Secrets, AreNotPrinted) {
  ASSERT_EQ(load("secret_file = '" + write("s", "correct horse") +
                 "', mutual_user = 'm', mutual_secret = 'battery staple'"),
            "");
  const std::string text = to_toml(config_);
  EXPECT_THAT(text, Not(HasSubstr("correct horse")));
  EXPECT_THAT(text, Not(HasSubstr("battery staple")));
  EXPECT_THAT(text, HasSubstr("mutual_secret = \"(a secret)\""));
  EXPECT_THAT(errors_of(parse_text(text, "printed")),
              HasSubstr("this only stands where a printed configuration hides a secret"))
      << "nobody's secret becomes the mask";
}

TEST_F(Secrets, ATextWithSecretsIsNotForEverybody) {
  const auto mode = [&](mode_t bits, std::string_view key) {
    const std::string text =
        Text().with("[discovery]", "chap = { user = 'u', " + std::string(key) + " }").text();
    return errors_of(parse_file(write("gw.toml", text, bits)));
  };
  EXPECT_EQ(mode(0640, "secret = 'correct horse'"), "");
  EXPECT_THAT(mode(0644, "secret = 'correct horse'"),
              HasSubstr("has secrets in it and is open to everybody"));
  EXPECT_EQ(mode(0644, "secret_file = '/s'"), "");
}

}  // namespace
}  // namespace lungate::config
