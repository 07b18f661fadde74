// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/site.h"

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "exporter/exposition.h"

namespace lungate::exporter {
namespace {

constexpr std::string_view kLandingPage =
    "<!doctype html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>lungate-exporter</title></head>\n"
    "<body><h1>lungate-exporter</h1>\n"
    "<p>What the LUNs of this host's iSCSI gateways do, for Prometheus.</p>\n"
    "<ul><li><a href=\"/metrics\">/metrics</a></li><li><a "
    "href=\"/healthz\">/healthz</a></li></ul>\n"
    "</body></html>\n";

Reply metrics_page(const Collector& collector) {
  const BootTime begun = boot_now();
  Reply reply{std::string(kTextFormat), to_text(collector.Collect())};
  collector.scraped(Nanoseconds(static_cast<std::int64_t>(boot_now() - begun)));
  return reply;
}

}  // namespace

Handlers make_site(const Collector& collector) {
  // One page at a time: two in the making would double the exporter's peak of memory.
  auto one_at_a_time = std::make_shared<std::mutex>();
  return {
      {"/metrics",
       [&collector, one_at_a_time] {
         const std::lock_guard lock(*one_at_a_time);
         return metrics_page(collector);
       }},
      {"/healthz",
       [] {
         return Reply{"text/plain; charset=utf-8", "ok\n"};
       }},
      {"/",
       [] {
         return Reply{"text/html; charset=utf-8", std::string(kLandingPage)};
       }},
  };
}

}  // namespace lungate::exporter
