// SPDX-License-Identifier: LGPL-2.1-or-later

// `lungate top`: reads the segment, not the target, so it works while the target hangs, and that is
// when it is needed. Here are its forms for pipes; live.cc has the one for people. A segment that
// is not there, damaged or of another version is a sentence with the fault's name.
#include "ctl/top.h"

#include <unistd.h>

#include <cstdlib>
#include <ostream>

#include "ctl/json.h"
#include "ctl/live.h"
#include "ctl/places.h"
#include "ctl/screen.h"
#include "ctl/top_choice.h"
#include "ctl/top_view.h"
#include "telemetry/reader.h"

namespace lungate::ctl {
namespace {

using telemetry::Fault;
using telemetry::Reader;
using telemetry::ReadError;

// By name and uncut, for who keeps it: rows stay where they were in the last one. The objects of a
// batch are a line each, so that a reader knows where one ends.
std::string reading_text(const Top& top, const Options& options) {
  if (options.json) return top_json(top, options.top.choice, options.top.batch);
  std::string out;
  for (const std::string& line : top_lines(top, options.top.choice)) out += line + "\n";
  return options.once ? out : out + "\n";
}

/// Each reading against the one before it; `count` 0: until the reader goes away.
int run_readings(Reader& reader, const Options& options, std::uint64_t count, std::ostream& out,
                 std::ostream& err) {
  auto before = reader.read();
  for (std::uint64_t n = 0; before && out && (count == 0 || n < count); ++n) {
    ::usleep(options.interval_ms * 1000);
    auto after = reader.read();
    if (after) out << reading_text(make_top(*before, *after), options) << std::flush;
    before = std::move(after);
  }
  if (before) return 0;
  return tell({1, complaint(reader.path(), before.error())}, err);
}

}  // namespace

// That nobody runs there is the usual reason, and worth plain words.
std::string complaint(const std::string& path, const ReadError& error) {
  const bool down = error.fault == Fault::kAbsent || error.fault == Fault::kStopped ||
                    error.fault == Fault::kDead || error.fault == Fault::kStarting;
  return std::string(down ? "lungate-target is not running: " : "cannot read ") + "segment " +
         path + " is " + std::string(error.name()) +
         (error.detail.empty() ? "" : ": " + error.detail);
}

// Never asks the control socket: see the head. What is no terminal gets a batch without an end, as
// ever: `lungate top | tee log` is what people type.
int run_top(const Options& options, std::ostream& out, std::ostream& err) {
  auto opened = open_segment(options);
  if (!opened) return tell(opened.error(), err);
  Reader& reader = *opened;
  const bool live = ::isatty(STDOUT_FILENO) == 1 && understands_escapes(std::getenv("TERM"));
  if (options.once) return run_readings(reader, options, 1, out, err);
  if (options.top.batch) return run_readings(reader, options, options.top.count, out, err);
  if (options.json) return run_readings(reader, options, 1, out, err);
  if (!live) return run_readings(reader, options, 0, out, err);
  return run_live(reader, options, err);
}

}  // namespace lungate::ctl
