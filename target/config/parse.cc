// SPDX-License-Identifier: LGPL-2.1-or-later
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

namespace lungate::config {
namespace {

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
  return parse_text(*text, path);
}

}  // namespace lungate::config
