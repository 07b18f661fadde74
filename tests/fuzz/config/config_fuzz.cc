// SPDX-License-Identifier: LGPL-2.1-or-later
// A configuration text: the scan before the parser, the TOML library behind it, our reader, our
// rules. The operator writes it, but so may whoever gets at the file, and a reload must not end a
// gateway that serves.
//
// Whatever the text: no exception, no overflow; either a Config, which printed and read again is
// itself unless it has secrets in it, or errors that are of one line, in order, bounded in number
// and inside the text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "config/dump.h"
#include "config/parse.h"
#include "config/secrets.h"
#include "tests/fuzz/require.h"

namespace {

using namespace lungate;
using namespace lungate::config;
using fuzz::require;

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

void check_errors(const Errors& errors, std::string_view text) {
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  require(!errors.empty() && errors.size() <= limits::kConfigErrorsMax);
  for (const Error& error : errors) {
    require(error.file == "fuzz.toml");
    require(error.line <= lines);
    require(!error.message.empty() && is_one_line(to_string(error)));
  }
}

void check_round_trip(const Config& config) {
  const std::string printed = to_toml(config);
  const auto again = parse_text(printed, "printed");
  if (has_secrets_in_text(config)) return require(!again.has_value());  // their mask is none
  require(again.has_value());
  require(*again == config);
  require(group_hash(*again) == group_hash(config));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_text(text, "fuzz.toml");
  if (config) {
    check_round_trip(*config);
  } else {
    check_errors(config.error(), text);
  }
  return 0;
}
