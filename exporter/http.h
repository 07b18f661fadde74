// SPDX-License-Identifier: LGPL-2.1-or-later

// A small HTTP server over libmicrohttpd: exact paths, GET and HEAD, TLS and users where the web
// configuration wants them, and bounds on everything that a client may use up (connections, header
// bytes, time, log-ins). libmicrohttpd is named in http*.cc and http_impl.h only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "exporter/clients.h"
#include "exporter/security.h"
#include "exporter/vitals.h"

namespace lungate::exporter {

/// What a page may depend on. All of it is the client's, and hostile.
struct Request {
  std::string accept;                // several headers as one list
  std::string accept_encoding;       // as well
  std::vector<std::string> collect;  // the values of collect[] in the query, decoded
};

/// What goes back. The body may be large: it is moved, never copied, on its way to the socket.
struct Reply {
  std::string content_type;
  std::string body;
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Makes the answer to GET (and HEAD, whose body is dropped) of one path. An exception becomes
/// status 500 and a line in the log.
using Handler = std::function<Reply(const Request&)>;

struct Route {
  Handler make;
  /// Where it is called. Not slow: on the thread that serves every client, so it must not wait for
  /// anything. Slow: on a thread for slow answers, one after the other; its clients wait, nobody
  /// else does, and no two large pages are in the making at the same time.
  bool slow = false;
};
/// By path, exactly as it is asked for: no prefixes, no patterns, no decoding.
using Routes = std::map<std::string, Route, std::less<>>;

/// Who may ask, and who learns of those who may not. Both outlive the server; null: everybody may.
struct Gate {
  Security* security = nullptr;
  Vitals* vitals = nullptr;
};

class HttpServer {
 public:
  /// Serves on `listener` (bound and listening, see listen.h) until destroyed. Where there are
  /// users, every path is theirs only (401). Paths that are not in `routes` are 404; other methods
  /// than GET and HEAD are 405; a request with a body is 400, and the body is not read. The error
  /// is for people.
  static Result<std::unique_ptr<HttpServer>, std::string> start(UniqueFd listener, Routes routes,
                                                                Gate gate = {},
                                                                Patience patience = {});
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
