// SPDX-License-Identifier: LGPL-2.1-or-later

// What each client uses up, and what is done about it: how many connections it has, how long it
// takes, how much of what was made for it waits to be taken. Nothing of HTTP is known here.
#pragma once

#include <sys/socket.h>

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"

namespace lungate::exporter {

/// Who shares one bound: an IPv4 address, or an IPv6 /64, of which one host has all.
std::string source_of(const sockaddr* address);

/// How long a client may take, whatever it does meanwhile.
struct Patience {
  std::chrono::milliseconds headers = limits::kScrapeHeadersTimeout;
  std::chrono::milliseconds exchange = limits::kScrapeExchangeTimeout;
  std::chrono::milliseconds idle = limits::kScrapeIdleTimeout;
  std::chrono::milliseconds look = limits::kScrapeLook;
};

/// One connection. Its fields are guarded by the mutex of its Clients.
struct Client {
  /// In the order of who gives way first.
  enum class Phase { kIdle, kHeaders, kExchange };

  int fd;
  std::string source;
  Phase phase = Phase::kHeaders;
  BootTime since = {};    // of the phase
  std::size_t bytes = 0;  // made for it and not taken yet
  bool dropped = false;   // shut down; it ends as soon as the library sees it
};

/// Thread-safe.
class Clients {
 public:
  using Handle = std::shared_ptr<Client>;

  /// Throws std::system_error when the machine gives no thread.
  explicit Clients(Patience patience = {});
  ~Clients();
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  /// A connection came: where there are too many, another one gives way. `fd` must stay open until
  /// closed(). Throws std::bad_alloc.
  Handle opened(int fd, std::string source);
  void closed(const Handle& client);
  /// Its request's headers are there; and its answer is taken, or given up.
  void begun(const Handle& client);
  void ended(const Handle& client);
  bool is_dropped(const Handle& client) const;
  void drop(const Handle& client);

  /// Whether one more page may be made for its source; room is made where all together hold too
  /// much: those give way that have held theirs for longest.
  bool may_hold_more(const Handle& client);
  void hold(const Handle& client, std::size_t bytes) noexcept;
  void release(const Handle& client, std::size_t bytes) noexcept;

  /// A place among the log-ins that wait; false when its source has all of its own. Throws
  /// std::bad_alloc.
  bool enter_login(const Handle& client);
  void leave_login(const Handle& client) noexcept;

 private:
  std::size_t held_by(const std::string* source) const;
  void make_place(const Handle& newcomer);
  Client* first_to_give_way(const std::string& source, const Client& newcomer) const;
  const std::string& largest_source() const;
  void watch();
  void sweep(BootTime now);

  const Patience patience_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::vector<Handle> clients_;
  std::map<std::string, unsigned> logins_;  // that wait, by source
  bool stopping_ = false;
  std::condition_variable stop_;
  std::thread watcher_;  // last: it uses all of the above
};

}  // namespace lungate::exporter
