// SPDX-License-Identifier: LGPL-2.1-or-later

// A small HTTP server over libmicrohttpd: exact paths, GET and HEAD, and bounds on everything that
// a client may use up (connections, header bytes, time). libmicrohttpd is named in http.cc only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace lungate::exporter {

/// What goes back. The body may be large: it is moved, never copied, on its way to the socket.
struct Reply {
  std::string content_type;
  std::string body;
  unsigned status = 200;
};

/// Makes the answer to GET (and HEAD, whose body is dropped) of one path. An exception becomes
/// status 500 and a line in the log.
using Handler = std::function<Reply()>;

struct Route {
  Handler make;
  /// Where it is called. Not slow: on the thread that serves every client, so it must not wait for
  /// anything. Slow: on a thread for slow answers, one after the other; its clients wait, nobody
  /// else does, and no two large pages are in the making at the same time.
  bool slow = false;
};
/// By path, exactly as it is asked for: no prefixes, no patterns, no decoding.
using Routes = std::map<std::string, Route, std::less<>>;

class HttpServer {
 public:
  /// Serves on `listener` (bound and listening, see listen.h) until destroyed. Paths that are not
  /// in `routes` are 404; other methods than GET and HEAD are 405; a request with a body is 400,
  /// and the body is not read. The error is for people.
  static Result<std::unique_ptr<HttpServer>, std::string> start(UniqueFd listener, Routes routes);
  /// Waits for the slow answer in progress, then ends all connections.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lungate::exporter
