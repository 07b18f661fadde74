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

// A connection that could not be given our credentials has the library's own, which ask no client
// for anything: it ends. That it does is looked at once more with each request (is_secured).
void secure(const Gate& gate, MHD_Connection* connection, void** context) {
  const auto rules = gate.security->rules();
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == nullptr || rules->tls == nullptr) return;
  auto secured = std::make_unique<Secured>(Secured{rules->tls, false});
  secured->put_on = rules->tls->put_on(static_cast<gnutls_session_t>(info->tls_session));
  if (!secured->put_on) {
    log::error("exporter", "tls_refused", {{"error", "the library takes no credentials"}});
    const auto* fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (fd != nullptr) ::shutdown(fd->connect_fd, SHUT_RDWR);
  }
  *context = secured.release();
}

void on_connection(void* gate, MHD_Connection* connection, void** context,
                   MHD_ConnectionNotificationCode code) noexcept {
  try {
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
      delete static_cast<Secured*>(*context);
      *context = nullptr;
    } else {
      secure(*static_cast<const Gate*>(gate), connection, context);
    }
  } catch (...) {
    log::error("exporter", "no_memory", {});
  }
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
  options.set(MHD_OPTION_CONNECTION_LIMIT, limits::kScrapeConnectionsMax);
  options.set(MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits::kScrapeConnectionsPerAddressMax);
  options.set(MHD_OPTION_CONNECTION_TIMEOUT,
              static_cast<std::uintptr_t>(limits::kScrapeTimeout.count()));
  options.set(MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits::kScrapeRequestBytesMax);
  return options;
}

}  // namespace

HttpServer::Impl::Impl(Routes the_routes, Gate the_gate)
    : routes(std::move(the_routes)), gate(the_gate) {}

Result<std::unique_ptr<HttpServer>, std::string> HttpServer::start(UniqueFd listener, Routes routes,
                                                                   Gate gate) {
  std::unique_ptr<Impl> impl;
  try {
    impl = std::make_unique<Impl>(std::move(routes), gate);
  } catch (const std::system_error& failure) {
    return err("no thread for pages: " + std::string(failure.what()));
  }
  Options options = limits_for(listener.get());
  options.set_callback(MHD_OPTION_NOTIFY_COMPLETED, Impl::on_completed, nullptr);
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
  const auto rules = gate.security == nullptr ? nullptr : gate.security->rules();
  if (rules != nullptr && rules->tls != nullptr) {
    flags |= MHD_USE_TLS;
    options.set(MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(rules->tls->certificate().c_str()));
    options.set(MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(rules->tls->key().c_str()));
    options.set_callback(MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                         const_cast<Gate*>(&impl->gate));
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
