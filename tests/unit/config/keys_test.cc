// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks the table of keys: every key is accepted at both ends of its range, refused beyond and
// refused with a value of another type; so a new row is tested by being there.
#include "config/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>

#include "config/schema.h"
#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A good text in which the key's table stands, and nothing in the key's way.
Text base_for(const KeyDoc& key) {
  Text text;
  const bool other_store = key.name == "image" || key.name == "null";
  if (other_store) text = text.without("[[target.lun]]", "file");
  if (key.name == "null") text = text.with("[[target.lun]]", "size = \"1GiB\"");
  if (key.name == "max_burst_bytes") text = text.with("[iscsi]", "first_burst_bytes = 512");
  if (key.name == "first_burst_bytes") text = text.with("[iscsi]", "max_burst_bytes = 4194304");
  if (key.name == "luns") {
    text = text.with("[[target.lun]]", "id = 255");
  }
  if (key.table == "[[initiator_group]]") {
    text = text.with(key.table, "name = 'hosts'").with(key.table, "iqns = ['iqn.2026-11.a:b']");
  }
  if (key.name == "group" && key.table == "[gateway]")
    text = text.with("[[portal_group]]", "gateway = 'gw-a'");
  if (key.name == "group" && key.table == "[[target.initiator]]") {
    text = text.without("[[target.initiator]]", "iqn")
               .with("[[initiator_group]]", "name = 'hosts'")
               .with("[[initiator_group]]", "iqns = ['iqn.2026-11.a:b']");
  }
  return text;
}

/// "{ name = 'u', name = 's' }" with one of its keys replaced or added.
std::string inline_table(std::map<std::string, std::string> keys, const std::string& name,
                         const std::string& value) {
  keys[name] = value;
  std::string out;
  for (const auto& [key, text] : keys) out += (out.empty() ? "" : ", ") + key + " = " + text;
  return "{ " + out + " }";
}

/// What else a chap table needs beside this key.
std::string chap_with(const std::string& name, const std::string& value) {
  std::map<std::string, std::string> keys{{"user", "'u'"}};
  if (name != "secret_file") keys["secret"] = "'twelve bytes'";
  if (name.starts_with("mutual_")) keys["mutual_user"] = "'m'";
  if (name == "mutual_user") keys["mutual_secret"] = "'other twelve'";
  return inline_table(keys, name, value);
}

Text with_value(const KeyDoc& key, const std::string& value) {
  const Text base = base_for(key);
  if (key.table == "target.lun.slo") {
    return base.with("[[target.lun]]", "slo = " + inline_table({}, key.name, value));
  }
  if (key.table.ends_with(".chap")) {
    const std::string line = "chap = " + chap_with(key.name, value);
    if (key.table == "discovery.chap") return base.with("[discovery]", line);
    return base.with(key.table == "target.chap" ? "[[target]]" : "[[target.initiator]]", line);
  }
  if (key.table == "[[target.initiator.map]]") {
    const std::string row = inline_table({{"lun", "0"}, {"as", "0"}}, key.name, value);
    const Text text = base.with("[[target.initiator]]", "map = [" + row + "]");
    return key.name == "lun" && value == "255" ? text.with("[[target.lun]]", "id = 255") : text;
  }
  return base.with(key.table, key.name + " = " + value);
}

/// "512 to 4096" cut in two.
std::pair<std::string, std::string> ends(const std::string& range) {
  const auto to = range.find(" to ");
  return {range.substr(0, to), range.substr(to + 4)};
}

std::vector<KeyDoc> keys_with_range() {
  std::vector<KeyDoc> keys = reference();
  std::erase_if(
      keys, [](const KeyDoc& key) { return key.range.empty() || key.type.starts_with("list"); });
  return keys;
}

std::string test_name(const KeyDoc& key) {
  std::string name = key.table + "_" + key.name;
  std::erase_if(name, [](char c) { return c == '[' || c == ']'; });
  std::ranges::replace(name, '.', '_');
  return name;
}

class KeyWithRange : public testing::TestWithParam<KeyDoc> {};

