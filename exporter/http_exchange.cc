// SPDX-License-Identifier: LGPL-2.1-or-later

// What happens to a request, on the library's thread. Its order: who asks (401), what is asked
// (400, 404, 405), the answer.
//
// A slow answer does not hold that thread: /healthz is asked by watchdogs that restart what is
// silent, and a page of 1,000 LUNs takes long enough to look silent, as does a password. So the
// connection is suspended, the work is done on a thread of OneByOne, and the connection resumed;
// the library then calls on_request() again for the same request, which finds its Exchange.
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "exporter/http_impl.h"

namespace lungate::exporter {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

Reply plain(unsigned status, std::string_view body) {
  return {std::string(kPlainText), std::string(body), status};
}

// The same for every reason: no user is told from no such user.
Reply unauthorized() {
  Reply reply = plain(MHD_HTTP_UNAUTHORIZED, "unauthorized\n");
  reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"lungate-exporter\"");
  return reply;
}

// A handler that throws costs its own request. What it threw is for the log: a client is told
// nothing of our inside.
Reply run(const Exchange& exchange) noexcept {
  try {
    return exchange.route->make(exchange.request);
  } catch (const std::exception& failure) {
    log::error("exporter", "page_failed", {{"path", exchange.path}, {"error", failure.what()}});
  } catch (...) {
    log::error("exporter", "page_failed", {{"path", exchange.path}});
  }
  return plain(MHD_HTTP_INTERNAL_SERVER_ERROR, "internal error\n");
}

/// A body on its way to the client. libmicrohttpd calls release() when it is done with it.
struct Body {
  Body(std::string body, std::atomic<std::size_t>& counter) : text(std::move(body)), held(counter) {
    held += text.size();
  }
  ~Body() { held -= text.size(); }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  static void release(void* body) { delete static_cast<Body*>(body); }

  std::string text;
  std::atomic<std::size_t>& held;
};

/// Hands the body over without a copy: it may be many megabytes. Null: out of memory.
MHD_Response* to_response(Reply reply, std::atomic<std::size_t>& held) {
  auto body = std::make_unique<Body>(std::move(reply.body), held);
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      body->text.size(), body->text.data(), Body::release, body.get());
  if (response == nullptr) return nullptr;
  static_cast<void>(body.release());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.content_type.c_str());
  if (reply.status == MHD_HTTP_METHOD_NOT_ALLOWED) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
  }
  for (const auto& [name, value] : reply.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
  }
  return response;
}

/// A body is announced: none of our requests has one, and reading it could take for ever.
bool has_body(MHD_Connection* connection) {
  const char* length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  return (length != nullptr && std::string_view(length) != "0") ||
         MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding") != nullptr;
}

bool is_known(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

/// What is wrong with a request that its sender may make; nothing when its route should answer it.
std::optional<Reply> refusal(std::string_view method, const Route* route) {
  if (route == nullptr) return plain(MHD_HTTP_NOT_FOUND, "not found\n");
  if (!is_known(method)) return plain(MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
  return std::nullopt;
}

// Names of headers have no case.
bool same_name(std::string_view a, const char* b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (const char c : a) {
    if (*b == '\0' || lower(c) != lower(*b++)) return false;
  }
  return *b == '\0';
}

// A header that comes twice is one list.
MHD_Result add_header(void* request, MHD_ValueKind, const char* key, const char* value) noexcept {
  auto& to = *static_cast<Request*>(request);
  if (key == nullptr || value == nullptr) return MHD_YES;
  for (const auto& [name, list] :
       {std::pair("accept", &to.accept), std::pair("accept-encoding", &to.accept_encoding)}) {
    if (!same_name(key, name)) continue;
    if (!list->empty()) *list += ',';
    *list += value;
  }
  return MHD_YES;
}

// Other keys of the query are nobody's business: a proxy may add some.
MHD_Result add_argument(void* request, MHD_ValueKind, const char* key, const char* value) noexcept {
  const bool collect = key != nullptr && value != nullptr && std::string_view(key) == "collect[]";
  if (collect) static_cast<Request*>(request)->collect.emplace_back(value);
  return MHD_YES;
}

Request request_of(MHD_Connection* connection) {
  Request request;
  MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, &request);
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, add_argument, &request);
  return request;
}

}  // namespace

