// SPDX-License-Identifier: LGPL-2.1-or-later

// `lungate slowlog`: which I/O was slow, when, for whom, and where its time went. Reads the segment
// alone, like `top`, and also one whose target is dead: what it did last is worth most then.
#include "ctl/slowlog.h"

#include <unistd.h>

#include <ostream>

#include "ctl/json.h"
#include "ctl/places.h"
#include "ctl/slow_view.h"
#include "ctl/top.h"
#include "telemetry/reader.h"

namespace lungate::ctl {
namespace {

using telemetry::Reader;
using telemetry::ReadError;
using telemetry::Snapshot;
using telemetry::Want;

Clocks now() {
  return {boot_now(), wall_now_ns()};
}

std::string death(const std::string& path, const Snapshot& snapshot) {
  return std::string("lungate-target is not running: it has ") +
         (snapshot.stopping ? "ended" : "died") + ", this is what it has left in " + path + "\n";
}

/// A filter that leaves nothing does not clear a disk: the ring may be full of others' I/O.
std::string nothing(std::size_t recorded) {
  if (recorded == 0) return "no slow I/O is recorded\n";
  return "no slow I/O that was asked for; the ring has " + std::to_string(recorded) +
         " of others, and forgets the oldest first\n";
}

/// One reading. What is only said to people goes to `err`: a pipe gets rows or nothing.
int print(const Snapshot& snapshot, const std::string& path, const Options& options,
          std::ostream& out, std::ostream& err) {
  if (!snapshot.alive) err << death(path, snapshot);
  const auto all = slow_rows(snapshot, now());
  const auto rows = chosen(all, options.slowlog.choice);
  if (options.json) {
    out << slowlog_json(snapshot, rows);
  } else if (rows.empty()) {
    err << nothing(all.size());
  } else {
    out << SlowTable().text(rows);
  }
  return 0;
}

/// Readings until nobody takes them. News of the target goes to `err`, each once.
class Follower {
 public:
  Follower(const Options& options, std::ostream& out, std::ostream& err)
      : choice_(options.slowlog.choice), json_(options.json), out_(out), err_(err) {}

  // --count is of the first reading: how much of the past is wanted.
  void take(const std::string& path, Snapshot snapshot) {
    tell(snapshot.alive ? "" : death(path, snapshot));
    const auto rows = chosen(slow_rows(unseen_.of(std::move(snapshot)), now()), choice_);
    choice_.count = 0;
    if (json_) {
      for (const SlowRow& row : rows) out_ << slow_line(row);
    } else {
      out_ << table_.text(rows);
    }
    out_ << std::flush;
  }
  void miss(const std::string& path, const ReadError& error) {
    tell(complaint(path, error) + "\n");
  }

 private:
  void tell(const std::string& news) {
    if (news != told_) err_ << news << std::flush;
    told_ = news;
  }

  SlowChoice choice_;
  bool json_;
  std::ostream& out_;
  std::ostream& err_;
  Unseen unseen_;
  SlowTable table_;
  std::string told_;
};

// A target that ends is waited for: its successor writes into a new segment, which the reader
// finds, and what the old one did last has been shown before.
int follow(Reader& reader, Snapshot first, const Options& options, std::ostream& out,
           std::ostream& err) {
  Follower follower(options, out, err);
  follower.take(reader.path(), std::move(first));
  while (out) {
    ::usleep(options.interval_ms * 1000);
    auto snapshot = reader.read(Want::kAny);
    if (snapshot) {
      follower.take(reader.path(), *std::move(snapshot));
    } else {
      follower.miss(reader.path(), snapshot.error());
    }
  }
  return 0;
}

}  // namespace

// No terminal is taken, not even to follow: lines go where the shell puts them.
int run_slowlog(const Options& options, std::ostream& out, std::ostream& err) {
  auto opened = open_segment(options);
  if (!opened) return tell(opened.error(), err);
  Reader& reader = *opened;
  auto snapshot = reader.read(Want::kAny);
  if (!snapshot) {
    return tell({1, complaint(reader.path(), snapshot.error())}, err);
  }
  if (options.slowlog.follow) return follow(reader, *std::move(snapshot), options, out, err);
  return print(*snapshot, reader.path(), options, out, err);
}

}  // namespace lungate::ctl
