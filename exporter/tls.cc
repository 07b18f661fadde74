// SPDX-License-Identifier: LGPL-2.1-or-later

// TLS by GnuTLS, which moves libmicrohttpd's bytes. The library's own settings hold one certificate
// from its start to its end and look at no client's; so each new connection is given credentials of
// ours before its handshake, and a client that should not be here fails in the handshake. Runs on
// the server's thread. What the files hold is the operator's; what a client shows is hostile.
#include "exporter/tls.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "exporter/small_file.h"

namespace lungate::exporter {
namespace {

std::string failure(const std::string& what, int code) {
  return what + ": " + gnutls_strerror(code);
}

gnutls_datum_t datum_of(const std::string& text) {
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));  // GnuTLS's API
  return {bytes, static_cast<unsigned>(text.size())};
}

Result<void, std::string> read(Pem& pem) {
  if (pem.file.empty()) return {};
  auto text = read_small_file(pem.file, limits::kPemBytesMax);
  if (!text) return err(text.error());
  if (text->empty()) return err(pem.file + ": is empty");
  pem.text = *std::move(text);
  return {};
}

std::string name_of(const Pem& pem, const char* what) {
  return pem.file.empty() ? what : pem.file;
}

/// A client's certificate, freed whatever happens.
struct Certificate {
  Certificate() { gnutls_x509_crt_init(&x509); }
  ~Certificate() { gnutls_x509_crt_deinit(x509); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  gnutls_x509_crt_t x509 = nullptr;
};

std::string address_text(const char* bytes, std::size_t size) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = size == 4 ? AF_INET : AF_INET6;
  if (size != 4 && size != 16) return {};
  return inet_ntop(family, bytes, text.data(), text.size()) == nullptr ? "" : text.data();
}

// As Go compares them, which Prometheus is written in: exactly, and whatever kind of name it is.
bool has_name(gnutls_x509_crt_t certificate, const std::vector<std::string>& names) {
  for (unsigned i = 0;; ++i) {
    std::array<char, 1024> bytes;
    std::size_t size = bytes.size();
    const int type =
        gnutls_x509_crt_get_subject_alt_name(certificate, i, bytes.data(), &size, nullptr);
    if (type == GNUTLS_E_SHORT_MEMORY_BUFFER) continue;  // longer than any name that we allow
    if (type < 0) return false;
    std::string name(bytes.data(), size);
    if (type == GNUTLS_SAN_IPADDRESS) name = address_text(bytes.data(), size);
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
}

// Only versions are chosen here; suites and curves are the library's, or the system's policy's.
std::string priorities(TlsVersion least, TlsVersion most) {
  std::string text = "NORMAL:-VERS-ALL";
  if (most == TlsVersion::kTls13) text += ":+VERS-TLS1.3";
  if (least == TlsVersion::kTls12) text += ":+VERS-TLS1.2";
  return text;
}

}  // namespace

TlsCredentials::TlsCredentials(TlsConfig config) : config_(std::move(config)) {
  gnutls_certificate_allocate_credentials(&credentials_);
}

TlsCredentials::~TlsCredentials() {
  gnutls_certificate_free_credentials(credentials_);
  if (priorities_ != nullptr) gnutls_priority_deinit(priorities_);
}

Result<std::shared_ptr<const TlsCredentials>, std::string> TlsCredentials::load(TlsConfig config) {
  for (Pem* pem : {&config.certificate, &config.key, &config.client_ca}) {
    if (auto done = read(*pem); !done) return err(done.error());
  }
  const std::shared_ptr<TlsCredentials> made(new TlsCredentials(std::move(config)));
  if (auto done = made->fill(); !done) return err(done.error());
  return std::shared_ptr<const TlsCredentials>(made);
}

