// SPDX-License-Identifier: LGPL-2.1-or-later
// One HTTPS request, with or without a certificate of the client's.
#pragma once

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <sys/socket.h>

#include <string>

#include "base/bytes.h"
#include "base/fd.h"
#include "config/config.h"
#include "tests/unit/exporter/certificates.h"

namespace lungate::exporter {

struct TlsAnswer {
  bool shook_hands = false;
  std::string text;    // all that came
  std::string server;  // its certificate's bytes

  bool has(std::string_view part) const { return text.find(part) != std::string::npos; }
};

/// `who` null: no certificate. With TLS 1.3 a server refuses a client's certificate after the
/// client's end of the handshake, so only an answer tells that it was taken.
inline TlsAnswer tls_get(const config::Address& address, const Identity* who,
                         const char* versions = "NORMAL", std::string_view more = {}) {
  TlsAnswer answer;
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = port_to_network(address.port);
  inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return answer;
  gnutls_certificate_credentials_t credentials = nullptr;
  gnutls_certificate_allocate_credentials(&credentials);
  if (who != nullptr) {
    std::string certificate = who->certificate();
    std::string key = who->key();
    const auto datum = [](std::string& text) {
      return gnutls_datum_t{reinterpret_cast<unsigned char*>(text.data()),
                            static_cast<unsigned>(text.size())};
    };
    const gnutls_datum_t first = datum(certificate);
    const gnutls_datum_t second = datum(key);
    gnutls_certificate_set_x509_key_mem(credentials, &first, &second, GNUTLS_X509_FMT_PEM);
    // Sent whoever the server says that it trusts: a stranger does so, too.
    gnutls_certificate_set_flags(credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
  }
  gnutls_session_t session = nullptr;
  // No signal: a server that refuses us may have closed before we write.
  gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT | GNUTLS_NO_SIGNAL);
  gnutls_priority_set_direct(session, versions, nullptr);
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
  gnutls_transport_set_int(session, fd.get());
  gnutls_handshake_set_timeout(session, 10'000);
  int code = 0;
  do code = gnutls_handshake(session);
  while (code < 0 && gnutls_error_is_fatal(code) == 0);
  answer.shook_hands = code == 0;
  if (answer.shook_hands) {
    unsigned length = 0;
    const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &length);
    if (length > 0) answer.server.assign(reinterpret_cast<char*>(chain[0].data), chain[0].size);
    const std::string request =
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(more) + "\r\n";
    gnutls_record_send(session, request.data(), request.size());
    gnutls_record_set_timeout(session, 10'000);
    char buffer[4096];
    for (;;) {
      const ssize_t got = gnutls_record_recv(session, buffer, sizeof buffer);
      if (got > 0) answer.text.append(buffer, static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && gnutls_error_is_fatal(static_cast<int>(got)) != 0)) break;
    }
  }
  gnutls_deinit(session);
  gnutls_certificate_free_credentials(credentials);
  return answer;
}

}  // namespace lungate::exporter
