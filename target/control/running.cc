// SPDX-License-Identifier: LGPL-2.1-or-later

// Asking the gateway that runs already what it serves. Called by --check-online on the main thread,
// before it opens anything: a store that the gateway itself holds is no fault, and opening it would
// fail by the lock. Whatever goes wrong here only means that nobody vouches for the store.
#include "control/running.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstring>

#include "api/codec.h"
#include "base/fd.h"
#include "base/limits.h"

namespace lungate::control {
namespace {

/// With a limit on connecting, asking and reading each: on a Unix socket the send time-out bounds
/// connect() too, which would wait for a gateway that hangs with its queue full.
UniqueFd connect_to(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const timeval patience{
      std::chrono::duration_cast<std::chrono::seconds>(limits::kControlTimeout).count(), 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fd.reset();
  return fd;
}

/// The answer's line; what has come of it when the other side goes away or falls silent.
std::string ask(const UniqueFd& fd, const std::string& line) {
  if (::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return {};
  std::string answer;
  char buffer[16 * 1024];
  while (answer.find('\n') == std::string::npos && answer.size() < limits::kControlReplyBytesMax) {
    const ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return {};
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  return answer.substr(0, answer.find('\n'));
}

}  // namespace

// The name is asked for too: a socket's path may have been given to another gateway of this host.
std::optional<api::Status> running_gateway(const config::Config& config) {
  const UniqueFd fd = connect_to(config.gateway.control_socket);
  if (!fd) return std::nullopt;
  const auto reply = api::parse_reply(ask(fd, api::to_line(api::Request{api::GetStatus{}})));
  const auto* status = reply ? std::get_if<api::Status>(&*reply) : nullptr;
  if (status == nullptr || status->gateway != config.gateway.name) return std::nullopt;
  return *status;
}

// By the store's text, as the configuration writes it: two texts for one file (a link) are found to
// be one by the lock, later, and by then with a sentence that says so.
std::optional<Served> served_by(const api::Status& status, const config::Store& store) {
  const std::string wanted = to_string(store);
  for (const api::TargetStatus& target : status.targets)
    for (const api::LunStatus& lun : target.luns)
      if (lun.store == wanted && lun.state == "ready")
        return Served{target.iqn, lun.id, lun.size_bytes};
  return std::nullopt;
}

}  // namespace lungate::control
