// SPDX-License-Identifier: LGPL-2.1-or-later

// Who may scrape. The server's thread asks knows() for every request, the thread for log-ins runs
// check() for those that are new. A wrong password is not remembered: it would only push out what
// is right, and its price is what slows a guesser down.
#include "exporter/users.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <new>
#include <utility>

#include "exporter/ascii.h"
#include "exporter/bcrypt.h"

namespace lungate::exporter {
namespace {

constexpr std::string_view kScheme = "Basic ";

bool is_scheme(std::string_view header) {
  return same_name(header.substr(0, kScheme.size()), kScheme);
}

std::optional<std::string> from_base64(std::string_view text) {
  const std::string bytes(text);
  const gnutls_datum_t encoded = {
      reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data())),  // GnuTLS's API
      static_cast<unsigned>(bytes.size())};
  gnutls_datum_t decoded = {nullptr, 0};
  if (bytes.empty() || gnutls_base64_decode2(&encoded, &decoded) < 0) return std::nullopt;
  std::string result(reinterpret_cast<const char*>(decoded.data), decoded.size);
  gnutls_free(decoded.data);
  return result;
}

std::map<unsigned, std::string> nobodys_hashes(const std::map<std::string, std::string>& hashes) {
  std::map<unsigned, std::string> nobodys;
  for (const auto& [user, hash] : hashes) {
    const unsigned cost = bcrypt_cost(hash);
    if (!nobodys.contains(cost)) nobodys.emplace(cost, bcrypt_of_nobody(cost));
  }
  return nobodys;
}

}  // namespace

// The first colon divides: a password may have some, a name has none.
std::optional<Credentials> parse_authorization(std::string_view header) {
  if (!is_scheme(header)) return std::nullopt;
  header.remove_prefix(kScheme.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  const auto pair = from_base64(header);
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

// Digests are of one key: with them the key is taken over.
Users::Users(std::map<std::string, std::string> hashes, const Users* before)
    : hashes_(std::move(hashes)), nobodys_(nobodys_hashes(hashes_)) {
  if (before == nullptr) {
    if (gnutls_rnd(GNUTLS_RND_KEY, key_.data(), key_.size()) != 0) throw std::bad_alloc();
    return;
  }
  key_ = before->key_;
  const std::lock_guard lock(before->mutex_);
  for (const auto& [user, digest] : before->right_) {
    const auto found = hashes_.find(user);
    if (found != hashes_.end() && found->second == before->hashes_.at(user)) {
      right_.emplace(user, digest);
    }
  }
}

// The name's length goes in first: otherwise "a:b" with "c" and "a" with "b:c" would be one.
Users::Digest Users::digest_of(const Credentials& credentials) const {
  const std::string text =
      std::to_string(credentials.user.size()) + ":" + credentials.user + credentials.password;
  Digest digest{};
  if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, key_.data(), key_.size(), text.data(), text.size(),
                       digest.data()) != 0) {
    throw std::bad_alloc();
  }
  return digest;
}

// Compared in constant time, though the key is unknown outside: it costs nothing.
bool Users::knows(const Credentials& credentials) const {
  const Digest digest = digest_of(credentials);
  const std::lock_guard lock(mutex_);
  const auto found = right_.find(credentials.user);
  return found != right_.end() &&
         gnutls_memcmp(found->second.data(), digest.data(), digest.size()) == 0;
}

// What is wrong costs one hash of each cost that there is, the user's own among them or not: the
// time tells neither who there is nor how dear his hash is. The results for nobody's are thrown
// away, for a match would be luck.
bool Users::check(const Credentials& credentials) {
  const auto found = hashes_.find(credentials.user);
  const bool is_user = found != hashes_.end();
  if (!is_user || !bcrypt_matches(credentials.password, found->second)) {
    const unsigned done = is_user ? bcrypt_cost(found->second) : 0;
    for (const auto& [cost, nobodys] : nobodys_) {
      if (cost != done) static_cast<void>(bcrypt_matches(credentials.password, nobodys));
    }
    return false;
  }
  const Digest digest = digest_of(credentials);
  const std::lock_guard lock(mutex_);
  right_[credentials.user] = digest;
  return true;
}

}  // namespace lungate::exporter
