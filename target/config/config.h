// SPDX-License-Identifier: LGPL-2.1-or-later

// The configuration as plain values. The room `config` turns TOML text into these (parse.h) and
// back (dump.h); it opens nothing and knows neither sockets nor Ceph. A Config that parse() gave
// out has been checked whole: ranges hold, names are well formed, nothing is there twice.
//
// Every key, its range and its meaning stand in keys.cc, in one row each. Defaults stand here, at
// the members: what a struct is when nothing was read into it.
//
// Secrets that a text names by file are the one thing that parse() leaves open: load_secrets()
// (secrets.h) reads them.
//
// A reload (control/plan.cc) compares two Configs by value, so each struct has an operator==.
// Targets, their LUNs and accesses, SLOs and the log level change while the gateway serves;
// [gateway], [ceph], [telemetry], [iscsi] and the portal groups need a restart, and a text that
// changes one of them is refused whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/log.h"
#include "base/secret.h"
#include "config/network.h"

namespace lungate::config {

/// [gateway]: which process of the group this is.
struct Gateway {
  std::string name;            // unique in the group; letters, digits, '-', '_', '.'; 63 bytes
  std::uint32_t loops = 0;     // libev loops, 1 to limits::kLoopsMax; 0: one per core, at most that
  std::string control_socket;  // absolute path, at most 107 bytes; default /run/lungate/NAME.sock
  std::uint32_t drain_timeout_ms = static_cast<std::uint32_t>(limits::kDrainTimeout.count());
  /// Where the text is that all gateways of a group share: an absolute path, or
  /// "rados:pool/[namespace/]object"; empty: it is beside this.
  std::string group;

  bool operator==(const Gateway&) const = default;
};

/// "rados:pool/[namespace/]object" of [gateway] group.
struct GroupObject {
  std::string pool;
  std::string name_space;  // empty: the default namespace
  std::string object;

  bool operator==(const GroupObject&) const = default;
};

/// [ceph]: how to reach the cluster. Read even where no LUN is an image; used only by those.
struct Ceph {
  std::string conf = "/etc/ceph/ceph.conf";
  std::string user = "lungate";  // the part after "client."
  /// Images that share one RADOS connection (its threads and sockets). A connection that is fenced
  /// takes all of its images with it.
  std::uint32_t images_per_connection = limits::kImagesPerConnection;

  bool operator==(const Ceph&) const = default;
};

/// [telemetry]: where this gateway records, and what. Two gateways on one host need two segments,
/// which the default takes care of.
struct Telemetry {
  std::string segment;  // absolute path on a tmpfs; default /dev/shm/lungate/NAME
  /// I/O is counted by initiator, too. Off where their number, or their names, are nobody's to see.
  bool initiators = true;

  bool operator==(const Telemetry&) const = default;
};

/// [log]: what is below the level is not even formatted.
struct Log {
  log::Level level = log::Level::kInfo;

  bool operator==(const Log&) const = default;
};

/// A numeric address and a TCP port. Names are not looked up: a gateway must start without DNS.
struct Address {
  std::string host;        // "127.0.0.1", "::1" (without brackets)
  std::uint16_t port = 0;  // 0: the kernel picks one (tests); `lungate status` tells which
  bool ipv6 = false;

  bool operator==(const Address&) const = default;
};
/// "127.0.0.1:3260", "[::1]:3260": as TOML, SendTargets and people write it.
std::string to_string(const Address& address);

/// [exporter]: read by lungate-exporter, which shares the gateway's file. The target looks at none
/// of it. Loopback is the default because the page names every disk and initiator count of the
/// host.
struct Exporter {
  Address listen{"127.0.0.1", 9287, false};
  std::vector<std::string> segments;  // default: the gateway's own
  std::string web_config;             // absolute path; empty: plain HTTP for everybody
  std::uint32_t series_max = limits::kExporterSeries;

  bool operator==(const Exporter&) const = default;
};

/// The two that RFC 7143 (13.1) defines. A list without kNone makes a digest a condition of login.
enum class Digest : std::uint8_t { kNone, kCrc32c };

/// CHAP's algorithms, weakest first (RFC 7143, 12.1.3, and IANA's list).
enum class ChapAlgorithm : std::uint8_t { kMd5, kSha1, kSha256, kSha3 };

/// chap = { ... }: who must prove what. Of an initiator, else of its target; and of discovery.
struct Chap {
  std::string user;         // the initiator's CHAP_N; empty: no CHAP is demanded
  Secret secret;            // the initiator's; empty until load_secrets() when it is in a file
  std::string secret_file;  // absolute path
  /// What the gateway says of itself when an initiator asks for its proof. Empty: it has none, and
  /// such a login fails.
  std::string mutual_user;
  Secret mutual_secret;
  std::string mutual_secret_file;

