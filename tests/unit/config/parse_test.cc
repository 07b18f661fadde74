// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>

#include "tests/unit/config/text.h"

namespace lungate::config {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSketch = R"(# one gateway with everything
[gateway]
name = "gw-a"
loops = 2
control_socket = "/run/lungate/gw-a.sock"
drain_timeout_ms = 2000

[telemetry]
segment = "/dev/shm/lungate/gw-a"

[ceph]
conf = "/etc/ceph/ceph.conf"
user = "lungate"
images_per_connection = 4

[log]
level = "debug"

[exporter]
listen = "127.0.0.1:9287"
segments = ["/dev/shm/lungate/gw-a"]

[iscsi]
header_digest = ["CRC32C", "None"]
nop_interval_ms = 0

[[portal_group]]
tag = 1
gateway = "gw-a"
portals = ["127.0.0.1:3260", "[::1]:3260"]

[[target]]
iqn = "iqn.2026-11.io.lungate:store"
alias = "the store"
  [[target.lun]]
  id = 7
  file = "/var/lib/lungate/disk.img"
  size = "10GiB"
  test_delay_ms = 5
  test_bytes_per_s = "1GiB"
  [[target.lun]]
  id = 0
  image = "rbd/ns/vm-1"
  block_size = 4096
  slo = { read_ms = 5, write_ms = 20.5, objective = 0.999 }
  [[target.initiator]]
  iqn = "iqn.1994-05.com.redhat:client"
  luns = [7, 0]

[[target]]
iqn = "iqn.2026-11.io.lungate:bench"
  [[target.lun]]
  id = 0
  null = true
  size = 1099511627776
)";

TEST(Parse, TheSketchOfTheDesign) {
  const auto config = parse_text(kSketch, "gw-a.toml");
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->gateway, (Gateway{"gw-a", 2, "/run/lungate/gw-a.sock", 2000, ""}));
  EXPECT_EQ(config->ceph, (Ceph{"/etc/ceph/ceph.conf", "lungate", 4}));
  EXPECT_EQ(config->log.level, log::Level::kDebug);
  EXPECT_EQ(config->iscsi.header_digest, (std::vector{Digest::kCrc32c, Digest::kNone}));
  EXPECT_EQ(config->iscsi.nop_interval_ms, 0u);
  ASSERT_EQ(config->portal_groups.size(), 1u);
  EXPECT_EQ(config->portal_groups[0].portals,
            (std::vector<Address>{{"127.0.0.1", 3260, false}, {"::1", 3260, true}}));
  ASSERT_EQ(config->targets.size(), 2u);
  const Target& store = config->targets[0];
  ASSERT_EQ(store.luns.size(), 2u);
  EXPECT_EQ(store.luns[0].id, 0u);
  EXPECT_EQ(store.luns[0].store, Store(Image{"rbd", "ns", "vm-1"}));
  EXPECT_EQ(store.luns[0].block_size, 4096u);
  EXPECT_EQ(store.luns[0].slo, (Slo{5, 20.5, 0.999}));
  EXPECT_EQ(store.luns[1].store,
            Store(File{"/var/lib/lungate/disk.img", 10ull << 30, 5, 1ull << 30}));
  EXPECT_EQ(store.initiators[0].luns, (std::vector<std::uint16_t>{0, 7}));
  EXPECT_EQ(config->targets[1].luns[0].store, Store(Null{1ull << 40}));
}

TEST(Parse, DefaultsFollowTheGatewaysName) {
  const auto config = Text().parse();
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->gateway.control_socket, "/run/lungate/gw-a.sock");
  EXPECT_EQ(config->telemetry.segment, "/dev/shm/lungate/gw-a");
  EXPECT_TRUE(config->telemetry.initiators);
  EXPECT_EQ(config->exporter.segments, std::vector<std::string>{"/dev/shm/lungate/gw-a"});
  EXPECT_EQ(config->portal_groups[0].gateway, "gw-a");
  EXPECT_EQ(config->gateway.loops, 0u);
}

struct BadText {
  std::string_view name;
  std::string_view text;    // the lines before it are kHead's
  std::string_view errors;  // whole, as the operator sees them
};
void PrintTo(const BadText& bad, std::ostream* out) {
  *out << bad.name;
}

