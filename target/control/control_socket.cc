// SPDX-License-Identifier: LGPL-2.1-or-later

// The control socket's server: lines in, lines out, bounded on every side. All on the home loop,
// which also runs the gateway's changes, so nothing here may wait for a peer. Clients are whoever
// may open the socket: what is no request, too long, or sent by one client too many is answered
// with an error; a client that goes silent, or reads nothing, is closed after
// limits::kControlTimeout. When all places are taken, the client that has been idle for longest
// gives up its own: a place is never kept by somebody who says nothing, or nonsense.
//
// A client, once connected, is in one of four conditions, by its members:
//
//   reading     !answering_, out_ empty   waits for a line; the deadline is running
//   answering   answering_                the handler has the request; nothing is read, no deadline
//   writing     out_ not empty            the peer takes its time; the deadline is running
//   closed      fd_ empty                 waits to be dropped from the list
//
// Nothing is read but while reading: a client that sends faster than it is answered waits in the
// kernel, and costs us one line of memory.
#include "control/control_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "api/codec.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

namespace lungate::control {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Does not wait: a process that hangs, with its queue of connections full, answers EAGAIN. It is
/// there, so its socket is not ours to take.
std::optional<std::string> who_listens(const sockaddr_un& address) {
  const UniqueFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno == EAGAIN ? std::optional<std::string>("another lungate-target") : std::nullopt;
  ucred peer{};  // of a connected socket: who has called listen()
  socklen_t size = sizeof peer;
  if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0)
    return "another lungate-target";
  return "another lungate-target (pid " + std::to_string(peer.pid) + ")";
}

/// What stands at the path: nothing, a socket, or something that is not ours to remove.
bool is_replaceable(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) != 0 || S_ISSOCK(found.st_mode);
}

std::string failure(const std::string& path, const char* what) {
  return "control socket " + path + ": " + what + ": " + std::strerror(errno);
}

}  // namespace

/// One connection: reads a line, waits for its answer, reads on.
class ControlSocket::Client : public std::enable_shared_from_this<Client> {
 public:
  Client(ControlSocket& owner, UniqueFd fd)
      : owner_(owner),
        fd_(std::move(fd)),
        deadline_(owner.loop_, [this] { end(); }),
        watcher_(owner.loop_, fd_.get(), event::Interest::kRead,
                 [this](event::Interest what) { ready(what); }) {
    deadline_.start(limits::kControlTimeout);
  }

  /// An answer that is being made is worth waiting for, and its end is ours to bring about.
  bool may_be_evicted() const { return fd_ && !answering_; }
  bool ended() const { return !fd_; }
  BootTime active_since() const { return active_; }
  void evict() { end(); }

 private:
  void ready(event::Interest what) {
    const auto self = shared_from_this();
    if (what != event::Interest::kRead) write_some();
    if (idle()) read_some();
    serve();
  }

  bool idle() const { return fd_ && !answering_ && out_.empty(); }

  /// The requests that have come, one after another: a loop, for a thousand lines of one read, each
  /// answered at once, would otherwise call each other a thousand deep.
  void serve() {
    serving_ = true;
    while (idle() && next_line()) {
    }
    serving_ = false;
  }

  /// One piece per event: the loop has others to serve. The end of a request without its newline is
  /// a client that has gone away; nothing of it is carried out.
  void read_some() {
    char buffer[4096];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return end();
    in_.append(buffer, static_cast<std::size_t>(got));
  }

  /// False when no whole line is there.
  bool next_line() {
    const std::size_t newline = in_.find('\n');
    if (newline == std::string::npos && in_.size() > limits::kControlRequestBytesMax) {
      last_ = true;  // where the next request begins is not known any more
      in_.clear();
      reply(api::Error{api::ErrorCode::kBadRequest, "the request is too long", {}});
    }
    if (newline == std::string::npos || last_) return false;
    const std::string line = in_.substr(0, newline);
    in_.erase(0, newline + 1);
    const auto request = api::parse_request(line);
    if (!request) {
      reply(request.error());
      return true;
    }
    answering_ = true;
    active_ = boot_now();
    deadline_.stop();  // a reload may take its time
    watcher_.set_interest(event::Interest::kNone);
    owner_.handle_(*request, [weak = weak_from_this()](const api::Reply& answer) {
      const auto self = weak.lock();
      if (self == nullptr) return;
      self->reply(answer);
      if (!self->serving_) self->serve();
    });
    return true;
  }

