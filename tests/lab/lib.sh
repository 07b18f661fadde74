# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# What the lab's scripts, the demo and the shell tests share. Source it after `set -euo pipefail`.
# Nothing here knows a fixed port, and nothing ends a process that its caller did not start.

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# free_ports COUNT: distinct loopback TCP ports that nobody listens on now, by asking the kernel.
free_ports() {
  python3 - "$1" <<'PY'
import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in held:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in held))
PY
}

# port_is_free PORT: true when 127.0.0.1:PORT can be bound. REUSEADDR, as servers do: a closed
# connection's TIME_WAIT does not count, a listener does.
port_is_free() {
  python3 - "$1" <<'PY'
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("127.0.0.1", int(sys.argv[1])))
except OSError:
    sys.exit(1)
PY
}

# port_or_free PREFERRED: the preferred port when it is free, else one that is.
port_or_free() {
  if port_is_free "$1"; then echo "$1"; else free_ports 1; fi
}

# listens PORT: somebody accepts connections on 127.0.0.1:PORT. Reads the kernel's table, so that
# the server under test does not see a connection.
listens() {
  [ -n "$(ss -Hltn "sport = :$1")" ]
}

# wait_for SECONDS COMMAND...: runs COMMAND until it succeeds; false when the time is over.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

alive() { kill -0 "$1" 2>/dev/null; }

# wait_for_server SECONDS PID COMMAND...: as wait_for, and gives up at once when PID has ended.
wait_for_server() {
  local seconds=$1 pid=$2
  shift 2
  server_or_dead() { ! alive "$pid" || "$@"; }
  wait_for "$seconds" server_or_dead "$@" && alive "$pid"
}

gone() { ! alive "$1"; }

# stop_pid PID [SECONDS]: asks a process to end, insists when it has not after SECONDS (10).
stop_pid() {
  local pid=$1 seconds=${2:-10}
  alive "$pid" || return 0
  kill -TERM "$pid" 2>/dev/null || true
  wait_for "$seconds" gone "$pid" && return 0
  echo "${0##*/}: process $pid ignored SIGTERM for $seconds s, killing it" >&2
  kill -KILL "$pid" 2>/dev/null || true
  wait_for 10 gone "$pid"
}

# stop_pid_file FILE TEXT [SECONDS]: stops the process of a pid file if its command line still
# contains TEXT (a path of ours): a number that the system gave to somebody else is left alone.
stop_pid_file() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  if [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$2"; then
    stop_pid "$pid" "${3:-10}"
  fi
  rm -f "$1"
}

# run_logged LOG COMMAND...: output goes to LOG alone; a failure shows the end of it.
run_logged() {
  local log=$1
  shift
  "$@" >>"$log" 2>&1 </dev/null && return 0
  local code=$?
  echo "--- '${1##*/}' failed with $code; the end of $log:" >&2
  tail -n 30 "$log" >&2
  return "$code"
}

# start_logged LOG COMMAND...: starts a server whose output goes to LOG; its pid is in $started_pid.
# In a session of its own, so that Ctrl-C reaches only the script, which then ends it in order;
# should the script be killed, the kernel ends the server.
start_logged() {
  local log=$1
  shift
  setsid setpriv --pdeathsig TERM "$@" >>"$log" 2>&1 </dev/null &
  started_pid=$!
}

# configure PRESET: CMake's configuration of the current folder's sources, quiet when it works.
configure() {
  local log=build/configure-$1.log launcher=()
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  mkdir -p build
  : >"$log"
  run_logged "$log" cmake --preset "$1" "${launcher[@]}"
}

# on_exit COMMAND: runs COMMAND (a string) when the script ends, in any way; last in, first out.
exit_commands=()
on_exit() { exit_commands=("$1" "${exit_commands[@]}"); }
run_exit_commands() {
  local code=$?
  # A child that is ended before it has put its own traps in place runs these of its parent.
  [ "$BASHPID" = "$exit_armed_in" ] || exit "$code"
  trap '' INT TERM HUP
  trap - EXIT
  set +e
  for command in "${exit_commands[@]}"; do eval "$command"; done
  exit "$code"
}
arm_exit() {
  exit_armed_in=$BASHPID
  trap run_exit_commands EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}
