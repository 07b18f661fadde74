# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Runs in the guest (busybox sh): the language of the parts, and the parts.
# Variables from the host: parts, port, iqn, digests ("None" or "CRC32C").
# Each step is told on the console; the first that fails shows why and ends the guest.
. /lab/values
. /lab/guest-dmesg.sh
portal=192.0.2.2:$port

step() { # step WORDS COMMAND...: what it says is kept for `see`
  words=$1
  shift
  "$@" >/run/step 2>&1 || failed "$*" "ended with $?"
  echo "ok: $words (at $(cut -d' ' -f1 /proc/uptime) s)"
}
failed() { # failed COMMAND WHY
  echo "FAILED: $words: $1: $2"
  head -n 60 /run/step
  echo "--- open-iscsi and the kernel:"
  tail -n 20 /run/iscsid.log
  dmesg | tail -n 30
  exit 1
}
see() { # see REGEX...: each is in what the last step has said
  for regex in "$@"; do
    grep -Eq -- "$regex" /run/step || failed "see" "there is no /$regex/ in"
  done
}
see_no() { # see_no REGEX...
  for regex in "$@"; do
    ! grep -Eq -- "$regex" /run/step || failed "see_no" "there is /$regex/ in"
  done
}
shows() { # shows WORDS COMMAND...: a step in whose output nothing is left undecoded
  step "$@"
  see_no '[Uu]nknown|[Ii]nvalid|[Mm]alformed|[Tt]runcated|[Rr]eserved|too (short|long)'
}
ends() { # ends STATUS COMMAND...: as sg3-utils say how a command has ended (sg3_utils(8))
  expected=$1
  shift
  "$@"
  code=$?
  [ "$code" = "$expected" ] && return
  echo "ended with $code, not $expected"
  return 1
}
wait_for() { # wait_for COMMAND...
  for try in $(seq 200); do
    "$@" && return
    sleep 0.1
  done
  return 1
}

# --- Initiators: each has a name, and an interface of open-iscsi that says it -------------------

start_iscsid() {
  echo "InitiatorName=iqn.2026-11.io.lungate.lab:guest" >/etc/iscsi/initiatorname.iscsi
  # No service manager here: iscsid runs already when iscsiadm asks for it.
  echo "iscsid.startup = /bin/true" >/etc/iscsi/iscsid.conf
  iscsid -f >/run/iscsid.log 2>&1 &
  wait_for iscsiadm -m iface >/dev/null 2>&1
}
node() { # node INITIATOR ARGUMENTS...
  initiator=$1
  shift
  iscsiadm -m node -T "$iqn" -p "$portal" -I "$initiator" "$@"
}
# By hand: a portal found by discovery would carry the host's own address.
set_up() { # set_up INITIATOR
  iscsiadm -m iface -I "$1" -o new &&
    iscsiadm -m iface -I "$1" -o update -n iface.initiatorname \
      -v "iqn.2026-11.io.lungate.lab:$1" &&
    node "$1" -o new &&
    node "$1" -o update -n 'node.conn[0].iscsi.HeaderDigest' -v "$digests" &&
    node "$1" -o update -n 'node.conn[0].iscsi.DataDigest' -v "$digests"
}
session_of() { # session_of INITIATOR: its folder in /sys
  for session in /sys/class/iscsi_session/session*; do
    [ "$(cat "$session/ifacename")" = "$1" ] && echo "$session"
  done
}
disk_of() { # disk_of INITIATOR LUN: its block device, once there is one
  for path in "$(session_of "$1")"/device/target*/*:*:*:"$2"/block/sd*; do
    [ -b "/dev/${path##*/}" ] && echo "/dev/${path##*/}" && return
  done
  return 1
}
digest_in_use() {
  for kind in header data; do
    value=$(cat /sys/class/iscsi_connection/connection*/"${kind}_digest" | sort -u)
    [ "$value" = "$([ "$digests" = CRC32C ] && echo 1 || echo 0)" ] || return 1
  done
}
log_in() { # log_in INITIATOR
  step "$1: node record" set_up "$1"
  step "$1: login" node "$1" --login
  for lun in 0 1; do step "$1: LUN $lun appears" wait_for disk_of "$1" "$lun"; done
  step "$1: digests as asked for ($digests)" digest_in_use
}

step "the check of the kernel's log finds a fault" dmesg_check_works
step "iscsid" start_iscsid
log_in one
block=/sys/block/$(basename "$(disk_of one 0)")
echo "disk: $(disk_of one 0), $(cat "$block/device/vendor" "$block/device/model" | xargs)," \
  "$(cat "$block/size") sectors of 512"
for part in $parts; do
  . "/lab/guest-$part.sh"
  step "$part: nothing in the kernel's log but what is allowed" dmesg_is_clean "$part"
done
for session in /sys/class/iscsi_session/session*; do
  initiator=$(cat "$session/ifacename")
  step "$initiator: logout" node "$initiator" --logout
done
step "the kernel's log after the logout" dmesg_is_clean end
