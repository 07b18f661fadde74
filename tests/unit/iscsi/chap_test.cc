// SPDX-License-Identifier: LGPL-2.1-or-later
#include "iscsi/chap.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <set>
#include <string>

namespace lungate::iscsi {
namespace {

using namespace std::string_view_literals;

Secret secret_of(std::string_view text) {
  return Secret(bytes_of(text));
}

std::string text_form(const std::optional<std::vector<std::byte>>& bytes) {
  return bytes ? binary_text(*bytes) : "-";
}

// --- Responses ---

struct Vector {
  ChapAlgorithm algorithm;
  std::string_view identifier;  // one byte
  std::string_view secret;
  std::string_view challenge;
  std::string_view digest;
};

// RFC 1994, 4.1 says what is digested; the digests are Python's hashlib over identifier, secret and
// challenge.
constexpr Vector kVectors[] = {
    {ChapAlgorithm::kMd5, "\x07"sv, "correct horse", "0123456789abcdef",
     "0x9c310106a58d7e26d7202adeb8539526"},
    {ChapAlgorithm::kSha1, "\x07"sv, "correct horse", "0123456789abcdef",
     "0x7a971527565656b2e9e076d1495700186837ca34"},
    {ChapAlgorithm::kSha256, "\x07"sv, "correct horse", "0123456789abcdef",
     "0x98bd37159c9e0702f5400c78695c62530d1f22d4adfd3bd49e6ed94c2d5245eb"},
    {ChapAlgorithm::kSha3, "\x07"sv, "correct horse", "0123456789abcdef",
     "0x1978e84659e7274920aa0367b276875d1ccde479dec660d434833373af3f05c3"},
    {ChapAlgorithm::kMd5, "\xff"sv,
     "a secret of more than one block of sixty-four bytes, so that "
     "the digest is not made in one go",
     "\x00\xff\x00\x10"sv, "0xd9b8f933ae79e589036830b794662331"},
};

TEST(ChapResponse, KnownDigests) {
  for (const Vector& row : kVectors) {
    const auto response = chap_response(row.algorithm, static_cast<std::uint8_t>(row.identifier[0]),
                                        secret_of(row.secret), bytes_of(row.challenge));
    ASSERT_TRUE(response);
    EXPECT_EQ(binary_text(response->bytes()), row.digest);
    EXPECT_EQ(response->bytes().size(), digest_bytes(row.algorithm));
  }
}

/// OpenSSL's other interface, of one shot over the bytes in one piece.
TEST(ChapResponse, EveryIdentifier) {
  for (unsigned identifier = 0; identifier < 256; ++identifier) {
    const std::string whole =
        std::string(1, static_cast<char>(identifier)) + "secret" + "challenge";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    ASSERT_EQ(EVP_Digest(whole.data(), whole.size(), digest, &size, EVP_sha256(), nullptr), 1);
    const auto response =
        chap_response(ChapAlgorithm::kSha256, static_cast<std::uint8_t>(identifier),
                      secret_of("secret"), bytes_of("challenge"sv));
    ASSERT_TRUE(response);
    EXPECT_TRUE(equal_in_constant_time(response->bytes(), std::as_bytes(std::span(digest, size))));
  }
}

TEST(ChapResponse, ComparisonIsOfAllBytes) {
  const std::string right(32, 'a');
  EXPECT_TRUE(
      equal_in_constant_time(bytes_of(std::string_view(right)), bytes_of(std::string_view(right))));
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = 'b';
    EXPECT_FALSE(equal_in_constant_time(bytes_of(std::string_view(right)),
                                        bytes_of(std::string_view(wrong))));
  }
  EXPECT_FALSE(equal_in_constant_time(bytes_of(std::string_view(right)),
                                      bytes_of(std::string_view(right).substr(1))));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

// --- CHAP_A ---

std::string chosen(std::string_view list, ChapAlgorithms allowed = ChapAlgorithms::all()) {
  const auto algorithm = strongest_of(list, allowed);
  return algorithm ? std::string(name_in(kChapAlgorithms, *algorithm)) : "-";
}

TEST(ChapAlgorithms, TheStrongestThatBothHave) {
  EXPECT_EQ(chosen("5"), "MD5");
  EXPECT_EQ(chosen("5,6,7,8"), "SHA3-256");
  EXPECT_EQ(chosen("8,7,6,5"), "SHA3-256");
  EXPECT_EQ(chosen("7,5"), "SHA-256");
  EXPECT_EQ(chosen("5,7,6"), "SHA-256");
  EXPECT_EQ(chosen("6,5,5,6"), "SHA1");
  EXPECT_EQ(chosen("4,99,128,6"), "SHA1") << "what we do not know is passed over";
}

TEST(ChapAlgorithms, ForbiddenOnesAreNotTaken) {
  ChapAlgorithms strong;
  strong.add(ChapAlgorithm::kSha256);
  strong.add(ChapAlgorithm::kSha3);
  EXPECT_EQ(chosen("5,6", strong), "-");
  EXPECT_EQ(chosen("5,6,7", strong), "SHA-256");
  EXPECT_EQ(chosen("5,6,7,8", {}), "-");
}

TEST(ChapAlgorithms, TokensAreExact) {
  for (const char* list : {"", ",", "56", "5 6", " 5", "5 ", "05", "55", "5;6", "261", "MD5", "5.0",
                           "-5", "+5", "0x", "5x", "1029", "18446744073709551621"}) {
    EXPECT_EQ(chosen(list), "-") << list;
  }
  EXPECT_EQ(chosen("0x5"), "MD5") << "RFC 7143, 6.1: a number may be hexadecimal";
  EXPECT_EQ(chosen("56,5"), "MD5");
  EXPECT_EQ(chosen(",5,"), "MD5");
}

// --- Values ---

TEST(ChapBinary, Hexadecimal) {
  EXPECT_EQ(text_form(parse_binary("0x00fF10", 3)), "0x00ff10");
  EXPECT_EQ(text_form(parse_binary("0X00Ff10", 3)), "0x00ff10");
  for (const char* wrong : {"0x", "0x0", "0x0g", "0x 0", "0x-1", "0x+1", "0x000", "0x00ff1000", "",
                            "0", "x00", "00ff10", "1x00", "0x0x00", "0x00 "}) {
    EXPECT_EQ(text_form(parse_binary(wrong, 3)), "-") << wrong;
  }
}

TEST(ChapBinary, Base64) {
  EXPECT_EQ(text_form(parse_binary("0bAP8Q", 3)), "0x00ff10");
  EXPECT_EQ(text_form(parse_binary("0BAP8=", 3)), "0x00ff");
  EXPECT_EQ(text_form(parse_binary("0bAA==", 3)), "0x00");
  for (const char* wrong :
       {"0b",      "0bA",        "0bAA",   "0bAAA",    "0bA===", "0b====", "0b=",
        "0bAP8QA", "0bAP8QAP8Q", "0bAP9=", "0bAB==",   "0bAP8 ", "0b AP8", "0bAP8-",
        "0bAP8_",  "0bAA==AA==", "0bAA=A", "0bAA==\n", "0b    ", "bAP8Q"}) {
    EXPECT_EQ(text_form(parse_binary(wrong, 3)), "-") << wrong;
  }
}

TEST(ChapBinary, BothFormsOfEveryLength) {
  for (std::size_t size = 1; size <= 40; ++size) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(i * 37 + size));
    std::string base64(100, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(size));
    base64.resize(static_cast<std::size_t>(length));
    EXPECT_EQ(parse_binary(binary_text(bytes), size), bytes);
    EXPECT_EQ(parse_binary("0b" + base64, size), bytes);
    EXPECT_EQ(parse_binary(binary_text(bytes), size - 1), std::nullopt) << "longer than allowed";
    EXPECT_EQ(parse_binary("0b" + base64, size - 1), std::nullopt) << "longer than allowed";
  }
}

// A longer value than its place: decoding it there was a hole of another target.
TEST(ChapBinary, OversizeIsNotDecoded) {
  EXPECT_EQ(parse_binary("0x" + std::string(8190, 'f'), 32), std::nullopt);
  EXPECT_EQ(parse_binary("0b" + std::string(8188, 'A'), 32), std::nullopt);
  EXPECT_EQ(parse_binary("0b" + std::string(44, 'A'), 32), std::nullopt) << "33 bytes";
  EXPECT_EQ(parse_binary("0x" + std::string(2048, 'f'), 1024)->size(), 1024u);
}

// --- Challenges ---

TEST(KernelRandom, GivesAnotherEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    std::array<std::byte, limits::kChapChallengeBytes> bytes{};
    ASSERT_TRUE(kernel_random().fill(bytes));
    seen.insert(binary_text(bytes));
  }
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace lungate::iscsi
