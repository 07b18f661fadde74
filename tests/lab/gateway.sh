# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A gateway in a folder of its own, for the demo and the shell tests. Source it after lib.sh.
# $bin is the folder of the programs.

# gateway_head FOLDER PORT: the tables that every lab gateway has. What comes after is the caller's.
gateway_head() {
  cat <<TOML
[gateway]
name = "lab"
control_socket = "$1/control.sock"

[telemetry]
segment = "$(segment_of "$1")"

[[portal_group]]
tag = 1
gateway = "lab"
portals = ["127.0.0.1:$2"]
TOML
}

# segment_of FOLDER: shared memory lives on a tmpfs, under the folder's own name.
segment_of() { echo "/dev/shm/${1##*/}"; }

# forget_segment FOLDER: the file and what an interrupted publication may have left beside it.
forget_segment() { rm -rf "$(segment_of "$1")" "$(segment_of "$1")".*; }

# start_target FOLDER PORT: runs lungate-target on FOLDER/lungate.toml until it listens.
# Its pid is in $target_pid, its words are in FOLDER/target.log.
start_target() {
  start_logged "$1/target.log" "$bin/lungate-target" "$1/lungate.toml"
  target_pid=$started_pid
  wait_for_server 60 "$target_pid" listens "$2" && return 0
  echo "--- lungate-target does not listen on port $2; the end of $1/target.log:" >&2
  tail -n 30 "$1/target.log" >&2
  return 1
}
