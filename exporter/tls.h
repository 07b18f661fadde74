// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <gnutls/gnutls.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "exporter/web_config.h"

namespace lungate::exporter {

/// What connections show and demand: one reading of a certificate, its key and the authorities.
/// Sessions that it was put on must end before it does.
class TlsCredentials {
 public:
  /// Reads the files. REQUIRES: config.wanted(). The error is for people.
  static Result<std::shared_ptr<const TlsCredentials>, std::string> load(TlsConfig config);
  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  /// Before the handshake. Takes the session's pointer (gnutls_session_set_ptr). False: the library
  /// refuses, and the connection must end.
  bool put_on(gnutls_session_t session) const;

  std::int64_t expiry() const { return expiry_; }  // of the certificate; seconds since the epoch
  const std::string& certificate() const { return config_.certificate.text; }
  const std::string& key() const { return config_.key.text; }

 private:
  explicit TlsCredentials(TlsConfig config);
  Result<void, std::string> fill();
  bool accepts_peer(gnutls_session_t session) const;
  static int verify(gnutls_session_t session) noexcept;

  TlsConfig config_;  // every Pem has its text
  gnutls_certificate_credentials_t credentials_ = nullptr;
  gnutls_priority_t priorities_ = nullptr;
  std::int64_t expiry_ = 0;
};

}  // namespace lungate::exporter
