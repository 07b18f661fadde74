// SPDX-License-Identifier: LGPL-2.1-or-later

// The one file that names yaml-cpp. The exporter reads its web configuration at the start and when
// it changes. Everything that is not understood is refused with its line, above all what would make
// the server less strict than its operator believes: a misspelled key, a key of Prometheus that has
// no meaning here, a certificate authority that nobody asks for.
#include "exporter/web_config.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "base/limits.h"
#include "exporter/bcrypt.h"

namespace lungate::exporter {
namespace {

/// Thrown within this file only, like the library's own.
class Fault : public YAML::Exception {
 public:
  Fault(const YAML::Node& node, const std::string& what) : Exception(node.Mark(), what) {}
};

std::string quoted(const std::string& text) {
  return "'" + text.substr(0, 64) + "'";
}

/// A mapping, walked key by key: each at most once, none unknown.
class Section {
 public:
  Section(const YAML::Node& node, const char* name) : name_(name) {
    if (node.IsNull()) return;
    if (!node.IsMap()) throw Fault(node, quoted(name) + " is no mapping");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) throw Fault(entry.first, "a key that is no text");
      if (!entries_.emplace(entry.first.Scalar(), std::pair(entry.first, entry.second)).second) {
        throw Fault(entry.first, "key " + quoted(entry.first.Scalar()) + " stands there twice");
      }
    }
  }

  /// The value, which counts as read; an undefined node when the key is absent or has no value.
  YAML::Node take(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return YAML::Node(YAML::NodeType::Undefined);
    const YAML::Node value = found->second.second;
    entries_.erase(found);
    return value.IsNull() ? YAML::Node(YAML::NodeType::Undefined) : value;
  }

  std::string text(const std::string& key) {
    const YAML::Node value = take(key);
    if (!value) return {};
    if (!value.IsScalar()) throw Fault(value, quoted(key) + " is no text");
    return value.Scalar();
  }

  /// What Prometheus knows and we have not.
  void refuse(const std::string& key, const std::string& why) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) throw Fault(found->second.first, quoted(key) + " " + why);
  }

  /// The rest, for sections whose keys are names.
  const std::map<std::string, std::pair<YAML::Node, YAML::Node>>& rest() const { return entries_; }

  void end() const {
    if (entries_.empty()) return;
    const auto& key = entries_.begin()->second.first;
    throw Fault(key, "unknown key " + quoted(entries_.begin()->first) + " in " + name_);
  }

 private:
  const char* name_;
  std::map<std::string, std::pair<YAML::Node, YAML::Node>> entries_;
};

template <class Enum, std::size_t kSize>
Enum one_of(const YAML::Node& node, const std::array<const char*, kSize>& names) {
  const auto found = std::find(names.begin(), names.end(), node.IsScalar() ? node.Scalar() : "");
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  std::string known;
  for (const char* name : names) known.append(known.empty() ? "" : ", ").append(name);
  throw Fault(node, quoted(node.IsScalar() ? node.Scalar() : "...") + " is none of " + known);
}

constexpr std::array<const char*, 5> kClientAuthNames = {
    "NoClientCert", "RequestClientCert", "RequireAnyClientCert", "VerifyClientCertIfGiven",
    "RequireAndVerifyClientCert"};
constexpr std::array<const char*, 2> kVersionNames = {"TLS12", "TLS13"};

std::string beside(const std::string& file, const std::string& path) {
  if (file.empty() || file[0] == '/') return file;
  return path.substr(0, path.rfind('/') + 1) + file;
}

// Prometheus takes each of them as a file's name or as the text.
Pem pem(Section& section, const YAML::Node& node, const std::string& key, const std::string& path) {
  Pem pem{beside(section.text(key + "_file"), path), section.text(key)};
  if (!pem.file.empty() && !pem.text.empty()) {
    throw Fault(node, quoted(key) + " and " + quoted(key + "_file") + " exclude each other");
  }
  return pem;
}

// What does not fit together would be a server that is more open than its file looks.
void check(const TlsConfig& tls, const YAML::Node& node) {
  const auto fault = [&node](const std::string& what) { throw Fault(node, what); };
  if (tls.certificate.given() != tls.key.given()) fault("a certificate and its key go together");
  if (!tls.wanted() && (tls.client_auth != ClientAuth::kNone || tls.client_ca.given())) {
    fault("clients cannot show certificates without 'cert_file' and 'key_file'");
  }
  const bool verified =
      tls.client_auth == ClientAuth::kVerifyIfGiven || tls.client_auth == ClientAuth::kRequire;
  if (verified && !tls.client_ca.given()) fault("'client_auth_type' needs 'client_ca_file'");
  if (tls.client_ca.given() && tls.client_auth == ClientAuth::kNone) {
    fault("'client_ca_file' without a 'client_auth_type' that asks for certificates");
  }
  // In a certificate that nobody has verified a name is what its bearer has written there.
  if (!tls.client_allowed_sans.empty() && tls.client_auth != ClientAuth::kRequire) {
    fault("'client_allowed_sans' needs 'client_auth_type: RequireAndVerifyClientCert'");
  }
  if (tls.min_version > tls.max_version) fault("'min_version' is above 'max_version'");
}

