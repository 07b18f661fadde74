// SPDX-License-Identifier: LGPL-2.1-or-later

// The metrics themselves: name, type, unit, labels, one line, and what an operator should know. The
// exporter writes the first five, the reference exporter/METRICS.md and the alerts' tests read them
// all. A name, once released, stays: somebody's dashboard has it. Rules for a new one:
//
// - base units (seconds, bytes), `_total` for what only grows, `_info` for texts with the value 1;
// - a label for what an operator tells apart, never for what a peer can invent without bound
//   (opcodes, peers' addresses; initiators have a table of limits::kNexusSlots): every value is a
//   series in every Prometheus for weeks;
// - advice says what a bad value looks like and what to do then. No advice: no metric.
#include "telemetry/catalog.h"

namespace lungate::telemetry::metrics {

using enum MetricType;

// --- LUNs --------------------------------------------------------------------------------------

constexpr Metric kLunInfo{
    "lungate_lun_info",
    kGauge,
    Unit::kNone,
    "gateway,target,lun,backend,pool,namespace,image,wwn,serial",
    "Who a LUN is; always 1",
    "Join other LUN metrics with it on (gateway, target, lun) to see image names. Nothing else "
    "carries these texts, so that renaming an image does not break the history of its disk."};

constexpr Metric kLunUp{
    "lungate_lun_up",
    kGauge,
    Unit::kNone,
    "gateway,target,lun",
    "Whether the LUN serves I/O (1) or answers NOT READY (0)",
    "0 for longer than an image takes to open: read lungate_lun_offline_info for the class of the "
    "reason and `lungate status` for its words. The gateway keeps trying by itself."};

constexpr Metric kLunOfflineInfo{
    "lungate_lun_offline_info",
    kGauge,
    Unit::kNone,
    "gateway,target,lun,reason",
    "Why the LUN is offline; 1, and present only while it is",
    "missing, denied and invalid need a person; locked names another client that holds the image; "
    "unreachable points to Ceph; fenced: another client, or this gateway's next process, has shut "
    "it out."};

constexpr Metric kLunSize{
    "lungate_lun_size_bytes",
    kGauge,
    Unit::kBytes,
    "gateway,target,lun",
    "Size of the LUN as initiators see it; 0 while it was never open",
    "A change is a resize of the image; initiators learn of it by a unit attention."};

// The one histogram per LUN: three operation classes times 22 buckets is what a LUN may
// cost.
constexpr Metric kLunOpDuration{
    "lungate_lun_op_duration_seconds",
    kHistogram,
    Unit::kSeconds,
    "gateway,target,lun,op",
    "Time from the first byte of a command to its response in the kernel's hands",
    "What initiators feel, less the first and the last trip of the network; the round trips in "
    "which a write's data is asked for are in it, as stage receive. Every bucket edge is an exact "
    "count, so a service level that is an edge needs no interpolation. It knows completed I/O "
    "only: look at lungate_lun_oldest_inflight_seconds for what hangs."};

// A counter and no histogram: shares of time answer "who is slow" for each LUN at a tenth of the
// series; the gateway's own stage histograms below have the tails.
constexpr Metric kLunStageSeconds{
    "lungate_lun_stage_seconds_total",
    kCounter,
    Unit::kSeconds,
    "gateway,target,lun,op,stage",
    "Time of completed I/O by stage: receive, queue, backend, send",
    "rate() of one stage over rate() of all of them says who is slow: backend is Ceph (or the "
    "file), receive and send are the network and the initiator, queue is this gateway."};

constexpr Metric kLunOpSize{
    "lungate_lun_op_size_bytes",
    kHistogram,
    Unit::kBytes,
    "gateway,target,lun,op",
    "User data moved per read or write",
    "Latency without size misleads: 1 MiB writes are slower than 4 KiB ones and nothing is wrong."};

constexpr Metric kLunBytes{"lungate_lun_bytes_total",
                           kCounter,
                           Unit::kBytes,
                           "gateway,target,lun,direction",
                           "User data moved",
                           "read is from the LUN to initiators, write the other way."};

constexpr Metric kLunOpErrors{
    "lungate_lun_op_errors_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,op,sense",
    "Commands that ended in something else than GOOD, by class of sense key or status",
    "medium, hardware, not_ready and aborted are failures of storage: any increase is worth a "
    "look. unit_attention, reservation_conflict and miscompare are protocol at work. Classes "
    "other than those four appear with their first event."};

constexpr Metric kLunInFlight{"lungate_lun_inflight_ops",
                              kGauge,
                              Unit::kNone,
                              "gateway,target,lun",
                              "Commands that have begun and not ended",
                              "Steadily at the initiators' queue depth: the LUN is saturated."};

// With kLunInFlight the only series that see an I/O which never ends: histograms count what has
// ended.
constexpr Metric kLunOldestInFlight{
    "lungate_lun_oldest_inflight_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway,target,lun",
    "For how long the store has had the command that it has had for longest, or that waits there "
    "for another's blocks; 0 when there is none",
    "Above 10 s an I/O is stuck, above 30 s initiators abort it and reset the LUN. Computed by the "
    "reader, so it grows even when the gateway hangs. FORMAT UNIT and SANITIZE, which take hours, "
    "are not in it, nor is what waits for its initiator: lungate_lun_oldest_waiting_seconds."};

constexpr Metric kLunOldestWaiting{
    "lungate_lun_oldest_waiting_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway,target,lun",
    "For how long the command has waited that waits longest for its initiator; 0 when none does",
    "For data that it was asked for (R2T), or for an earlier command. Above some seconds: a host "
    "that hangs, or a network that loses what it sends; `lungate slowlog` names it, as stuck in "
    "receive. The store is not to blame."};

constexpr Metric kLunTaskSetFull{
    "lungate_lun_task_set_full_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun",
    "Commands answered TASK SET FULL",
    "Initiators queue more than the gateway takes; they retry, at the cost of latency. Lower their "
    "queue depth."};

constexpr Metric kLunUnitAttentions{
    "lungate_lun_unit_attentions_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun",
    "Unit attention conditions raised for initiators",
    "Expected at logins, resizes and resets; a steady rate means that something keeps resetting."};

// Not among the errors: an aborted command has no response, so it never becomes an I/O with an end.
constexpr Metric kLunAbortedCommands{
    "lungate_lun_aborted_commands_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun",
    "Commands whose initiator took them back or went away before they had ended",
    "The gateway absorbs them: their I/O runs to its end. Rises with task management and with "
    "connections that break under load."};

constexpr Metric kLunTaskManagement{
    "lungate_lun_tmf_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,function,response",
    "Task management functions by what was asked and answered",
    "Initiators send these when they have waited too long: abort_task after 15 to 30 s, lun_reset "
    "when that did not help. Look at latency and in-flight age of the same minutes. Pairs other "
    "than completed aborts and resets appear with their first event."};

// Counted by the target against the thresholds that hold at each I/O: exact for any of them, and a
// reload that changes one breaks no rate.
constexpr Metric kLunSlowOps{
    "lungate_lun_slow_ops_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,op",
    "Reads and writes that took longer than the LUN's service level allows",
    "rate() of it over rate(lungate_lun_op_duration_seconds_count) is the share of bad I/O; the "
    "service level is missed while that is above 1 - lungate_lun_slo_objective_ratio. "
    "`lungate slowlog` shows the single ones."};

constexpr Metric kLunSloThreshold{
    "lungate_lun_slo_threshold_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway,target,lun,op",
    "What a read or write may take to be good",
    "From `slo` in the configuration. A step is a reload; lungate_lun_slow_ops_total counts by the "
    "new one from then on."};

constexpr Metric kLunSloObjective{
    "lungate_lun_slo_objective_ratio",
    kGauge,
    Unit::kNone,
    "gateway,target,lun",
    "The share of reads and writes that is to be good",
    "From `slo` in the configuration. 1 minus it is the error budget that burn rates are "
    "multiples of."};

constexpr Metric kLunQueueDepthLimit{
    "lungate_lun_queue_depth_limit",
    kGauge,
    Unit::kNone,
    "gateway,target,lun",
    "Commands of one session that the LUN takes at a time",
    "From `command_window`. Several sessions together may have more in flight; TASK SET FULL is "
    "given for memory, not for depth."};

constexpr Metric kLunCompareAndWrites{
    "lungate_lun_compare_and_writes_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun",
    "COMPARE AND WRITE commands that compared",
    "Cluster file systems lock with it (VMware: ATS). Hundreds per second on one LUN: hosts start "
    "and move many machines, or fight for a lock."};

constexpr Metric kLunCompareMiscompares{
    "lungate_lun_compare_and_write_miscompares_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun",
    "COMPARE AND WRITE commands that found other data than they were told",
    "Another host was faster: normal in small numbers. Above a fifth of all for minutes: hosts "
    "contend for the same locks; spread the machines over more LUNs."};

constexpr Metric kLunOpens{
    "lungate_lun_opens_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,result",
    "Attempts to open the LUN's image or file, by how they ended: done or failed",
    "failed rising while lungate_lun_up is 0: the gateway keeps trying; lungate_lun_offline_info "
    "says why it fails. More than one done without a loss in between is a reload or a resize."};

constexpr Metric kLunLosses{
    "lungate_lun_losses_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun",
    "How often an open image or file was lost: fenced, its lock taken, out of reach",
    "Each is an outage of the LUN on this gateway. Some within minutes on two gateways in turn: "
    "they take the image from each other."};

// Of the place that the LUN shares with others: how full its own image is, is the file system's
// business on the initiator.
constexpr Metric kLunPlaceUsed{
    "lungate_lun_place_used_ratio",
    kGauge,
    Unit::kNone,
    "gateway,target,lun",
    "Used share of the Ceph pool or file system that holds the LUN; absent while unknown",
    "Above 0.85 plan for more room, above 0.95 act: a full pool stops every write to it, and "
    "initiators see them hang. All LUNs of one pool show the same."};

// --- Initiators ----------------------------------------------------------------------------------

// The only label that a peer has a say in. It is bounded: names are those of sessions that were let
// in, there are limits::kNexusSlots pairs at most, and who comes later is counted under the empty
// name. `[telemetry] initiators = false` leaves all of them out.
constexpr Metric kInitiatorOps{
    "lungate_initiator_ops_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,initiator,op",
    "Commands of one initiator on one LUN that ended",
    "topk() of its rate names the greedy one. An empty initiator is all those that got no series "
    "of their own: see lungate_initiators_without_slot_total. A session is counted from its first "
    "read, write, flush or unmap on, or from its first error but unit_attention and "
    "illegal_request; what it has asked before, as a look at a new disk does (INQUIRY, TEST UNIT "
    "READY), is in the LUN's op=\"other\" alone."};

constexpr Metric kInitiatorBytes{
    "lungate_initiator_bytes_total",
    kCounter,
    Unit::kBytes,
    "gateway,target,lun,initiator,direction",
    "User data moved for one initiator on one LUN",
    "One initiator with most of a LUN's bytes while others are slow: limit it at its host, or give "
    "it a LUN of its own."};

constexpr Metric kInitiatorLatency{
    "lungate_initiator_latency_seconds_total",
    kCounter,
    Unit::kSeconds,
    "gateway,target,lun,initiator,op",
    "Time that the commands of one initiator on one LUN took, summed",
    "Its rate() over that of lungate_initiator_ops_total is the mean. High for one initiator and "
    "low for the others on the same LUN: its host or its network, not the disk."};

constexpr Metric kInitiatorSlowOps{
    "lungate_initiator_slow_ops_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,initiator",
    "Reads and writes of one initiator that took longer than the LUN's service level allows",
    "Says for whom a LUN is slow. All alike: the LUN; one alone: that host."};

constexpr Metric kInitiatorErrors{
    "lungate_initiator_errors_total",
    kCounter,
    Unit::kNone,
    "gateway,target,lun,initiator",
    "Commands of one initiator that ended in something else than GOOD",
    "Unit attentions and reservation conflicts are among them, but for those of its first look at "
    "the disk: see lungate_initiator_ops_total. One initiator with a steady rate: it asks for what "
    "it may not have; lungate_lun_op_errors_total has the classes."};

// --- Gateway -----------------------------------------------------------------------------------

constexpr Metric kBuildInfo{
    "lungate_build_info",
    kGauge,
    Unit::kNone,
    "gateway,version",
    "Version of the running target; always 1",
    "Gateways of one group should agree but for the minutes of an upgrade."};

// Prometheus' own convention for restarts; counters begin at zero with it.
constexpr Metric kProcessStartTime{
    "lungate_process_start_time_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway",
    "When the target started, in seconds since the epoch",
    "More than two changes within 15 minutes: it is crashing in a loop; read its journal."};

constexpr Metric kSessions{"lungate_sessions",
                           kGauge,
                           Unit::kNone,
                           "gateway",
                           "iSCSI sessions that are logged in, but for those of discovery",
                           "Compare with the number of hosts times paths that you expect."};

constexpr Metric kDiscoverySessions{
    "lungate_discovery_sessions",
    kGauge,
    Unit::kNone,
    "gateway",
    "Discovery sessions that are logged in",
    "They ask where the targets are, and go. Some that stay: a host that looks without end. They "
    "use no LUN and no place of a normal session."};

constexpr Metric kConnections{"lungate_connections",
                              kGauge,
                              Unit::kNone,
                              "gateway",
                              "TCP connections, logged in or not",
                              "Far above lungate_sessions and lungate_discovery_sessions: "
                              "something connects and never logs in."};

// By how it ended and not by who: who is in the log, where names need no series.
constexpr Metric kLogins{
    "lungate_logins_total",
    kCounter,
    Unit::kNone,
    "gateway,result",
    "Logins by how they ended",
    "auth_failure and acl_denied: wrong secret or name, or somebody trying. protocol: not an "
    "initiator at all (port scanners). limit: the gateway is full. The log names the peer."};

// The same failures by what was wrong: what an operator looks up after lungate_logins_total has
// shown that something is.
constexpr Metric kLoginFailures{
    "lungate_login_failures_total",
    kCounter,
    Unit::kNone,
    "gateway,reason",
    "Logins that failed, by reason",
    "wrong_secret and unknown_user: a mistyped secret, or somebody guessing; with them, refused: "
    "the "
    "source guesses so often that its logins are turned away for some seconds. reflection is an "
    "attack. not_allowed, no_method, no_digest, no_mutual_secret: the configurations of both ends "
    "disagree. The log names the peer of each."};

constexpr Metric kSessionCloses{
    "lungate_session_closes_total",
    kCounter,
    Unit::kNone,
    "gateway,reason",
    "Sessions that ended, by reason",
    "logout is the only one that is planned by the initiator. nop_timeout and peer_closed under "
    "load: network or host; digest: corruption on the way; stalled: this process was paused. "
    "evicted and discovery_timeout end discovery sessions only: something keeps them open. "
    "no_memory: peers ask and do not read the answers."};

constexpr Metric kPduProtocolErrors{
    "lungate_pdu_protocol_errors_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "PDUs that break RFC 7143",
    "An initiator with a bug, or no initiator. The log names the peer and the rule."};

constexpr Metric kDigestErrors{
    "lungate_digest_errors_total",
    kCounter,
    Unit::kNone,
    "gateway,kind",
    "PDUs whose CRC32C digest was wrong",
    "Never normal: a NIC, a cable, a switch or a driver corrupts data that TCP's checksum let "
    "through. Without digests the same corruption would have been stored."};

constexpr Metric kNopTimeouts{"lungate_nop_timeouts_total",
                              kCounter,
                              Unit::kNone,
                              "gateway",
                              "Initiators that did not answer a ping in time",
                              "Each costs the initiator its session on this path."};

constexpr Metric kRejects{
    "lungate_rejects_total",
    kCounter,
    Unit::kNone,
    "gateway,reason",
    "Reject PDUs sent, by reason (RFC 7143, 11.17.1)",
    "unsupported is harmless; the others are an initiator that does not keep to what was agreed. "
    "A reason appears with its first event."};

constexpr Metric kConnectionsAccepted{
    "lungate_connections_accepted_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "TCP connections that came in and were kept",
    "A high rate with few sessions is a client that reconnects in a loop."};

constexpr Metric kConnectionsRefused{
    "lungate_connections_refused_total",
    kCounter,
    Unit::kNone,
    "gateway,reason",
    "TCP connections closed at once because a bound was reached",
    "limit: the gateway's own bound; address: that of one source, which the log names; system: "
    "descriptors or memory, raise the unit's limits."};

constexpr Metric kNetworkBytes{"lungate_network_bytes_total",
                               kCounter,
                               Unit::kBytes,
                               "gateway,direction",
                               "Bytes on iSCSI connections, headers and digests included",
                               "Compare with what the network interface can carry."};

constexpr Metric kStageDuration{
    "lungate_stage_duration_seconds",
    kHistogram,
    Unit::kSeconds,
    "gateway,op,stage",
    "Time that completed I/O spent in each stage, all LUNs together",
    "Where the tail comes from: p99 of backend is Ceph's, p99 of queue is ours."};

constexpr Metric kLoopLag{
    "lungate_event_loop_lag_seconds",
    kHistogram,
    Unit::kSeconds,
    "gateway,loop",
    "How much later than due a timer of the loop fired",
    "Adds to every I/O of that loop. Above 10 ms at p99 the loop is overloaded or the machine is."};

constexpr Metric kLoopBusy{
    "lungate_event_loop_busy_seconds_total",
    kCounter,
    Unit::kSeconds,
    "gateway,loop",
    "Time the loop was not waiting for events",
    "rate() near 1: the loop is saturated; raise `loops` if cores are free."};

constexpr Metric kLoopTurns{"lungate_event_loop_turns_total",
                            kCounter,
                            Unit::kNone,
                            "gateway,loop",
                            "Turns of the loop",
                            "Busy seconds per turn say how much work one wake-up brings."};

// Two ages tell a silent loop's two causes apart: no turn for long (stopped, starved), or one turn
// that does not end (stuck in a call).
constexpr Metric kLoopTickAge{
    "lungate_event_loop_last_tick_age_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway,loop",
    "Time since the loop last said that it lives",
    "Beats once a second; above 5 s this loop hangs and everything on it waits."};

constexpr Metric kLoopTurnAge{"lungate_event_loop_turn_age_seconds",
                              kGauge,
                              Unit::kSeconds,
                              "gateway,loop",
                              "Age of the loop's turn in progress; 0 while it waits for events",
                              "Grows while a callback blocks, which none should."};

// A session whose command window is full may send nothing: its initiator waits, and no latency
// shows it, for an I/O that was not sent has not begun.
constexpr Metric kWindowFullSeconds{
    "lungate_command_window_full_seconds_total",
    kCounter,
    Unit::kSeconds,
    "gateway",
    "Time that sessions had no place for another command, summed over sessions",
    "rate() divided by lungate_sessions above 0.2 for minutes: initiators queue more than the "
    "gateway lets them; they wait where no latency here shows it. Raise the queue depth, or find "
    "the greedy one by "
    "lungate_initiator_ops_total."};

constexpr Metric kWindowFulls{
    "lungate_command_window_fulls_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "How often a session's command window became full",
    "With lungate_command_window_full_seconds_total: many short waits are a deep queue at work, "
    "few long ones a LUN that hangs."};

constexpr Metric kSlowRecordsDropped{
    "lungate_slow_records_dropped_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "Slow I/O that `lungate slowlog` does not show, because there was too much in one second",
    "Too much of all, or of one session. Rises in an incident, and only the list of single I/Os is "
    "short of some: every counter has them. Rising all the time: the service level is far from "
    "what this storage does."};

constexpr Metric kInitiatorsWithoutSlot{
    "lungate_initiators_without_slot_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "How often an initiator asked for a series of its own on a LUN and got none",
    "Rising: there are more initiators times LUNs than are counted apart (4,096); the latecomers "
    "are counted together, under the empty name, and each session that does I/O asks again every "
    "minute. Steady: all have got theirs."};

constexpr Metric kConfigInfo{
    "lungate_config_info",
    kGauge,
    Unit::kNone,
    "gateway,hash",
    "The configuration in force, as a hash of its text; always 1",
    "Gateways that serve the same LUNs should show the same hash but for the minutes of a change."};

constexpr Metric kConfigLoaded{
    "lungate_config_loaded_timestamp_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway",
    "When the configuration in force was loaded, in seconds since the epoch",
    "A change right before a problem began is the first suspect."};

constexpr Metric kConfigReloads{
    "lungate_config_reloads_total",
    kCounter,
    Unit::kNone,
    "gateway,result",
    "Reloads by how they ended: done or refused",
    "refused: the file has a mistake, and the gateway runs on with what it had; the log names the "
    "line. A restart with such a file would fail."};

constexpr Metric kCephUp{
    "lungate_ceph_up",
    kGauge,
    Unit::kNone,
    "gateway",
    "Whether Ceph's monitors answered the last call (1) or not (0); absent where no LUN is an "
    "image",
    "0: no image is opened or locked; open ones serve on while their OSDs do. Look at `ceph -s` "
    "and at the network between this host and the monitors; other gateways that show 1 say it is "
    "this host's."};

constexpr Metric kCephClients{
    "lungate_ceph_clients",
    kGauge,
    Unit::kNone,
    "gateway",
    "RADOS clients that the gateway holds",
    "One per `images_per_connection` images (16) in good times. More: clients that were fenced and "
    "are being replaced."};

constexpr Metric kCephClientsFenced{
    "lungate_ceph_clients_fenced_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "RADOS clients of the gateway that were found on the cluster's blocklist",
    "Another gateway has taken over, or somebody has fenced this one by hand. Expected once when a "
    "gateway was cut off and came back, never in peace."};

constexpr Metric kCephTimeouts{
    "lungate_ceph_timeouts_total",
    kCounter,
    Unit::kNone,
    "gateway",
    "Calls to Ceph that were given up because the cluster did not answer in time",
    "Any increase: the cluster, or the network to it, stood still for that long. `ceph health "
    "detail` of those minutes."};

constexpr Metric kLoginSourcesRefused{
    "lungate_login_sources_refused",
    kGauge,
    Unit::kNone,
    "gateway",
    "Addresses whose logins are turned away now, because they have failed too often",
    "Above 0: a host with a wrong secret in a loop, or somebody guessing. The log names them."};

// --- Portals -----------------------------------------------------------------------------------

constexpr Metric kPortalConnections{
    "lungate_portal_connections",
    kGauge,
    Unit::kNone,
    "gateway,portal",
    "TCP connections through one portal, logged in or not",
    "A host with multipath has one on each portal. A portal with none while others have some: its "
    "network, its address or a firewall."};

constexpr Metric kPortalAccepted{
    "lungate_portal_connections_accepted_total",
    kCounter,
    Unit::kNone,
    "gateway,portal",
    "TCP connections that came in through one portal and were kept",
    "A high rate on one portal alone: initiators lose this path again and again."};

constexpr Metric kPortalPdus{
    "lungate_portal_pdus_total",
    kCounter,
    Unit::kNone,
    "gateway,portal,direction",
    "iSCSI PDUs through one portal",
    "Paths of one host should carry like shares under round robin; a portal with little is a path "
    "that is not used."};

constexpr Metric kPortalBytes{
    "lungate_portal_bytes_total",
    kCounter,
    Unit::kBytes,
    "gateway,portal,direction",
    "Bytes on the iSCSI connections of one portal, headers and digests included",
    "Compare with what the portal's network interface can carry: at 80 % of it, latency grows."};

constexpr Metric kPortalRetransmitted{
    "lungate_portal_retransmitted_bytes_total",
    kCounter,
    Unit::kBytes,
    "gateway,portal",
    "Bytes that TCP had to send again to initiators, looked at once a second",
    "More than a hundredth of what lungate_portal_bytes_total sends: the network loses segments, "
    "and each loss delays reads by 200 ms or more, which no stage of lungate shows. `lungate "
    "sessions` says to whom."};

constexpr Metric kPortalOutOfOrder{
    "lungate_portal_out_of_order_segments_total",
    kCounter,
    Unit::kNone,
    "gateway,portal",
    "TCP segments from initiators that came before an earlier one, looked at once a second",
    "A steady rate: segments from initiators are lost, or a bond or a router sends them by ways of "
    "different length. `lungate sessions` says whose."};

// --- Segments ----------------------------------------------------------------------------------

// These are of the segment as the exporter sees it, so they are there when the target is not.
constexpr Metric kShmUp{
    "lungate_shm_up",
    kGauge,
    Unit::kNone,
    "gateway,segment",
    "Whether the target's segment is there, valid and held by a living process",
    "0: no data series of this gateway are served. lungate_shm_fault says why. Until the segment "
    "has been seen once, `gateway` is the last part of the file's name."};

constexpr Metric kShmFault{
    "lungate_shm_fault",
    kGauge,
    Unit::kNone,
    "gateway,segment,reason",
    "1 for the reason for which the segment is not up, 0 for all others",
    "absent, dead and stopped: the target does not run. version and schema: target and exporter "
    "are of different releases, upgrade the other one. truncated, foreign and corrupt: the file "
    "is not what the target writes; who else writes there?"};

constexpr Metric kShmGeneration{
    "lungate_shm_generation",
    kGauge,
    Unit::kNone,
    "gateway,segment",
    "A random number that is new at each start of the target",
    "changes() of it counts restarts; its counters begin at zero with each."};

constexpr Metric kShmHeartbeatAge{
    "lungate_shm_heartbeat_age_seconds",
    kGauge,
    Unit::kSeconds,
    "gateway,segment",
    "Time since the most silent loop of the target last said that it lives",
    "Above 5 s: the process lives but hangs (stopped, starved, or blocked in a call)."};

constexpr Metric kShmLayoutInfo{
    "lungate_shm_layout_info",
    kGauge,
    Unit::kNone,
    "gateway,segment,version",
    "Version of the segment's layout; always 1",
    "A minor version above the exporter's: newer counters of the target are not shown."};

constexpr Metric kShmReadRetries{"lungate_shm_read_retries_total",
                                 kCounter,
                                 Unit::kNone,
                                 "gateway,segment",
                                 "Slots that changed while they were read and were read again",
                                 "Some at each reload. A steady rate without reloads is a bug."};

constexpr Metric kShmSlotsSkipped{
    "lungate_shm_slots_skipped_total",
    kCounter,
    Unit::kNone,
    "gateway,segment",
    "Slots left out of a scrape because they kept changing or held nonsense",
    "Above 0: a writer died within a change, or the segment is damaged."};

// --- Exporter ----------------------------------------------------------------------------------

// The exporter's own, so that a page that shrank or took long can be told from a target that did.
constexpr Metric kExporterBuildInfo{
    "lungate_exporter_build_info",
    kGauge,
    Unit::kNone,
    "version",
    "Version of the exporter; always 1",
    "Exporter and target may differ within one major layout version."};

constexpr Metric kExporterScrapes{"lungate_exporter_scrapes_total",
                                  kCounter,
                                  Unit::kNone,
                                  "",
                                  "Scrapes begun, this one included",
                                  "Two Prometheus servers scrape twice."};

constexpr Metric kExporterScrapeDuration{
    "lungate_exporter_scrape_duration_seconds",
    kGauge,
    Unit::kSeconds,
    "",
    "How long the scrape before this one took to read and write out",
    "Above half the scrape interval: fewer LUNs per exporter, or a longer interval."};

constexpr Metric kExporterSeries{
    "lungate_exporter_series", kGauge, Unit::kNone, "", "Series on this page",
    "About 140 per LUN."};

constexpr Metric kExporterSeriesDropped{
    "lungate_exporter_series_dropped_total",
    kCounter,
    Unit::kNone,
    "reason",
    "Series left out of scrapes, since the page has reached a bound",
    "limit: the page has reached `series_max`. bytes: it has reached the memory that it may take, "
    "which long names do."};

constexpr Metric kExporterLunsRepeated{
    "lungate_exporter_luns_repeated_total",
    kCounter,
    Unit::kNone,
    "",
    "LUNs left out of scrapes, since the segment has the same target and LUN in another slot",
    "Not 0: the segment is damaged, or its target has a fault."};

constexpr Metric kExporterSegmentsRefused{
    "lungate_exporter_segments_refused_total",
    kCounter,
    Unit::kNone,
    "",
    "Segments left out of scrapes, since their gateway's name is another segment's",
    "Two segments carry the same gateway name; rename one, or ask who has made it."};

constexpr Metric kExporterAuthenticationFailures{
    "lungate_exporter_authentication_failures_total",
    kCounter,
    Unit::kNone,
    "",
    "Requests that were turned away for a wrong or missing name and password",
    "Rises with each scrape: Prometheus has the wrong password. Otherwise somebody tries."};

constexpr Metric kExporterTlsExpiry{
    "lungate_exporter_tls_certificate_expiry_timestamp_seconds",
    kGauge,
    Unit::kSeconds,
    "",
    "When the exporter's certificate expires, in seconds since the epoch; absent without TLS",
    "Minus time(): below 30 days renew it, below 7 days at once; afterwards no scrape succeeds."};

}  // namespace lungate::telemetry::metrics
