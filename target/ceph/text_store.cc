// SPDX-License-Identifier: LGPL-2.1-or-later

// Versions of a text in an omap. Everything that changes is one compare-and-swap of librados
// (Pool::change), so there is no lock that somebody could die with. What others have written into
// the object is data: it is decoded or refused, and never trusted to be whole.
#include "ceph/text_store.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "base/check.h"
#include "base/limits.h"

namespace lungate::ceph {
namespace {

constexpr const char* kCurrent = "current";

// With zeros before it, so that the order of the keys is that of the versions.
std::string key_of(std::uint64_t number) {
  std::array<char, 24> key{};
  std::snprintf(key.data(), key.size(), "v%020llu", static_cast<unsigned long long>(number));
  return key.data();
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

/// The line up to its end, which is taken off too.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

Error not_ours(const std::string& object) {
  return {Cause::kUnfit, 0, "object " + object + " holds no text of a group"};
}

}  // namespace

std::string encode(const TextVersion& version) {
  return "time " + std::to_string(version.unix_s) + "\nauthor " + version.author + "\n\n" +
         version.text;
}

// Lines of other keys are skipped: a newer release may write some.
std::optional<TextVersion> decode_text_version(std::uint64_t number, std::string_view value) {
  TextVersion version;
  version.number = number;
  bool has_time = false;
  while (true) {
    if (value.empty()) return {};  // no empty line: cut off
    const std::string_view line = take_line(value);
    if (line.empty()) break;
    const std::size_t blank = line.find(' ');
    if (blank == line.npos) return {};
    const std::string_view key = line.substr(0, blank);
    if (key == "author") version.author = line.substr(blank + 1);
    if (key != "time") continue;
    const auto time = number_of(line.substr(blank + 1));
    if (!time) return {};
    version.unix_s = *time;
    has_time = true;
  }
  if (!has_time || value.size() > limits::kConfigBytesMax) return {};
  version.text = value;
  return version;
}

Result<std::optional<TextVersion>, Error> TextStore::current() {
  const auto current = pool_.get(object_, kCurrent);
  if (!current) return err(current.error());
  if (!*current) return std::optional<TextVersion>{};
  const auto number = number_of(**current);
  if (!number) return err(not_ours(object_));
  auto found = version(*number);
  // In between, kTextVersionsMax others would have to be stored.
  if (found && !*found) return err(not_ours(object_));
  return found;
}

Result<std::optional<TextVersion>, Error> TextStore::version(std::uint64_t number) {
  const auto value = pool_.get(object_, key_of(number));
  if (!value) return err(value.error());
  if (!*value) return std::optional<TextVersion>{};
  auto version = decode_text_version(number, **value);
  if (!version) return err(not_ours(object_));
  return version;
}

Result<std::vector<TextVersion>, Error> TextStore::history() {
  const auto entries = pool_.list(object_, limits::kTextVersionsMax + 1);  // and "current"
  if (!entries) return err(entries.error());
  std::vector<TextVersion> versions;
  for (auto entry = entries->rbegin(); entry != entries->rend(); ++entry) {
    const auto& [key, value] = *entry;
    if (!key.starts_with('v')) continue;
    const auto number = number_of(std::string_view(key).substr(1));
    auto version = number ? decode_text_version(*number, value) : std::nullopt;
    if (!version) return err(not_ours(object_));
    versions.push_back(std::move(*version));
  }
  return versions;
}

Result<bool, Error> TextStore::put(const TextVersion& next) {
  check(next.number > 0 && next.text.size() <= limits::kConfigBytesMax &&
            next.author.find('\n') == std::string::npos,
        "a version that can be read again");
  Pool::Change change;
  change.key = kCurrent;
  if (next.number > 1) change.expected = std::to_string(next.number - 1);
  change.set = {{kCurrent, std::to_string(next.number)}, {key_of(next.number), encode(next)}};
  if (next.number > limits::kTextVersionsMax)
    change.remove = {key_of(next.number - limits::kTextVersionsMax)};
  return pool_.change(object_, change);
}

}  // namespace lungate::ceph