// Six lines that every bad text begins with: its own first line is line 7.
constexpr std::string_view kHead =
    "[gateway]\n"
    "name = \"gw-a\"\n"
    "[[portal_group]]\n"
    "tag = 1\n"
    "portals = [\"127.0.0.1:3260\"]\n"
    "\n";

class BadTexts : public testing::TestWithParam<BadText> {};

TEST_P(BadTexts, AreRefusedAtTheirPlace) {
  const auto config = parse_text(std::string(kHead) + std::string(GetParam().text), "t");
  EXPECT_EQ(errors_of(config), GetParam().errors);
}

constexpr BadText kBadTexts[] = {
    {"UnknownKey", "[iscsi]\n  max_burst_byte = 1024\n",
     "t:8:3: error: unknown key 'max_burst_byte' in [iscsi] (did you mean 'max_burst_bytes'?)\n"},
    {"UnknownKeyOfAnotherTable", "[log]\nloops = 2\n",
     "t:8:1: error: unknown key 'loops' in [log] (it belongs in [gateway])\n"},
    {"UnknownKeyFarFromAll", "[log]\n\"some thing\"   = 2\n",
     "t:8:1: error: unknown key 'some thing' in [log] (known keys: level)\n"},
    {"UnknownTable", "[[ targets ]]\niqn = 1\n",
     "t:7:4: error: unknown key 'targets' in the file (did you mean 'target'?)\n"},
    {"UnknownKeyInline",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 0\nfile = '/f'\n"
     "slo = { read_ms = 10, write = 20 }\n",
     "t:12:23: error: unknown key 'write' in target.lun.slo (did you mean 'write_ms'?)\n"},
    {"UnknownDottedKey", "log.lever = 'debug'\n",
     // The line stands in [[portal_group]], the last header before it.
     "t:7:1: error: unknown key 'log' in [[portal_group]] (known keys: tag gateway portals)\n"},
    {"WrongType", "[log]\nlevel = 3\n",
     "t:8:9: error: 'level' must be a string, this is an integer\n"},
    {"WrongTypeOfTable", "[iscsi]\n[iscsi.command_window]\n",
     "t:8:1: error: 'command_window' must be an integer, this is a table\n"},
    {"TableIsAValue", "[[target]]\niqn = 'iqn.2026-11.a:b'\nlun = 3\n",
     "t:9:1: error: 'lun' must be a list of tables (write [[target.lun]])\n"},
    {"TableInsteadOfTables", "[target]\niqn = 'iqn.2026-11.a:b'\n",
     "t:7:2: error: 'target' must be a list of tables (write [[target]])\n"},
    {"OutOfRange", "[ceph]\nimages_per_connection = 0\n",
     "t:8:25: error: 'images_per_connection' is '0': it must be 1 to 1024\n"},
    {"Negative", "[ceph]\nimages_per_connection = -1\n",
     "t:8:25: error: 'images_per_connection' is '-1': it must be 1 to 1024\n"},
    {"SaturatedInteger", "[ceph]\nimages_per_connection = 99999999999999999999999 # many\n",
     "t:8:25: error: 'images_per_connection' is '99999999999999999999999': it must be 1 to 1024\n"},
    {"NotBuilt", "relay = '127.0.0.1:3270'\n",  // of [[portal_group]], the last header before it
     "t:7:1: error: 'relay' is not built yet: relaying commands between gateways (take it out)\n"},
    {"NotBuiltInAnotherTable", "[relay]\nuser = 'u'\n",
     "t:7:2: error: 'relay' is not built yet: relaying commands between gateways (take it out)\n"},
    {"OfTwoTablesTheFirst", "[log]\ngroup = 'u'\n",
     "t:8:1: error: unknown key 'group' in [log] (it belongs in [gateway])\n"},
    {"ExporterAndPortal", "[exporter]\nlisten = '127.0.0.1:3260'\n",
     "t:8:10: error: 'listen' of [exporter] is '127.0.0.1:3260', and 'portals' of [[portal_group]] "
     "has '127.0.0.1:3260' (two processes cannot have the same port)\n"},
    {"ExporterAndPortalByAWildcard", "[exporter]\nlisten = '[::]:3260'\n",
     "t:8:10: error: 'listen' of [exporter] is '[::]:3260', and 'portals' of [[portal_group]] "
     "has '127.0.0.1:3260' (two processes cannot have the same port)\n"},
    {"Wildcard",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.initiator]]\n"
     "iqn = 'iqn.1994-05.*.redhat'\n",
     "t:10:7: error: 'iqn' is 'iqn.1994-05.*.redhat': the only wildcard is a '*' at the end (like "
     "'iqn.1994-05.com.redhat:*')\n"},
    {"WildcardOfATarget", "[[target]]\niqn = 'iqn.2026-11.a:*'\n",
     "t:8:7: error: 'iqn' is 'iqn.2026-11.a:*': an iSCSI name has only a-z, 0-9, '-', '.' and "
     "':'\n"},
    {"UpperCaseName", "[[target]]\niqn = 'iqn.2026-11.io.lungate:VM'\n",
     "t:8:7: error: 'iqn' is 'iqn.2026-11.io.lungate:VM': iSCSI names are lower case "
     "(write 'iqn.2026-11.io.lungate:vm')\n"},
    {"MissingKey", "[[target]]\nalias = 'x'\n",
     "t:7:1: error: [[target]] needs 'iqn' (the target's name)\n"},
    {"DuplicateKey", "[log]\nlevel = 'info'\n level = 'warn'\n",
     "t:9:2: error: 'level' is there twice (the first is in line 8)\n"},
    {"DuplicateTable", "[log]\nlevel = 'info'\n[log]\n",
     "t:9:2: error: 'log' is there twice (the first is in line 7)\n"},
    {"DuplicateTarget",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target]]\niqn = 'iqn.2026-11.a:b'\n",
     "t:10:7: error: target 'iqn.2026-11.a:b' is there twice (the first is in line 8)\n"},
    {"DuplicateLun",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nfile = '/a'\n"
     "[[target.lun]]\nid = 3\nfile = '/b'\n",
     "t:13:6: error: LUN '3' is there twice (the first is in line 10)\n"},
    {"SameImageTwice",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 0\nimage = 'rbd/a'\n"
     "[[target]]\niqn = 'iqn.2026-11.a:c'\n[[target.lun]]\nid = 0\nimage = 'rbd/a'\n",
     "t:16:9: error: the store 'rbd:rbd/a' is there twice (the first is in line 11)\n"},
    {"SameFileTwice",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 0\nfile = '/srv/a'\n"
     "[[target.lun]]\nid = 1\nfile = '/srv/x/../a'\n",
     "t:14:8: error: the store 'file:/srv/a' is there twice (the first is in line 11)\n"},
    {"DuplicateTagGatewayAndPortal",
     "[[portal_group]]\ntag = 1\nportals = ['127.0.0.1:3260', '127.0.0.1:0', '127.0.0.1:0']\n",
     "t:7:1: error: a portal group of gateway 'gw-a' is there twice (the first is in line 3)\n"
     "t:8:7: error: portal group tag '1' is there twice (the first is in line 4)\n"
     "t:9:12: error: portal '127.0.0.1:3260' is there twice (the first is in line 5)\n"},
    {"NoStore", "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\n",
     "t:9:1: error: [[target.lun]] needs one of 'image', 'file' and 'null'\n"},
    {"TwoStores",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nfile = '/f'\nimage = 'a/b'\n",
     "t:11:1: error: 'file' and 'image' exclude each other\n"},
    {"SizeOfAnImage",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nimage = 'a/b'\nsize = '1GiB'\n",
     "t:12:1: error: 'size' does not go with 'image'\n"},
    {"DelayOfNull",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nnull = true\nsize = '1GiB'\n"
     "test_delay_ms = 5\n",
     "t:13:1: error: 'test_delay_ms' does not go with 'null'\n"},
    {"RateOfNull",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nnull = true\nsize = '1GiB'\n"
     "test_bytes_per_s = '1MiB'\n",
     "t:13:1: error: 'test_bytes_per_s' does not go with 'null'\n"},
    {"NullWithoutSize",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nnull = true\n",
     "t:9:1: error: [[target.lun]] with 'null' needs 'size'\n"},
    {"NullIsFalse",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nnull = false\nsize = '1GiB'\n",
     "t:11:8: error: 'null' is true or absent\n"},
    {"OddSize",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nnull = true\nblock_size = 4096\n"
     "size = 1049088\n",
     "t:13:8: error: 'size' must be a multiple of the block size, 4096\n"},
    {"NoSize",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nnull = true\nsize = '10GB'\n",
     "t:12:8: error: 'size' is '10GB': this is no size (like '10GiB' (B, KiB, MiB, GiB, TiB, PiB), "
     "or a number of bytes)\n"},
    {"BlockSize",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.lun]]\nid = 3\nfile = '/f'\nblock_size = "
     "1024\n",
     "t:12:14: error: 'block_size' is '1024': it must be 512 or 4096\n"},
    {"UnknownLunOfInitiator",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.initiator]]\niqn = 'iqn.2026-11.a:c'\n"
     "luns = [0]\n",
     "t:11:9: error: target 'iqn.2026-11.a:b' has no LUN 0\n"},
    {"InitiatorTwice",
     "[[target]]\niqn = 'iqn.2026-11.a:b'\n[[target.initiator]]\niqn = 'iqn.2026-11.a:c'\n"
     "[[target.initiator]]\niqn = 'iqn.2026-11.a:c'\n",
     "t:12:7: error: initiator 'iqn.2026-11.a:c' is there twice (the first is in line 10)\n"},
    {"BurstsDisagree", "[iscsi]\nfirst_burst_bytes = 65536\nmax_burst_bytes = 4096\n",
     "t:8:21: error: 'first_burst_bytes' (65536) is larger than 'max_burst_bytes' (4096) "
     "(RFC 7143, 13.14)\n"},
    {"DigestTwice", "[iscsi]\ndata_digest = ['None', 'None']\n",
     "t:8:15: error: 'data_digest' names the same digest twice\n"},
    {"NoDigest", "[iscsi]\ndata_digest = []\n",
     "t:8:15: error: 'data_digest' has 0 items: it must have 1 to 2\n"},
    {"NamedPortal", "[exporter]\nlisten = 'localhost:9287'\n",
     "t:8:10: error: 'listen' is 'localhost:9287': the address must be numeric (names are not "
     "looked up) (like '10.0.0.1:3260' or '[2001:db8::1]:3260')\n"},
    {"EscapedValue", "[log]\nlevel = \"\\u001b[31m\"\n",
     "t:8:9: error: 'level' is '\\x1b[31m': a level is 'debug', 'info', 'warn' or 'error'\n"},
    {"SyntaxNoValue", "[log]\nlevel = \n",
     "t:8:9: error: missing value after key-value separator '=' (expected value, but got "
     "nothing)\n"},
    {"SyntaxTwoOnALine", "[log]\nlevel = 'a' b = 2\n",
     "t:8:13: error: invalid line format (expected newline, but got 'b'.)\n"},
    {"SyntaxOpenString", "[log]\nlevel = \"abc\n",
     "t:8:9: error: the quotation mark \" is not closed in its line\n"},
    {"SyntaxOpenStringInAList", "[exporter]\nsegments = [\n  '/a',\n  '/b]\n",
     "t:10:3: error: the quotation mark ' is not closed in its line\n"},
    {"SyntaxQuotesThatDoNotPair", "[exporter]\nsegments = ['/a, '/b']\n",
     "t:8:19: error: text right behind a quotation mark: one is missing, or one too many\n"},
    {"TextWithoutQuotes", "[log]\nlevel = info\n",
     "t:8:9: error: text needs quotation marks (write 'info')\n"},
    {"SizeWithoutQuotes", "[[target]]\n[[target.lun]]\nsize = 2GiB # large\n",
     "t:9:8: error: text needs quotation marks (write '2GiB')\n"},
    {"SeveralWordsWithoutQuotes", "[[target]]\nalias = the store\n",
     "t:8:9: error: text needs quotation marks (write 'the store')\n"},
    {"AddressWithoutQuotes", "[iscsi]\n[[portal_group]]\nportals = [127.0.0.1:3260]\n",
     "t:9:12: error: text needs quotation marks (write '127.0.0.1:3260')\n"},
    {"AddressWithoutQuotesInAList",
     "[iscsi]\n[[portal_group]]\nportals = [\n  127.0.0.1:3260,\n]\n",
     "t:10:3: error: text needs quotation marks (write '127.0.0.1:3260')\n"},
    {"SyntaxOpenHeader", "[log\nlevel = 1\n",
     "t:7:1: error: an invalid key appeared. (is not a valid key)\n"},
    {"ManyAtOnce", "[log]\nlevel = 3\n[ceph]\nusr = 'a'\nimages_per_connection = 9999\n",
     "t:8:9: error: 'level' must be a string, this is an integer\n"
     "t:10:1: error: unknown key 'usr' in [ceph] (did you mean 'user'?)\n"
     "t:11:25: error: 'images_per_connection' is '9999': it must be 1 to 1024\n"},
};
INSTANTIATE_TEST_SUITE_P(Parse, BadTexts, testing::ValuesIn(kBadTexts),
                         [](const auto& bad) { return std::string(bad.param.name); });

