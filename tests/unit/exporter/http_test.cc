// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exporter/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "exporter/listen.h"
#include "tests/unit/exporter/http_client.h"

namespace lungate::exporter {
namespace {

class Http : public ::testing::Test {
 protected:
  Http() : Http(config::Address{"127.0.0.1", 0, false}) {}
  explicit Http(const config::Address& where, Patience patience = {}) {
    auto listener = listen_on(where);
    if (!listener) return;
    address_ = listener->address;
    Routes routes = {
        {"/metrics", {[](const Request&) {
           return Reply{"text/plain; version=0.0.4", "lungate_up 1\n"};
         }}},
        {"/throws", {throw_it}},
        {"/throws/slow", {throw_it, true}},
        {"/large",
         {[](const Request&) {
            return Reply{"text/plain", std::string(kLargeBytes, 'x')};
          },
          true}},
        {"/slow", {[this](const Request&) { return slow_page(); }, true}},
        {"/request", {[](const Request& request) { return show(request); }}},
    };
    auto server = HttpServer::start(std::move(listener->fd), std::move(routes), {}, patience);
    if (server) server_ = std::move(*server);
  }

  Answer ask(std::string_view method, std::string_view path, std::string_view more = {}) {
    return HttpClient(address_).request(method, path, more);
  }
  Answer send(std::string_view bytes) {
    HttpClient client(address_);
    client.send(bytes);
    client.finish();
    return client.receive();
  }

  static Reply show(const Request& request) {
    std::string text = request.accept + "|" + request.accept_encoding;
    for (const std::string& group : request.collect) text += "|" + group;
    return {"text/plain", text};
  }
  static Reply throw_it(const Request&) { throw std::runtime_error("no such luck"); }

  /// A page that is not done before open_gate(); which pages are being made is counted.
  Reply slow_page() {
    const int now = ++in_the_making_;
    ++pages_made_;
    most_at_once_ = std::max(most_at_once_.load(), now);
    gate_.wait(false);
    --in_the_making_;
    return {"text/plain", "slow\n"};
  }
  void open_gate() {
    gate_ = true;
    gate_.notify_all();
  }
  /// Clients that have asked for the slow page and wait.
  std::vector<std::unique_ptr<HttpClient>> slow_clients(int count) {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<HttpClient>(address_));
      clients.back()->send("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }
    while (in_the_making_ == 0) std::this_thread::yield();
    return clients;
  }

