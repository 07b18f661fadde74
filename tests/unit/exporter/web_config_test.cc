// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/web_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/unit/exporter/passwords.h"

namespace lungate::exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

WebConfig good(const std::string& text) {
  const auto config = parse_web_config(text, "/etc/lungate/web.yml");
  EXPECT_TRUE(config) << config.error();
  return config.value_or(WebConfig{});
}

std::string objection(const std::string& text) {
  const auto config = parse_web_config(text, "web.yml");
  return config ? "none" : config.error();
}

TEST(WebConfigTest, NothingInItIsPlainHttpForEverybody) {
  for (const char* text : {"", "# nothing\n", "---\n", "tls_server_config:\n", "{}",
                           "tls_server_config: {}\nbasic_auth_users:\n"}) {
    const WebConfig config = good(text);
    EXPECT_FALSE(config.tls.wanted()) << text;
    EXPECT_TRUE(config.users.empty()) << text;
  }
}

TEST(WebConfigTest, WhatPrometheusReads) {
  const WebConfig config = good(R"(
tls_server_config:
  cert_file: server.crt
  key_file: /etc/ssl/server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ../ca.crt
  client_allowed_sans: [prometheus.example, "192.0.2.1"]
  min_version: TLS13
  prefer_server_cipher_suites: true
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
    Strict-Transport-Security: ""
basic_auth_users:
  prometheus: )" + std::string(kHashOfSecret) +
                                "\n");
  EXPECT_EQ(config.tls.certificate.file, "/etc/lungate/server.crt");
  EXPECT_EQ(config.tls.key.file, "/etc/ssl/server.key");
  EXPECT_EQ(config.tls.client_ca.file, "/etc/lungate/../ca.crt");
  EXPECT_EQ(config.tls.client_auth, ClientAuth::kRequire);
  EXPECT_THAT(config.tls.client_allowed_sans, ElementsAre("prometheus.example", "192.0.2.1"));
  EXPECT_EQ(config.tls.min_version, TlsVersion::kTls13);
  EXPECT_THAT(config.headers, ElementsAre(Pair("X-Frame-Options", "deny")));
  EXPECT_THAT(config.users, ElementsAre(Pair("prometheus", kHashOfSecret)));
}

TEST(WebConfigTest, CertificatesMayStandInTheText) {
  const WebConfig config = good("tls_server_config:\n  cert: |\n    A\n  key: B\n");
  EXPECT_EQ(config.tls.certificate.text, "A\n");
  EXPECT_EQ(config.tls.key.text, "B");
}

TEST(WebConfigTest, MistakesNameTheirLine) {
  EXPECT_EQ(objection("tls_server_config:\n  cert_file: a\n  kay_file: b\n"),
            "web.yml:3: unknown key 'kay_file' in tls_server_config");
  EXPECT_EQ(objection("\ntls: {}\n"), "web.yml:2: unknown key 'tls' in the file");
  EXPECT_THAT(objection("a: [\n"), HasSubstr("web.yml:2: "));
  EXPECT_EQ(
      objection("rate_limit: {}\n"),
      "web.yml:1: 'rate_limit' is not built: connections and log-ins have bounds of their own");
}

TEST(WebConfigTest, NoHalfOfAProtectionIsTaken) {
  const std::string pair = "  cert_file: a\n  key_file: b\n";
  const auto tls = [&pair](const std::string& more) {
    return objection("tls_server_config:\n" + pair + more);
  };
  EXPECT_EQ(tls(""), "none");
  EXPECT_THAT(objection("tls_server_config:\n  cert_file: a\n"), HasSubstr("go together"));
  EXPECT_THAT(objection("tls_server_config:\n  key_file: a\n"), HasSubstr("go together"));
  EXPECT_THAT(objection("tls_server_config:\n  client_ca_file: a\n"), HasSubstr("without"));
  EXPECT_THAT(tls("  client_ca_file: c\n"), HasSubstr("without a 'client_auth_type'"));
  EXPECT_THAT(tls("  client_auth_type: RequireAndVerifyClientCert\n"), HasSubstr("needs"));
  EXPECT_THAT(tls("  client_auth_type: VerifyClientCertIfGiven\n"), HasSubstr("needs"));
  EXPECT_THAT(tls("  client_auth_type: require\n"), HasSubstr("'require' is none of NoClientCert"));
  EXPECT_THAT(tls("  client_allowed_sans: [a]\n"), HasSubstr("client_allowed_sans"));
  EXPECT_THAT(tls("  client_allowed_sans: a\n"), HasSubstr("no list"));
  EXPECT_THAT(tls("  min_version: TLS10\n"), HasSubstr("none of TLS12, TLS13"));
  EXPECT_THAT(tls("  min_version: TLS13\n  max_version: TLS12\n"), HasSubstr("above"));
  EXPECT_THAT(tls("  cipher_suites: [x]\n"), HasSubstr("cannot be chosen"));
  EXPECT_THAT(tls("  cert: c\n"), HasSubstr("exclude each other"));
  EXPECT_THAT(tls("  cert_file: c\n"), HasSubstr("twice"));
}

TEST(WebConfigTest, PasswordsAreHashes) {
  EXPECT_THAT(objection("basic_auth_users:\n  a: secret\n"), HasSubstr("web.yml:2: "));
  EXPECT_THAT(objection("basic_auth_users:\n  a: secret\n"), HasSubstr("no bcrypt hash"));
  EXPECT_EQ(objection("basic_auth_users:\n  a: secret\n").find("secret"), std::string::npos);
  EXPECT_THAT(objection("basic_auth_users: [a]\n"), HasSubstr("no mapping"));
  EXPECT_THAT(objection("basic_auth_users:\n  'a:b': " + std::string(kHashOfSecret)),
              HasSubstr("no ':'"));
}

TEST(WebConfigTest, HeadersAreOneLine) {
  EXPECT_THAT(objection("http_server_config:\n  headers:\n    X-Frame-Options: \"a\\r\\nb\"\n"),
              HasSubstr("no header's value"));
  EXPECT_THAT(objection("http_server_config:\n  headers:\n    Server: x\n"), HasSubstr("unknown"));
}

TEST(WebConfigTest, IsBounded) {
  EXPECT_THAT(objection(std::string(limits::kWebConfigBytesMax + 1, '#')), HasSubstr("too large"));
  EXPECT_NE(objection(std::string(100'000, '[')), "none");
  EXPECT_NE(objection("&a [*a]"), "none");
  EXPECT_NE(objection("a: 1\n---\nb: 2\n"), "none");
  EXPECT_NE(objection(","), "none");
  EXPECT_NE(objection(",\nbasic_auth_users: {}\n"), "none");
  EXPECT_NE(objection("{}\n---\nbasic_auth_users: {}\n"), "none");
  EXPECT_NE(objection(std::string("a: b\0c", 6)), "none");
}

}  // namespace
}  // namespace lungate::exporter
