// SPDX-License-Identifier: LGPL-2.1-or-later

// Start and end of the HTTP server. main() calls both. The library's single thread calls
// Impl::on_request() (http_exchange.cc) for every request and moves all bytes. Whatever a client
// sends is answered or costs it its connection, within the limits given to the library here.
//
// With TLS the library is given a certificate because it asks for one; what a connection really
// shows and demands is put on its session before the handshake (tls.h), so that a renewed
// certificate is in use from the next connection on.
#include "exporter/http.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <cstdarg>
#include <cstdio>
#include <new>
#include <system_error>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "exporter/http_impl.h"

namespace lungate::exporter {
namespace {

// What the library has to say is about clients (a reset, a timeout), so it is for debugging only.
void on_library_message(void*, const char* format, va_list arguments) noexcept {
  char text[256];
  std::vsnprintf(text, sizeof text, format, arguments);
  log::debug("exporter", "http", {{"message", text}});
}

class Options {
 public:
  void set(MHD_OPTION option, std::uintptr_t value, void* pointer = nullptr) {
    items_.push_back({option, static_cast<std::intptr_t>(value), pointer});
  }
  template <class Function>
  void set_callback(MHD_OPTION option, Function* function, void* context) {
    set(option, reinterpret_cast<std::uintptr_t>(function), context);
  }
  MHD_OptionItem* list() {
    set(MHD_OPTION_END, 0);
    return items_.data();
  }

 private:
  std::vector<MHD_OptionItem> items_;
};

Options limits_for(int listener) {
  Options options;
  options.set(MHD_OPTION_LISTEN_SOCKET, static_cast<std::uintptr_t>(listener));
  options.set(MHD_OPTION_CONNECTION_LIMIT, limits::kScrapeSocketsMax);
  options.set(MHD_OPTION_CONNECTION_TIMEOUT,
              static_cast<std::uintptr_t>(limits::kScrapeTimeout.count()));
  options.set(MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits::kScrapeRequestBytesMax);
  return options;
}

}  // namespace

HttpServer::Impl::Impl(Routes the_routes, Gate the_gate, Patience patience)
    : routes(std::move(the_routes)),
      gate(the_gate),
      failed(to_response(own.internal_error, {}, nullptr)),
      clients(patience) {
  if (failed == nullptr) throw std::bad_alloc();
}

// A connection that could not be given our credentials has the library's own, which ask no client
// for anything: it ends. That it does is looked at once more with each request (is_secured).
void HttpServer::Impl::secure(MHD_Connection* connection, Connected& connected) {
  const auto rules = gate.security == nullptr ? nullptr : gate.security->rules();
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == nullptr || rules == nullptr || rules->tls == nullptr) return;
  connected.credentials = rules->tls;
  connected.put_on = rules->tls->put_on(static_cast<gnutls_session_t>(info->tls_session));
  if (connected.put_on) return;
  log::error("exporter", "tls_refused", {{"error", "the library takes no credentials"}});
  clients.drop(connected.client);
}

// Without memory for what belongs to a connection its request is answered with 500.
void HttpServer::Impl::on_connection(void* self, MHD_Connection* connection, void** context,
                                     MHD_ConnectionNotificationCode code) noexcept {
  auto& server = *static_cast<Impl*>(self);
  try {
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
      const std::unique_ptr<Connected> connected(static_cast<Connected*>(*context));
      *context = nullptr;
      if (connected != nullptr) server.clients.closed(connected->client);
      return;
    }
    const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const auto* from = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (fd == nullptr || from == nullptr) return;
    auto connected = std::make_unique<Connected>();
    connected->client = server.clients.opened(fd->connect_fd, source_of(from->client_addr));
    *context = connected.get();  // from here on the end of the connection is told
    server.secure(connection, *connected.release());
  } catch (...) {
    log::error("exporter", "no_memory", {{"for", "connection"}});
  }
}

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::start(UniqueFd listener, Routes routes,
                                                                   Gate gate, Patience patience) {
  std::unique_ptr<Impl> impl;
  try {
    impl = std::make_unique<Impl>(std::move(routes), gate, patience);
  } catch (const std::system_error& failure) {
    return err("no thread for pages: " + std::string(failure.what()));
  }
  Options options = limits_for(listener.get());
  options.set_callback(MHD_OPTION_NOTIFY_COMPLETED, Impl::on_completed, impl.get());
  options.set_callback(MHD_OPTION_NOTIFY_CONNECTION, Impl::on_connection, impl.get());
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  const auto rules = gate.security == nullptr ? nullptr : gate.security->rules();
  if (rules != nullptr && rules->tls != nullptr) {
    flags |= MHD_USE_TLS;
    options.set(MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(rules->tls->certificate().c_str()));
    options.set(MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(rules->tls->key().c_str()));
  }
  // The logger is given apart: it must be known before the others are looked at.
  impl->daemon = MHD_start_daemon(flags, 0, nullptr, nullptr, Impl::on_request, impl.get(),
                                  MHD_OPTION_EXTERNAL_LOGGER, on_library_message, nullptr,
                                  MHD_OPTION_ARRAY, options.list(), MHD_OPTION_END);
  if (impl->daemon == nullptr) return err(std::string("the HTTP server does not start"));
  listener.release();  // MHD_stop_daemon() closes it
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

// Both threads resume every connection that waits for them: the library may not be stopped before.
// A log-in that ends may still want a page, which is given up at once.
HttpServer::~HttpServer() {
  impl_->pages.stop();
  impl_->logins.stop();
  MHD_stop_daemon(impl_->daemon);
}

}  // namespace lungate::exporter