TEST(Parse, WhatTheGatewayMustHave) {
  EXPECT_EQ(errors_of(parse_text("", "t")),
            "t:1:1: error: the file needs 'gateway' (this process)\n"
            "t:1:1: error: the file needs 'portal_group' "
            "(where initiators connect)\n");
  EXPECT_EQ(Text().with("[[portal_group]]", "gateway = \"gw-b\"").errors(),
            "t.toml:2:8: error: no [[portal_group]] belongs to gateway 'gw-a'\n");
}

TEST(Parse, GatewaysMayShareAWildcardPortalButNoAddress) {
  const auto two = [](std::string_view host) {
    const std::string portals = "portals = ['" + std::string(host) + ":3260']\n";
    return errors_of(parse_text("[gateway]\nname='a'\n[[portal_group]]\ntag=1\n" + portals +
                                    "[[portal_group]]\ntag=2\ngateway='b'\n" + portals,
                                "t"));
  };
  EXPECT_EQ(two("0.0.0.0"), "");
  EXPECT_EQ(two("[::]"), "");
  EXPECT_THAT(two("10.0.0.1"), HasSubstr("portal '10.0.0.1:3260' is there twice"));
}

TEST(Parse, TheExportersDefaultIsAPortToo) {
  EXPECT_THAT(Text().with("[[portal_group]]", "portals = ['0.0.0.0:9287']").errors(),
              HasSubstr("t.toml:10:12: error: 'listen' of [exporter] is '127.0.0.1:9287'"));
  // Another port, another family, another address: all of them can be listened on.
  for (const std::string_view listen : {"127.0.0.1:3261", "[::1]:3260", "127.0.0.2:3260"}) {
    EXPECT_EQ(Text().with("[exporter]", "listen = '" + std::string(listen) + "'").errors(), "");
  }
}

