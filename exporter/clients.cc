// SPDX-License-Identifier: LGPL-2.1-or-later

// Bounds per client. The HTTP server's thread tells of connections and requests, the threads for
// pages and log-ins ask; a thread of its own looks for those that take too long.
//
// The library's own timeout is for silence: a byte now and then holds a connection for days. So
// there are deadlines that nothing prolongs. And at a limit it is not the newcomer who is refused,
// or whoever was first would keep all others out: of the source that has the most, the one that
// has been busy for longest gives way. A connection is ended by shutdown(2); the library then
// finds its end and cleans up. closed() takes the mutex before the library closes the descriptor,
// so that no other file has its number while it is shut down here.
#include "exporter/clients.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/thread.h"

namespace lungate::exporter {
namespace {

constexpr std::size_t kPrefixBytes = 8;  // of an IPv6 address: a /64

bool is_over(BootTime since, std::chrono::milliseconds patience, BootTime now) {
  const auto ns = std::chrono::nanoseconds(patience).count();
  return now - since >= static_cast<std::uint64_t>(ns);
}

}  // namespace

// An IPv4 address that came over an IPv6 socket is one all the same: ::ffff:0:0/96 is not one /64.
std::string source_of(const sockaddr* address) {
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) {
    in_addr v4;
    std::memcpy(&v4, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, sizeof v4);
    return std::string(reinterpret_cast<const char*>(&v4), sizeof v4);
  }
  if (address->sa_family != AF_INET6) return {};
  in6_addr v6;
  std::memcpy(&v6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, sizeof v6);
  const char* bytes = reinterpret_cast<const char*>(&v6);
  return IN6_IS_ADDR_V4MAPPED(&v6) ? std::string(bytes + 12, 4) : std::string(bytes, kPrefixBytes);
}

Clients::Clients(Patience patience)
    : patience_(patience), watcher_(start_thread("clients", [this] { watch(); })) {}

Clients::~Clients() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  watcher_.join();
}

Clients::Handle Clients::opened(int fd, std::string source) {
  auto client = std::make_shared<Client>(Client{fd, std::move(source)});
  client->since = boot_now();
  const std::lock_guard lock(mutex_);
  clients_.push_back(client);
  make_place(client);
  return client;
}

void Clients::closed(const Handle& client) {
  const std::lock_guard lock(mutex_);
  std::erase(clients_, client);
}

void Clients::begun(const Handle& client) {
  const std::lock_guard lock(mutex_);
  client->phase = Client::Phase::kExchange;
  client->since = boot_now();
}

void Clients::ended(const Handle& client) {
  const std::lock_guard lock(mutex_);
  client->phase = Client::Phase::kIdle;
  client->since = boot_now();
}

bool Clients::is_dropped(const Handle& client) const {
  const std::lock_guard lock(mutex_);
  return client->dropped;
}

namespace {

// REQUIRES: the mutex is held, and the client is not closed.
void shut_down(Client& client) {
  client.dropped = true;
  ::shutdown(client.fd, SHUT_RDWR);
}

}  // namespace

void Clients::drop(const Handle& client) {
  const std::lock_guard lock(mutex_);
  shut_down(*client);
}

// First its own source pays, then the one that has the most.
void Clients::make_place(const Handle& newcomer) {
  std::size_t all = 0;
  std::size_t own = 0;
  for (const Handle& client : clients_) {
    if (client->dropped) continue;
    ++all;
    if (client->source == newcomer->source) ++own;
  }
  Client* pays = nullptr;
  if (own > limits::kScrapeConnectionsPerAddressMax) {
    pays = first_to_give_way(newcomer->source, *newcomer);
  } else if (all > limits::kScrapeConnectionsMax) {
    pays = first_to_give_way(largest_source(), *newcomer);
  }
  if (pays != nullptr) shut_down(*pays);
}

Client* Clients::first_to_give_way(const std::string& source, const Client& newcomer) const {
  Client* first = nullptr;
  for (const Handle& client : clients_) {
    if (client->dropped || client->source != source || client.get() == &newcomer) continue;
    const auto order = [](const Client& of) { return std::pair(of.phase, of.since.ns); };
    if (first == nullptr || order(*client) < order(*first)) first = client.get();
  }
  return first;
}

// REQUIRES: there are clients. They are few: no table is worth its upkeep.
const std::string& Clients::largest_source() const {
  const auto number_of = [this](const std::string& source) {
    return std::count_if(clients_.begin(), clients_.end(), [&source](const Handle& client) {
      return !client->dropped && client->source == source;
    });
  };
  const Client* largest = clients_.front().get();
  for (const Handle& client : clients_) {
    if (number_of(client->source) > number_of(largest->source)) largest = client.get();
  }
  return largest->source;
}

// Null: all of them. What was dropped goes as soon as the library looks.
std::size_t Clients::held_by(const std::string* source) const {
  std::size_t bytes = 0;
  for (const Handle& client : clients_) {
    const bool counts = source == nullptr || client->source == *source;
    if (counts && !client->dropped) bytes += client->bytes;
  }
  return bytes;
}

bool Clients::may_hold_more(const Handle& client) {
  const std::lock_guard lock(mutex_);
  if (held_by(&client->source) > limits::kScrapeReplyBytesPerAddressMax) return false;
  while (held_by(nullptr) > limits::kScrapeReplyBytesMax) {
    Client* slowest = nullptr;
    for (const Handle& other : clients_) {
      if (other->dropped || other->bytes == 0) continue;
      if (slowest == nullptr || other->since.ns < slowest->since.ns) slowest = other.get();
    }
    shut_down(*slowest);  // there is one: the sum is not zero
  }
  return true;
}

void Clients::hold(const Handle& client, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  client->bytes += bytes;
}

void Clients::release(const Handle& client, std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  client->bytes -= bytes;
}

bool Clients::enter_login(const Handle& client) {
  const std::lock_guard lock(mutex_);
  unsigned& waiting = logins_[client->source];
  if (waiting >= limits::kScrapeLoginsPerAddressMax) return false;
  ++waiting;
  return true;
}

void Clients::leave_login(const Handle& client) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = logins_.find(client->source);
  if (--found->second == 0) logins_.erase(found);
}

void Clients::watch() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, patience_.look, [this] { return stopping_; })) sweep(boot_now());
}

void Clients::sweep(BootTime now) {
  for (const Handle& client : clients_) {
    const auto patience = client->phase == Client::Phase::kHeaders    ? patience_.headers
                          : client->phase == Client::Phase::kExchange ? patience_.exchange
                                                                      : patience_.idle;
    if (!client->dropped && is_over(client->since, patience, now)) shut_down(*client);
  }
}

}  // namespace lungate::exporter
