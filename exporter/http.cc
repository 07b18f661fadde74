// SPDX-License-Identifier: LGPL-2.1-or-later

// The one file that names libmicrohttpd. Its single thread calls on_request() for every request and
// moves all bytes; main() only starts and ends it. Whatever a client sends is answered or costs it
// its connection, within the limits given to the library.
//
// A slow answer does not hold that thread: /healthz is asked by watchdogs that restart what is
// silent, and a page of 1,000 LUNs takes long enough to look silent. So its connection is
// suspended, the page is made on the thread of OneByOne, and the connection resumed; the library
// then calls on_request() again for the same request, which finds its Request.
#include "exporter/http.h"

#include <microhttpd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "exporter/one_by_one.h"

namespace lungate::exporter {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

Reply plain(unsigned status, std::string_view body) {
  return {std::string(kPlainText), std::string(body), status};
}

// A handler that throws costs its own request. What it threw is for the log: a client is told
// nothing of our inside.
Reply run(const std::string_view path, const Handler& handler) noexcept {
  try {
    return handler();
  } catch (const std::exception& failure) {
    log::error("exporter", "page_failed", {{"path", path}, {"error", failure.what()}});
  } catch (...) {
    log::error("exporter", "page_failed", {{"path", path}});
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
  return response;
}

/// A request that one of our routes answers. It belongs to the library's request, which hands it
/// back with each call; on_completed() deletes it.
struct Request {
  enum class Progress {
    kBegun,   // its headers are good; the library will say when it is whole
    kMaking,  // suspended; the page's thread fills `reply`
    kMade,    // set by that thread, after `reply` and before it resumes the connection
  };
  std::string_view path;
  const Route& route;
  Reply reply = {};
  std::atomic<Progress> progress = Progress::kBegun;
};

/// A body is announced: none of our requests has one, and reading it could take for ever.
bool has_body(MHD_Connection* connection) {
  const char* length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  return (length != nullptr && std::string_view(length) != "0") ||
         MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Transfer-Encoding") != nullptr;
}

}  // namespace

struct HttpServer::Impl {
  /// What is wrong with a request; nothing when its route should answer it.
  std::optional<Reply> refusal(std::string_view method, const Route* route, bool body) const;
  /// Calls the route, unless clients hold too much already. Never throws.
  Reply make(std::string_view path, const Route& route) const noexcept;
  /// The first call of a request: refuses it, or begins a Request.
  MHD_Result begin(MHD_Connection* connection, std::string_view method, std::string_view path,
                   void** request);
  /// The second: answers, or suspends the connection until the page's thread has made the answer.
  MHD_Result answer(MHD_Connection* connection, Request& request);
  void answer_later(MHD_Connection* connection, Request& request);
  MHD_Result send(MHD_Connection* connection, Reply reply);

  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* upload,
                               size_t* upload_size, void** request) noexcept;
  static void on_completed(void* self, MHD_Connection* connection, void** request,
                           MHD_RequestTerminationCode how) noexcept;

  Routes routes;
  std::atomic<std::size_t> bytes_held = 0;  // of bodies that clients have not taken yet
  MHD_Daemon* daemon = nullptr;
  OneByOne pages;
};

