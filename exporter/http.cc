// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/http.h"

#include <microhttpd.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "base/log.h"

namespace lungate::exporter {
namespace {

/// One thread makes a page, the other still answers /healthz and small pages.
constexpr unsigned kThreads = 2;

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

Reply plain(unsigned status, std::string_view body) {
  return {std::string(kPlainText), std::string(body), status};
}

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

}  // namespace

struct HttpServer::Impl {
  Reply answer(std::string_view method, std::string_view path) const;
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* path,
                               const char* method, const char* version, const char* upload,
                               size_t* upload_size, void** request) noexcept;

  Handlers handlers;
  std::atomic<std::size_t> bytes_held = 0;  // of bodies that clients have not taken yet
  MHD_Daemon* daemon = nullptr;
};

Reply HttpServer::Impl::answer(std::string_view method, std::string_view path) const {
  const auto found = handlers.find(path);
  if (found == handlers.end()) return plain(MHD_HTTP_NOT_FOUND, "not found\n");
  if (method != "GET" && method != "HEAD") {
    return plain(MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
  }
  if (bytes_held > limits::kScrapeReplyBytesMax) {
    return plain(MHD_HTTP_SERVICE_UNAVAILABLE, "too many pages are waiting for their clients\n");
  }
  return run(path, found->second);
}

// Called when the headers are there, and never again for this request: a body is not read (the
// library closes the connection then), for no request of ours has one.
MHD_Result HttpServer::Impl::on_request(void* self, MHD_Connection* connection, const char* path,
                                        const char* method, const char*, const char*, size_t*,
                                        void**) noexcept {
  try {
    auto& server = *static_cast<Impl*>(self);
    Reply reply = server.answer(method, path);
    const unsigned status = reply.status;
    MHD_Response* response = to_response(std::move(reply), server.bytes_held);
    if (response == nullptr) return MHD_NO;
    const MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);  // the connection holds its own reference
    return queued;
  } catch (...) {
    return MHD_NO;  // out of memory: the connection is closed
  }
}

namespace {

void on_library_message(void*, const char* format, va_list arguments) noexcept {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  log::debug("exporter", "http", {{"message", text}});
}

}  // namespace

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::start(UniqueFd listener,
                                                                   Handlers handlers) {
  auto impl = std::make_unique<Impl>();
  impl->handlers = std::move(handlers);
  impl->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, nullptr, nullptr, Impl::on_request,
      impl.get(), MHD_OPTION_EXTERNAL_LOGGER, on_library_message, nullptr, MHD_OPTION_LISTEN_SOCKET,
      listener.get(), MHD_OPTION_THREAD_POOL_SIZE, kThreads, MHD_OPTION_CONNECTION_LIMIT,
      limits::kScrapeConnectionsMax, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      limits::kScrapeConnectionsPerAddressMax, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(limits::kScrapeTimeout.count()), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      limits::kScrapeRequestBytesMax, MHD_OPTION_END);
  if (impl->daemon == nullptr) return err(std::string("the HTTP server does not start"));
  listener.release();  // MHD_stop_daemon() closes it
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  MHD_stop_daemon(impl_->daemon);
}

}  // namespace lungate::exporter
