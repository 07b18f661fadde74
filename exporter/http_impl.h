// SPDX-License-Identifier: LGPL-2.1-or-later
// The inside of http.h, shared by http.cc (start and end), http_exchange.cc (requests),
// http_request.cc and http_response.cc.
#pragma once

#include <microhttpd.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "exporter/clients.h"
#include "exporter/http.h"
#include "exporter/one_by_one.h"
#include "exporter/shared_pages.h"

namespace lungate::exporter {

/// What belongs to a connection: its share in the bounds, and with TLS its credentials, alive as
/// long as it may use them.
struct Connected {
  Clients::Handle client;
  std::shared_ptr<const TlsCredentials> credentials = nullptr;
  bool put_on = false;  // they are the ones that it was shaken hands with
};

/// Bytes that a client holds, from when they are made for it until it has taken them.
class Held {
 public:
  Held() = default;
  Held(Clients& clients, Clients::Handle client, std::size_t bytes) noexcept
      : clients_(&clients), client_(std::move(client)), bytes_(bytes) {
    clients_->hold(client_, bytes_);
  }
  Held(Held&& other) noexcept
      : clients_(std::exchange(other.clients_, nullptr)),
        client_(std::move(other.client_)),
        bytes_(other.bytes_) {}
  Held& operator=(Held&& other) noexcept {
    std::swap(clients_, other.clients_);
    std::swap(client_, other.client_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Held() {
    if (clients_ != nullptr) clients_->release(client_, bytes_);
  }

 private:
  Clients* clients_ = nullptr;
  Clients::Handle client_;
  std::size_t bytes_ = 0;
};

/// Answers of ours, made once: they must be there when memory is not.
struct OwnReplies {
  OwnReplies();
  SharedReply unauthorized, not_found, other_method, with_body, internal_error;
  SharedReply too_many_pages, too_many_logins, ending;
};

struct EndResponse {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};

/// A request from its headers to its answer. It belongs to the library's request, which hands it
/// back with each call; on_completed() deletes it.
struct Exchange {
  enum class Progress {
    kBegun,    // its headers are good; the library will say when it is whole
    kWaiting,  // suspended; another thread fills `reply`, or finds the credentials right
    kMade,     // set by that thread, after `reply` and before it resumes the connection
  };
  Clients::Handle client;
  std::string path;
  std::string method;
  const Route* route;  // null: not found
  Request request;
  std::shared_ptr<const Rules> rules;      // null: without a web configuration
  std::optional<Credentials> credentials;  // still to be checked
  SharedReply reply = nullptr;
  Held held = {};  // with `reply`, where it is a page
  std::atomic<Progress> progress = Progress::kBegun;
};

struct HttpServer::Impl {
  /// Throws std::system_error when the machine gives no threads.
  Impl(Routes the_routes, Gate the_gate, Patience patience);

  /// A new connection's share in the bounds, and its credentials.
  void secure(MHD_Connection* connection, Connected& connected);
  /// Whether its sender may ask; a refusal if not. Credentials that are new stay in `exchange`.
  SharedReply authenticate(MHD_Connection* connection, Exchange& exchange) const;
  /// What is wrong with a request that its sender may make; null when its route should answer it.
  SharedReply refusal(std::string_view method, const Route* route) const;
  /// Calls the route.
  SharedReply make(const Route& route, const std::string& path,
                   const Request& request) const noexcept;
  /// The first call of a request: refuses it, or begins an Exchange.
  MHD_Result begin(MHD_Connection* connection, std::string_view method, std::string_view path,
                   void** context);
  /// The second: answers, or suspends the connection until another thread has made the answer.
  MHD_Result answer(MHD_Connection* connection, Exchange& exchange);
  MHD_Result check_later(MHD_Connection* connection, Exchange& exchange);
  bool check(Exchange& exchange) const noexcept;
  MHD_Result make_later(MHD_Connection* connection, Exchange& exchange);
  void made(MHD_Connection* connection, Exchange& exchange, SharedReply reply) noexcept;
  /// The answer to a request for which something threw on the library's thread.
  MHD_Result fail(MHD_Connection* connection, const char* path) const noexcept;
  MHD_Result send(MHD_Connection* connection, SharedReply reply, Held held, const Rules* rules);

  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode code) noexcept;
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* upload,
                               size_t* upload_size, void** context) noexcept;
  static void on_completed(void* self, MHD_Connection* connection, void** context,
                           MHD_RequestTerminationCode how) noexcept;

  const Routes routes;
  const Gate gate;
  const OwnReplies own;
  const std::unique_ptr<MHD_Response, EndResponse> failed;
  Clients clients;
  MHD_Daemon* daemon = nullptr;
  SharedPages pages;
  OneByOne logins{"logins"};
};

/// A body is announced.
bool has_body(MHD_Connection* connection);

/// What a page may depend on. Throws std::bad_alloc.
Request request_of(MHD_Connection* connection);

/// What the library knows of the connection; null when there was no memory for it.
Connected* connected_of(MHD_Connection* connection);

/// Hands the body over without a copy: it may be many megabytes. Null: out of memory.
MHD_Response* to_response(SharedReply reply, Held held, const Rules* rules);

}  // namespace lungate::exporter
