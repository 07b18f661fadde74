// SPDX-License-Identifier: LGPL-2.1-or-later

// key=value text of login and text PDUs (RFC 7143, 6.1): gathered over PDUs with the C bit, parsed
// within bounds, and built and cut into PDUs the other way. All of it is reached before a peer has
// proved who it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace lungate::iscsi {

enum class TextError : std::uint8_t {
  kTooLong,         // more than limits::kTextBytesMax in one exchange
  kTooManyKeys,     // more than limits::kTextKeysMax
  kNotTerminated,   // the last pair does not end with a NUL
  kNoEquals,        // a pair without '='
  kKeyMalformed,    // empty, or a character that no key name has
  kKeyTooLong,      // more than limits::kTextKeyBytesMax
  kValueMalformed,  // a control character
  kValueTooLong,    // more than limits::kTextValueBytesMax
  kDuplicateKey,    // the same key twice in one text
};
std::string_view name(TextError error);

/// Views into the text that was parsed.
struct KeyValue {
  std::string_view key;
  std::string_view value;
  friend bool operator==(const KeyValue&, const KeyValue&) = default;
};

/// The pairs of one text in the order of their coming; no key occurs twice.
class TextKeys {
 public:
  std::optional<std::string_view> find(std::string_view key) const;
  bool empty() const { return pairs_.empty(); }
  std::size_t size() const { return pairs_.size(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

 private:
  friend Result<TextKeys, TextError> parse_text(std::string_view text);
  std::vector<KeyValue> pairs_;
};

/// Parses a whole text. The result views into `text`. NULs after the last pair are tolerated (some
/// initiators count padding into the segment); key names may begin with any letter, since a name
/// that we do not know is answered with NotUnderstood anyway.
Result<TextKeys, TextError> parse_text(std::string_view text);

/// One text as it arrives in pieces (RFC 7143, 6.2: the C bit; a pair may be cut anywhere).
class TextGatherer {
 public:
  Result<void, TextError> append(Bytes data);
  std::string_view text() const { return text_; }
  bool empty() const { return text_.empty(); }
  void clear() { text_.clear(); }

 private:
  std::string text_;
};

/// Builds a text: pairs are appended, each ended by a NUL, up to `bytes_max` in all.
class TextBuilder {
 public:
  explicit TextBuilder(std::size_t bytes_max = limits::kTextBytesMax) : bytes_max_(bytes_max) {}

  /// Appends nothing and remembers the overflow if the pair does not fit.
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, std::uint64_t value);
  bool overflowed() const { return overflowed_; }
  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::size_t bytes_max_;
  std::string text_;
  bool overflowed_ = false;
};

/// Cuts a text into data segments for as many PDUs as it takes.
class TextSender {
 public:
  struct Piece {
    std::string text;  // at most what was asked for
    bool more;         // set the C bit: another piece follows
  };

  TextSender() = default;
  explicit TextSender(std::string text) : text_(std::move(text)) {}

  /// False once the last piece has been taken. A new sender with an empty text has nothing pending.
  bool pending() const { return sent_ < text_.size(); }
  /// The next piece; empty and final when nothing is pending. REQUIRES: bytes_max > 0.
  Piece next(std::size_t bytes_max);

 private:
  std::string text_;
  std::size_t sent_ = 0;
};

/// A numerical value (6.1): decimal without leading zeros, or hexadecimal with 0x, below 2^64.
std::optional<std::uint64_t> parse_number(std::string_view value);
/// A boolean value (6.1): exactly "Yes" or "No".
std::optional<bool> parse_boolean(std::string_view value);
/// The values of a list (6.1), in order; items may be empty if the peer wrote them so.
std::vector<std::string_view> split_list(std::string_view value);

}  // namespace lungate::iscsi
