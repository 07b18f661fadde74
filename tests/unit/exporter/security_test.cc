// SPDX-License-Identifier: LGPL-2.1-or-later
// The whole server behind a web configuration: TLS, certificates of clients, users, changes.
#include "exporter/security.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "exporter/http.h"
#include "exporter/listen.h"
#include "tests/unit/exporter/certificates.h"
#include "tests/unit/exporter/http_client.h"
#include "tests/unit/exporter/passwords.h"
#include "tests/unit/exporter/tls_client.h"
#include "tests/unit/telemetry/segment_fixture.h"

namespace lungate::exporter {
namespace {

using Use = Identity::Use;
using ::testing::HasSubstr;

constexpr std::string_view kServerPair =
    "tls_server_config:\n  cert_file: a.crt\n  key_file: a.key\n";
constexpr const char* kDemand =
    "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n";
// base64 of "prometheus:secret", of a wrong password, and of a user that there is not.
constexpr std::string_view kRight = "Authorization: Basic cHJvbWV0aGV1czpzZWNyZXQ=\r\n";
constexpr std::string_view kWrong = "Authorization: Basic cHJvbWV0aGV1czpTZWNyZXQ=\r\n";
constexpr std::string_view kNobody = "Authorization: Basic bm9ib2R5OnNlY3JldA==\r\n";

class Secured : public ::testing::Test {
 protected:
  Secured() { server_identity_.write(folder_ / "a"), authority_.write(folder_ / "ca"); }

  void write(std::string_view text) { std::ofstream(file_) << text; }
  /// The error; empty when it serves.
  std::string serve(std::string_view text) {
    write(text);
    auto opened = Security::open(file_, vitals_);
    if (!opened) return opened.error();
    security_ = *std::move(opened);
    auto listener = listen_on({"127.0.0.1", 0, false});
    address_ = listener->address;
    Routes routes = {{"/metrics", {[](const Request&) {
                        return Reply{"text/plain", "lungate_up 1\n"};
                      }}},
                     {"/slow",
                      {[](const Request&) {
                         return Reply{"text/plain", "slow\n"};
                       },
                       true}}};
    auto server =
        HttpServer::start(std::move(listener->fd), std::move(routes), {security_.get(), &vitals_});
    if (!server) return server.error();
    server_ = *std::move(server);
    return "";
  }
  bool served(const TlsAnswer& answer) { return answer.has("lungate_up 1"); }
  TlsAnswer get(const Identity* who = nullptr, const char* versions = "NORMAL") {
    return tls_get(address_, who, versions);
  }
  Answer ask(std::string_view path, std::string_view more) {
    return HttpClient(address_).request("GET", path, more);
  }
  static std::string users(std::string_view hash = kHashOfSecret) {
    return "basic_auth_users:\n  prometheus: " + std::string(hash) + "\n";
  }