Reply HttpServer::Impl::make(const Exchange& exchange) const noexcept {
  if (bytes_held > limits::kScrapeReplyBytesMax) {
    return plain(MHD_HTTP_SERVICE_UNAVAILABLE, "too many pages are waiting for their clients\n");
  }
  return run(exchange);
}

// A refusal counts whatever its reason: a Prometheus that was told no password shows in it as well.
std::optional<Reply> HttpServer::Impl::authenticate(MHD_Connection* connection,
                                                    Exchange& exchange) const {
  if (exchange.rules == nullptr || !exchange.rules->users->demanded()) return std::nullopt;
  const char* header =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
  auto credentials = header == nullptr ? std::nullopt : parse_authorization(header);
  if (!credentials) {
    if (gate.vitals != nullptr) ++gate.vitals->authentication_failures;
    return unauthorized();
  }
  if (!exchange.rules->users->knows(*credentials)) exchange.credentials = std::move(credentials);
  return std::nullopt;
}

namespace {

/// Whether the connection was shaken hands with as the rules demand; always without TLS.
bool is_secured(MHD_Connection* connection, const Rules* rules) {
  if (rules == nullptr || rules->tls == nullptr) return true;
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  const auto* secured = info == nullptr ? nullptr : static_cast<Secured*>(info->socket_context);
  return secured != nullptr && secured->put_on;
}

}  // namespace

// What cannot be answered yet (unknown credentials) is refused later, in answer().
MHD_Result HttpServer::Impl::begin(MHD_Connection* connection, std::string_view method,
                                   std::string_view path, void** context) {
  const auto found = routes.find(path);
  auto exchange = std::make_unique<Exchange>();
  exchange->path = path;
  exchange->method = method;
  exchange->route = found == routes.end() ? nullptr : &found->second;
  if (gate.security != nullptr) exchange->rules = gate.security->rules();
  if (!is_secured(connection, exchange->rules.get())) return MHD_NO;
  auto refused = authenticate(connection, *exchange);
  if (!refused && !exchange->credentials) refused = refusal(method, exchange->route);
  if (!refused && has_body(connection)) {
    refused = plain(MHD_HTTP_BAD_REQUEST, "no body is taken\n");
  }
  if (refused) return send(connection, *std::move(refused), exchange->rules.get());
  exchange->request = request_of(connection);
  *context = exchange.release();
  return MHD_YES;
}

// Comes again after a log-in, then without credentials to check.
MHD_Result HttpServer::Impl::answer(MHD_Connection* connection, Exchange& exchange) {
  if (exchange.credentials) return check_later(connection, exchange);
  if (auto refused = refusal(exchange.method, exchange.route)) {
    return send(connection, *std::move(refused), exchange.rules.get());
  }
  if (!exchange.route->slow) return send(connection, make(exchange), exchange.rules.get());
  make_later(connection, exchange);
  return MHD_YES;
}

namespace {

Exchange::Progress give_up(Exchange& exchange) {
  exchange.reply = plain(MHD_HTTP_SERVICE_UNAVAILABLE, "the exporter ends\n");
  return Exchange::Progress::kMade;
}

/// Suspends the connection and gives `work` to a thread; at its end `work` has said how to go on.
/// It is called once, whatever its turn.
template <class Work>
void do_later(MHD_Connection* connection, Exchange& exchange, OneByOne& thread, Work work) {
  exchange.progress = Exchange::Progress::kWaiting;
  MHD_suspend_connection(connection);  // before the job is given away: it may be done at once
  const auto finish = [connection, &exchange, work](OneByOne::Turn turn) {
    exchange.progress = work(turn);
    MHD_resume_connection(connection);  // from here on the exchange is the other thread's
  };
  bool taken = false;
  try {
    taken = thread.add(finish);
  } catch (const std::bad_alloc&) {
  }
  // A connection that stays suspended would never end, nor would the server.
  if (!taken) finish(OneByOne::Turn::kGiveUp);
}

}  // namespace

