// SPDX-License-Identifier: LGPL-2.1-or-later

// Prometheus's own file of how to serve HTTP (its "web configuration"): TLS, client certificates,
// users with bcrypt hashes, a few headers. The same file serves Prometheus and this exporter.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace lungate::exporter {

/// Names as the file has them (they are Go's).
enum class ClientAuth : std::uint8_t {
  kNone,           // NoClientCert
  kRequest,        // RequestClientCert: asked for, not looked at
  kRequireAny,     // RequireAnyClientCert: must be there, not looked at
  kVerifyIfGiven,  // VerifyClientCertIfGiven
  kRequire,        // RequireAndVerifyClientCert
};

enum class TlsVersion : std::uint8_t { kTls12, kTls13 };

/// A file's path as it is to be opened, or the text itself; both empty: not given.
struct Pem {
  std::string file;
  std::string text;

  bool given() const { return !file.empty() || !text.empty(); }
};

struct TlsConfig {
  Pem certificate;
  Pem key;
  Pem client_ca;
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;

  bool wanted() const { return certificate.given(); }
};

struct WebConfig {
  TlsConfig tls;
  std::map<std::string, std::string> users;  // name to bcrypt hash; empty: everybody may ask
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
};

/// The error names the line where it can: "web.yml:3: unknown key 'cert'". Files stay closed;
/// relative paths become those of `path`'s folder. Never throws but std::bad_alloc.
Result<WebConfig, std::string> parse_web_config(std::string_view text, const std::string& path);

}  // namespace lungate::exporter
