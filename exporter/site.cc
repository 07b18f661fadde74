// SPDX-License-Identifier: LGPL-2.1-or-later

// The exporter's paths. main() hands them to the server. /metrics reads whole segments and makes up
// to 17 MB of text, so it is slow in http.h's sense, and one page at a time bounds the memory; the
// other two are constants, so that they are answered whatever the scrapes do. A segment that cannot
// be read is no error here: the page says it.
#include "exporter/site.h"

#include <string>
#include <string_view>

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

// The time includes making the text: it is what a scrape costs this process. It is shown by the
// next page, since this one is done.
Reply metrics_page(const Collector& collector) {
  const BootTime begun = boot_now();
  Reply reply{std::string(kTextFormat), to_text(collector.Collect())};
  collector.scraped(Nanoseconds(static_cast<std::int64_t>(boot_now() - begun)));
  return reply;
}

}  // namespace

Routes make_site(const Collector& collector) {
  return {
      {"/metrics", {[&collector] { return metrics_page(collector); }, true}},
      {"/healthz", {[] {
         return Reply{"text/plain; charset=utf-8", "ok\n"};
       }}},
      {"/", {[] {
         return Reply{"text/html; charset=utf-8", std::string(kLandingPage)};
       }}},
  };
}

}  // namespace lungate::exporter
