// SPDX-License-Identifier: LGPL-2.1-or-later

// A text that several processes share and change, in one RADOS object: the present version and
// those before it. What is in it is none of this room's business.
//
// It is the object's omap: "current" has the present version's number, and "v00000000000000000042"
// a version: lines of "key value", an empty line, the text. A change compares "current", so of two
// that change the same version one is told so. The last limits::kTextVersionsMax are kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ceph/error.h"
#include "ceph/pool.h"

namespace lungate::ceph {

struct TextVersion {
  std::uint64_t number = 0;  // from 1, never used again
  std::uint64_t unix_s = 0;  // when it was stored, by the clock of who did
  std::string author;        // one line, for people
  std::string text;

  bool operator==(const TextVersion&) const = default;
};

/// One value of the omap; the number is in its key.
std::string encode(const TextVersion& version);
/// Nothing: not written by us, or by somebody who was wrong.
std::optional<TextVersion> decode_text_version(std::uint64_t number, std::string_view value);

/// All calls block until the cluster answers: workers only. Not thread-safe.
class TextStore {
 public:
  TextStore(Pool pool, std::string object) : pool_(std::move(pool)), object_(std::move(object)) {}

  /// Nothing: there is no text yet. kUnfit: the object is not one of ours.
  Result<std::optional<TextVersion>, Error> current();
  /// Nothing: there is no such version (any more).
  Result<std::optional<TextVersion>, Error> version(std::uint64_t number);
  /// The newest first, at most limits::kTextVersionsMax.
  Result<std::vector<TextVersion>, Error> history();

  /// Stores `next` as the version behind `next.number - 1`, which must be the present one (0: there
  /// is none). False: somebody else has stored one meanwhile. After kUnreachable it may or may not
  /// have been stored.
  /// REQUIRES: the text has at most limits::kConfigBytesMax, the author is one line.
  Result<bool, Error> put(const TextVersion& next);

 private:
  Pool pool_;
  std::string object_;
};

}  // namespace lungate::ceph
