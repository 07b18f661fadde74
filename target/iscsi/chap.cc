// SPDX-License-Identifier: LGPL-2.1-or-later

// CHAP's arithmetic by OpenSSL. The login machine calls it on its lane, for peers that nobody has
// authenticated: lengths are bounded before anything is decoded, and what OpenSSL refuses is a
// value. Digests are looked up by name, so that a policy of the host (FIPS) that takes one away
// makes that algorithm fail and no other.
#include "iscsi/chap.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>

#include "base/check.h"
#include "iscsi/text.h"

namespace lungate::iscsi {
namespace {

struct Context {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct Digest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

bool update(EVP_MD_CTX* context, Bytes bytes) {
  return EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1;
}

/// The value of a hexadecimal digit; nothing: it is none.
std::optional<unsigned> nibble(char c) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(&c, &c + 1, value, 16);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<std::vector<std::byte>> parse_hex(std::string_view digits, std::size_t bytes_max) {
  if (digits.empty() || digits.size() % 2 != 0 || digits.size() / 2 > bytes_max) {
    return std::nullopt;
  }
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = nibble(digits[i]);
    const auto low = nibble(digits[i + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return bytes;
}

const unsigned char* raw(const void* bytes) {
  return static_cast<const unsigned char*>(bytes);
}

// OpenSSL's decoder overlooks blanks and misplaced padding. What it made of the text is encoded
// again: only the one right spelling of the bytes is equal to what came.
std::optional<std::vector<std::byte>> parse_base64(std::string_view text, std::size_t bytes_max) {
  constexpr std::size_t kGroup = 4;  // characters that stand for three bytes
  if (text.empty() || text.size() % kGroup != 0 || text.size() / kGroup * 3 > bytes_max + 2) {
    return std::nullopt;
  }
  std::vector<std::byte> bytes(text.size() / kGroup * 3);
  const int decoded = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                      raw(text.data()), static_cast<int>(text.size()));
  if (decoded < 0 || static_cast<std::size_t>(decoded) != bytes.size()) return std::nullopt;
  const std::size_t padding = text.size() - 1 - std::min(text.find_last_not_of('='), text.size());
  if (padding > 2) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  std::string again(text.size() + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(again.data()), raw(bytes.data()),
                  static_cast<int>(bytes.size()));
  again.pop_back();
  if (again != text || bytes.size() > bytes_max) return std::nullopt;
  return bytes;
}

class KernelRandom final : public RandomSource {
 public:
  // Up to 256 bytes come whole (random(7)), once the kernel's pool has been filled at boot.
  bool fill(MutableBytes bytes) const override {
    ssize_t got = 0;
    do {
      got = ::getrandom(bytes.data(), bytes.size(), 0);
    } while (got < 0 && errno == EINTR);
    return got >= 0 && static_cast<std::size_t>(got) == bytes.size();
  }
};

}  // namespace

std::optional<ChapAlgorithm> strongest_of(std::string_view list, ChapAlgorithms allowed) {
  std::optional<ChapAlgorithm> best;
  for (const std::string_view item : split_list(list)) {
    const auto number = parse_number(item);
    if (!number || *number > 0xff) continue;
    const auto algorithm = value_in(kChapAlgorithms, static_cast<std::uint8_t>(*number));
    if (algorithm && allowed.has(*algorithm) && (!best || *best < *algorithm)) best = algorithm;
  }
  return best;
}

std::size_t digest_bytes(ChapAlgorithm algorithm) {
  switch (algorithm) {
    case ChapAlgorithm::kMd5:
      return 16;
    case ChapAlgorithm::kSha1:
      return 20;
    case ChapAlgorithm::kSha256:
    case ChapAlgorithm::kSha3:
      return 32;
  }
  return 0;
}

std::optional<ChapDigest> chap_response(ChapAlgorithm algorithm, std::uint8_t identifier,
                                        const Secret& secret, Bytes challenge) {
  const std::unique_ptr<EVP_MD, Digest> digest(
      EVP_MD_fetch(nullptr, name_in(kChapAlgorithms, algorithm).data(), nullptr));
  const std::unique_ptr<EVP_MD_CTX, Context> context(EVP_MD_CTX_new());
  if (digest == nullptr || context == nullptr) return std::nullopt;
  ChapDigest response;
  unsigned size = 0;
  const bool done =
      EVP_DigestInit_ex(context.get(), digest.get(), nullptr) == 1 &&
      update(context.get(), bytes_of(identifier)) && update(context.get(), secret.bytes()) &&
      update(context.get(), challenge) &&
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(response.bytes_.data()),
                         &size) == 1;
  if (!done) return std::nullopt;
  check(size == digest_bytes(algorithm), "a digest is as long as its algorithm says");
  response.size_ = size;
  return response;
}

bool equal_in_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::vector<std::byte>> parse_binary(std::string_view value, std::size_t bytes_max) {
  const std::string_view prefix = value.substr(0, 2);
  const std::string_view rest = value.substr(prefix.size());
  if (prefix == "0x" || prefix == "0X") return parse_hex(rest, bytes_max);
  if (prefix == "0b" || prefix == "0B") return parse_base64(rest, bytes_max);
  return std::nullopt;
}

std::string binary_text(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "0x";
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 0xf];
  }
  return text;
}

const RandomSource& kernel_random() {
  static const KernelRandom random;
  return random;
}

}  // namespace lungate::iscsi