TEST(Parse, ALineAfterADottedKeyIsFound) {
  EXPECT_EQ(errors_of(parse_text("log.lever = 'debug'\n" + std::string(kHead), "t")),
            "t:1:5: error: unknown key 'lever' in [log] (did you mean 'level'?)\n");
  EXPECT_EQ(errors_of(parse_text("logg.level = 'debug'\n" + std::string(kHead), "t")),
            "t:1:1: error: unknown key 'logg' in the file (did you mean 'log'?)\n");
}

TEST(Parse, ErrorsAreBoundedInNumber) {
  std::string text(kHead);
  for (int i = 0; i < 1000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  const auto config = parse_text(text, "t");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().size(), limits::kConfigErrorsMax);
}

// --- Texts that are no configuration -----------------------------------------------------------

TEST(Hostile, BracketBombsNeverReachTheParser) {
  for (const std::string_view open : {"[", "{", "{a=", "[{a="}) {
    std::string bomb = "x = ";
    while (bomb.size() < 100'000) bomb += open;
    EXPECT_THAT(errors_of(parse_text(bomb, "t")), HasSubstr("nested deeper than 16 levels"));
  }
}

TEST(Hostile, DottedBombsNeverReachTheParser) {
  std::string key = "a";
  while (key.size() < 100'000) key += " . 'b'.c";
  for (const std::string& text : {key + " = 1", "[" + key + "]", "x = {" + key + " = 1}"}) {
    EXPECT_THAT(errors_of(parse_text(text, "t")), HasSubstr("nested deeper than 16 levels"));
  }
}

TEST(Hostile, TooLarge) {
  EXPECT_EQ(errors_of(parse_text(std::string(limits::kConfigBytesMax + 1, '#'), "t")),
            "t: error: the text has 4194305 bytes, more than the 4194304 that are read\n");
}

TEST(Hostile, AMebibyteOfGarbage) {
  std::mt19937 random(7);
  std::string garbage;
  while (garbage.size() < limits::kMiB) garbage += static_cast<char>(random() & 0xff);
  EXPECT_FALSE(parse_text(garbage, "t"));
}

TEST(Hostile, AMebibyteOfKeysEndsSoon) {
  std::string text;
  for (int i = 0; text.size() < limits::kMiB; ++i) text += "k" + std::to_string(i) + " = 99\n";
  EXPECT_FALSE(parse_text(text, "t"));
}

TEST(Hostile, OtherProtocolsAndBinaries) {
  const std::string_view nul("a = \"\0\"\n", 8);
  EXPECT_EQ(errors_of(parse_text(nul, "t")),
            "t:1:6: error: control characters are not allowed in TOML\n");
  EXPECT_EQ(errors_of(parse_text("a = 1\nb = \"\xff\"\n", "t")),
            "t:2:6: error: the text is not UTF-8\n");
  EXPECT_THAT(errors_of(parse_text("GET / HTTP/1.0\r\n\r\n", "t")),
              HasSubstr("missing key-value separator"));
}

/// Changes a good text at random places: bytes, pieces of TOML, cuts.
std::string mutated(std::string text, std::mt19937& random) {
  constexpr std::string_view kPieces[] = {
      "[",    "]",   "{",  "}",  "\"", "'",     "\"\"\"", "=",   ".",
      ",",    "\n",  "#",  "\\", "0x", "1e999", "-",      "[[",  "]]",
      "true", "nan", "\t", "_",  "é",  "''''",  "\r",     "inf", "2020-02-30T25:00:00Z"};
  const auto at = [&](std::size_t size) { return random() % (size + 1); };
  for (auto changes = random() % 8 + 1; changes > 0; --changes) {
    const std::size_t where = at(text.size());
    switch (random() % 4) {
      case 0:
        text.insert(where, kPieces[random() % std::size(kPieces)]);
        break;
      case 1:
        text.insert(where, 1, static_cast<char>(random() & 0xff));
        break;
      case 2:
        text.erase(where, random() % 20);
        break;
      case 3:
        text.insert(where, text.substr(at(text.size()), random() % 60));
        break;
    }
  }
  return text;
}

TEST(Hostile, RandomChangesOfAGoodText) {
  const auto seed =
      static_cast<std::uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::cout << "seed " << seed << "\n";
  std::mt19937 random(seed);
  for (int round = 0; round < 1000; ++round) {
    const std::string text = mutated(std::string(kSketch), random);
    const auto config = parse_text(text, "t");
    if (config) continue;
    ASSERT_FALSE(config.error().empty()) << text;
    const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n') + 1);
    for (const Error& error : config.error()) {
      EXPECT_LE(error.line, lines) << text;
      EXPECT_FALSE(error.message.empty()) << text;
      EXPECT_EQ(error.message.find('\n'), std::string::npos) << text;
    }
  }
}

// --- Files -------------------------------------------------------------------------------------

class ParseFile : public testing::Test {
 protected:
  ParseFile() {
    std::string pattern = testing::TempDir() + "lungate-config-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~ParseFile() override {
    ::unlink(path("a.toml").c_str());
    ::rmdir(folder_.c_str());
  }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

TEST_F(ParseFile, ReadsWhatIsThere) {
  std::ofstream(path("a.toml")) << kSketch;
  const auto config = parse_file(path("a.toml"));
  ASSERT_TRUE(config) << errors_of(config);
  EXPECT_EQ(config->gateway.name, "gw-a");
}

TEST_F(ParseFile, SaysWhyNot) {
  EXPECT_EQ(errors_of(parse_file(path("none"))),
            path("none") + ": error: cannot be opened: No such file or directory\n");
  EXPECT_EQ(errors_of(parse_file(folder_)), folder_ + ": error: is not a regular file\n");
  EXPECT_EQ(errors_of(parse_file("/dev/zero")), "/dev/zero: error: is not a regular file\n");
}

TEST_F(ParseFile, StopsReadingAtTheLimit) {
  std::ofstream(path("a.toml")) << std::string(limits::kConfigBytesMax + 10, '#');
  EXPECT_THAT(errors_of(parse_file(path("a.toml"))), HasSubstr("more than the 4194304"));
}

}  // namespace
}  // namespace lungate::config
