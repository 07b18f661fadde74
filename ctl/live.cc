// SPDX-License-Identifier: LGPL-2.1-or-later

// The live page of `top`: readings in their own rhythm, keys and sizes at once. A key draws the
// page again out of the readings that there are: a reading per key would be an interval of
// milliseconds, with rates of noise.
#include "ctl/live.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <ostream>

#include "ctl/history.h"
#include "ctl/screen.h"
#include "ctl/top.h"
#include "ctl/top_view.h"

namespace lungate::ctl {
namespace {

using std::chrono::milliseconds;
using telemetry::Reader;
using telemetry::ReadError;
using telemetry::Snapshot;

/// What the command line says; else the busiest first: who looks at a screen looks for trouble.
TopState first_state(const Options& options) {
  TopState state;
  state.choice = options.top.choice;
  if (!options.top.sorted) state.choice.sort = Sort::kIops;
  return state;
}

/// --ascii is for terminals whose environment promises more than their font has.
bool unicode_wanted(const Options& options) {
  return !options.top.ascii &&
         speaks_utf8(std::getenv("LC_ALL"), std::getenv("LC_CTYPE"), std::getenv("LANG"));
}

/// What has been read and what is shown of it.
class Live {
 public:
  Live(Reader& reader, const Options& options, Snapshot first)
      : reader_(reader),
        unicode_(unicode_wanted(options)),
        state_(first_state(options)),
        last_(std::move(first)) {
    newest_.top = make_top(*last_, *last_);  // no rates yet: it shows what is in flight
    shown_ = newest_;
  }

  // What is missing before (the target was down) makes a page without rates, not an error: the
  // next one has them.
  void read() {
    auto after = reader_.read();
    if (!after) {
      complaint_ = complaint(reader_.path(), after.error());
      last_.reset();
      return;
    }
    complaint_.clear();
    newest_.top = make_top(last_ ? *last_ : *after, *after);
    newest_.history.add(newest_.top);
    if (!state_.paused) shown_ = newest_;
    last_ = *std::move(after);
  }

  // A pause that ends shows what has been read meanwhile at once, trends without a gap.
  /// False: the user wants to end.
  bool press(std::string_view bytes) {
    for (const Key& key : keys_of(bytes)) {
      if (!ctl::press(state_, key)) return false;
    }
    if (!state_.paused) shown_ = newest_;
    return true;
  }

  std::vector<Line> page(Screen::Size size) {
    const PageSize fits{size.columns, size.lines};
    if (!complaint_.empty()) return message_page(complaint_, state_, fits);
    return top_page(shown_.top, state_, shown_.history, fits, unicode_);
  }

 private:
  struct Table {
    Top top;
    History history;
  };

  Reader& reader_;
  bool unicode_;
  TopState state_;
  std::optional<Snapshot> last_;
  Table newest_;
  Table shown_;  // older while paused
  std::string complaint_;
};

milliseconds until(BootTime deadline) {
  return milliseconds((deadline - boot_now()) / 1'000'000);
}

}  // namespace

// The terminal is taken after the first reading, so that a mistake in the command line is told on
// the page where it was made. Readings keep their distance, they do not catch up: after a Ctrl-Z of
// an hour there is one interval of an hour and not 3,600 of nothing.
int run_live(Reader& reader, const Options& options, std::ostream& err) {
  auto first = reader.read();
  if (!first) {
    err << complaint(reader.path(), first.error()) << "\n";
    return 1;
  }
  const milliseconds interval(options.interval_ms);
  Live live(reader, options, *std::move(first));
  Screen screen(STDIN_FILENO, STDOUT_FILENO, wants_colour(std::getenv("NO_COLOR")));
  std::string keys;
  BootTime deadline = boot_now() + interval;
  while (screen.show(live.page(screen.size()))) {
    switch (screen.wait(until(deadline), keys)) {
      case Screen::Event::kEnd:
        return 0;
      case Screen::Event::kResized:
        break;
      case Screen::Event::kKeys:
        if (!live.press(keys)) return 0;
        break;
      case Screen::Event::kTime:
        live.read();
        deadline = boot_now() + interval;
        break;
    }
  }
  return 0;
}

}  // namespace lungate::ctl
