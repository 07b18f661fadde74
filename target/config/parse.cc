// SPDX-License-Identifier: LGPL-2.1-or-later

// From a file or a text to a Config: the one door of this room. main and `lungate check` call it at
// a start, control at a reload, in each case on a thread that may block on the disk. The steps are
// a pipe, and each may rely on the one before:
//
// scan       size, depth, UTF-8: what the TOML library could not survive
// Document   syntax: one error at most, for behind it nothing has a meaning
// places     of two texts, each table is in the one that it belongs to
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

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>

#include "base/fd.h"
#include "config/names.h"
#include "config/reader.h"
#include "config/rules.h"
#include "config/scan.h"
#include "config/schema.h"
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

struct File {
  std::string text;
  mode_t mode = 0;
};

/// At most one byte more than is allowed: then scan() says that it is too much.
Result<std::string, std::string> read_all(int fd) {
  std::string text(limits::kConfigBytesMax + 1, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return err("cannot be read: " + error_text(errno));
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

// O_NONBLOCK: opening a FIFO must not hang the gateway's start or, worse, its reload.
Result<File, std::string> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return err("cannot be opened: " + error_text(errno));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return err(std::string("is not a regular file"));
  auto text = read_all(fd.get());
  if (!text) return err(std::move(text.error()));
  return File{std::move(*text), status.st_mode};
}

/// What `group` says; empty if it says nothing, or nothing that could be used: then the text's own
/// errors tell why.
std::string group_of(std::string_view text, std::string_view file) {
  if (!scan(text, file).empty()) return {};
  const auto document = Document::parse(text, file);
  if (!document) return {};
  const Node* gateway = find(document->root(), "gateway");
  const Node* group = gateway == nullptr ? nullptr : find(*gateway, "group");
  if (group == nullptr || group->kind != Kind::kText || check_group(group->text)) return {};
  return group->text;
}

/// What is read: a text, or a gateway's own and behind it its group's.
struct Reading {
  std::span<const Source> sources;
  const Table& table = root_table();
  std::string_view group_file{};  // empty: all is in one text
};

/// Where texts are shared, each table is where it belongs. Who changes one gateway's file must not
/// change what the group serves, and the group's text cannot name one gateway's socket.
void check_places(const Document& document, const Reading& reading, Report& report) {
  if (reading.group_file.empty()) return;
  for (const Member& member : document.root().members) {
    const auto row = std::ranges::find(root_table().keys, member.key, &Key::name);
    if (row == root_table().keys.end()) continue;  // read_table() will say so
    const bool in_own = document.position(member.value).text == 0;
    if (in_own == row->is_own) continue;
    const std::string_view home = row->is_own ? reading.sources[0].file : reading.group_file;
    report.at_key(member,
                  quote(member.key) + (row->is_own ? " is a gateway's own" : " is the group's"),
                  "it belongs in " + std::string(home));
  }
}

/// The steps from `scan` on.
Result<Config, Errors> parse(const Reading& reading) {
  for (const Source& source : reading.sources)
    if (Errors errors = scan(source.text, source.file); !errors.empty())
      return err(std::move(errors));
  const auto document = Document::parse(reading.sources);
  if (!document) return err(document.error());
  Report report(*document);
  check_places(*document, reading, report);
  if (report.count() > 0) return err(report.take());  // a table may be there twice
  Config config;
  read_table(document->root(), reading.table, &config, report);
  // Rules see the text's order (so that they can point into it), and defaults filled in.
  complete(config);
  check_rules(config, report);
  if (report.count() > 0) return err(report.take());
  sort(config);
  return config;
}

Result<Config, Errors> parse_own(const Source& own, std::string_view place) {
  return parse({.sources = std::span(&own, 1), .table = own_table(), .group_file = place});
}

/// Nobody but those whom the cluster lets read it can, so it may have secrets in it. A gateway's
/// own text that is wrong is told of when both are read.
Result<File, std::string> read_object(const Source& own, std::string_view place,
                                      const ReadGroup& read_group) {
  if (!read_group) return err(std::string("cannot be read by this program"));
  const auto config = parse_own(own, place);
  if (!config) return File{};
  auto text = read_group(*config);
  if (!text) return err(std::move(text.error()));
  return File{std::move(*text), 0};
}

/// `file` is the one that may have secrets in it.
Result<Config, Errors> checked(Result<Config, Errors> config, const File& file,
                               const std::string& path) {
  if (!config || (file.mode & S_IRWXO) == 0 || !has_secrets_in_text(*config)) return config;
  Errors errors = without_place(path, "has secrets in it and is open to everybody");
  errors[0].hint = "chmod o= the file, or name a 'secret_file'";
  return err(std::move(errors));
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
  const Source source{text, file};
  return parse({.sources = std::span(&source, 1)});
}

Result<Config, Errors> parse_texts(const Source& own, const Source& group) {
  const std::array<Source, 2> sources{own, group};
  return parse({.sources = sources, .group_file = group.file});
}

Result<Config, Errors> parse_file(const std::string& path, const ReadGroup& read_group) {
  const auto own = read_file(path);
  if (!own) return err(without_place(path, own.error()));
  const std::string place = group_of(own->text, path);
  if (place.empty()) return checked(parse_text(own->text, path), *own, path);
  const auto group = parse_group_object(place) ? read_object({own->text, path}, place, read_group)
                                               : read_file(place);
  if (!group) return err(without_place(place, group.error() + " ('group' of " + path + ")"));
  return checked(parse_texts({own->text, path}, {group->text, place}), *group, place);
}

Result<Config, Errors> parse_own_file(const std::string& path) {
  const auto own = read_file(path);
  if (!own) return err(without_place(path, own.error()));
  const std::string place = group_of(own->text, path);
  if (place.empty()) return checked(parse_text(own->text, path), *own, path);
  return parse_own({own->text, path}, place);
}

}  // namespace lungate::config