  bool demanded() const { return !user.empty(); }
  bool operator==(const Chap&) const = default;
};

/// [discovery]: what a discovery session must prove. It shows an initiator only what it may log in
/// to, by the name that it gives.
struct Discovery {
  Chap chap;

  bool operator==(const Discovery&) const = default;
};

/// [iscsi]: what this group declares and offers in every login (RFC 7143, 13), and its timeouts.
struct Iscsi {
  std::uint32_t max_recv_data_segment_bytes = limits::kMaxRecvDataSegmentBytes;
  std::uint32_t max_burst_bytes = limits::kMaxBurstBytes;
  std::uint32_t first_burst_bytes = limits::kFirstBurstBytes;  // at most max_burst_bytes
  std::uint32_t max_outstanding_r2t = limits::kMaxOutstandingR2t;
  bool immediate_data = true;
  bool initial_r2t = false;
  /// Acceptable digests, never empty, each once; the initiator's order of preference decides.
  std::vector<Digest> header_digest{Digest::kNone, Digest::kCrc32c};
  std::vector<Digest> data_digest{Digest::kNone, Digest::kCrc32c};
  /// Acceptable to CHAP, never empty, each once; the strongest that the initiator has is taken.
  std::vector<ChapAlgorithm> chap_digests{ChapAlgorithm::kMd5, ChapAlgorithm::kSha1,
                                          ChapAlgorithm::kSha256, ChapAlgorithm::kSha3};
  std::uint32_t command_window = limits::kCommandWindow;  // commands of one session in progress
  std::uint32_t login_timeout_ms = static_cast<std::uint32_t>(limits::kLoginTimeout.count());
  std::uint32_t receive_timeout_ms = static_cast<std::uint32_t>(limits::kReceiveTimeout.count());
  std::uint32_t send_timeout_ms = static_cast<std::uint32_t>(limits::kSendTimeout.count());
  std::uint32_t nop_interval_ms = static_cast<std::uint32_t>(limits::kNopInterval.count());
  std::uint32_t nop_timeout_ms = static_cast<std::uint32_t>(limits::kNopTimeout.count());
  /// Of one source address; 0: no bound but the gateway's own.
  std::uint32_t connections_per_address_max = limits::kConnectionsPerSource;
  std::uint32_t logins_per_address_max = limits::kLoginsPerSource;  // that have proved nothing yet
  std::uint32_t failed_logins_max = limits::kFailedLogins;          // in a minute
  std::uint32_t login_refusal_ms = static_cast<std::uint32_t>(limits::kLoginRefusal.count());

  bool operator==(const Iscsi&) const = default;
};

/// [[portal_group]]: one gateway's portals. Those of other gateways are kept, not listened on.
struct PortalGroup {
  std::uint16_t tag = 0;  // 1 to 65535, unique; target port group and relative port identifier too
  std::string gateway;    // default: this gateway
  std::vector<Address> portals;  // at least one

  bool operator==(const PortalGroup&) const = default;
};

/// image = "pool/[namespace/]image": an RBD image. It must exist; its size is its own.
struct Image {
  std::string pool;
  std::string name_space;  // empty: the default namespace
  std::string image;

  bool operator==(const Image&) const = default;
};

/// file = "/path", size = "10GiB": a file of this host. Nothing fences it: it must not be on
/// storage that another gateway serves it from.
struct File {
  std::string path;              // absolute
  std::uint64_t size_bytes = 0;  // the file is made sparse or grown to this; 0: as it is
  /// For tests only: each I/O answers this much later than the disk did.
  std::uint32_t test_delay_ms = 0;
  /// For tests only: and as much later as its bytes would take at this rate; 0: no later.
  std::uint64_t test_bytes_per_s = 0;

  bool operator==(const File&) const = default;
};

/// null = true, size = "1TiB": stores nothing, for benchmarks only.
struct Null {
  std::uint64_t size_bytes = 0;

  bool operator==(const Null&) const = default;
};

using Store = std::variant<Image, File, Null>;

/// "rbd:pool/ns/image", "file:/path", "null:1099511627776": one word that names a store, for logs,
/// labels and finding the same store again after a reload (its size is no part of a file's name).
std::string to_string(const Store& store);

/// What the operator promises, per LUN. I/O that is slower is counted, and told of; none is refused
/// or delayed because of it.
struct Slo {
  double read_ms = 10;
  double write_ms = 20;
  double objective = 0.99;  // share of I/O that must be that fast

