// SPDX-License-Identifier: LGPL-2.1-or-later

// Every key of the configuration, one row each. To add one: a member in config.h and a row here;
// the reader, the unknown-key hint, the printed text and the reference follow. Nobody calls this
// file but through root_table(). Three decisions that the rows share:
//
// - A range is what the product can keep, not what a protocol allows: limits.h has the reasons, and
//   a value outside is an error of the text, never clipped in silence.
// - The words after the rule are for the operator: what it does, what holds when it is absent. They
//   are printed by `lungate check --keys` and stand nowhere else.
// - What is designed and not built is listed (not_built), so that it is refused by its name.
#include "base/limits.h"
#include "config/fields.h"
#include "config/schema.h"

namespace lungate::config {
namespace {

constexpr std::uint64_t in_ms(std::chrono::milliseconds time) {
  return static_cast<std::uint64_t>(time.count());
}
// One range for every timeout: what is sensible for one (a busy peer looks dead below it, a dead
// one busy above) is for all.
constexpr Range kTimeouts{in_ms(limits::kTimeoutMin), in_ms(limits::kTimeoutMax)};
// Data segments and bursts, in bytes.
constexpr Range kSegments{limits::kIscsiBytesMin, limits::kIscsiBytesMax};

// A gateway's own. The name has no default: a host name that changes would make another gateway of
// it, with locks of its own.
const Gateway kGatewayDefaults;
constexpr Key kGatewayKeys[] = {
    text<&Gateway::name>("name", check_gateway_name,
                         "this gateway's name, in its paths, metrics and locks; keep it")
        .required(),
    integer<&Gateway::loops>("loops", {0, limits::kLoopsMax},
                             "event loops (threads); 0: one for each core, at most 8"),
    text<&Gateway::control_socket>("control_socket", check_socket_path,
                                   "Unix socket for the lungate command; absent: "
                                   "/run/lungate/NAME.sock"),
    integer<&Gateway::drain_timeout_ms>("drain_timeout_ms", {0, in_ms(limits::kTimeoutMax)},
                                        "how long SIGTERM waits for sessions to end"),
    text<&Gateway::group>("group", check_group,
                          "the text that gateways share: a path, or rados:pool/[namespace/]object"),
};
constexpr Table kGateway{"[gateway]", kGatewayKeys, &kGatewayDefaults};

// Present in every text though a gateway of files never reads it: a table that is legal only beside
// certain LUNs would be an error that moves about.
const Ceph kCephDefaults;
constexpr Key kCephKeys[] = {
    text<&Ceph::conf>("conf", check_path, "Ceph's own configuration file"),
    text<&Ceph::user>("user", check_ceph_user, "the Ceph user, without 'client.'"),
    integer<&Ceph::images_per_connection>("images_per_connection", {1, limits::kLunsMax},
                                          "images that share one RADOS connection"),
};
constexpr Table kCeph{"[ceph]", kCephKeys, &kCephDefaults};

const Telemetry kTelemetryDefaults;
constexpr Key kTelemetryKeys[] = {
    text<&Telemetry::segment>("segment", check_path,
                              "the shared-memory segment, on a tmpfs; absent: "
                              "/dev/shm/lungate/NAME"),
    flag<&Telemetry::initiators>("initiators", "I/O is counted by initiator, too"),
};
constexpr Table kTelemetry{"[telemetry]", kTelemetryKeys, &kTelemetryDefaults};

const Log kLogDefaults;
constexpr Key kLogKeys[] = {
    text<&Log::level>("level", check_log_level, "debug, info, warn or error"),
};
constexpr Table kLog{"[log]", kLogKeys, &kLogDefaults};

// Read by another process. Kept in this file so that one text tells the whole gateway; an exporter
// of several gateways names their segments.
const Exporter kExporterDefaults;
constexpr Key kExporterKeys[] = {
    text<&Exporter::listen>("listen", check_address, "where lungate-exporter serves /metrics"),
    texts<&Exporter::segments>("segments", {1, limits::kExporterSegmentsMax}, check_path,
                               "the segments it reads; absent: the gateway's own"),
    text<&Exporter::web_config>("web_config", check_path,
                                "Prometheus's web configuration file: TLS, users; absent: neither"),
    integer<&Exporter::series_max>("series_max",
                                   {limits::kExporterSeriesMin, limits::kExporterSeriesMax},
                                   "series of one page; what is more is dropped by whole LUNs"),
};
constexpr Table kExporter{"[exporter]", kExporterKeys, &kExporterDefaults};

// What a login is offered. The same for all targets: parameters per target would be one more thing
// to differ between two paths of one disk.
const Iscsi kIscsiDefaults;
constexpr Key kIscsiKeys[] = {
    integer<&Iscsi::max_recv_data_segment_bytes>("max_recv_data_segment_bytes", kSegments,
                                                 "MaxRecvDataSegmentLength that is declared"),
    integer<&Iscsi::max_burst_bytes>("max_burst_bytes", kSegments, "MaxBurstLength"),
    integer<&Iscsi::first_burst_bytes>("first_burst_bytes", kSegments,
                                       "FirstBurstLength, at most max_burst_bytes"),
    integer<&Iscsi::max_outstanding_r2t>("max_outstanding_r2t", {1, limits::kMaxOutstandingR2tMax},
                                         "MaxOutstandingR2T"),
    flag<&Iscsi::immediate_data>("immediate_data", "ImmediateData"),
    flag<&Iscsi::initial_r2t>("initial_r2t", "InitialR2T"),
    texts<&Iscsi::header_digest>("header_digest", {1, 2}, check_digest,
                                 "acceptable header digests: 'None', 'CRC32C'"),
    texts<&Iscsi::data_digest>("data_digest", {1, 2}, check_digest,
                               "acceptable data digests: 'None', 'CRC32C'"),
    texts<&Iscsi::chap_digests>("chap_digests", {1, 4}, check_chap_digest,
                                "of CHAP: 'MD5', 'SHA1', 'SHA-256', 'SHA3-256'"),
    integer<&Iscsi::command_window>("command_window", {1, limits::kCommandWindowMax},
                                    "commands of one session in progress"),
    integer<&Iscsi::login_timeout_ms>("login_timeout_ms", kTimeouts, "how long a login may take"),
    integer<&Iscsi::receive_timeout_ms>("receive_timeout_ms", kTimeouts,
                                        "how long a PDU that has begun may take to arrive"),
    integer<&Iscsi::send_timeout_ms>("send_timeout_ms", kTimeouts,
                                     "how long a peer may leave unread what it was sent"),
    integer<&Iscsi::nop_interval_ms>("nop_interval_ms", {0, kTimeouts.max},
                                     "silence before a ping; 0: no pings"),
    integer<&Iscsi::nop_timeout_ms>("nop_timeout_ms", kTimeouts,
                                    "how long a ping's answer may take"),
    integer<&Iscsi::connections_per_address_max>(
        "connections_per_address_max", {0, limits::kConnectionsMax},
        "connections of one address; 0: as many as there are"),
    integer<&Iscsi::logins_per_address_max>(
        "logins_per_address_max", {0, limits::kLoginsMax},
        "of these, the ones that have not logged in yet; 0: as many as there are"),
    integer<&Iscsi::failed_logins_max>(
        "failed_logins_max", {0, limits::kFailedLoginsMax},
        "wrong CHAP proofs of one address in a minute that make it wait; 0: none"),
    integer<&Iscsi::login_refusal_ms>("login_refusal_ms", kTimeouts,
                                      "how long all logins of such an address are refused"),
};
constexpr Table kIscsi{"[iscsi]", kIscsiKeys, &kIscsiDefaults};

// The same keys in three tables. A secret in the text is for those who keep the text itself as one;
// a file is the better place, for then no copy of the text gives it away.
const Chap kChapDefaults;
constexpr Key kChapKeys[] = {
    text<&Chap::user>("user", check_chap_user, "the initiator's CHAP name").required(),
    secret<&Chap::secret, &Chap::secret_file>("secret", "the initiator's secret"),
    text<&Chap::secret_file>("secret_file", check_path,
                             "where it is instead; readable by its owner only"),
    text<&Chap::mutual_user>("mutual_user", check_chap_user,
                             "the gateway's CHAP name, when it is asked for its proof"),
    secret<&Chap::mutual_secret, &Chap::mutual_secret_file>(
        "mutual_secret", "the gateway's secret, which is no initiator's"),
    text<&Chap::mutual_secret_file>("mutual_secret_file", check_path, "where it is instead"),
};
constexpr Table kDiscoveryChap{"discovery.chap", kChapKeys, &kChapDefaults};
constexpr Table kTargetChap{"target.chap", kChapKeys, &kChapDefaults};
constexpr Table kInitiatorChap{"target.initiator.chap", kChapKeys, &kChapDefaults};

const Discovery kDiscoveryDefaults;
constexpr Key kDiscoveryKeys[] = {
    table<&Discovery::chap>("chap", kDiscoveryChap, "what a discovery session must prove"),
};
constexpr Table kDiscovery{"[discovery]", kDiscoveryKeys, &kDiscoveryDefaults};

// Tag 0 is reserved by RFC 7143 (13.9). A tag is the relative port identifier too and must stay
// with its gateway for ever: initiators remember it.
const PortalGroup kPortalGroupDefaults;
constexpr Key kPortalGroupKeys[] = {
    integer<&PortalGroup::tag>("tag", {1, 65535}, "portal group tag, unique, never reused")
        .required(),
    text<&PortalGroup::gateway>(
        "gateway", check_gateway_name,
        "whose they are; absent: this gateway's, but in a group's file it must be said"),
    texts<&PortalGroup::portals>("portals", {1, limits::kPortalsMax}, check_address,
                                 "numeric addresses with ports, as initiators reach them")
        .required(),
    not_built("relay", "relaying commands between gateways"),
};
constexpr Table kPortalGroup{"[[portal_group]]", kPortalGroupKeys, &kPortalGroupDefaults};

// Each I/O is held against it where it is counted, so any value is exact. The gateway never refuses
// or delays an I/O because of it.
const Slo kSloDefaults;
constexpr Key kSloKeys[] = {
    real<&Slo::read_ms>("read_ms", {0.001, 100'000}, "a read is good when it is not slower"),
    real<&Slo::write_ms>("write_ms", {0.001, 100'000}, "a write is good when it is not slower"),
    real<&Slo::objective>("objective", {0.5, 0.99999}, "share of I/O that must be good"),
};
constexpr Table kSlo{"target.lun.slo", kSloKeys, &kSloDefaults};

// A LUN's store is one of three, so its keys are written by hand: each sets or asks the alternative
// that it belongs to. Rows are read in this order: the store's kind before its size.
Lun& lun_of(void* object) {
  return *static_cast<Lun*>(object);
}
template <class Kind>
const Kind* store_of(const void* object) {
  return std::get_if<Kind>(&static_cast<const Lun*>(object)->store);
}

constexpr Field kImageField{[](void* object, const Value& value) {
                              lun_of(object).store = parse_image(std::get<std::string>(value));
                            },
                            [](const void* object) -> std::optional<Value> {
                              const Image* image = store_of<Image>(object);
                              if (image == nullptr || image->image.empty()) return {};
                              return to_string(Store(*image)).substr(sizeof("rbd:") - 1);
                            }};
constexpr Field kFileField{[](void* object, const Value& value) {
                             lun_of(object).store = File{std::get<std::string>(value), 0, 0};
                           },
                           [](const void* object) -> std::optional<Value> {
                             const File* file = store_of<File>(object);
                             if (file == nullptr) return {};
                             return file->path;
                           }};
constexpr Field kNullField{[](void* object, const Value& value) {
                             if (std::get<bool>(value)) lun_of(object).store = Null{};
                           },
                           [](const void* object) -> std::optional<Value> {
                             if (store_of<Null>(object) == nullptr) return {};
                             return true;
                           }};
// "size" belongs to whichever store its LUN has; with an image it is refused (rules.cc), for an
// image has a size of its own.
constexpr Field kSizeField{[](void* object, const Value& value) {
                             const auto bytes = std::get<std::uint64_t>(value);
                             Store& store = lun_of(object).store;
                             if (auto* file = std::get_if<File>(&store)) file->size_bytes = bytes;
                             if (auto* null = std::get_if<Null>(&store)) null->size_bytes = bytes;
                           },
                           [](const void* object) -> std::optional<Value> {
                             const File* file = store_of<File>(object);
                             const Null* null = store_of<Null>(object);
                             const std::uint64_t bytes = file != nullptr   ? file->size_bytes
                                                         : null != nullptr ? null->size_bytes
                                                                           : 0;
                             if (bytes == 0) return {};
                             return bytes;
                           }};
constexpr Field kTestDelayField{[](void* object, const Value& value) {
                                  if (auto* file = std::get_if<File>(&lun_of(object).store)) {
                                    file->test_delay_ms =
                                        static_cast<std::uint32_t>(std::get<std::uint64_t>(value));
                                  }
                                },
                                [](const void* object) -> std::optional<Value> {
                                  const File* file = store_of<File>(object);
                                  if (file == nullptr || file->test_delay_ms == 0) return {};
                                  return std::uint64_t{file->test_delay_ms};
                                }};
constexpr Field kTestRateField{[](void* object, const Value& value) {
                                 if (auto* file = std::get_if<File>(&lun_of(object).store))
                                   file->test_bytes_per_s = std::get<std::uint64_t>(value);
                               },
                               [](const void* object) -> std::optional<Value> {
                                 const File* file = store_of<File>(object);
                                 if (file == nullptr || file->test_bytes_per_s == 0) return {};
                                 return file->test_bytes_per_s;
                               }};

// A LUN without a store, or with two, passes the rows and is found by rules.cc: "one of three" is
// no rule of a single key.
const Lun kLunDefaults;
constexpr Key kLunKeys[] = {
    integer<&Lun::id>("id", {0, limits::kLunNumberMax}, "the LUN's number, unique in its target")
        .required(),
    Key{.name = "image",
        .type = Type::kText,
        .doc = "an RBD image: pool/[namespace/]image",
        .rule = check_image,
        .field = kImageField},
    Key{.name = "file",
        .type = Type::kText,
        .doc = "a file on this host instead of an image",
        .rule = check_path,
        .field = kFileField},
    Key{.name = "null",
        .type = Type::kFlag,
        .doc = "true: stores nothing, for benchmarks only",
        .field = kNullField},
    Key{.name = "size",
        .type = Type::kSize,
        .doc = "of a file (absent: as it is) or of null",
        .range = {limits::kLunBytesMin, limits::kLunBytesMax},
        .field = kSizeField},
    Key{.name = "test_delay_ms",
        .type = Type::kInteger,
        .doc = "for tests only: delays each I/O of a file",
        .range = {0, in_ms(limits::kTestDelayMax)},
        .field = kTestDelayField},
    Key{.name = "test_bytes_per_s",
        .type = Type::kSize,
        .doc = "for tests only: a file on a slow disk",
        .range = {limits::kTestRateBytesMin, limits::kLunBytesMax},
        .field = kTestRateField},
    integer<&Lun::block_size>("block_size", {512, 4096}, "512 or 4096; never change it later"),
    flag<&Lun::read_only>("read_only", "writes are refused (WRITE PROTECTED)"),
    integer<&Lun::pool_threshold_percent>("pool_threshold_percent",
                                          {0, limits::kThresholdPercentMax},
                                          "hosts are told when its pool is so full; 0: never"),
    text<&Lun::vendor>("vendor", check_printable<8>, "INQUIRY: vendor identification"),
    text<&Lun::product>("product", check_printable<16>, "INQUIRY: product identification"),
    text<&Lun::revision>("revision", check_printable<4>, "INQUIRY: product revision"),
    text<&Lun::serial>("serial", check_printable<limits::kSerialBytesMax>,
                       "VPD 80; absent: made from the store's identity; never change it later"),
    text<&Lun::naa>("naa", check_naa,
                    "VPD 83; absent: made from the store's identity; never change it later"),
    table<&Lun::slo>("slo", kSlo, "what is promised: slower I/O is counted, and alerts go by it"),
};
constexpr Table kLun{"[[target.lun]]", kLunKeys, &kLunDefaults};

// A pattern ends in its only '*', so that of two that fit one always says more.
const InitiatorGroup kInitiatorGroupDefaults;
constexpr Key kInitiatorGroupKeys[] = {
    text<&InitiatorGroup::name>("name", check_gateway_name, "what [[target.initiator]] calls it")
        .required(),
    texts<&InitiatorGroup::iqns>("iqns", {1, limits::kInitiatorsPerTargetMax},
                                 check_initiator_pattern, "names, or beginnings that end in '*'")
        .required(),
};
constexpr Table kInitiatorGroup{"[[initiator_group]]", kInitiatorGroupKeys,
                                &kInitiatorGroupDefaults};

const Mapping kMappingDefaults;
constexpr Key kMappingKeys[] = {
    integer<&Mapping::lun>("lun", {0, limits::kLunNumberMax}, "a LUN of the target").required(),
    integer<&Mapping::as>("as", {0, limits::kLunNumberMax}, "its number for this initiator")
        .required(),
    flag<&Mapping::read_only>("read_only", "this initiator may not write to it"),
};
constexpr Table kMapping{"[[target.initiator.map]]", kMappingKeys, &kMappingDefaults};

const Initiator kInitiatorDefaults;
constexpr Key kInitiatorKeys[] = {
    text<&Initiator::iqn>("iqn", check_initiator_pattern,
                          "its name, or the beginning of names and a '*'"),
    text<&Initiator::group>("group", check_gateway_name, "an [[initiator_group]] instead"),
    texts<&Initiator::networks>("networks", {1, limits::kNetworksPerInitiatorMax}, check_network,
                                "where it must come from; absent: anywhere"),
    integers<&Initiator::luns>("luns", {1, limits::kLunNumberMax + 1}, {0, limits::kLunNumberMax},
                               "the LUNs that it sees; absent: all of the target"),
    tables<&Initiator::map>("map", {1, limits::kLunNumberMax + 1}, kMapping,
                            "the same with its own numbers"),
    table<&Initiator::chap>("chap", kInitiatorChap, "what it must prove; absent: the target's"),
};
constexpr Table kInitiator{"[[target.initiator]]", kInitiatorKeys, &kInitiatorDefaults};

const Target kTargetDefaults;
constexpr Key kTargetKeys[] = {
    text<&Target::iqn>("iqn", check_target_name, "the target's name").required(),
    text<&Target::alias>("alias", check_alias, "TargetAlias, for people"),
    integers<&Target::portal_groups>("portal_groups", {1, limits::kPortalsMax}, {1, 65535},
                                     "tags through which it is to be had; absent: all"),
    text<&Target::moved_to>("moved_to", check_address, "logins are sent to this portal instead"),
    flag<&Target::moved_permanently>("moved_permanently", "and told not to come back"),
    table<&Target::chap>("chap", kTargetChap, "what initiators must prove; absent: nothing"),
    tables<&Target::luns>("lun", {0, limits::kLunNumberMax + 1}, kLun, "its disks"),
    tables<&Target::initiators>("initiator", {0, limits::kInitiatorsPerTargetMax}, kInitiator,
                                "who may log in; absent: anybody"),
};
constexpr Table kTarget{"[[target]]", kTargetKeys, &kTargetDefaults};

// What must be there for a gateway to make sense: its name, and a place where initiators reach it.
const Config kRootDefaults;
constexpr Key kRootKeys[] = {
    table<&Config::gateway>("gateway", kGateway, "this process").required().own(),
    table<&Config::ceph>("ceph", kCeph, "access to the cluster").own(),
    table<&Config::telemetry>("telemetry", kTelemetry, "what the gateway records").own(),
    table<&Config::log>("log", kLog, "what the gateway logs").own(),
    table<&Config::exporter>("exporter", kExporter, "the Prometheus sidecar").own(),
    table<&Config::iscsi>("iscsi", kIscsi, "what every login is offered"),
    table<&Config::discovery>("discovery", kDiscovery, "sessions that only look for targets"),
    tables<&Config::portal_groups>("portal_group", {1, limits::kPortalsMax}, kPortalGroup,
                                   "where initiators connect")
        .required(),
    tables<&Config::initiator_groups>("initiator_group", {0, limits::kInitiatorGroupsMax},
                                      kInitiatorGroup, "initiators that have access together"),
    tables<&Config::targets>("target", {0, limits::kTargetsMax}, kTarget, "what they find there"),
};
constexpr Table kRoot{"the file", kRootKeys, &kRootDefaults};

// The first of them, so that they are a table themselves.
constexpr std::size_t kOwnCount = 5;
static_assert([] {
  std::size_t at = 0;
  for (const Key& key : kRootKeys) {
    if (key.is_own != (at++ < kOwnCount)) return false;
  }
  return true;
}());
constexpr Table kOwn{"the file", std::span(kRootKeys).first(kOwnCount), &kRootDefaults};

}  // namespace

const Table& root_table() {
  return kRoot;
}

const Table& own_table() {
  return kOwn;
}

}  // namespace lungate::config
