// SPDX-License-Identifier: LGPL-2.1-or-later

// iSCSI names (4.2.7): recognised and brought to the one form in which they are compared. Login and
// discovery call it on the lane, with what a stranger sent; config's names have been through its
// own rules. What is no name is a NameError, and the caller knows what that means where it stands
// (a malformed InitiatorName is the initiator's mistake, a malformed TargetName the name of no
// target).
#include "iscsi/names.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/limits.h"

namespace lungate::iscsi {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_name_character(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == ':' || c == '_';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// "yyyy-mm." and the reversed domain name that held in that month (4.2.7.3).
bool is_iqn_body(std::string_view body) {
  constexpr std::string_view kPattern = "dddd-dd.";
  if (body.size() <= kPattern.size()) return false;
  for (std::size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] == 'd' ? !is_digit(body[i]) : body[i] != kPattern[i]) return false;
  }
  const std::string_view month = body.substr(5, 2);
  if (month < "01" || month > "12") return false;
  const char domain = body[kPattern.size()];
  return is_letter(domain) || is_digit(domain);
}

/// An EUI-64 (4.2.7.4).
bool is_eui_body(std::string_view body) {
  return body.size() == 16 && std::all_of(body.begin(), body.end(), is_hex);
}

/// An NAA identifier of 64 or 128 bits (4.2.7.5).
bool is_naa_body(std::string_view body) {
  return (body.size() == 16 || body.size() == 32) && std::all_of(body.begin(), body.end(), is_hex);
}

struct Type {
  std::string_view prefix;
  bool (*body_is_valid)(std::string_view body);
};

constexpr std::array kTypes = {
    Type{"iqn.", is_iqn_body},
    Type{"eui.", is_eui_body},
    Type{"naa.", is_naa_body},
};

}  // namespace

std::string_view name(NameError error) {
  switch (error) {
    case NameError::kEmpty:
      return "empty";
    case NameError::kTooLong:
      return "too_long";
    case NameError::kUnknownType:
      return "unknown_type";
    case NameError::kMalformed:
      return "malformed";
    case NameError::kCharacter:
      return "character";
  }
  return "unknown";
}

Result<std::string, NameError> normalise_name(std::string_view text) {
  if (text.empty()) return err(NameError::kEmpty);
  if (text.size() > limits::kNameBytesMax) return err(NameError::kTooLong);
  std::string normal(text);
  std::transform(normal.begin(), normal.end(), normal.begin(), lower);
  if (!std::all_of(normal.begin(), normal.end(), is_name_character)) {
    return err(NameError::kCharacter);
  }
  for (const Type& type : kTypes) {
    if (normal.compare(0, type.prefix.size(), type.prefix) != 0) continue;
    const bool valid = type.body_is_valid(std::string_view(normal).substr(type.prefix.size()));
    if (!valid) return err(NameError::kMalformed);
    return normal;
  }
  return err(NameError::kUnknownType);
}

}  // namespace lungate::iscsi
