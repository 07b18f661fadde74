// SPDX-License-Identifier: LGPL-2.1-or-later

// The Unix socket by which the operator's command speaks with this process: one request per line,
// one reply per line, in order (api/messages.h). Who may open the socket may do everything: its
// file mode is the access control.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "api/messages.h"
#include "base/fd.h"
#include "base/result.h"
#include "event/loop.h"

namespace lungate::control {

class ControlSocket {
 public:
  using Answer = std::function<void(const api::Reply&)>;
  /// Answers now or later, once, on the home loop. The client may be gone by then: answering nobody
  /// does no harm.
  using Handle = std::function<void(const api::Request&, Answer)>;

  /// Binds `path` (a socket that nobody listens on is replaced, anything else is left alone), mode
  /// 0660. The error is a sentence. REQUIRES: `path` has at most limits::kSocketPathBytesMax bytes.
  static Result<std::unique_ptr<ControlSocket>, std::string> open(event::Loop& loop,
                                                                  const std::string& path,
                                                                  Handle handle);
  /// Closes every client, answered or not, and takes the socket's name away.
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

 private:
  class Client;
  ControlSocket(event::Loop& loop, std::string path, UniqueFd listener, Handle handle);
  void accept_one();
  bool make_room();
  void drop(Client& client);

  event::Loop& loop_;
  const std::string path_;
  UniqueFd listener_;
  const Handle handle_;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();  // for work that comes too late
  std::list<std::shared_ptr<Client>> clients_;
  event::Timer retry_;  // no descriptor was left
  event::FdWatcher watcher_;
};

}  // namespace lungate::control
