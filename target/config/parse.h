// SPDX-License-Identifier: LGPL-2.1-or-later

// TOML text to a Config, or to every error that the text has. Reads at most one file and looks
// nothing up: whether an image exists or an address is ours is for later, and takes no text down.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/config.h"

namespace lungate::config {

/// One mistake of a text. Fit to be shown as it is: what it quotes of the text is escaped and cut.
struct Error {
  std::string file;
  std::uint32_t line = 0;    // from 1; 0: the error has no place in the text (the file is missing)
  std::uint32_t column = 0;  // from 1, counted in bytes
  std::string message;       // what is wrong, one line, peer text escaped
  std::string hint;          // what would be right: "did you mean 'portals'?"; may be empty

  bool operator==(const Error&) const = default;
};
using Errors = std::vector<Error>;

/// A text, and what errors call it.
struct Source {
  std::string_view text;
  std::string_view file;
};

/// "gw.toml:12:3: error: unknown key 'portal' in [[portal_group]] (did you mean 'portals'?)"
std::string to_string(const Error& error);

/// `own` has what is a gateway's own, `group` what all gateways of a group share; a table in the
/// wrong one of them is an error. Else as parse_text().
Result<Config, Errors> parse_texts(const Source& own, const Source& group);

/// `file` only names the text in errors. Errors come in the order of the text, at most
/// limits::kConfigErrorsMax of them. Never throws, whatever the text.
Result<Config, Errors> parse_text(std::string_view text, std::string_view file);

/// Reads a group's text that is no file. Given the gateway's own tables, which say where it is and
/// how to get there; the error is for people, in one line. May block.
using ReadGroup = std::function<Result<std::string, std::string>(const Config& own)>;

/// With the text that its `group` names, if it names one: a file, or what `read_group` finds. A
/// file that cannot be read, is a directory or is larger than limits::kConfigBytesMax is an Error
/// without a line, and so is one that has secrets in it and a mode that lets everybody at it.
/// Blocks on the disk.
Result<Config, Errors> parse_file(const std::string& path, const ReadGroup& read_group = {});

/// The same for those who ask where a gateway's own things are: of a file that names a `group` this
/// text alone, and what the group shares has its defaults. Blocks on the disk.
Result<Config, Errors> parse_own_file(const std::string& path);

}  // namespace lungate::config
