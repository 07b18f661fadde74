// SPDX-License-Identifier: LGPL-2.1-or-later

// The command line. main() calls it once, before anything is opened. Whatever is wrong with it is
// told by CLI11 in its own words and ends with EX_USAGE; numbers and levels are checked here where
// the library is more generous than we can be. No option reads a file or a socket yet: places.cc
// does that with what was given.
#include "ctl/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <sstream>

namespace lungate::ctl {
namespace {

std::string level_or_complaint(const std::string& text) {
  log::Level level{};
  return log::parse_level(text, level) ? "" : "a level is debug, info, warn or error";
}

/// CLI11 takes "-1" and "99999999999999999999" for numbers, and "010" for eight.
bool parse_session(const std::string& text, std::uint64_t& out) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end;
}
std::string session_or_complaint(const std::string& text) {
  std::uint64_t session = 0;
  return parse_session(text, session) ? "" : "an ID is a number, as `lungate sessions` lists it";
}

// The same for every command, and allowed on either side of its word: operators put options where
// they think of them.
void add_places(CLI::App& app, Options& options) {
  app.add_option("--config", options.config,
                 "the gateway's configuration (default: the only *.toml in /etc/lungate)");
  app.add_option("--socket", options.socket, "its control socket (default: from --config)");
  app.add_option("--segment", options.segment, "its telemetry segment (default: from --config)");
  app.add_flag("--json", options.json, "JSON instead of text");
}

// Every command is a subcommand that sets one enumerator; `fallthrough` lets the common options
// stand behind it.
CLI::App* add(CLI::App& app, Options& options, Command command, const char* name,
              const char* help) {
  CLI::App* sub = app.add_subcommand(name, help);
  sub->fallthrough();
  // CLI11 calls back the outer command last: a word that follows it has had its say.
  sub->callback([&options, command, sub] {
    if (sub->get_subcommands().empty()) options.command = command;
  });
  return sub;
}

// --print with --online would put a configuration and another program's report on one stdout.
void add_check(CLI::App& app, Options& options) {
  CLI::App* check = add(app, options, Command::kCheck, "check",
                        "validate a configuration: exit 0, or 2 with every error at its line");
  check->add_option("FILE", options.config, "the configuration (default: as --config)");
  check->add_flag("--print", options.print, "print what is in force, defaults included");
  check->add_flag("--keys", options.keys, "print every key with its range and default");
  check
      ->add_flag(
          "--online", options.online,
          "also look at every store, changing none (runs lungate-target --check-online FILE)")
      ->excludes("--print");
}

// A word of its own for the list, so that `sessions` can grow verbs without changing what it means
// alone.
void add_sessions(CLI::App& app, Options& options) {
  CLI::App* sessions =
      add(app, options, Command::kSessions, "sessions", "list sessions, or end one");
  sessions->require_subcommand(0, 1);
  CLI::App* list = add(*sessions, options, Command::kSessions, "list", "list them (the default)");
  list->add_flag("--parameters", options.parameters, "with the negotiated keys");
  CLI::App* disconnect = add(*sessions, options, Command::kDisconnect, "disconnect",
                             "close a session; its initiator may log in again");
  disconnect
      ->add_option_function<std::string>(
          "ID", [&options](const std::string& text) { parse_session(text, options.session); },
          "as listed")
      ->required()
      ->check(session_or_complaint);
}

// Faster than ten times a second nobody reads; slower than once an hour is a mistake of units.
CLI::Option* add_interval(CLI::App* to, Options& options) {
  return to
      ->add_option_function<double>(
          "--interval",
          [&options](double seconds) {
            options.interval_ms = static_cast<std::uint32_t>(seconds * 1000);
          },
          "seconds between readings (default: 1)")
      ->check(CLI::Range(0.1, 3600.0));
}

/// One word of a list. The list is of an enum's names, in its order.
template <class Enum, std::size_t kCount>
CLI::Option* add_word(CLI::App* to, const char* name, Enum& value,
                      const std::array<std::string_view, kCount>& words, const char* help) {
  const std::vector<std::string> list(words.begin(), words.end());
  return to
      ->add_option_function<std::string>(
          name,
          [&value, list](const std::string& word) {
            value = static_cast<Enum>(std::ranges::find(list, word) - list.begin());
          },
          help)
      ->check(CLI::IsMember(list));
}

// --once is older than --batch and stays: one table without the empty line behind it. A count alone
// would be a live page that vanishes.
void add_top(CLI::App& app, Options& options) {
  CLI::App* top = add(app, options, Command::kTop, "top",
                      "live table of what each LUN, or each initiator, does");
  TopOptions& of = options.top;
  CLI::Option* once = top->add_flag("--once", options.once, "print one table and end");
  CLI::Option* batch =
      top->add_flag("--batch", of.batch, "print a table (--json: a line) per reading")
          ->excludes(once);
  top->add_option("--count", of.count, "readings of a batch (default: until it is ended)")
      ->check(CLI::PositiveNumber)
      ->needs(batch);
  add_interval(top, options);
  add_word(top, "--by", of.choice.by, kByNames, "what a row is: a LUN, an initiator, or both");
  CLI::Option* sort = add_word(top, "--sort", of.choice.sort, kSortNames,
                               "largest first (default: iops when live, else name)");
  sort->each([&of](const std::string&) { of.sorted = true; });
  top->add_flag("--reverse", of.choice.reversed, "smallest first");
  top->add_option("--filter", of.choice.filter, "rows that contain this text");
  top->add_flag("--ascii", of.ascii, "no characters beyond ASCII (default: by the locale)");
}

// What is followed comes in the order in which it happens; only what is there can be sorted.
void add_slowlog(CLI::App& app, Options& options) {
  CLI::App* slowlog = add(app, options, Command::kSlowlog, "slowlog",
                          "the slowest and the stuck I/O, newest last; also of a dead target");
  SlowlogOptions& of = options.slowlog;
  CLI::Option* follow =
      slowlog->add_flag("--follow,-f", of.follow, "go on with what is recorded from now on");
  slowlog->add_option("--count,-n", of.choice.count, "the last so many only")
      ->check(CLI::PositiveNumber);
  add_interval(slowlog, options)->needs(follow);
  add_word(slowlog, "--sort", of.choice.sort, kSlowSortNames, "the last is the newest, or longest")
      ->excludes(follow);
  slowlog->add_option("--lun", of.choice.lun, "of this LUN: TARGET/LUN, LUN, or part of TARGET");
  slowlog->add_option("--initiator", of.choice.initiator, "of initiators whose name contains this");
}

}  // namespace

// CLI11 throws for help as for mistakes; here both become a Stop with the text that it would have
// printed, and nothing has been written yet.
Result<Options, Stop> parse_options(int argc, const char* const* argv) {
  Options options;
  CLI::App app("lungate: the operator's command of a lungate iSCSI gateway", "lungate");
  app.set_version_flag("--version", LUNGATE_VERSION);
  app.require_subcommand(1);
  add_places(app, options);
  add_check(app, options);
  add(app, options, Command::kStatus, "status", "the gateway, its portals, targets and LUNs");
  add_sessions(app, options);
  std::string level;
  add(app, options, Command::kLogLevel, "log-level", "change what is logged until the next start")
      ->add_option("LEVEL", level, "debug, info, warn or error")
      ->required()
      ->check(level_or_complaint);
  add(app, options, Command::kReload, "reload",
      "read the configuration again and apply what has changed; a wrong one is refused whole");
  add_top(app, options);
  add_slowlog(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream text;
    const int code = app.exit(error, text, text);
    return err(Stop{code == 0 ? 0 : kExitUsage, text.str()});
  }
  if (!level.empty()) log::parse_level(level, options.level);
  return options;
}

}  // namespace lungate::ctl
