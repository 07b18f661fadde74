// SPDX-License-Identifier: LGPL-2.1-or-later

// key=value text, within bounds. Login and text exchange call it on their lane with what a peer has
// sent, before the peer has proved who it is: sizes are refused before anything is copied,
// characters that no key or value has are errors, and duplicates too, so that a later look cannot
// find another value than an earlier one. Errors end the login or reject the text request.
#include "iscsi/text.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace lungate::iscsi {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// A standard-label's characters (6.1), and the # of public extension keys (13.22).
bool is_key_character(char c) {
  return is_alphanumeric(c) || std::string_view(".-+@_#").find(c) != std::string_view::npos;
}

/// Values may be UTF-8 (aliases); control characters have no place in any.
bool is_value_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f;
}

/// One pair without its NUL. The first '=' separates: values may have others.
Result<KeyValue, TextError> parse_pair(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return err(TextError::kNoEquals);
  const std::string_view key = pair.substr(0, equals);
  const std::string_view value = pair.substr(equals + 1);
  if (key.size() > limits::kTextKeyBytesMax) return err(TextError::kKeyTooLong);
  if (key.empty() || !std::all_of(key.begin(), key.end(), is_key_character)) {
    return err(TextError::kKeyMalformed);
  }
  if (value.size() > limits::kTextValueBytesMax) return err(TextError::kValueTooLong);
  if (!std::all_of(value.begin(), value.end(), is_value_character)) {
    return err(TextError::kValueMalformed);
  }
  return KeyValue{key, value};
}

}  // namespace

std::string_view name(TextError error) {
  switch (error) {
    case TextError::kTooLong:
      return "text_too_long";
    case TextError::kTooManyKeys:
      return "too_many_keys";
    case TextError::kNotTerminated:
      return "not_terminated";
    case TextError::kNoEquals:
      return "no_equals";
    case TextError::kKeyMalformed:
      return "key_malformed";
    case TextError::kKeyTooLong:
      return "key_too_long";
    case TextError::kValueMalformed:
      return "value_malformed";
    case TextError::kValueTooLong:
      return "value_too_long";
    case TextError::kDuplicateKey:
      return "duplicate_key";
  }
  return "unknown";
}

std::optional<std::string_view> TextKeys::find(std::string_view key) const {
  for (const KeyValue& pair : pairs_) {
    if (pair.key == key) return pair.value;
  }
  return std::nullopt;
}

// Quadratic in the number of keys, by find(): kTextKeysMax is small, and a hash of a peer's choice
// of keys would need defending.
Result<TextKeys, TextError> parse_text(std::string_view text) {
  if (text.size() > limits::kTextBytesMax) return err(TextError::kTooLong);
  TextKeys keys;
  while (text.find_first_not_of('\0') != std::string_view::npos) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return err(TextError::kNotTerminated);
    const auto pair = parse_pair(text.substr(0, end));
    if (!pair) return err(pair.error());
    if (keys.size() == limits::kTextKeysMax) return err(TextError::kTooManyKeys);
    if (keys.find(pair->key)) return err(TextError::kDuplicateKey);
    keys.pairs_.push_back(*pair);
    text.remove_prefix(end + 1);
  }
  return keys;
}

Result<void, TextError> TextGatherer::append(Bytes data) {
  // Refused before it is copied: what is gathered never exceeds the bound.
  if (data.size() > limits::kTextBytesMax - text_.size()) return err(TextError::kTooLong);
  text_.append(text_of(data));
  return {};
}

// A pair goes in whole or not at all: half a pair would be another key to the peer.
void TextBuilder::add(std::string_view key, std::string_view value) {
  const std::size_t bytes = key.size() + value.size() + 2;
  if (overflowed_ || bytes > bytes_max_ - text_.size()) {
    overflowed_ = true;
    return;
  }
  text_.append(key).append(1, '=').append(value).append(1, '\0');
}

void TextBuilder::add(std::string_view key, std::uint64_t value) {
  add(key, std::string_view(std::to_string(value)));
}

TextSender::Piece TextSender::next(std::size_t bytes_max) {
  check(bytes_max > 0, "a PDU takes some text");
  Piece piece{text_.substr(sent_, bytes_max), false};
  sent_ += piece.text.size();
  piece.more = pending();
  return piece;
}

std::optional<std::uint64_t> parse_number(std::string_view value) {
  // 6.1: a decimal constant has no leading zero, so a zero before anything else means 0x or error.
  int base = 10;
  if (value.size() > 1 && value[0] == '0') {
    if (value[1] != 'x' && value[1] != 'X') return std::nullopt;
    base = 16;
    value.remove_prefix(2);
  }
  std::uint64_t number = 0;
  const char* end = value.data() + value.size();
  const auto parsed = std::from_chars(value.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

std::optional<bool> parse_boolean(std::string_view value) {
  if (value == "Yes") return true;
  if (value == "No") return false;
  return std::nullopt;
}

// The number of items is bounded by the value's length, which parse_pair() has checked.
std::vector<std::string_view> split_list(std::string_view value) {
  std::vector<std::string_view> items;
  for (;;) {
    const std::size_t comma = value.find(',');
    items.push_back(value.substr(0, comma));
    if (comma == std::string_view::npos) return items;
    value.remove_prefix(comma + 1);
  }
}

}  // namespace lungate::iscsi