  static constexpr std::size_t kLargeBytes = 8 * limits::kMiB;
  std::atomic<bool> gate_ = false;
  std::atomic<int> in_the_making_ = 0;
  std::atomic<int> most_at_once_ = 0;
  std::atomic<int> pages_made_ = 0;
  config::Address address_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, ServesAPage) {
  const Answer answer = ask("GET", "/metrics");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_TRUE(answer.has("Content-Type: text/plain; version=0.0.4"));
  EXPECT_TRUE(answer.has("Content-Length: 13"));
  EXPECT_EQ(answer.body, "lungate_up 1\n");
}

TEST_F(Http, HeadIsGetWithoutBody) {
  const Answer answer = ask("HEAD", "/metrics");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_TRUE(answer.has("Content-Length: 13"));
  EXPECT_EQ(answer.body, "");
}

TEST_F(Http, AQueryIsNoPartOfThePath) {
  EXPECT_EQ(ask("GET", "/metrics?x=1").status, 200u);
}

TEST_F(Http, AHandlerSeesWhatItsPageDependsOn) {
  EXPECT_EQ(ask("GET", "/request?collect[]=luns&x=1&collect%5B%5D=a%20b&collect[]",
                "accept: text/plain\r\nAccept: */*;q=0.1\r\nAccept-Encoding: gzip\r\n")
                .body,
            "text/plain,*/*;q=0.1|gzip|luns|a b");
}

TEST_F(Http, PathsAreExact) {
  for (const char* path : {"/metrics/", "/metrics/anything", "/metric", "//metrics", "/..", "*"}) {
    EXPECT_EQ(ask("GET", path).status, 404u) << path;
  }
}

TEST_F(Http, OtherMethodsAreNotAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", "NONSENSE"}) {
    const Answer answer = ask(method, "/metrics");
    EXPECT_EQ(answer.status, 405u) << method;
    EXPECT_TRUE(answer.has("Allow: GET, HEAD")) << method;
  }
}

TEST_F(Http, ABodyIsNotWaitedFor) {
  EXPECT_EQ(ask("POST", "/metrics", "Content-Length: 100000000\r\n").status, 405u);
}

TEST_F(Http, AnExceptionIsAnInternalError) {
  EXPECT_EQ(ask("GET", "/throws").status, 500u);
  EXPECT_EQ(ask("GET", "/metrics").status, 200u) << "and the server goes on";
}

TEST_F(Http, AnExceptionInASlowAnswerIsOneToo) {
  EXPECT_EQ(ask("GET", "/throws/slow").status, 500u);
  EXPECT_EQ(ask("GET", "/metrics").status, 200u);
}

// A watchdog that asks /healthz must not take an exporter that is making a large page for dead.
// Many scrapes, so that no number of threads would do.
TEST_F(Http, QuickPathsAnswerDuringSlowOnes) {
  const auto slow = slow_clients(8);
  HttpClient probe(address_);  // one connection for both questions
  probe.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(probe.request("GET", "/metrics").status, 200u);
  EXPECT_EQ(ask("GET", "/nothing").status, 404u);
  open_gate();
  for (const auto& client : slow) EXPECT_EQ(client->receive().body, "slow\n");
  EXPECT_EQ(most_at_once_, 1) << "one page at a time";
}

TEST_F(Http, AConnectionIsUsedAgainAfterASlowAnswer) {
  open_gate();
  HttpClient client(address_);
  client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string all = client.request("GET", "/slow").body;
  EXPECT_NE(all.find("slow\nHTTP/1.1 200"), std::string::npos) << all;
}

TEST_F(Http, AClientThatLeavesBeforeItsSlowAnswer) {
  slow_clients(4).clear();
  open_gate();
  EXPECT_EQ(ask("GET", "/slow").status, 200u);
}

TEST_F(Http, EndsWhileClientsWaitForSlowAnswers) {
  const auto slow = slow_clients(4);
  std::thread end([this] { server_.reset(); });
  open_gate();
  end.join();
  for (const auto& client : slow) client->receive();  // 200, 503 or nothing, but an end
}

TEST_F(Http, ARequestWithABodyIsRefusedUnread) {
  for (const char* path : {"/metrics", "/slow"}) {
    EXPECT_EQ(ask("GET", path, "Content-Length: 100000000\r\n").status, 400u);
    EXPECT_EQ(ask("GET", path, "Transfer-Encoding: chunked\r\n").status, 400u);
  }
  EXPECT_EQ(ask("GET", "/metrics", "Content-Length: 0\r\n").status, 200u);
}

TEST_F(Http, SurvivesWhatIsNotHttp) {
  EXPECT_GE(send("\x16\x03\x01 a TLS hello, or noise\r\n\r\n").status, 400u);
  EXPECT_GE(send(std::string(limits::kScrapeRequestBytesMax * 4, '/')).status, 400u);
  // To the library these may be the beginning of a request: it may wait for more, to its timeout.
  HttpClient zeros(address_);
  zeros.send(std::string(100, '\0') + "\r\n\r\n");
  zeros.finish();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(ask("GET", "/metrics").status, 200u);
}

TEST_F(Http, RefusesHeadersWithoutBound) {
  const std::string header = "X: " + std::string(limits::kScrapeRequestBytesMax, 'x') + "\r\n";
  const Answer answer = ask("GET", "/metrics", header);
  EXPECT_NE(answer.status, 200u);
  EXPECT_EQ(ask("GET", "/metrics").status, 200u);
}

TEST_F(Http, ServesBesideClientsThatSayNothing) {
  std::vector<std::unique_ptr<HttpClient>> silent;
  for (unsigned i = 0; i + 1 < limits::kScrapeConnectionsPerAddressMax; ++i) {
    silent.push_back(std::make_unique<HttpClient>(address_));
    silent.back()->send("GET /met");
  }
  EXPECT_EQ(ask("GET", "/metrics").status, 200u);
}

TEST_F(Http, BoundsWhatSlowClientsMayHold) {
  std::vector<std::unique_ptr<HttpClient>> slow;
  bool refused = false;
  for (unsigned i = 0; i + 1 < limits::kScrapeConnectionsPerAddressMax && !refused; ++i) {
    slow.push_back(std::make_unique<HttpClient>(address_));
    slow.back()->send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
    refused = ask("HEAD", "/large").status == 503;
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(slow.size(), limits::kScrapeReplyBytesPerAddressMax / kLargeBytes + 3);
  EXPECT_EQ(ask("GET", "/metrics").status, 200u) << "what is quick is never refused";
  slow.clear();
  unsigned status = 0;
  for (int tries = 0; tries < 1000 && status != 200; ++tries) {
    status = ask("HEAD", "/large").status;  // until the server has seen that they are gone
  }
  EXPECT_EQ(status, 200u);
}

// The oldest gives way, so that nobody keeps others out by coming first.
TEST_F(Http, ServesWhoComesAfterACrowd) {
  std::vector<std::unique_ptr<HttpClient>> crowd;
  for (unsigned i = 0; i < limits::kScrapeConnectionsMax; ++i) {
    crowd.push_back(std::make_unique<HttpClient>(address_));
    crowd.back()->send("GET /met");
  }
  EXPECT_EQ(ask("GET", "/metrics").status, 200u);
}

TEST_F(Http, EqualRequestsThatWaitShareOnePage) {
  const auto first = slow_clients(1);  // in the making: it is not shared any more
  std::vector<std::unique_ptr<HttpClient>> more;
  for (int i = 0; i < 6; ++i) {
    more.push_back(std::make_unique<HttpClient>(address_));
    more.back()->send("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  HttpClient probe(address_);
  EXPECT_EQ(probe.request("GET", "/metrics").status, 200u);  // the server has seen all of them
  open_gate();
  for (const auto& client : first) EXPECT_EQ(client->receive().body, "slow\n");
  for (const auto& client : more) EXPECT_EQ(client->receive().body, "slow\n");
  EXPECT_LE(pages_made_, 3);
}

class ImpatientHttp : public Http {
 protected:
  static constexpr std::chrono::milliseconds kShort{300};
  ImpatientHttp()
      : Http(config::Address{"127.0.0.1", 0, false},
             {kShort, kShort, kShort, std::chrono::milliseconds(20)}) {}
  /// Of this process: the server's end of a connection is one.
  static std::ptrdiff_t open_files() {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  }
  /// Whether the server ends the connection although a byte comes now and then.
  static bool is_ended(HttpClient& client) {
    for (int i = 0; i < 100; ++i) {
      client.send("x");
      if (client.ended_within(std::chrono::milliseconds(50))) return true;
    }
    return false;
  }
};

TEST_F(ImpatientHttp, HeadersThatDripEnd) {
  HttpClient client(address_);
  client.send("GET /metrics HTTP/1.1\r\nX: ");
  EXPECT_TRUE(is_ended(client));
}

TEST_F(ImpatientHttp, ALaterRequestThatDripsEndsAsWell) {
  HttpClient client(address_);
  client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nX: ");
  EXPECT_TRUE(is_ended(client));
}

TEST_F(ImpatientHttp, AnAnswerThatIsNotTakenEnds) {
  HttpClient client(address_);
  const auto without_the_server = open_files();
  client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  for (int i = 0; i < 100 && open_files() <= without_the_server; ++i)
    client.ended_within(std::chrono::milliseconds(20));  // until it is accepted
  for (int i = 0; i < 100 && open_files() > without_the_server; ++i)
    client.ended_within(std::chrono::milliseconds(50));
  EXPECT_LT(client.receive().body.size(), kLargeBytes);
}

class Http6 : public Http {
 protected:
  Http6() : Http(config::Address{"::1", 0, true}) {}
};

TEST_F(Http6, ServesOnIpv6) {
  if (!server_) GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_EQ(ask("GET", "/metrics").status, 200u);
}

TEST(Listen, SaysWhichPortItGot) {
  const auto listener = listen_on({"127.0.0.1", 0, false});
  ASSERT_TRUE(listener.has_value());
  EXPECT_NE(listener->address.port, 0);
}

TEST(Listen, ATakenPortIsAnErrorWithItsName) {
  const auto first = listen_on({"127.0.0.1", 0, false});
  ASSERT_TRUE(first.has_value());
  const auto second = listen_on(first->address);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error(), ::testing::HasSubstr(to_string(first->address)));
}

}  // namespace
}  // namespace lungate::exporter
