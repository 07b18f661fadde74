// SPDX-License-Identifier: LGPL-2.1-or-later
// A valid configuration, of which a test replaces or adds one line at a time:
//
//   Text().with("[gateway]", "loops = 9").parse()
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/parse.h"

namespace lungate::config {

class Text {
 public:
  Text()
      : blocks_{{"[gateway]", {"name = \"gw-a\""}},
                {"[ceph]", {}},
                {"[telemetry]", {}},
                {"[log]", {}},
                {"[exporter]", {}},
                {"[iscsi]", {}},
                {"[[portal_group]]", {"tag = 1", "portals = [\"127.0.0.1:3260\"]"}},
                {"[[target]]", {"iqn = \"iqn.2026-11.io.lungate:store\""}},
                {"[[target.lun]]", {"id = 0", "file = \"/srv/a.img\""}},
                {"[[target.initiator]]", {"iqn = \"iqn.1994-05.com.redhat:client\""}}} {}

  /// Puts `line` into the table; a line with the same key is replaced. Keys that exclude each other
  /// (file, image, null) are taken out of the way by without().
  Text with(std::string_view table, std::string_view line) const {
    Text copy = *this;
    const std::string key(line.substr(0, line.find(" =") + 2));
    copy.erase(table, key);
    copy.lines(table).emplace_back(line);
    return copy;
  }
  Text without(std::string_view table, std::string_view key) const {
    Text copy = *this;
    copy.erase(table, std::string(key) + " =");
    return copy;
  }

  std::string text() const {
    std::string out;
    for (const auto& [header, lines] : blocks_) {
      out += header + "\n";
      for (const std::string& line : lines) out += line + "\n";
    }
    return out;
  }

  Result<Config, Errors> parse() const { return parse_text(text(), "t.toml"); }

  /// All errors as the operator sees them; empty when the text is good.
  std::string errors() const;

 private:
  std::vector<std::string>& lines(std::string_view table) {
    for (auto& [header, lines] : blocks_) {
      if (header == table) return lines;
    }
    return blocks_.emplace_back(std::string(table), std::vector<std::string>{}).second;
  }
  void erase(std::string_view table, const std::string& key) {
    std::erase_if(lines(table), [&](const std::string& line) { return line.starts_with(key); });
  }

  std::vector<std::pair<std::string, std::vector<std::string>>> blocks_;
};

inline std::string errors_of(const Result<Config, Errors>& result) {
  std::string out;
  if (result) return out;
  for (const Error& error : result.error()) out += to_string(error) + "\n";
  return out;
}

inline std::string Text::errors() const {
  return errors_of(parse());
}

}  // namespace lungate::config
