// SPDX-License-Identifier: LGPL-2.1-or-later

// A target's answers as text for people. commands.cc calls it with what came over the socket; names
// in it are initiators' and images', so every one goes through shown() before it reaches a
// terminal. Columns may be added at the right; scripts are sent to --json.
#include "ctl/status_view.h"

#include <algorithm>

#include "config/names.h"
#include "ctl/text.h"

namespace lungate::ctl {
namespace {

std::string line(std::string_view title, const std::string& text) {
  constexpr std::size_t kTitleWidth = 11;
  return std::string(title) + std::string(kTitleWidth - title.size(), ' ') + text + "\n";
}

std::string count(std::uint64_t number, std::string_view thing) {
  return std::to_string(number) + " " + std::string(thing) + (number == 1 ? "" : "s");
}

/// "tag 1: 127.0.0.1:3260, [::1]:3260"
// Portals of one group stand together in what the target sends, so that a group is named once.
std::string portals_line(const std::vector<api::PortalStatus>& portals) {
  std::string out;
  std::uint16_t tag = 0;
  for (const api::PortalStatus& portal : portals) {
    const bool same = !out.empty() && portal.tag == tag;
    if (same) {
      out += ", ";
    } else {
      out += (out.empty() ? "tag " : "; tag ") + std::to_string(portal.tag) + ": ";
    }
    out += shown(portal.address);
    tag = portal.tag;
  }
  return out.empty() ? "none" : out;
}

/// A target without LUNs has a row too: it is there, and can be logged in to.
// Zero bytes means that the store was never open: the size is not known, which is no size of 0.
std::string luns_table(const std::vector<api::TargetStatus>& targets) {
  Table table({{"TARGET"},
               {"LUN", Align::kRight},
               {"STATE"},
               {"SIZE", Align::kRight},
               {"BLOCK", Align::kRight},
               {"MODE"},
               {"STORE"},
               {"REASON"}});
  for (const api::TargetStatus& target : targets) {
    if (target.luns.empty()) table.add({shown(target.iqn), "-", "", "", "", "", "", ""});
    for (const api::LunStatus& lun : target.luns) {
      table.add({shown(target.iqn), std::to_string(lun.id), shown(lun.state),
                 lun.size_bytes == 0 ? "-" : config::size_text(lun.size_bytes),
                 std::to_string(lun.block_size), lun.read_only ? "ro" : "rw", shown(lun.store),
                 lun.reason.empty() ? "" : shown(lun.reason)});
    }
  }
  return table.text();
}

/// The clocks of two processes of one machine are one, but it may have been set back in between.
std::string age_text(std::uint64_t since_unix_ms, std::uint64_t now_unix_ms) {
  return duration_text((std::max(now_unix_ms, since_unix_ms) - since_unix_ms) / 1000);
}

/// "0-3,7": runs of numbers made short.
std::string luns_text(const std::vector<std::uint16_t>& luns) {
  std::string out;
  for (std::size_t i = 0; i < luns.size();) {
    std::size_t last = i;
    while (last + 1 < luns.size() && luns[last + 1] == luns[last] + 1) ++last;
    out += (out.empty() ? "" : ",") + std::to_string(luns[i]);
    if (last > i) out += "-" + std::to_string(luns[last]);
    i = last + 1;
  }
  return out.empty() ? "-" : out;
}

// On one line for grep, in the negotiation's own spelling.
std::string parameters_text(const api::SessionInfo& session) {
  std::string out = "session " + std::to_string(session.id) + ":";
  for (const auto& [key, value] : session.parameters) out += " " + shown(key) + "=" + shown(value);
  return out + "\n";
}

// A share, because only that tells a lossy path from a busy one.
std::string sent_again_text(const api::SessionInfo& session) {
  if (session.retransmitted_bytes == 0 || session.sent_bytes == 0) return "0%";
  return fraction_text(static_cast<double>(session.retransmitted_bytes) /
                       static_cast<double>(session.sent_bytes));
}

}  // namespace

// What is wanted first at three in the morning comes first: which gateway, in which state, since
// when.
std::string status_text(const api::Status& status) {
  std::string out;
  out += line("gateway", shown(status.gateway) + ", " + shown(status.state) + ", up " +
                             duration_text(status.uptime_s));
  out += line("target", "version " + shown(status.version) + ", pid " + std::to_string(status.pid) +
                            ", " + count(status.loops, "loop") + ", log level " +
                            std::string(log::level_name(status.log_level)));
  out += line("config", shown(status.config_file) + ", group hash " + shown(status.config_hash));
  out += line("segment", shown(status.segment));
  out += line("sessions",
              count(status.sessions, "session") + ", " + count(status.connections, "connection"));
  out += line("portals", portals_line(status.portals));
  if (status.targets.empty()) return out + line("targets", "none");
  return out + "\n" + luns_table(status.targets);
}

// Parameters go below the table: a line of them is longer than the rest of a row together.
std::string sessions_text(const api::Sessions& sessions, std::uint64_t now_unix_ms,
                          bool with_parameters) {
  if (sessions.sessions.empty()) return "no sessions\n";
  Table table({{"ID", Align::kRight},
               {"INITIATOR"},
               {"TARGET"},
               {"PEER"},
               {"PORTAL"},
               {"LOOP", Align::kRight},
               {"AGE", Align::kRight},
               {"LUNS"},
               {"IN FLIGHT", Align::kRight},
               {"RTT", Align::kRight},
               {"SENT AGAIN", Align::kRight},
               {"DISORDER", Align::kRight}});
  std::string parameters;
  for (const api::SessionInfo& session : sessions.sessions) {
    table.add({std::to_string(session.id), shown(session.initiator),
               session.target.empty() ? "(discovery)" : shown(session.target), shown(session.peer),
               shown(session.portal), std::to_string(session.loop),
               age_text(session.since_unix_ms, now_unix_ms), luns_text(session.luns),
               std::to_string(session.in_flight), latency_text(session.round_trip_us / 1e6),
               sent_again_text(session), std::to_string(session.out_of_order_segments)});
    if (with_parameters) parameters += parameters_text(session);
  }
  return table.text() + (parameters.empty() ? "" : "\n" + parameters);
}

// The target's sentences as they came: it knows what it did, and they hold names of the
// configuration only.
std::string reloaded_text(const api::Reloaded& reloaded) {
  std::string out = reloaded.changes.empty() ? "reloaded: nothing has changed\n" : "reloaded:\n";
  for (const std::string& change : reloaded.changes) out += "  " + change + "\n";
  for (const std::string& warning : reloaded.warnings) out += "warning: " + warning + "\n";
  return out;
}

std::string error_text(const api::Error& error) {
  std::string out = error.message + "\n";
  for (const std::string& detail : error.details) out += detail + "\n";
  return out;
}

}  // namespace lungate::ctl
