// SPDX-License-Identifier: LGPL-2.1-or-later

// Basic authentication (RFC 7617) against bcrypt hashes, which are dear to check: what was found
// right is remembered, and everything else costs the same, whether the user is known or not.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace lungate::exporter {

struct Credentials {
  std::string user;
  std::string password;
};

/// Of an Authorization header; nothing when it is no well-formed "Basic".
std::optional<Credentials> parse_authorization(std::string_view header);

/// Thread-safe.
class Users {
 public:
  /// `hashes`: by name, each is_bcrypt(). What `before` has found right stays so for users whose
  /// hash is the same: a change of one user is no reason to ask all others again.
  explicit Users(std::map<std::string, std::string> hashes, const Users* before = nullptr);

  /// Whether anybody has to say who he is.
  bool demanded() const { return !hashes_.empty(); }
  /// Whether these have been found right before. Quick.
  bool knows(const Credentials& credentials) const;
  /// Whether they are right. Slow; when they are not, by the same time for every user and for none.
  bool check(const Credentials& credentials);

 private:
  using Digest = std::array<std::uint8_t, 32>;
  Digest digest_of(const Credentials& credentials) const;

  const std::map<std::string, std::string> hashes_;
  std::map<unsigned, std::string> nobodys_;  // one of each cost among them, and of no user
  std::array<std::uint8_t, 32> key_;  // of the digests: they tell nothing outside this process
  mutable std::mutex mutex_;
  std::map<std::string, Digest> right_;  // guarded by mutex_; one for each user at most
};

}  // namespace lungate::exporter