  telemetry::TemporaryFolder folder_;
  const std::string file_ = folder_ / "web.yml";
  Identity authority_{"authority", Use::kAuthority, nullptr};
  Identity server_identity_{"server", Use::kServer, &authority_};
  Identity client_{"prometheus.example", Use::kClient, &authority_};
  Identity stranger_{"prometheus.example", Use::kClient, nullptr};
  Vitals vitals_;
  std::unique_ptr<Security> security_;
  config::Address address_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Secured, ServesByTls) {
  ASSERT_EQ(serve(kServerPair), "");
  EXPECT_TRUE(served(get()));
  EXPECT_TRUE(served(get(nullptr, "NORMAL:-VERS-ALL:+VERS-TLS1.2")));
  EXPECT_FALSE(get(nullptr, "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT").shook_hands);
  EXPECT_EQ(vitals_.certificate_expiry, server_identity_.ends());
}

TEST_F(Secured, PlainHttpIsNoTls) {
  ASSERT_EQ(serve(kServerPair), "");
  EXPECT_NE(ask("/metrics", "").status, 200u);
  EXPECT_TRUE(served(get()));
}

TEST_F(Secured, VersionsCanBeNarrowed) {
  ASSERT_EQ(serve(std::string(kServerPair) + "  min_version: TLS13\n"), "");
  EXPECT_FALSE(get(nullptr, "NORMAL:-VERS-ALL:+VERS-TLS1.2").shook_hands);
  EXPECT_TRUE(served(get()));
}

TEST_F(Secured, AClientMustShowACertificateOfTheAuthority) {
  ASSERT_EQ(serve(std::string(kServerPair) +
                  "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"),
            "");
  for (const char* versions : {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    EXPECT_TRUE(served(get(&client_, versions))) << versions;
    EXPECT_FALSE(served(get(nullptr, versions))) << versions;
    EXPECT_FALSE(served(get(&stranger_, versions))) << versions;
    EXPECT_FALSE(served(get(&server_identity_, versions))) << "not made for clients";
  }
}

TEST_F(Secured, AnExpiredCertificateIsNone) {
  ASSERT_EQ(serve(std::string(kServerPair) +
                  "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"),
            "");
  const Identity expired("prometheus.example", Use::kClient, &authority_, -1);
  EXPECT_FALSE(served(get(&expired)));
}

TEST_F(Secured, VerifyIfGivenLetsThoseInWhoShowNothing) {
  ASSERT_EQ(serve(std::string(kServerPair) +
                  "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.crt\n"),
            "");
  EXPECT_TRUE(served(get()));
  EXPECT_TRUE(served(get(&client_)));
  EXPECT_FALSE(served(get(&stranger_)));
}

TEST_F(Secured, AnyCertificateWhereAnyWillDo) {
  ASSERT_EQ(serve(std::string(kServerPair) + "  client_auth_type: RequireAnyClientCert\n"), "");
  EXPECT_TRUE(served(get(&stranger_)));
  EXPECT_FALSE(served(get()));
}

TEST_F(Secured, NamesOfClientsCanBeListed) {
  const std::string start = std::string(kServerPair) +
                            "  client_auth_type: RequireAndVerifyClientCert\n"
                            "  client_ca_file: ca.crt\n  client_allowed_sans: [";
  ASSERT_EQ(serve(start + "other, prometheus.example]\n"), "");
  EXPECT_TRUE(served(get(&client_)));
  server_.reset();
  ASSERT_EQ(serve(start + "other]\n"), "");
  EXPECT_FALSE(served(get(&client_)));
}

TEST_F(Secured, ARenewedCertificateIsShownToTheNextConnection) {
  ASSERT_EQ(serve(kServerPair), "");
  const std::string first = get().server;
  const Identity renewed("server", Use::kServer, &authority_, 20);
  renewed.write(folder_ / "a");
  security_->reload();
  const TlsAnswer second = get();
  EXPECT_TRUE(served(second));
  EXPECT_NE(second.server, first);
  EXPECT_EQ(vitals_.certificate_expiry, renewed.ends());
}

TEST_F(Secured, AMistakeLeavesWhatWasInForce) {
  ASSERT_EQ(serve(kServerPair), "");
  std::ofstream(folder_ / "a.key") << stranger_.key();
  security_->reload();
  EXPECT_TRUE(served(get()));
  write("basic_auth_users:\n  a: b\n");
  security_->reload();
  EXPECT_TRUE(served(get()));
}

/// Guards: what cannot be read is an error and nothing else. A folder in a file's place threw, and
/// the connection went on without our demand for a certificate.
TEST_F(Secured, AFolderInAFilesPlaceLeavesWhatWasInForce) {
  ASSERT_EQ(serve(std::string(kServerPair) +
                  "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"),
            "");
  std::filesystem::remove(folder_ / "ca.crt");
  std::filesystem::create_directory(folder_ / "ca.crt");
  security_->reload();
  EXPECT_FALSE(served(get()));
  EXPECT_TRUE(served(get(&client_)));
  EXPECT_THAT(Security::open(folder_.path(), vitals_).error(), HasSubstr("not a regular file"));
}

/// Guards: the same of the certificate itself.
TEST_F(Secured, AFolderInTheCertificatesPlaceLetsNobodyIn) {
  ASSERT_EQ(serve(std::string(kServerPair) + kDemand), "");
  std::filesystem::remove(folder_ / "a.crt");
  std::filesystem::create_directory(folder_ / "a.crt");
  security_->reload();
  EXPECT_FALSE(served(get()));
  EXPECT_TRUE(served(get(&client_)));
}

/// Guards: versions that the machine's own policy forbids are refused, and do not leave connections
/// with the library's settings, which ask no client for a certificate. The policy is read when
/// GnuTLS is loaded, hence another process: this very test under such a policy.
TEST_F(Secured, VersionsThatTheMachineForbidsLetNobodyIn) {
  constexpr const char* kPolicy = "GNUTLS_SYSTEM_PRIORITY_FILE";
  constexpr const char* kInside = "LUNGATE_TEST_INSIDE";
  if (std::getenv(kInside) == nullptr) {
    const std::string policy = folder_ / "policy";
    std::ofstream(policy) << "[overrides]\ndisabled-version = tls1.3\n";
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    const std::string command = std::string(kInside) + "=1 " + kPolicy + "='" + policy + "' '" +
                                self + "' --gtest_filter='Secured.VersionsThatTheMachine*'";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return;
  }
  const std::string only_13 = std::string(kServerPair) + "  min_version: TLS13\n" + kDemand;
  EXPECT_THAT(serve(only_13), HasSubstr("none that this machine allows"));
  ASSERT_EQ(serve(std::string(kServerPair) + kDemand), "");
  write(only_13);
  security_->reload();
  EXPECT_FALSE(served(get()));
  EXPECT_TRUE(served(get(&client_)));
}

/// Guards: the files of a configuration that was refused are watched, too.
TEST_F(Secured, ACertificateThatComesAfterItsConfigurationIsTaken) {
  ASSERT_EQ(serve(kServerPair), "");
  write("tls_server_config:\n  cert_file: b.crt\n  key_file: b.key\n");
  security_->reload();
  EXPECT_TRUE(served(get()));
  const std::int64_t before = vitals_.certificate_expiry;
  vitals_.certificate_expiry = 0;
  Identity("server", Use::kServer, &authority_).write(folder_ / "b");
  const auto later = boot_now() + std::chrono::hours(1);
  EXPECT_NE(security_->rules(later)->tls, nullptr);
  EXPECT_GE(vitals_.certificate_expiry, before);
}

TEST_F(Secured, TlsIsNotSwitchedOffByAChange) {
  ASSERT_EQ(serve(kServerPair), "");
  write("");
  security_->reload();
  EXPECT_TRUE(served(get()));
}

TEST_F(Secured, FilesThatDoNotFitAreRefusedAtTheStart) {
  EXPECT_THAT(serve("tls_server_config:\n  cert_file: a.crt\n  key_file: ca.key\n"),
              HasSubstr("a.crt with "));
  EXPECT_THAT(serve("tls_server_config:\n  cert_file: no.crt\n  key_file: a.key\n"),
              HasSubstr("no.crt: cannot be read"));
  EXPECT_THAT(serve(std::string(kServerPair) + "  client_auth_type: RequireAndVerifyClientCert\n"
                                               "  client_ca_file: a.key\n"),
              HasSubstr("a.key: no certificate"));
  EXPECT_THAT(Security::open(folder_ / "none.yml", vitals_).error(), HasSubstr("cannot be read"));
}

TEST_F(Secured, UsersOnly) {
  ASSERT_EQ(serve(users()), "");
  EXPECT_EQ(ask("/metrics", kRight).status, 200u);
  EXPECT_EQ(ask("/slow", kRight).body, "slow\n");
  for (const std::string_view who :
       {kWrong, kNobody, std::string_view("Authorization: x\r\n"), std::string_view()}) {
    for (const char* path : {"/metrics", "/slow", "/nothing"}) {
      const Answer answer = ask(path, who);
      EXPECT_EQ(answer.status, 401u) << path << " " << who;
      EXPECT_TRUE(answer.has("WWW-Authenticate: Basic realm=")) << path;
      EXPECT_EQ(answer.body, "unauthorized\n");
    }
  }
  EXPECT_EQ(vitals_.authentication_failures, 12u);
  EXPECT_EQ(ask("/nothing", kRight).status, 404u);
}

TEST_F(Secured, AUserIsKnownAgain) {
  ASSERT_EQ(serve(users()), "");
  const auto rules = security_->rules();
  EXPECT_FALSE(rules->users->knows({"prometheus", "secret"}));
  ASSERT_EQ(ask("/metrics", kRight).status, 200u);
  EXPECT_TRUE(rules->users->knows({"prometheus", "secret"}));
}

TEST_F(Secured, AChangedPasswordHoldsAtOnce) {
  ASSERT_EQ(serve(users()), "");
  ASSERT_EQ(ask("/metrics", kRight).status, 200u);
  write(users(kDearHash));
  security_->reload();
  EXPECT_EQ(ask("/metrics", kRight).status, 401u);
}

TEST_F(Secured, AChangeIsSeenWithoutBeingTold) {
  ASSERT_EQ(serve(users()), "");
  const BootTime now = boot_now();
  EXPECT_TRUE(security_->rules(now)->users->demanded());
  write("");
  EXPECT_TRUE(security_->rules(now + Nanoseconds(1000))->users->demanded()) << "not at each look";
  const Nanoseconds interval = limits::kWebConfigLookInterval;
  EXPECT_FALSE(security_->rules(now + interval)->users->demanded());
}

// Guessers are many and slow; who is known is not kept waiting.
TEST_F(Secured, GuessersDoNotKeepUsersOut) {
  ASSERT_EQ(serve(users(kDearHash) + "  other: " + kHashOfSecret + "\n"), "");
  constexpr std::string_view kOther = "Authorization: Basic b3RoZXI6c2VjcmV0\r\n";
  ASSERT_EQ(ask("/metrics", kOther).status, 200u);
  std::vector<std::unique_ptr<HttpClient>> guessers;
  for (unsigned i = 0; i < limits::kScrapeConnectionsPerAddressMax - 2; ++i) {
    guessers.push_back(std::make_unique<HttpClient>(address_));
    guessers.back()->send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                          std::string(kWrong) + "\r\n");
  }
  EXPECT_EQ(ask("/metrics", kOther).status, 200u);
  unsigned refused = 0;
  unsigned later = 0;
  for (const auto& guesser : guessers) {
    const unsigned status = guesser->receive().status;
    refused += status == 401;
    later += status == 503;
  }
  EXPECT_EQ(refused + later, guessers.size());
  EXPECT_EQ(vitals_.authentication_failures, refused);
}

TEST_F(Secured, HeadersOfTheFileAreOnEveryAnswer) {
  ASSERT_EQ(serve("http_server_config:\n  headers:\n    X-Frame-Options: deny\n"), "");
  EXPECT_TRUE(ask("/metrics", "").has("X-Frame-Options: deny"));
  EXPECT_TRUE(ask("/nothing", "").has("X-Frame-Options: deny"));
}

TEST_F(Secured, EndsWhileLogInsWait) {
  ASSERT_EQ(serve(users(kDearHash)), "");
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<HttpClient>(address_));
    clients.back()->send("GET /slow HTTP/1.1\r\nHost: x\r\n" + std::string(kWrong) + "\r\n");
  }
  server_.reset();
  for (const auto& client : clients) client->receive();  // 401, 503 or nothing, but an end
}

}  // namespace
}  // namespace lungate::exporter
