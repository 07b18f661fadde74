// SPDX-License-Identifier: LGPL-2.1-or-later
// The inside of http.h, shared by http.cc (start and end) and http_exchange.cc (requests).
#pragma once

#include <microhttpd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/http.h"
#include "exporter/one_by_one.h"

namespace lungate::exporter {

/// What a TLS connection keeps: its credentials, alive as long as it may use them.
struct Secured {
  std::shared_ptr<const TlsCredentials> credentials;
  bool put_on = false;  // they are the ones that it was shaken hands with
};

/// A request from its headers to its answer. It belongs to the library's request, which hands it
/// back with each call; on_completed() deletes it.
struct Exchange {
  enum class Progress {
    kBegun,    // its headers are good; the library will say when it is whole
    kWaiting,  // suspended; another thread fills `reply`, or finds the credentials right
    kMade,     // set by that thread, after `reply` and before it resumes the connection
  };
  std::string path;
  std::string method;
  const Route* route;  // null: not found
  Request request;
  std::shared_ptr<const Rules> rules;      // null: without a web configuration
  std::optional<Credentials> credentials;  // still to be checked
  Reply reply = {};
  std::atomic<Progress> progress = Progress::kBegun;
};

struct HttpServer::Impl {
  /// Throws std::system_error when the machine gives no threads.
  Impl(Routes the_routes, Gate the_gate);

  /// Whether its sender may ask; a refusal if not. Credentials that are new stay in `exchange`.
  std::optional<Reply> authenticate(MHD_Connection* connection, Exchange& exchange) const;
  /// Calls the route, unless clients hold too much already. Never throws.
  Reply make(const Exchange& exchange) const noexcept;
  /// The first call of a request: refuses it, or begins an Exchange.
  MHD_Result begin(MHD_Connection* connection, std::string_view method, std::string_view path,
                   void** context);
  /// The second: answers, or suspends the connection until another thread has made the answer.
  MHD_Result answer(MHD_Connection* connection, Exchange& exchange);
  MHD_Result check_later(MHD_Connection* connection, Exchange& exchange);
  bool check(Exchange& exchange) const noexcept;
  void make_later(MHD_Connection* connection, Exchange& exchange);
  MHD_Result send(MHD_Connection* connection, Reply reply, const Rules* rules);

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* upload,
                               size_t* upload_size, void** context) noexcept;
  static void on_completed(void* self, MHD_Connection* connection, void** context,
                           MHD_RequestTerminationCode how) noexcept;

  const Routes routes;
  const Gate gate;
  std::atomic<std::size_t> bytes_held = 0;   // of bodies that clients have not taken yet
  std::atomic<unsigned> logins_waiting = 0;  // jobs of `logins`
  MHD_Daemon* daemon = nullptr;
  OneByOne pages{"pages"};
  OneByOne logins{"logins"};
};

}  // namespace lungate::exporter