// Prometheus's keys by its names. What it would take and we cannot do is refused, except where the
// default is as strict.
TlsConfig read_tls(const YAML::Node& node, const std::string& path) {
  Section section(node, "tls_server_config");
  TlsConfig tls;
  tls.certificate = pem(section, node, "cert", path);
  tls.key = pem(section, node, "key", path);
  tls.client_ca = pem(section, node, "client_ca", path);
  if (const auto type = section.take("client_auth_type")) {
    tls.client_auth = one_of<ClientAuth>(type, kClientAuthNames);
  }
  if (const auto sans = section.take("client_allowed_sans")) {
    if (!sans.IsSequence()) throw Fault(sans, "'client_allowed_sans' is no list");
    for (const auto& san : sans) tls.client_allowed_sans.push_back(san.as<std::string>());
  }
  if (const auto least = section.take("min_version")) {
    tls.min_version = one_of<TlsVersion>(least, kVersionNames);
  }
  if (const auto most = section.take("max_version")) {
    tls.max_version = one_of<TlsVersion>(most, kVersionNames);
  }
  section.refuse("cipher_suites", "cannot be chosen here: the TLS library's own choice holds");
  section.refuse("curve_preferences", "cannot be chosen here: the TLS library's own choice holds");
  section.take("prefer_server_cipher_suites");  // without a list of suites it says nothing
  section.end();
  check(tls, node);
  return tls;
}

/// One line of visible characters.
bool is_header_value(const std::string& value) {
  return std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void read_http(const YAML::Node& node, WebConfig& config) {
  Section section(node, "http_server_config");
  if (const auto http2 = section.take("http2")) static_cast<void>(http2.as<bool>());
  if (const auto headers = section.take("headers")) {
    Section known(headers, "headers");
    for (const char* name : {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options",
                             "X-XSS-Protection", "Strict-Transport-Security"}) {
      const std::string value = known.text(name);
      if (!is_header_value(value)) throw Fault(headers, quoted(name) + " is no header's value");
      if (!value.empty()) config.headers.emplace_back(name, value);
    }
    known.end();
  }
  section.end();
}

// A hash is never shown in a message, nor what stands in its place: it may be the password itself.
void read_users(const YAML::Node& node, WebConfig& config) {
  const Section section(node, "basic_auth_users");
  if (section.rest().size() > limits::kScrapeUsersMax) throw Fault(node, "too many users");
  for (const auto& [name, entry] : section.rest()) {
    const YAML::Node& hash = entry.second;
    if (name.empty() || name.find(':') != std::string::npos) {
      throw Fault(entry.first, "a user's name is not empty and has no ':'");
    }
    if (!hash.IsScalar() || !is_bcrypt(hash.Scalar())) {
      throw Fault(entry.first, "the password of " + quoted(name) +
                                   " is no bcrypt hash of cost 4 to " +
                                   std::to_string(limits::kBcryptCostMax));
    }
    config.users.emplace(name, hash.Scalar());
  }
}

WebConfig read(const YAML::Node& root, const std::string& path) {
  WebConfig config;
  Section section(root, "the file");
  if (const auto tls = section.take("tls_server_config")) config.tls = read_tls(tls, path);
  if (const auto http = section.take("http_server_config")) read_http(http, config);
  if (const auto users = section.take("basic_auth_users")) read_users(users, config);
  section.refuse("rate_limit", "is not built: connections and log-ins have bounds of their own");
  section.end();
  return config;
}

/// Walks over a document and keeps nothing.
class Nothing final : public YAML::EventHandler {
  using Mark = YAML::Mark;
  using Anchor = YAML::anchor_t;
  using Style = YAML::EmitterStyle::value;

  void OnDocumentStart(const Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const Mark&, Anchor) override {}
  void OnAlias(const Mark&, Anchor) override {}
  void OnScalar(const Mark&, const std::string&, Anchor, const std::string&) override {}
  void OnSequenceStart(const Mark&, const std::string&, Anchor, Style) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const Mark&, const std::string&, Anchor, Style) override {}
  void OnMapEnd() override {}
};

// Text behind the first document would be ignored in silence, users and all. YAML::LoadAll() would
// find it, but runs for ever on a text that is a comma.
bool is_one_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  Nothing nothing;
  return !parser.HandleNextDocument(nothing) || !parser;
}

}  // namespace

Result<WebConfig, std::string> parse_web_config(std::string_view text, const std::string& path) {
  if (text.size() > limits::kWebConfigBytesMax) return err(path + ": too large");
  if (text.find('\0') != std::string_view::npos) return err(path + ": a zero byte");
  try {
    const std::string whole(text);
    if (!is_one_document(whole)) return err(path + ": more than one document");
    return read(YAML::Load(whole), path);
  } catch (const YAML::Exception& fault) {
    const std::string line = fault.mark.is_null() ? "" : ":" + std::to_string(fault.mark.line + 1);
    return err(path + line + ": " + fault.msg);
  }
}

}  // namespace lungate::exporter
