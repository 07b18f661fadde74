// SPDX-License-Identifier: LGPL-2.1-or-later

// The page for people. Made once, when the site is: it says what the exporter was told, not what it
// finds, so that it is there at once whatever the segments do.
#include "exporter/landing.h"

#include <array>
#include <string_view>

#include "exporter/groups.h"

namespace lungate::exporter {
namespace {

// The segments' paths are the operator's, but a page must not depend on his taste.
std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '&':
        html += "&amp;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

struct Link {
  std::string_view path;
  std::string_view what;
};
constexpr std::array<Link, 5> kLinks = {{
    {"/metrics", "every metric, as text; OpenMetrics with exemplars for whoever accepts it"},
    {"/metrics?collect[]=gateway&collect[]=exporter", "some groups of them only"},
    {"/metrics/native", "Protocol Buffers with native histograms"},
    {"/healthz", "does this exporter answer?"},
    {"/readyz", "can it read a segment?"},
}};

constexpr std::string_view kHead =
    "<!doctype html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"color-scheme\" content=\"light dark\">"
    "<title>lungate-exporter</title></head>\n<body>\n";

}  // namespace

std::string landing_page(const std::string& version, const std::vector<std::string>& segments) {
  std::string html(kHead);
  html += "<h1>lungate-exporter " + escaped(version) + "</h1>\n";
  html += "<p>What the LUNs of this host's iSCSI gateways do, for Prometheus.</p>\n<ul>\n";
  for (const Link& link : kLinks) {
    html += "<li><a href=\"" + escaped(link.path) + "\">" + escaped(link.path) +
            "</a>: " + escaped(link.what) + "</li>\n";
  }
  html += "</ul>\n<p>Groups:";
  for (const std::string_view group : kGroupNames) html.append(" ").append(group);
  html += "</p>\n<p>Segments:</p>\n<ul>\n";
  for (const std::string& segment : segments) html += "<li>" + escaped(segment) + "</li>\n";
  return html + "</ul>\n</body></html>\n";
}

}  // namespace lungate::exporter