TEST_P(KeyWithRange, IsAcceptedWithinAndRefusedBeyond) {
  const KeyDoc& key = GetParam();
  const auto [low, high] = ends(key.range);
  const std::string quote = key.type == "size" ? "\"" : "";
  for (const std::string& value : {low, high}) {
    EXPECT_EQ(with_value(key, quote + value + quote).errors(), "");
  }
  if (key.type == "integer") {
    const auto below = std::to_string(std::stoll(low) - 1);
    const auto above = std::to_string(std::stoll(high) + 1);
    for (const std::string& value : {below, above, std::string("0xffffffffffffffffff")}) {
      EXPECT_THAT(with_value(key, value).errors(), HasSubstr("it must be " + key.range)) << value;
    }
  } else if (key.type == "size") {
    for (const std::string_view value : {"1048575", "\"1025PiB\"", "-1", "\"99999999999PiB\""}) {
      EXPECT_THAT(with_value(key, std::string(value)).errors(), HasSubstr("'" + key.name + "' is "))
          << value;
    }
  } else {
    for (const std::string_view value : {"0", "-1.0", "1e9", "nan", "inf"}) {
      EXPECT_THAT(with_value(key, std::string(value)).errors(),
                  HasSubstr("it must be " + key.range))
          << value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, KeyWithRange, testing::ValuesIn(keys_with_range()),
                         [](const auto& key) { return test_name(key.param); });

class EveryKey : public testing::TestWithParam<KeyDoc> {};

TEST_P(EveryKey, RefusesOtherTypes) {
  const KeyDoc& key = GetParam();
  const std::string expected =
      key.built ? "'" + key.name + "' must be " : "'" + key.name + "' is not built yet: ";
  EXPECT_THAT(with_value(key, "2020-02-02").errors(), HasSubstr(expected));
  EXPECT_THAT(with_value(key, "[[]]").errors(), HasSubstr("'" + key.name + "' "));
}

TEST_P(EveryKey, HasWordsForTheOperator) {
  const KeyDoc& key = GetParam();
  EXPECT_FALSE(key.text.empty());
  EXPECT_LE(key.text.size(), 80u);
  EXPECT_THAT(reference_text(), HasSubstr("  " + key.name + " "));
}

INSTANTIATE_TEST_SUITE_P(Keys, EveryKey, testing::ValuesIn(reference()),
                         [](const auto& key) { return test_name(key.param); });

// Keys with a rule instead of a range: what passes and what does not.
struct RuledValue {
  std::string_view table, key, good, bad;
};
constexpr RuledValue kRuled[] = {
    {"[gateway]", "name", "'gw-a'", "'gw a'"},
    {"[gateway]", "control_socket", "'/run/x.sock'", "'x.sock'"},
    {"[gateway]", "group", "'rados:pool/group'", "'rados:pool'"},
    {"[ceph]", "conf", "'/etc/ceph.conf'", "'/etc/'"},
    {"[ceph]", "user", "'lungate'", "'client.lungate'"},
    {"[telemetry]", "segment", "'/dev/shm/x'", "''"},
    {"[log]", "level", "'warn'", "'loud'"},
    {"[exporter]", "listen", "'[::1]:9287'", "'::1:9287'"},
    {"[exporter]", "segments", "['/dev/shm/x']", "['x']"},
    {"[exporter]", "web_config", "'/etc/lungate/web.yml'", "'web.yml'"},
    {"[iscsi]", "header_digest", "['CRC32C']", "['crc32c']"},
    {"[iscsi]", "data_digest", "['None', 'CRC32C']", "['None', 'CRC32C', 'None']"},
    {"[iscsi]", "chap_digests", "['SHA-256', 'SHA3-256']", "['SHA256']"},
    {"discovery.chap", "user", "'client'", "''"},
    {"discovery.chap", "secret", "'twelve bytes'", "'eleven byte'"},
    {"discovery.chap", "secret_file", "'/etc/secret'", "'secret'"},
    {"discovery.chap", "mutual_user", "'gateway'", "' gateway'"},
    {"discovery.chap", "mutual_secret", "'other twelve'", "'eleven byte'"},
    {"discovery.chap", "mutual_secret_file", "'/etc/secret'", "'secret'"},
    {"target.chap", "user", "'iqn.2026-11.a:b'", "''"},
    {"target.chap", "secret", "'twelve bytes'", "'eleven byte'"},
    {"target.chap", "secret_file", "'/etc/secret'", "'secret'"},
    {"target.chap", "mutual_user", "'gateway'", "' gateway'"},
    {"target.chap", "mutual_secret", "'other twelve'", "'(a secret)'"},
    {"target.chap", "mutual_secret_file", "'/etc/secret'", "'/etc/'"},
    {"target.initiator.chap", "user", "'client'", "\"cli\\tent\""},
    {"target.initiator.chap", "secret", "'twelve bytes'", "\"twelve\\tbytes\""},
    {"target.initiator.chap", "secret_file", "'/etc/secret'", "'secret'"},
    {"target.initiator.chap", "mutual_user", "'gateway'", "''"},
    {"target.initiator.chap", "mutual_secret", "'other twelve'", "''"},
    {"target.initiator.chap", "mutual_secret_file", "'/etc/secret'", "'secret'"},
    {"[[initiator_group]]", "name", "'esx'", "'e s x'"},
    {"[[initiator_group]]", "iqns", "['iqn.2026-11.a:b', 'iqn.*', '*']", "['iqm.*']"},
    {"[[portal_group]]", "gateway", "'gw-a'", "''"},
    {"[[portal_group]]", "portals", "['[::1]:3260']", "['127.0.0.1']"},
    {"[[target]]", "iqn", "'eui.0123456789abcdef'", "'iqn.2026-13.a:b'"},
    {"[[target]]", "alias", "'a b'", "\"a\\nb\""},
    {"[[target.lun]]", "image", "'rbd/ns/vm'", "'vm'"},
    {"[[target.lun]]", "file", "'/srv/b'", "'b'"},
    {"[[target.lun]]", "vendor", "'LUNGATE'", "'LUNGATE 9'"},
    {"[[target.lun]]", "product", "'disk of sixteen!'", "'disk of seventeen'"},
    {"[[target.lun]]", "revision", "'0001'", "'00001'"},
    {"[[target.lun]]", "serial", "'8f2c'", "' 8f2c'"},
    {"[[target.lun]]", "naa", "'60014051234567890123456789012345'", "'6001405'"},
    {"[[target]]", "portal_groups", "[1]", "[0]"},
    {"[[target]]", "moved_to", "'[2001:db8::1]:3260'", "'elsewhere:3260'"},
    {"[[target.initiator]]", "iqn", "'naa.0123456789abcdef'", "'client'"},
    {"[[target.initiator]]", "networks", "['192.0.2.0/24', '::1']", "['192.0.2.1/24']"},
    {"[[target.initiator]]", "group", "'hosts'", "'ho sts'"},
    {"[[target.initiator]]", "luns", "[255]", "[256]"},
};

TEST(RuledKeys, PassAndFail) {
  for (const RuledValue& row : kRuled) {
    KeyDoc key;
    key.table = row.table;
    key.name = row.key;
    EXPECT_EQ(with_value(key, std::string(row.good)).errors(), "") << row.key;
    EXPECT_THAT(with_value(key, std::string(row.bad)).errors(), HasSubstr("'" + key.name + "' "))
        << row.key;
  }
}

TEST(RuledKeys, AreAllInTheTableAbove) {
  for (const KeyDoc& key : reference()) {
    const bool ruled = key.built && key.range.empty() && key.type != "true or false";
    if (!ruled) continue;
    const auto row = std::ranges::find_if(kRuled, [&](const RuledValue& value) {
      return value.table == key.table && value.key == key.name;
    });
    EXPECT_NE(row, std::end(kRuled)) << key.table << " " << key.name << " has no test row";
  }
}

TEST(Reference, TellsDefaultsAndDuties) {
  EXPECT_THAT(reference_text(),
              HasSubstr("[gateway]\n"
                        "  name                         this gateway's name, in its paths, metrics "
                        "and locks; keep it\n"
                        "                               string, required\n"));
  EXPECT_THAT(reference_text(), HasSubstr("integer, 1 to 1024, default 128\n"));
}

}  // namespace
}  // namespace lungate::config
