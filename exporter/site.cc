// SPDX-License-Identifier: LGPL-2.1-or-later

// The exporter's paths. main() hands them to the server. /metrics reads whole segments and makes up
// to 17 MB of text, so it is slow in http.h's sense, as is /readyz, which reads segments too: one
// at a time bounds the memory. The other two are constants, so that they are answered whatever the
// scrapes do. A segment that cannot be read is no error here: the page says it.
#include "exporter/site.h"

#include <string>
#include <string_view>

#include "base/clock.h"
#include "exporter/accept.h"
#include "exporter/exposition.h"
#include "exporter/gzip.h"
#include "exporter/landing.h"
#include "exporter/native.h"
#include "exporter/openmetrics.h"

namespace lungate::exporter {
namespace {

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

Reply as_text(const Scrape& scrape, const Request& request) {
  Reply reply;
  if (choose_format(request.accept) == Format::kOpenMetrics) {
    reply.content_type = kOpenMetricsFormat;
    reply.body = to_openmetrics(scrape.page.families, scrape.exemplars, scrape.page.text_bytes);
  } else {
    reply.content_type = kTextFormat;
    reply.body = to_text(scrape.page.families, scrape.page.text_bytes);
  }
  reply.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  return reply;
}

Reply as_native(const Scrape& scrape) {
  Reply reply{std::string(kNativeFormat), to_native(scrape.page, scrape.exemplars)};
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  return reply;
}

// The time includes making the text and packing it: it is what a scrape costs this process. It is
// shown by the next page, since this one is done.
Reply metrics_page(const Collector& collector, const Request& request, bool native) {
  const BootTime begun = boot_now();
  const auto groups = parse_groups(request.collect);
  if (!groups) return Reply{std::string(kPlainText), groups.error(), 400};
  const Scrape scrape = collector.scrape({*groups, native});
  Reply reply = native ? as_native(scrape) : as_text(scrape, request);
  if (wants_gzip(request.accept_encoding)) {
    reply.body = gzip(reply.body);
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
  collector.scraped(Nanoseconds(static_cast<std::int64_t>(boot_now() - begun)));
  return reply;
}

Reply readiness(const Collector& collector) {
  const bool ready = collector.ready();
  return {std::string(kPlainText), ready ? "ready\n" : "no segment can be read\n",
          ready ? 200u : 503u};
}

}  // namespace

Routes make_site(const Collector& collector, const std::string& version) {
  const auto constant = [](std::string_view type, std::string text) {
    return Route{[type = std::string(type), text = std::move(text)](const Request&) {
      return Reply{type, text};
    }};
  };
  const auto page = [&collector](bool native) {
    return Route{[&collector, native](const Request& request) {
                   return metrics_page(collector, request, native);
                 },
                 true};
  };
  return {
      {"/metrics", page(false)},
      {"/metrics/native", page(true)},
      {"/healthz", constant(kPlainText, "ok\n")},
      {"/readyz", {[&collector](const Request&) { return readiness(collector); }, true}},
      {"/", constant("text/html; charset=utf-8", landing_page(version, collector.paths()))},
  };
}

}  // namespace lungate::exporter
