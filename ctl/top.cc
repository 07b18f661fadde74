// SPDX-License-Identifier: LGPL-2.1-or-later

// `lungate top`: reads the segment, not the target, so it works while the target hangs, and that is
// when it is needed. The main thread reads, computes (top_rows.cc), draws (screen.cc) and waits. A
// segment that is not there, damaged or of another version is a sentence with the fault's name;
// once the table is running, it is shown in its place until the target comes back.
#include "ctl/top.h"

#include <unistd.h>

#include <ostream>

#include "ctl/json.h"
#include "ctl/places.h"
#include "ctl/screen.h"
#include "ctl/top_view.h"
#include "telemetry/reader.h"

namespace lungate::ctl {
namespace {

using telemetry::Fault;
using telemetry::Reader;
using telemetry::ReadError;
using telemetry::Snapshot;

/// That nobody runs there is the usual reason, and worth plain words.
std::string complaint(const std::string& path, const ReadError& error) {
  const bool down = error.fault == Fault::kAbsent || error.fault == Fault::kStopped ||
                    error.fault == Fault::kDead || error.fault == Fault::kStarting;
  return std::string(down ? "lungate-target is not running: " : "cannot read ") + "segment " +
         path + " is " + std::string(error.name()) +
         (error.detail.empty() ? "" : ": " + error.detail);
}

// By name and uncut, for who keeps it: rows stay where they were in the last one.
std::string once_text(const Top& top, bool json) {
  if (json) return top_json(top);
  std::string out;
  for (const std::string& line : top_lines(top, 0)) out += line + "\n";
  return out;
}

/// Two readings, one table.
int run_once(Reader& reader, const Options& options, std::ostream& out, std::ostream& err) {
  const auto before = reader.read();
  if (before) ::usleep(options.interval_ms * 1000);
  const auto after = before ? reader.read() : before;
  if (!after) {
    err << complaint(reader.path(), after.error()) << "\n";
    return 1;
  }
  out << once_text(make_top(*before, *after), options.json);
  return 0;
}

// What `before` lacks (the target was down) makes a page without rates, not an error: the next one
// has them.
std::vector<std::string> page(const Result<Snapshot, ReadError>& before,
                              const Result<Snapshot, ReadError>& after, const std::string& path,
                              std::size_t height) {
  if (!after) return {complaint(path, after.error())};
  // The first page after a start has no rates yet: it shows what is in flight.
  Top top = make_top(before ? *before : *after, *after);
  sort_busiest_first(top);
  return top_lines(top, height);
}

/// Until the user ends it. A target that is not there at the beginning is a mistake; one that
/// stops or starts later is only news.
int run_live(Reader& reader, const Options& options, std::ostream& err) {
  Result<Snapshot, ReadError> before = reader.read();
  if (!before) {
    err << complaint(reader.path(), before.error()) << "\n";
    return 1;
  }
  Result<Snapshot, ReadError> after = before;
  Screen screen(STDOUT_FILENO);
  while (screen.show(page(before, after, reader.path(), screen.height())) &&
         screen.wait(std::chrono::milliseconds(options.interval_ms))) {
    before = std::move(after);
    after = reader.read();
  }
  return 0;
}

}  // namespace

// Never asks the control socket: see the head.
int run_top(const Options& options, std::ostream& out, std::ostream& err) {
  const auto path = segment(options);
  if (!path) {
    err << path.error().message << "\n";
    return path.error().exit_code;
  }
  Reader reader(*path);
  if (options.once || options.json) return run_once(reader, options, out, err);
  return run_live(reader, options, err);
}

}  // namespace lungate::ctl