  void reply(const api::Reply& answer) {
    answering_ = false;
    active_ = boot_now();
    out_ += api::to_line(answer);
    deadline_.start(limits::kControlTimeout);
    write_some();
  }

  /// Sets what is waited for next, whatever has happened: the one place that does so after an
  /// answer.
  void write_some() {
    if (!fd_) return;
    const ssize_t put = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) return end();
    if (put > 0) {
      out_.erase(0, static_cast<std::size_t>(put));
      active_ = boot_now();
    }
    if (out_.empty() && last_) return end();
    watcher_.set_interest(out_.empty() ? event::Interest::kRead : event::Interest::kWrite);
  }

  /// May be called again. The object stays until the loop's next turn, for it may be inside itself.
  void end() {
    watcher_.set_interest(event::Interest::kNone);
    deadline_.stop();
    fd_.reset();
    // Perhaps called by a watcher of this object: it is destroyed after that has returned.
    owner_.loop_.post([self = shared_from_this(), alive = std::weak_ptr(owner_.alive_)] {
      if (!alive.expired()) self->owner_.drop(*self);
    });
  }

  ControlSocket& owner_;
  UniqueFd fd_;
  event::Timer deadline_;
  event::FdWatcher watcher_;
  BootTime active_ = boot_now();  // it came, asked, or took some of an answer
  std::string in_;
  std::string out_;
  bool answering_ = false;
  bool serving_ = false;  // an answer that comes at once must not go deeper for the next request
  bool last_ = false;     // close when what is said has been sent
};

Result<std::unique_ptr<ControlSocket>, std::string> ControlSocket::open(event::Loop& loop,
                                                                        const std::string& path,
                                                                        Handle handle) {
  const sockaddr_un address = address_of(path);
  if (const auto who = who_listens(address))
    return err("control socket " + path + ": " + *who + " listens there");
  if (!is_replaceable(path))
    return err("control socket " + path + ": something that is no socket stands there");
  ::unlink(path.c_str());
  UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!fd) return err(failure(path, "socket"));
  // The mode must hold from the first moment on: it is all that protects the socket.
  const mode_t before = ::umask(0117);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(before);
  if (bound != 0) return err(failure(path, "bind"));
  if (::listen(fd.get(), SOMAXCONN) != 0) return err(failure(path, "listen"));
  return std::unique_ptr<ControlSocket>(
      new ControlSocket(loop, path, std::move(fd), std::move(handle)));
}

ControlSocket::ControlSocket(event::Loop& loop, std::string path, UniqueFd listener, Handle handle)
    : loop_(loop),
      path_(std::move(path)),
      listener_(std::move(listener)),
      handle_(std::move(handle)),
      retry_(loop, [this] { watcher_.set_interest(event::Interest::kRead); }),
      watcher_(loop, listener_.get(), event::Interest::kRead,
               [this](event::Interest) { accept_one(); }) {}

ControlSocket::~ControlSocket() {
  ::unlink(path_.c_str());
}

// One per event, for the socket stays ready while more wait. It stays ready as well when no
// descriptor is left: then the loop, which has better things to do, looks away for a moment.
void ControlSocket::accept_one() {
  UniqueFd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!fd) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    log::error("control", "accept_failed", {{"error", std::strerror(errno)}});
    watcher_.set_interest(event::Interest::kNone);
    return retry_.start(limits::kAcceptRetryDelay);
  }
  if (!make_room()) {
    const std::string line = api::to_line(
        api::Reply{api::Error{api::ErrorCode::kBusy, "too many control connections", {}}});
    ::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL);
    return;
  }
  clients_.push_back(std::make_shared<Client>(*this, std::move(fd)));
}

/// False: every place is held by somebody whose answer is being made. A client that has ended is in
/// the list until the loop's next turn, and holds no place.
bool ControlSocket::make_room() {
  std::size_t taken = 0;
  std::shared_ptr<Client> idlest;
  for (const auto& client : clients_) {
    if (client->ended()) continue;
    ++taken;
    if (client->may_be_evicted() &&
        (idlest == nullptr || client->active_since() < idlest->active_since()))
      idlest = client;
  }
  if (taken < limits::kControlConnectionsMax) return true;
  if (idlest == nullptr) return false;
  idlest->evict();
  return true;
}

void ControlSocket::drop(Client& client) {
  clients_.remove_if([&](const auto& held) { return held.get() == &client; });
}

}  // namespace lungate::control
