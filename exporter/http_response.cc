// SPDX-License-Identifier: LGPL-2.1-or-later

// From a Reply to the library's response, and the answers that are always the same. Called by
// http_exchange.cc on the server's thread. A body may be many megabytes and that of several clients
// at once: it is neither copied nor changed, and lives until the last of them has taken it.
#include <memory>
#include <string_view>
#include <utility>

#include "exporter/http_impl.h"

namespace lungate::exporter {
namespace {

SharedReply plain(unsigned status, std::string_view body) {
  return std::make_shared<const Reply>(
      Reply{"text/plain; charset=utf-8", std::string(body), status});
}

SharedReply with_header(const SharedReply& reply, const char* name, const char* value) {
  Reply changed = *reply;
  changed.headers.emplace_back(name, value);
  return std::make_shared<const Reply>(std::move(changed));
}

/// A body on its way to the client. libmicrohttpd calls release() when it is done with it.
struct Body {
  static void release(void* body) { delete static_cast<Body*>(body); }

  SharedReply reply;
  Held held;
};

}  // namespace

// The same 401 for every reason: no user is told from no such user.
OwnReplies::OwnReplies()
    : unauthorized(with_header(plain(MHD_HTTP_UNAUTHORIZED, "unauthorized\n"), "WWW-Authenticate",
                               "Basic realm=\"lungate-exporter\"")),
      not_found(plain(MHD_HTTP_NOT_FOUND, "not found\n")),
      other_method(with_header(plain(MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n"),
                               MHD_HTTP_HEADER_ALLOW, "GET, HEAD")),
      with_body(plain(MHD_HTTP_BAD_REQUEST, "no body is taken\n")),
      internal_error(plain(MHD_HTTP_INTERNAL_SERVER_ERROR, "internal error\n")),
      too_many_pages(plain(MHD_HTTP_SERVICE_UNAVAILABLE,
                           "too many pages are waiting for clients of this address\n")),
      too_many_logins(plain(MHD_HTTP_SERVICE_UNAVAILABLE, "too many log-ins at once\n")),
      ending(plain(MHD_HTTP_SERVICE_UNAVAILABLE, "no memory, or the exporter ends\n")) {}

MHD_Response* to_response(SharedReply reply, Held held, const Rules* rules) {
  auto body = std::make_unique<Body>(Body{std::move(reply), std::move(held)});
  const Reply& content = *body->reply;
  // The library's signature is not const; it does not write.
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      content.body.size(), const_cast<char*>(content.body.data()), Body::release, body.get());
  if (response == nullptr) return nullptr;
  static_cast<void>(body.release());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content.content_type.c_str());
  for (const auto& [name, value] : content.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
  }
  if (rules == nullptr) return response;
  for (const auto& [name, value] : rules->config.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
  }
  return response;
}

Connected* connected_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == nullptr ? nullptr : static_cast<Connected*>(info->socket_context);
}

}  // namespace lungate::exporter
