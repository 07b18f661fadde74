// SPDX-License-Identifier: LGPL-2.1-or-later
// What a client sends beside the path: the first line is Accept, the second Accept-Encoding, the
// third Authorization, the others collect[].
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/accept.h"
#include "exporter/groups.h"
#include "exporter/users.h"
#include "tests/fuzz/require.h"

namespace {

std::string take_line(std::string_view& text) {
  const std::size_t at = text.find('\n');
  const std::string line(text.substr(0, at));
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lungate::exporter;
  using lungate::fuzz::require;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string accept = take_line(text);
  const bool open = choose_format(accept) == Format::kOpenMetrics;
  require(!open || accept.find('/') != std::string::npos);
  require(choose_format(accept + ",text/plain;version=0.0.4;q=1") == Format::kText);
  const std::string encoding = take_line(text);
  require(!wants_gzip(encoding) || !encoding.empty());
  const std::string authorization = take_line(text);
  if (const auto who = parse_authorization(authorization)) {
    require(who->user.find(':') == std::string::npos);
    require(who->user.size() + who->password.size() < authorization.size());
  }
  std::vector<std::string> names;
  while (!text.empty()) names.push_back(take_line(text));
  const auto groups = parse_groups(names);
  if (groups) {
    require(groups->any());
  } else {
    require(groups.error().size() < 300);
    for (const char c : groups.error()) require(c == '\n' || (c >= ' ' && c <= '~'));
  }
  return 0;
}
