// SPDX-License-Identifier: LGPL-2.1-or-later

// The one file that names libcrypt. Slow by design: called on the thread for log-ins only. Errors
// of the library (a hash that it does not know) are a password that does not match.
#include "exporter/bcrypt.h"

#include <crypt.h>
#include <gnutls/crypto.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/limits.h"

namespace lungate::exporter {
namespace {

constexpr std::size_t kHashBytes = 60;  // "$2b$12$", 22 of salt, 31 of hash
constexpr std::size_t kPrefixBytes = 7;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_base64(char c) {
  return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

bool is_bcrypt(std::string_view hash) {
  if (hash.size() != kHashBytes || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$') {
    return false;
  }
  if (hash[2] != 'a' && hash[2] != 'b' && hash[2] != 'y') return false;
  if (!is_digit(hash[4]) || !is_digit(hash[5])) return false;
  const unsigned cost = bcrypt_cost(hash);
  const std::string_view rest = hash.substr(kPrefixBytes);
  return cost >= 4 && cost <= limits::kBcryptCostMax &&
         std::all_of(rest.begin(), rest.end(), is_base64);
}

unsigned bcrypt_cost(std::string_view hash) {
  return static_cast<unsigned>(hash[4] - '0') * 10 + static_cast<unsigned>(hash[5] - '0');
}

// The library's work space has 32 KiB and holds the password afterwards: it is on the heap, and
// wiped.
bool bcrypt_matches(const std::string& password, const std::string& hash) {
  if (password.find('\0') != std::string::npos) return false;
  const auto scratch = std::make_unique<crypt_data>();
  const char* made = crypt_r(password.c_str(), hash.c_str(), scratch.get());
  const bool same = made != nullptr && std::strlen(made) == hash.size() &&
                    gnutls_memcmp(made, hash.data(), hash.size()) == 0;
  gnutls_memset(scratch.get(), 0, sizeof *scratch);  // it has held the password
  return same;
}

// The salt's last character has bits that are not used and must be zero; '.' is zero.
std::string bcrypt_of_nobody(unsigned cost) {
  const std::string two = {static_cast<char>('0' + cost / 10), static_cast<char>('0' + cost % 10)};
  return "$2b$" + two + "$" + std::string(kHashBytes - kPrefixBytes, '.');
}

}  // namespace lungate::exporter
