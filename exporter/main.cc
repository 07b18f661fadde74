// SPDX-License-Identifier: LGPL-2.1-or-later

// lungate-exporter: reads the segments of this host's targets and serves /metrics. It may be
// restarted, upgraded or killed at any time; no target notices. Five threads: this one waits for
// signals, one serves HTTP, one ends clients that take too long, one makes pages, one checks
// passwords. SIGHUP reads the web configuration again, SIGTERM and SIGINT end. Exit status: 0 after
// a signal, 1 when the address cannot be had, 2 when a configuration is wrong, 64 when the command
// line is.
#include <signal.h>

#include <memory>
#include <variant>

#include "base/log.h"
#include "exporter/collector.h"
#include "exporter/http.h"
#include "exporter/listen.h"
#include "exporter/options.h"
#include "exporter/security.h"
#include "exporter/site.h"
#include "exporter/vitals.h"

namespace {

using namespace lungate;

/// The signals that we wait for. Blocked before any thread is made, so that only main() takes them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The start's errors go to the log, like everything else that a service says: there is nobody at a
// terminal.
int fail(std::string_view event, const std::string& why, int status = 1) {
  log::error("exporter", event, {{"error", why}});
  return status;
}

/// Until a signal ends us; its number.
int wait_for_end(const sigset_t& signals, exporter::Security* security) {
  for (;;) {
    int received = 0;
    sigwait(&signals, &received);
    if (received != SIGHUP) return received;
    if (security != nullptr) security->reload();
  }
}

// Order of life: the collector outlives the server, whose pages ask it; the server ends, with its
// threads, before main does.
int serve(const exporter::Options& options) {
  const sigset_t signals = block_signals();
  const config::Exporter& chosen = options.exporter;
  exporter::Vitals vitals;
  std::unique_ptr<exporter::Security> security;
  if (!chosen.web_config.empty()) {
    auto opened = exporter::Security::open(chosen.web_config, vitals);
    if (!opened) return fail("web_config_refused", opened.error(), 2);
    security = *std::move(opened);
  }
  const exporter::Collector collector(chosen.segments, LUNGATE_VERSION,
                                      {chosen.series_max, &vitals});
  auto listener = exporter::listen_on(chosen.listen);
  if (!listener) return fail("cannot_listen", listener.error());
  const std::string address = config::to_string(listener->address);
  auto server = exporter::HttpServer::start(std::move(listener->fd),
                                            exporter::make_site(collector, LUNGATE_VERSION),
                                            {security.get(), &vitals});
  if (!server) return fail("cannot_serve", server.error());
  log::info("exporter", "listening", {{"address", address}, {"version", LUNGATE_VERSION}});
  const int received = wait_for_end(signals, security.get());
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
