// SPDX-License-Identifier: LGPL-2.1-or-later

// One question and one answer over the control socket. commands.cc calls it; it blocks until the
// deadline, which is one for the whole exchange and not one per read, so that a target that sends a
// byte a second cannot keep the operator. At the other end may be nobody, a target that hangs, or a
// stranger's program at a mistaken path: each is a sentence that says what to do. Nothing is asked
// twice: a command that may have been done must not be repeated by its messenger.
#include "ctl/client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "api/codec.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"

namespace lungate::ctl {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

// The three reasons that are nearly always it, in the operator's words; the rest as the kernel says
// it.
std::string connect_complaint(const std::string& path, int error) {
  if (error == ENOENT) return "lungate-target is not running: there is no socket " + path;
  if (error == ECONNREFUSED) {
    return "lungate-target is not running: nobody listens on " + path;
  }
  if (error == EACCES || error == EPERM) {
    return "no permission to use " + path +
           ": be root, lungate-target's user or a member of its group (lungate, as installed)";
  }
  return "cannot connect to " + path + ": " + reason(error);
}

/// A connection with an end of patience.
class Exchange {
 public:
  Exchange(const std::string& path, std::chrono::milliseconds timeout)
      : path_(path), deadline_(boot_now() + timeout) {}

  /// Non-blocking from the start: a target that hangs with a full backlog must not hang its
  /// operator. An EAGAIN is waited for in small steps, for poll() does not tell when a Unix
  /// socket's backlog has room.
  Result<void, std::string> connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() > limits::kSocketPathBytesMax) {
      return err("the socket's path is longer than 107 bytes: " + path_);
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    fd_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_) return err("no socket: " + reason(errno));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    // A Unix socket connects at once or (backlog full) answers EAGAIN.
    while (::connect(fd_.get(), generic, sizeof(address)) != 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN || left_ms() == 0) return err(connect_complaint(path_, errno));
      ::poll(nullptr, 0, std::min(left_ms(), 10));
    }
    return {};
  }

  /// A peer that closes early has perhaps said why (too many connections): what it said is read
  /// before its silence is complained of.
  Result<void, std::string> send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent >= 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EPIPE || errno == ECONNRESET) {
        // The target may have refused us with a reason that waits to be read.
        return {};
      } else if (auto ready = retry(POLLOUT); !ready) {
        return ready;
      }
    }
    return {};
  }

  /// Up to the first newline, or to the bound: the socket's path may have been anybody's.
  Result<std::string, std::string> receive_line() {
    std::string line;
    std::array<char, 16 * limits::kKiB> buffer;
    while (line.size() <= limits::kControlReplyBytesMax) {
      const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      if (got > 0) {
        line.append(buffer.data(), static_cast<std::size_t>(got));
        if (const std::size_t end = line.find('\n'); end != line.npos) return line.substr(0, end);
      } else if (got == 0) {
        return err(std::string("lungate-target closed the connection without an answer"));
      } else if (auto ready = retry(POLLIN); !ready) {
        return err(ready.error());
      }
    }
    return err(std::string("lungate-target's answer has no end"));
  }

 private:
  /// Rounded down: 0 means that there is nothing left to wait for.
  int left_ms() const { return static_cast<int>((deadline_ - boot_now()) / 1'000'000); }

  /// After a call that failed with errno: waits, if waiting can help.
  /// errno is that of the call before; nothing may come between.
  Result<void, std::string> retry(short events) {
    if (errno == EINTR) return {};
    if (errno != EAGAIN) return err("the connection to lungate-target broke: " + reason(errno));
    pollfd waiting{fd_.get(), events, 0};
    if (left_ms() == 0 || ::poll(&waiting, 1, left_ms()) == 0) {
      return err(std::string("lungate-target does not answer in time"));
    }
    return {};
  }

  const std::string& path_;
  BootTime deadline_;
  UniqueFd fd_;
};

}  // namespace

// Three steps that can each fail with a sentence; a reply that says "error" is a success of this
// function.
Result<api::Reply, std::string> ask(const std::string& socket_path, const api::Request& request,
                                    std::chrono::milliseconds timeout) {
  Exchange exchange(socket_path, timeout);
  if (auto connected = exchange.connect(); !connected) return err(connected.error());
  if (auto sent = exchange.send(api::to_line(request)); !sent) return err(sent.error());
  const auto line = exchange.receive_line();
  if (!line) return err(line.error());
  auto reply = api::parse_reply(*line);
  if (!reply) return err("lungate-target's answer makes no sense: " + reply.error().message);
  return *std::move(reply);
}

}  // namespace lungate::ctl
