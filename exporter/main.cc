// SPDX-License-Identifier: LGPL-2.1-or-later

// lungate-exporter: reads the segments of this host's targets and serves /metrics. It may be
// restarted, upgraded or killed at any time; no target notices. Three threads: this one waits for
// SIGTERM or SIGINT, one serves HTTP, one makes pages. Exit status: 0 after a signal, 1 when the
// address cannot be had, 2 when the configuration is wrong, 64 when the command line is.
#include <signal.h>

#include <variant>

#include "base/log.h"
#include "exporter/collector.h"
#include "exporter/http.h"
#include "exporter/listen.h"
#include "exporter/options.h"
#include "exporter/site.h"

namespace {

using namespace lungate;

/// The signals that end us. Blocked before any thread is made, so that only main() takes them.
sigset_t block_ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The start's errors go to the log, like everything else that a service says: there is nobody at a
// terminal.
int fail(std::string_view event, const std::string& why) {
  log::error("exporter", event, {{"error", why}});
  return 1;
}

// Order of life: the collector outlives the server, whose pages ask it; the server ends, with its
// threads, before main does.
int serve(const exporter::Options& options) {
  const sigset_t ending = block_ending_signals();
  const exporter::Collector collector(options.exporter.segments, LUNGATE_VERSION);
  auto listener = exporter::listen_on(options.exporter.listen);
  if (!listener) return fail("cannot_listen", listener.error());
  const std::string address = config::to_string(listener->address);
  auto server =
      exporter::HttpServer::start(std::move(listener->fd), exporter::make_site(collector));
  if (!server) return fail("cannot_serve", server.error());
  log::info("exporter", "listening", {{"address", address}, {"version", LUNGATE_VERSION}});
  int received = 0;
  sigwait(&ending, &received);
  log::info("exporter", "stopping", {{"signal", received}});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  log::start();
  auto options = exporter::read_options(argc, argv, LUNGATE_VERSION);
  if (const auto* exit = std::get_if<exporter::Exit>(&options)) return exit->status;
  const auto& chosen = std::get<exporter::Options>(options);
  log::set_level(chosen.log_level);
  return serve(chosen);
}
