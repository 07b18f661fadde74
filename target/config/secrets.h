// SPDX-License-Identifier: LGPL-2.1-or-later

// The secrets of a Config that stand in files of their own. Apart from parsing, which opens nothing
// but the text: `lungate check` reads a text where its secrets are not, and must not be.
#pragma once

#include "config/parse.h"

namespace lungate::config {

/// Reads every `secret_file` and `mutual_secret_file` into its place. Blocks on the disk.
///
/// A file holds the secret and nothing else; one newline at its end is no part of it. It must be a
/// regular file that nobody but its owner may read or write, and its content keeps the rules of
/// `secret` in a text. Afterwards no secret proves both sides, wherever it came from.
///
/// Every error names the file, the key and whose it is, and shows nothing of the content. After an
/// error the Config is not to be used.
Result<void, Errors> load_secrets(Config& config);

/// parse_file() and load_secrets(): what a gateway serves by. Blocks on the disk.
Result<Config, Errors> parse_with_secrets(const std::string& path,
                                          const ReadGroup& read_group = {});

/// Whether the text itself has a secret in it. Asked of a Config as parse_text() gives it, before
/// load_secrets().
bool has_secrets_in_text(const Config& config);

}  // namespace lungate::config