std::optional<Reply> HttpServer::Impl::refusal(std::string_view method, const Route* route,
                                               bool body) const {
  if (route == nullptr) return plain(MHD_HTTP_NOT_FOUND, "not found\n");
  if (method != "GET" && method != "HEAD") {
    return plain(MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
  }
  if (body) return plain(MHD_HTTP_BAD_REQUEST, "no body is taken\n");
  return std::nullopt;
}

Reply HttpServer::Impl::make(std::string_view path, const Route& route) const noexcept {
  if (bytes_held > limits::kScrapeReplyBytesMax) {
    return plain(MHD_HTTP_SERVICE_UNAVAILABLE, "too many pages are waiting for their clients\n");
  }
  return run(path, route.make);
}

MHD_Result HttpServer::Impl::begin(MHD_Connection* connection, std::string_view method,
                                   std::string_view path, void** request) {
  const auto found = routes.find(path);
  const Route* route = found == routes.end() ? nullptr : &found->second;
  if (auto refused = refusal(method, route, has_body(connection))) {
    return send(connection, *std::move(refused));
  }
  *request = new Request{found->first, *route};
  return MHD_YES;
}

MHD_Result HttpServer::Impl::answer(MHD_Connection* connection, Request& request) {
  if (!request.route.slow) return send(connection, make(request.path, request.route));
  answer_later(connection, request);
  return MHD_YES;
}

void HttpServer::Impl::answer_later(MHD_Connection* connection, Request& request) {
  request.progress = Request::Progress::kMaking;
  MHD_suspend_connection(connection);  // before the job is given away: it may be done at once
  const auto finish = [this, connection, &request](OneByOne::Turn turn) {
    request.reply = turn == OneByOne::Turn::kRun
                        ? make(request.path, request.route)
                        : plain(MHD_HTTP_SERVICE_UNAVAILABLE, "the exporter ends\n");
    request.progress = Request::Progress::kMade;
    MHD_resume_connection(connection);  // from here on the request is the other thread's
  };
  bool taken = false;
  try {
    taken = pages.add(finish);
  } catch (const std::bad_alloc&) {
  }
  // A connection that stays suspended would never end, nor would the server.
  if (!taken) finish(OneByOne::Turn::kGiveUp);
}

MHD_Result HttpServer::Impl::send(MHD_Connection* connection, Reply reply) {
  const unsigned status = reply.status;
  MHD_Response* response = to_response(std::move(reply), bytes_held);
  if (response == nullptr) return MHD_NO;
  const MHD_Result queued = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);  // the connection holds its own reference
  return queued;
}

// Called when a request's headers are there, again when it is whole, and again after a slow answer.
// What is answered at the first call ends its connection: the library reads no more from it. That
// is right for what is refused, a body above all, and wrong for the rest.
MHD_Result HttpServer::Impl::on_request(void* self, MHD_Connection* connection, const char* path,
                                        const char* method, const char*, const char*, size_t*,
                                        void** request) noexcept {
  try {
    auto& server = *static_cast<Impl*>(self);
    if (*request == nullptr) return server.begin(connection, method, path, request);
    auto& begun = *static_cast<Request*>(*request);
    switch (begun.progress) {
      case Request::Progress::kBegun:
        return server.answer(connection, begun);
      case Request::Progress::kMaking:
        return MHD_YES;
      case Request::Progress::kMade:
        return server.send(connection, std::move(begun.reply));
    }
    return MHD_NO;
  } catch (...) {
    return MHD_NO;  // out of memory: the connection is closed
  }
}

void HttpServer::Impl::on_completed(void*, MHD_Connection*, void** request,
                                    MHD_RequestTerminationCode) noexcept {
  delete static_cast<Request*>(*request);
  *request = nullptr;
}

namespace {

// What the library has to say is about clients (a reset, a timeout), so it is for debugging only.
void on_library_message(void*, const char* format, va_list arguments) noexcept {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  log::debug("exporter", "http", {{"message", text}});
}

}  // namespace

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::start(UniqueFd listener,
                                                                   Routes routes) {
  std::unique_ptr<Impl> impl;
  try {
    impl = std::make_unique<Impl>();
  } catch (const std::system_error& failure) {
    return err("no thread for pages: " + std::string(failure.what()));
  }
  impl->routes = std::move(routes);
  impl->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, nullptr,
      nullptr, Impl::on_request, impl.get(), MHD_OPTION_EXTERNAL_LOGGER, on_library_message,
      nullptr, MHD_OPTION_NOTIFY_COMPLETED, Impl::on_completed, nullptr, MHD_OPTION_LISTEN_SOCKET,
      listener.get(), MHD_OPTION_CONNECTION_LIMIT, limits::kScrapeConnectionsMax,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits::kScrapeConnectionsPerAddressMax,
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(limits::kScrapeTimeout.count()),
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits::kScrapeRequestBytesMax, MHD_OPTION_END);
  if (impl->daemon == nullptr) return err(std::string("the HTTP server does not start"));
  listener.release();  // MHD_stop_daemon() closes it
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->pages.stop();  // resumes every connection: the library may not be stopped before
  MHD_stop_daemon(impl_->daemon);
}

}  // namespace lungate::exporter
