// SPDX-License-Identifier: LGPL-2.1-or-later
// The web configuration: any text is a configuration or an objection with a line, and what is
// accepted is whole: no certificate without its key, no password that is not a hash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "exporter/bcrypt.h"
#include "exporter/web_config.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lungate::exporter;
  using lungate::fuzz::require;
  // What the library does with nested brackets is quadratic: small texts find what there is.
  if (size > 1024) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = parse_web_config(text, "/etc/web.yml");
  if (!config) {
    require(config.error().starts_with("/etc/web.yml:"));
    return 0;
  }
  const TlsConfig& tls = config->tls;
  require(tls.certificate.given() == tls.key.given());
  require(tls.client_auth == ClientAuth::kNone || tls.wanted());
  require(tls.client_auth != ClientAuth::kRequire || tls.client_ca.given());
  require(tls.min_version <= tls.max_version);
  for (const auto& [name, hash] : config->users) require(!name.empty() && is_bcrypt(hash));
  for (const auto& [name, value] : config->headers) {
    require(value.find_first_of("\r\n") == std::string::npos);
  }
  return 0;
}
