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

struct Reply {
  std::string content_type;
  std::string body;
  unsigned status = 200;
};

/// Answers GET (and HEAD, whose body is dropped) of one path. Called on one of the server's
/// threads, several at a time. An exception becomes status 500 and a line in the log.
using Handler = std::function<Reply()>;
using Handlers = std::map<std::string, Handler, std::less<>>;

class HttpServer {
 public:
  /// Serves on `listener` (bound and listening, see listen.h) until destroyed. Paths that are not
  /// in `handlers` are 404; other methods than GET and HEAD are 405. The error is for people.
  static Result<std::unique_ptr<HttpServer>, std::string> start(UniqueFd listener,
                                                                Handlers handlers);
  /// Ends connections in progress.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lungate::exporter