void HttpServer::Impl::make_later(MHD_Connection* connection, Exchange& exchange) {
  do_later(connection, exchange, pages, [this, &exchange](OneByOne::Turn turn) {
    if (turn == OneByOne::Turn::kGiveUp) return give_up(exchange);
    exchange.reply = make(exchange);
    return Exchange::Progress::kMade;
  });
}

// The bound is on what waits: a crowd of guessers gets 503 and keeps nobody out who is known.
MHD_Result HttpServer::Impl::check_later(MHD_Connection* connection, Exchange& exchange) {
  if (logins_waiting >= limits::kScrapeLoginsMax) {
    return send(connection, plain(MHD_HTTP_SERVICE_UNAVAILABLE, "too many log-ins at once\n"),
                exchange.rules.get());
  }
  ++logins_waiting;
  do_later(connection, exchange, logins, [this, &exchange](OneByOne::Turn turn) {
    const bool given_up = turn == OneByOne::Turn::kGiveUp;
    const bool right = !given_up && check(exchange);
    --logins_waiting;
    if (given_up) return give_up(exchange);
    if (right) return Exchange::Progress::kBegun;
    exchange.reply = unauthorized();
    return Exchange::Progress::kMade;
  });
  return MHD_YES;
}

// On the thread for log-ins. Right credentials are taken off the exchange, which may then go on.
bool HttpServer::Impl::check(Exchange& exchange) const noexcept {
  try {
    const bool right = exchange.rules->users->check(*exchange.credentials);
    if (right) {
      exchange.credentials.reset();
    } else if (gate.vitals != nullptr) {
      ++gate.vitals->authentication_failures;
    }
    return right;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

MHD_Result HttpServer::Impl::send(MHD_Connection* connection, Reply reply, const Rules* rules) {
  const unsigned status = reply.status;
  if (rules != nullptr) {
    for (const auto& header : rules->config.headers) reply.headers.push_back(header);
  }
  MHD_Response* response = to_response(std::move(reply), bytes_held);
  if (response == nullptr) return MHD_NO;
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);  // the connection holds its own reference
  return queued;
}

// Called when a request's headers are there, again when it is whole, and again after work on
// another thread. What is answered at the first call ends its connection: the library reads no more
// from it. That is right for what is refused, a body above all, and wrong for the rest.
MHD_Result HttpServer::Impl::on_request(void* self, MHD_Connection* connection, const char* path,
                                        const char* method, const char*, const char*, size_t*,
                                        void** context) noexcept {
  try {
    auto& server = *static_cast<Impl*>(self);
    if (*context == nullptr) return server.begin(connection, method, path, context);
    auto& exchange = *static_cast<Exchange*>(*context);
    switch (exchange.progress) {
      case Exchange::Progress::kBegun:
        return server.answer(connection, exchange);
      case Exchange::Progress::kWaiting:
        return MHD_YES;
      case Exchange::Progress::kMade:
        return server.send(connection, std::move(exchange.reply), exchange.rules.get());
    }
    return MHD_NO;
  } catch (...) {
    return MHD_NO;  // out of memory: the connection is closed
  }
}

void HttpServer::Impl::on_completed(void*, MHD_Connection*, void** context,
                                    MHD_RequestTerminationCode) noexcept {
  delete static_cast<Exchange*>(*context);
  *context = nullptr;
}

}  // namespace lungate::exporter
