// SPDX-License-Identifier: LGPL-2.1-or-later

// What happens to a request, on the library's thread. Its order: who asks (401), what is asked
// (400, 404, 405), the answer.
//
// A slow answer does not hold that thread: /healthz is asked by watchdogs that restart what is
// silent, and a page of 1,000 LUNs takes long enough to look silent, as does a password. So the
// connection is suspended, the work is done on a thread of OneByOne or SharedPages, and the
// connection resumed; the library then calls on_request() again for the same request, which finds
// its Exchange.
#include <exception>
#include <new>
#include <utility>

#include "base/log.h"
#include "exporter/http_impl.h"

namespace lungate::exporter {
namespace {

bool is_known(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

}  // namespace

SharedReply HttpServer::Impl::refusal(std::string_view method, const Route* route) const {
  if (route == nullptr) return own.not_found;
  return is_known(method) ? nullptr : own.other_method;
}

// A handler that throws costs its own request. What it threw is for the log: a client is told
// nothing of our inside.
SharedReply HttpServer::Impl::make(const Route& route, const std::string& path,
                                   const Request& request) const noexcept {
  try {
    return std::make_shared<const Reply>(route.make(request));
  } catch (const std::exception& failure) {  // std::bad_alloc above all
    log::error("exporter", "page_failed", {{"path", path}, {"error", failure.what()}});
  } catch (...) {
    log::error("exporter", "page_failed", {{"path", path}});
  }
  return own.internal_error;
}

// A refusal counts whatever its reason: a Prometheus that was told no password shows in it as well.
SharedReply HttpServer::Impl::authenticate(MHD_Connection* connection, Exchange& exchange) const {
  if (exchange.rules == nullptr || !exchange.rules->users->demanded()) return nullptr;
  const char* header =
      MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
  auto credentials = header == nullptr ? std::nullopt : parse_authorization(header);
  if (!credentials) {
    if (gate.vitals != nullptr) ++gate.vitals->authentication_failures;
    return own.unauthorized;
  }
  if (!exchange.rules->users->knows(*credentials)) exchange.credentials = std::move(credentials);
  return nullptr;
}

namespace {

/// Whether the connection was shaken hands with as the rules demand; always without TLS.
bool is_secured(const Connected& connected, const Rules* rules) {
  return rules == nullptr || rules->tls == nullptr || connected.put_on;
}

}  // namespace

// What cannot be answered yet (unknown credentials) is refused later, in answer().
MHD_Result HttpServer::Impl::begin(MHD_Connection* connection, std::string_view method,
                                   std::string_view path, void** context) {
  const Connected* connected = connected_of(connection);
  if (connected == nullptr) throw std::bad_alloc();  // as it was when the connection came
  clients.begun(connected->client);
  const auto found = routes.find(path);
  auto exchange = std::make_unique<Exchange>();
  exchange->client = connected->client;
  exchange->path = path;
  exchange->method = method;
  exchange->route = found == routes.end() ? nullptr : &found->second;
  if (gate.security != nullptr) exchange->rules = gate.security->rules();
  if (!is_secured(*connected, exchange->rules.get())) return MHD_NO;
  SharedReply refused = authenticate(connection, *exchange);
  if (!refused && !exchange->credentials) refused = refusal(method, exchange->route);
  if (!refused && has_body(connection)) refused = own.with_body;
  if (refused) return send(connection, refused, {}, exchange->rules.get());
  exchange->request = request_of(connection);
  *context = exchange.release();
  return MHD_YES;
}

// Comes again after a log-in, then without credentials to check.
MHD_Result HttpServer::Impl::answer(MHD_Connection* connection, Exchange& exchange) {
  if (exchange.credentials) return check_later(connection, exchange);
  if (auto refused = refusal(exchange.method, exchange.route)) {
    return send(connection, refused, {}, exchange.rules.get());
  }
  if (exchange.route->slow) return make_later(connection, exchange);
  SharedReply reply = make(*exchange.route, exchange.path, exchange.request);
  Held held(clients, exchange.client, reply->body.size());
  return send(connection, std::move(reply), std::move(held), exchange.rules.get());
}

namespace {

// Equal for requests whose answers are equal. No part holds a zero byte but the groups, which are
// the last.
std::string page_of(const Exchange& exchange) {
  const Request& request = exchange.request;
  std::string page = exchange.path + '\0' + request.accept + '\0' + request.accept_encoding;
  for (const std::string& group : request.collect) {
    page += '\0' + std::to_string(group.size()) + ':' + group;
  }
  return page;
}

}  // namespace

// HEAD costs what GET does, for its answer tells the length; but it shares the page.
MHD_Result HttpServer::Impl::make_later(MHD_Connection* connection, Exchange& exchange) {
  if (!clients.may_hold_more(exchange.client)) {
    return send(connection, own.too_many_pages, {}, exchange.rules.get());
  }
  SharedPages::Asker asker{
      page_of(exchange), exchange.client->source,
      [this, &exchange] { return make(*exchange.route, exchange.path, exchange.request); },
      [this, &exchange] { return clients.is_dropped(exchange.client); },
      [this, connection, &exchange](SharedReply reply) {
        made(connection, exchange, std::move(reply));
      }};
  exchange.progress = Exchange::Progress::kWaiting;
  MHD_suspend_connection(connection);  // before it is asked: it may be done at once
  pages.ask(std::move(asker));
  return MHD_YES;
}

// Asked once more whether there is room: others of its source may have been made meanwhile.
void HttpServer::Impl::made(MHD_Connection* connection, Exchange& exchange,
                            SharedReply reply) noexcept {
  if (reply == nullptr) {
    exchange.reply = own.ending;
  } else if (!clients.may_hold_more(exchange.client)) {
    exchange.reply = own.too_many_pages;
  } else {
    exchange.held = Held(clients, exchange.client, reply->body.size());
    exchange.reply = std::move(reply);
  }
  exchange.progress = Exchange::Progress::kMade;
  MHD_resume_connection(connection);  // from here on the exchange is the other thread's
}

// The bound is on what waits, for each source: a crowd of guessers gets 503 and keeps nobody out.
MHD_Result HttpServer::Impl::check_later(MHD_Connection* connection, Exchange& exchange) {
  if (!clients.enter_login(exchange.client)) {
    return send(connection, own.too_many_logins, {}, exchange.rules.get());
  }
  exchange.progress = Exchange::Progress::kWaiting;
  MHD_suspend_connection(connection);  // before the job is given away: it may be done at once
  const auto finish = [this, connection, &exchange](OneByOne::Turn turn) {
    const bool given_up = turn == OneByOne::Turn::kGiveUp || clients.is_dropped(exchange.client);
    const bool right = !given_up && check(exchange);
    clients.leave_login(exchange.client);
    if (!right) exchange.reply = given_up ? own.ending : own.unauthorized;
    exchange.progress = right ? Exchange::Progress::kBegun : Exchange::Progress::kMade;
    MHD_resume_connection(connection);  // from here on the exchange is the other thread's
  };
  bool taken = false;
  try {
    taken = logins.add(finish, exchange.client->source);
  } catch (...) {
    log::error("exporter", "no_memory", {{"for", "log-in"}});
  }
  // A connection that stays suspended would never end, nor would the server.
  if (!taken) finish(OneByOne::Turn::kGiveUp);
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
  } catch (...) {
    log::error("exporter", "no_memory", {{"for", "password"}});
    return false;
  }
}

MHD_Result HttpServer::Impl::send(MHD_Connection* connection, SharedReply reply, Held held,
                                  const Rules* rules) {
  const unsigned status = reply->status;
  MHD_Response* response = to_response(std::move(reply), std::move(held), rules);
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
        return server.send(connection, std::move(exchange.reply), std::move(exchange.held),
                           exchange.rules.get());
    }
    return MHD_NO;
  } catch (...) {
    return static_cast<Impl*>(self)->fail(connection, path);
  }
}

// The response is there since the start: what has failed is nearly always memory.
MHD_Result HttpServer::Impl::fail(MHD_Connection* connection, const char* path) const noexcept {
  log::error("exporter", "request_failed", {{"path", path}});
  return MHD_queue_response(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, failed.get());
}

void HttpServer::Impl::on_completed(void* self, MHD_Connection* connection, void** context,
                                    MHD_RequestTerminationCode) noexcept {
  delete static_cast<Exchange*>(*context);
  *context = nullptr;
  const Connected* connected = connected_of(connection);
  if (connected != nullptr) static_cast<Impl*>(self)->clients.ended(connected->client);
}

}  // namespace lungate::exporter
