// SPDX-License-Identifier: LGPL-2.1-or-later

// The only file that knows spdlog: it takes whole lines, adds the time and writes them.
#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/log_format.h"

namespace lungate::log {
namespace {

/// True when stderr is the stream that systemd connected to the journal: the variable survives
/// into processes whose stderr is something else, so its device and inode are compared.
bool stderr_is_the_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat st {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &st) != 0) return false;
  return stream == std::to_string(st.st_dev) + ":" + std::to_string(st.st_ino);
}

/// The process has one log, as it has one stderr: the one place with state of its own.
class Log {
 public:
  Log() { set_journal(false); }

  void set_journal(bool journal) {
    journal_.store(journal, std::memory_order_relaxed);
    sink_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%fZ %v", spdlog::pattern_time_type::utc, "\n"));
  }

  void write(Level level, std::string_view tag, std::string_view event, Fields fields) {
    const auto suppressed = rate_.admit(tag, event, boot_now());
    if (!suppressed) return;
    std::string line = format(level, tag, event, fields, *suppressed);
    if (journal_.load(std::memory_order_relaxed)) line.insert(0, journal_prefix(level));
    sink_.log(spdlog::details::log_msg("", spdlog::level::info, line));
  }

  std::atomic<Level> threshold{Level::kInfo};

 private:
  std::atomic<bool> journal_{false};
  RateLimit rate_;
  spdlog::sinks::stderr_sink_mt sink_;  // it has a lock of its own and flushes each line
};

Log& the_log() {
  static Log* const log = new Log;  // never destroyed: what ends last may still have to say so
  return *log;
}

}  // namespace

void set_level(Level level) noexcept {
  the_log().threshold.store(level, std::memory_order_relaxed);
}

Level level() noexcept {
  return the_log().threshold.load(std::memory_order_relaxed);
}

void start() {
  the_log().set_journal(stderr_is_the_journal());
}

void write(Level level, std::string_view tag, std::string_view event, Fields fields) {
  Log& log = the_log();
  if (level < log.threshold.load(std::memory_order_relaxed)) return;
  try {
    log.write(level, tag, event, fields);
  } catch (const std::exception&) {
    // A line that cannot be written (stderr is gone, no memory) is lost; nobody's I/O is.
  }
}

}  // namespace lungate::log
