// SPDX-License-Identifier: LGPL-2.1-or-later

// CHAP's parts (RFC 1994; RFC 7143, 12.1.3): algorithms, responses, and the values that travel as
// text. Pure functions but for the source of challenges, which is injected. What they are put
// together to is in chap_exchange.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/secret.h"
#include "iscsi/named.h"

namespace lungate::iscsi {

/// Values of CHAP_A, as IANA has them (PPP authentication algorithms), weakest first.
#define LUNGATE_ISCSI_CHAP_ALGORITHMS(X) \
  X(kMd5, 5, "MD5")                      \
  X(kSha1, 6, "SHA1")                    \
  X(kSha256, 7, "SHA-256")               \
  X(kSha3, 8, "SHA3-256")
enum class ChapAlgorithm : std::uint8_t {
#define X(enumerator, value, text) enumerator = value,
  LUNGATE_ISCSI_CHAP_ALGORITHMS(X)
#undef X
};
inline constexpr std::array kChapAlgorithms = {
#define X(enumerator, value, text) Named<ChapAlgorithm>{ChapAlgorithm::enumerator, text},
    LUNGATE_ISCSI_CHAP_ALGORITHMS(X)
#undef X
};
#undef LUNGATE_ISCSI_CHAP_ALGORITHMS

/// Which algorithms are allowed.
class ChapAlgorithms {
 public:
  static constexpr ChapAlgorithms all() {
    ChapAlgorithms set;
    for (const auto& row : kChapAlgorithms) set.add(row.value);
    return set;
  }
  constexpr void add(ChapAlgorithm algorithm) { bits_ |= bit(algorithm); }
  constexpr bool has(ChapAlgorithm algorithm) const { return (bits_ & bit(algorithm)) != 0; }
  friend constexpr bool operator==(ChapAlgorithms, ChapAlgorithms) = default;

 private:
  static constexpr unsigned bit(ChapAlgorithm algorithm) {
    return 1u << static_cast<unsigned>(algorithm);
  }
  unsigned bits_ = 0;
};

/// The strongest algorithm of a peer's CHAP_A list that `allowed` has. Items are numbers, compared
/// whole: "56" is no 5, and what is no number is passed over.
std::optional<ChapAlgorithm> strongest_of(std::string_view list, ChapAlgorithms allowed);

/// A response, as long as its algorithm's digest.
class ChapDigest {
 public:
  static constexpr std::size_t kBytesMax = 32;  // SHA-256 and SHA3-256

  Bytes bytes() const { return Bytes(bytes_).first(size_); }

 private:
  friend std::optional<ChapDigest> chap_response(ChapAlgorithm, std::uint8_t, const Secret&, Bytes);
  std::array<std::byte, kBytesMax> bytes_{};
  std::size_t size_ = 0;
};
static_assert(limits::kChapChallengeBytes >= ChapDigest::kBytesMax, "RFC 1994, 4.1");

std::size_t digest_bytes(ChapAlgorithm algorithm);

/// digest(identifier, secret, challenge) (RFC 1994, 4.1). Nothing: OpenSSL has no such algorithm
/// here, as MD5 under FIPS, or no memory.
std::optional<ChapDigest> chap_response(ChapAlgorithm algorithm, std::uint8_t identifier,
                                        const Secret& secret, Bytes challenge);

/// Equal in length and value; takes as long for an early difference as for a late one.
bool equal_in_constant_time(Bytes a, Bytes b);

/// A large binary value (RFC 7143, 6.1): 0x and pairs of hexadecimal digits, or 0b and Base64 with
/// its padding. Nothing: neither, empty, or longer than `bytes_max`; nothing longer is decoded.
std::optional<std::vector<std::byte>> parse_binary(std::string_view value, std::size_t bytes_max);
/// As 0x and digits, which every initiator reads.
std::string binary_text(Bytes bytes);

/// Where challenges come from.
class RandomSource {
 public:
  /// False: there is none, and `bytes` must not be used.
  virtual bool fill(MutableBytes bytes) const = 0;

 protected:
  ~RandomSource() = default;
};
/// The kernel's generator.
const RandomSource& kernel_random();

}  // namespace lungate::iscsi
