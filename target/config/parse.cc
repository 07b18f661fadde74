// SPDX-License-Identifier: LGPL-2.1-or-later

// From a file or a text to a Config: the one door of this room. main and `lungate check` call it at
// a start, control at a reload, in each case on a thread that may block on the disk. The steps are
// a pipe, and each may rely on the one before:
//
// scan       size, depth, UTF-8: what the TOML library could not survive
// Document   syntax: one error at most, for behind it nothing has a meaning
// read_table types, ranges, unknown keys: every error of every table
// complete   defaults that depend on other keys
// rules      what keys must agree on, where the tables they are in are sound
// sort       the order that config.h promises
//
// All or nothing: with a single error there is no Config, so no reader of one ever asks whether it
// is whole.
#include "config/parse.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/fd.h"
#include "config/reader.h"
#include "config/rules.h"
#include "config/scan.h"
#include "config/secrets.h"

namespace lungate::config {
namespace {

// Line 0 says "the file as such".
Errors without_place(const std::string& path, std::string message) {
  return {{path, 0, 0, std::move(message), ""}};
}

std::string error_text(int error) {
  return std::generic_category().message(error);
}

/// At most one byte more than is allowed: then scan() says that it is too much.
Result<std::string, Errors> read_all(int fd, const std::string& path) {
  std::string text(limits::kConfigBytesMax + 1, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return err(without_place(path, "cannot be read: " + error_text(errno)));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

}  // namespace

// The form that compilers use, so that editors jump to the place.
std::string to_string(const Error& error) {
  std::string out = error.file + ":";
  if (error.line != 0) {
    out += std::to_string(error.line) + ":" + std::to_string(error.column) + ":";
  }
  out += " error: " + error.message;
  return error.hint.empty() ? out : out + " (" + error.hint + ")";
}

Result<Config, Errors> parse_text(std::string_view text, std::string_view file) {
  if (Errors errors = scan(text, file); !errors.empty()) return err(std::move(errors));
  const auto document = Document::parse(text, file);
  if (!document) return err(document.error());
  Report report(*document);
  Config config;
  read_table(document->root(), root_table(), &config, report);
  // Rules see the text's order (so that they can point into it), and defaults filled in.
  complete(config);
  check_rules(config, report);
  if (report.count() > 0) return err(report.take());
  sort(config);
  return config;
}

// O_NONBLOCK: opening a FIFO must not hang the gateway's start or, worse, its reload.
Result<Config, Errors> parse_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return err(without_place(path, "cannot be opened: " + error_text(errno)));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return err(without_place(path, "is not a regular file"));
  }
  auto text = read_all(fd.get(), path);
  if (!text) return err(std::move(text.error()));
  auto config = parse_text(*text, path);
  if (config && (status.st_mode & S_IRWXO) != 0 && has_secrets_in_text(*config)) {
    Errors errors = without_place(path, "has secrets in it and is open to everybody");
    errors[0].hint = "chmod o= the file, or name a 'secret_file'";
    return err(std::move(errors));
  }
  return config;
}

}  // namespace lungate::config