  bool operator==(const Slo&) const = default;
};

/// [[target.lun]]: one disk of a target. (target's IQN, id) is its name in logs, metrics and
/// reloads, which refuse it another store, block size, serial or NAA. A change of anything else but
/// `slo`, the threshold and a file's size removes and adds it.
struct Lun {
  std::uint16_t id = 0;  // 0 to limits::kLunNumberMax, unique in its target
  Store store;
  std::uint32_t block_size = 512;  // 512 or 4096
  bool read_only = false;
  /// Used share of the store's pool or file system from which on hosts are told; 0: never.
  std::uint32_t pool_threshold_percent = limits::kThresholdPercent;
  /// Identity in INQUIRY and VPD 80, 83. Empty: the gateway's own. Printable ASCII of at most
  /// 8, 16, 4 and limits::kSerialBytesMax bytes.
  std::string vendor;
  std::string product;
  std::string revision;
  std::string serial;
  std::string naa;  // 16 or 32 lower-case hex digits that begin with 2, 3, 5 (16) or 6 (32)
  Slo slo;

  bool operator==(const Lun&) const = default;
};

/// [[initiator_group]]: names that are given access together.
struct InitiatorGroup {
  std::string name;               // unique; as a gateway's name is written
  std::vector<std::string> iqns;  // names and patterns, at least one

  bool operator==(const InitiatorGroup&) const = default;
};

/// map = [{ lun = 3, as = 0, read_only = true }]: one LUN of the target as an initiator sees it.
struct Mapping {
  std::uint16_t lun = 0;  // the target's number
  std::uint16_t as = 0;   // the initiator's, unique in its map
  bool read_only = false;

  bool operator==(const Mapping&) const = default;
};

/// [[target.initiator]]: who may log in, and which LUNs it sees.
struct Initiator {
  std::string iqn;  // a name, or a pattern: the beginning of names and a '*'; empty with a group
  /// At most one of luns and map; neither: every LUN of the target under its own number.
  std::vector<std::uint16_t> luns;        // ascending
  std::vector<Mapping> map = {};          // ascending by `as`
  std::string group = {};                 // an [[initiator_group]] instead of `iqn`
  std::vector<std::string> members = {};  // names and patterns of the group; filled by parse()
  std::vector<Network> networks = {};     // where it must come from; empty: anywhere
  Chap chap = {};                         // absent: the target's

  bool operator==(const Initiator&) const = default;
};

/// [[target]]: what an initiator finds under one name. Without LUNs it can be logged in to and
/// shows none, so that disks can be added while hosts are connected.
struct Target {
  std::string iqn;
  std::string alias;                         // TargetAlias; may be empty
  std::vector<Lun> luns;                     // ascending by id; may be empty
  std::vector<Initiator> initiators;         // empty: any initiator may log in and sees every LUN
  Chap chap;                                 // of its initiators that have none of their own
  std::vector<std::uint16_t> portal_groups;  // tags, ascending; empty: it is in all of them
  /// "host:port", as initiators reach it; not empty: logins are sent there (RFC 7143, 13.8).
  std::string moved_to;
  bool moved_permanently = false;

  bool operator==(const Target&) const = default;
};

/// A whole text. Only parse() makes one that is complete: defaults that depend on the gateway's
/// name are empty before.
struct Config {
  Gateway gateway;
  Ceph ceph;
  Telemetry telemetry;
  Log log;
  Exporter exporter;
  Iscsi iscsi;
  Discovery discovery;
  std::vector<PortalGroup> portal_groups;
  std::vector<InitiatorGroup> initiator_groups;
  std::vector<Target> targets;

  bool operator==(const Config&) const = default;
};

/// Who asks: the name that it gives itself, and the numeric address that it comes from.
struct Caller {
  std::string_view iqn;
  std::string_view host;
};

/// The initiator's row of the target's access list. Null: it may not log in (and is not told that
/// the target exists). The name finds the row, and then the address must be in its networks: a row
/// that fits worse is no second way in. Of several rows that fit, the exact name wins, then the
/// longest pattern: no two rows of a target have the same. Names are compared exactly but for ASCII
/// case: RFC 7143 (4.2.7.2) has them normalised to lower case before they are compared, and not
/// every initiator does that. With an open target (no initiator tables) the answer is a row that
/// shows every LUN.
const Initiator* find_access(const Target& target, const Caller& caller);

/// What that initiator must prove: its own row's CHAP, else the target's. Not demanded(): nothing.
const Chap& chap_of(const Target& target, const Initiator& access);

/// A LUN as an initiator sees it.
struct ShownLun {
  std::uint16_t number = 0;  // in the initiator's eyes
  bool read_only = false;    // for this initiator, though others may write

  bool operator==(const ShownLun&) const = default;
};
/// How the row shows the target's LUN; nothing: it hides it.
std::optional<ShownLun> shown_as(const Initiator& access, std::uint16_t lun);

/// Whether the target is to be had through the portal group, for logins and in discovery.
bool offered_at(const Target& target, std::uint16_t portal_group_tag);

}  // namespace lungate::config
