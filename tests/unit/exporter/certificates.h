// SPDX-License-Identifier: LGPL-2.1-or-later
// Certificates for tests, made anew in a folder: an authority, and what it has signed.
#pragma once

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <string>

namespace lungate::exporter {

/// A key and its certificate.
class Identity {
 public:
  enum class Use { kAuthority, kServer, kClient };

  /// Signed by `issuer`; null: by itself. Ends `days` from now.
  Identity(const std::string& name, Use use, const Identity* issuer, int days = 10) {
    gnutls_x509_privkey_init(&key_);
    gnutls_x509_privkey_generate(key_, GNUTLS_PK_ECDSA,
                                 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    gnutls_x509_crt_init(&certificate_);
    gnutls_x509_crt_set_version(certificate_, 3);
    const unsigned char serial = static_cast<unsigned char>(++serials());
    gnutls_x509_crt_set_serial(certificate_, &serial, 1);
    const std::time_t now = std::time(nullptr);
    gnutls_x509_crt_set_activation_time(certificate_, now - 86'400);
    ends_ = now + days * 86'400;
    gnutls_x509_crt_set_expiration_time(certificate_, ends_);
    gnutls_x509_crt_set_dn_by_oid(certificate_, GNUTLS_OID_X520_COMMON_NAME, 0, name.data(),
                                  static_cast<unsigned>(name.size()));
    gnutls_x509_crt_set_key(certificate_, key_);
    if (use == Use::kAuthority) {
      gnutls_x509_crt_set_ca_status(certificate_, 1);
      gnutls_x509_crt_set_key_usage(certificate_, GNUTLS_KEY_KEY_CERT_SIGN);
    } else {
      gnutls_x509_crt_set_key_usage(certificate_, GNUTLS_KEY_DIGITAL_SIGNATURE);
      gnutls_x509_crt_set_key_purpose_oid(
          certificate_, use == Use::kServer ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT,
          0);
      gnutls_x509_crt_set_subject_alt_name(certificate_, GNUTLS_SAN_DNSNAME, name.data(),
                                           static_cast<unsigned>(name.size()), GNUTLS_FSAN_SET);
    }
    const Identity& signer = issuer == nullptr ? *this : *issuer;
    EXPECT_EQ(
        gnutls_x509_crt_sign2(certificate_, signer.certificate_, signer.key_, GNUTLS_DIG_SHA256, 0),
        0);
  }
  ~Identity() {
    gnutls_x509_crt_deinit(certificate_);
    gnutls_x509_privkey_deinit(key_);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  std::string certificate() const {
    gnutls_datum_t out{};
    gnutls_x509_crt_export2(certificate_, GNUTLS_X509_FMT_PEM, &out);
    return taken(out);
  }
  std::string key() const {
    gnutls_datum_t out{};
    gnutls_x509_privkey_export2(key_, GNUTLS_X509_FMT_PEM, &out);
    return taken(out);
  }
  /// NAME.crt and NAME.key.
  void write(const std::string& path) const {
    std::ofstream(path + ".crt") << certificate();
    std::ofstream(path + ".key") << key();
  }
  std::time_t ends() const { return ends_; }

 private:
  static int& serials() {
    static int serial = 0;
    return serial;
  }
  static std::string taken(gnutls_datum_t out) {
    std::string text(reinterpret_cast<char*>(out.data), out.size);
    gnutls_free(out.data);
    return text;
  }

  gnutls_x509_privkey_t key_ = nullptr;
  gnutls_x509_crt_t certificate_ = nullptr;
  std::time_t ends_ = 0;
};

}  // namespace lungate::exporter