// The library checks that the key belongs to the certificate. When the certificate ends is kept for
// the page: that it has ended is seen by every client but by nobody who looks at this process.
// The versions are tried here and not with the first connection: the machine's own policy may allow
// none of them.
Result<void, std::string> TlsCredentials::fill() {
  const std::string versions = priorities(config_.min_version, config_.max_version);
  if (const int code = gnutls_priority_init(&priorities_, versions.c_str(), nullptr); code < 0) {
    return err(failure("min_version, max_version: none that this machine allows", code));
  }
  const gnutls_datum_t certificate = datum_of(config_.certificate.text);
  const gnutls_datum_t key = datum_of(config_.key.text);
  int code = gnutls_certificate_set_x509_key_mem2(credentials_, &certificate, &key,
                                                  GNUTLS_X509_FMT_PEM, nullptr, 0);
  if (code < 0) {
    return err(failure(
        name_of(config_.certificate, "cert") + " with " + name_of(config_.key, "key"), code));
  }
  if (config_.client_ca.given()) {
    const gnutls_datum_t authorities = datum_of(config_.client_ca.text);
    code = gnutls_certificate_set_x509_trust_mem(credentials_, &authorities, GNUTLS_X509_FMT_PEM);
    if (code <= 0) return err(name_of(config_.client_ca, "client_ca") + ": no certificate in it");
  }
  gnutls_x509_crt_t* chain = nullptr;
  unsigned length = 0;
  if (gnutls_certificate_get_x509_crt(credentials_, 0, &chain, &length) == 0) {
    if (length > 0) expiry_ = gnutls_x509_crt_get_expiration_time(chain[0]);
    for (unsigned i = 0; i < length; ++i) gnutls_x509_crt_deinit(chain[i]);
    gnutls_free(chain);
  }
  return {};
}

// The credentials must outlive the session: http.cc keeps a share of them for each connection.
bool TlsCredentials::put_on(gnutls_session_t session) const {
  gnutls_session_set_ptr(session, const_cast<TlsCredentials*>(this));
  if (gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_) < 0 ||
      gnutls_priority_set(session, priorities_) < 0) {
    return false;
  }
  switch (config_.client_auth) {
    case ClientAuth::kNone:
      gnutls_certificate_server_set_request(session, GNUTLS_CERT_IGNORE);
      return true;
    case ClientAuth::kRequest:
    case ClientAuth::kVerifyIfGiven:
      gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
      break;
    case ClientAuth::kRequireAny:
    case ClientAuth::kRequire:
      gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
      break;
  }
  gnutls_session_set_verify_function(session, verify);
  return true;
}

int TlsCredentials::verify(gnutls_session_t session) noexcept {
  try {
    const auto* self = static_cast<const TlsCredentials*>(gnutls_session_get_ptr(session));
    return self != nullptr && self->accepts_peer(session) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
  } catch (...) {
    return GNUTLS_E_MEMORY_ERROR;
  }
}

// Called in the handshake, also for a client that shows nothing where it need not.
bool TlsCredentials::accepts_peer(gnutls_session_t session) const {
  unsigned length = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &length);
  if (chain == nullptr || length == 0) {
    return config_.client_auth == ClientAuth::kRequest ||
           config_.client_auth == ClientAuth::kVerifyIfGiven;
  }
  if (config_.client_auth == ClientAuth::kVerifyIfGiven ||
      config_.client_auth == ClientAuth::kRequire) {
    std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st demand = {GNUTLS_DT_KEY_PURPOSE_OID,
                                    reinterpret_cast<unsigned char*>(purpose.data()), 0};
    unsigned status = 0;
    if (gnutls_certificate_verify_peers(session, &demand, 1, &status) < 0 || status != 0) {
      return false;
    }
  }
  if (config_.client_allowed_sans.empty()) return true;
  const Certificate leaf;
  return gnutls_x509_crt_import(leaf.x509, &chain[0], GNUTLS_X509_FMT_DER) >= 0 &&
         has_name(leaf.x509, config_.client_allowed_sans);
}

}  // namespace lungate::exporter
