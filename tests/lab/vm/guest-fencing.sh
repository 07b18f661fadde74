# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Part of the guest (guest.sh): a cluster of two nodes, each an initiator of its own, that fences
# one of them in the order in which fence_scsi (ClusterLabs, fence-agents) does: TEST UNIT READY
# before everything; "on" is REGISTER AND IGNORE, and RESERVE if nobody has; "off" is PREEMPT AND
# ABORT of the other's key. It does so with type 5; SPC-4 (table 65) says what the others allow.
[ -n "$(session_of two)" ] || log_in two
one=$(disk_of one 0)
two=$(disk_of two 0)
key_one=c1570001
key_two=c1570002
head -c 1048576 /dev/urandom >/run/block

turs() {
  sg_turs "$1" >/dev/null 2>&1
  true
}
persist() { # persist DISK ARGUMENTS...
  turs "$1"
  node_disk=$1
  shift
  sg_persist -n "$@" -d "$node_disk"
}
node_writes() { # node_writes DISK: past the kernel's cache
  dd if=/run/block of="$1" bs=1M count=1 oflag=direct conv=notrunc
}
node_reads() {
  dd if="$1" of=/dev/null bs=1M count=1 iflag=direct
}
# The kernel's word for RESERVATION CONFLICT is EBADE.
refused() { # refused COMMAND...
  ! "$@" >/run/refused 2>&1 && grep 'Invalid exchange' /run/refused && return
  cat /run/refused
  return 1
}
node_on() { # node_on DISK KEY
  persist "$1" -o -I -S "$2" -Z
}
start_writers() { # several, so that some of their commands are always at the target
  : >/run/writers
  for writer in 1 2 3 4; do
    (
      while dd if=/run/block of="$two" bs=1M seek="$writer" count=1 oflag=direct \
        conv=notrunc 2>"/run/writer$writer"; do :; done
    ) &
    echo $! >>/run/writers
  done
}
# What PREEMPT AND ABORT takes away in mid-write ends with TASK ABORTED (TAS=1): the node repeats it
# and finds a conflict. Without an answer it would find out after its own time-out: 30 s and more.
writers_ended() {
  for writer in $(cat /run/writers); do ! kill -0 "$writer" 2>/dev/null || return 1; done
}
writers_were_refused() {
  for writer in 1 2 3 4; do grep 'Invalid exchange' "/run/writer$writer" || return 1; done
}
keys() { persist "$one" -i -k; }

for type in 5 6 7 8; do
  step "type $type: node one on" node_on "$one" $key_one
  step "type $type: node two on" node_on "$two" $key_two
  step "type $type: one reserves" persist "$one" -o -R -T $type -K $key_one
  step "type $type: one writes" node_writes "$one"
  step "type $type: two writes" node_writes "$two"
  step "type $type: both keys" keys
  see "0x$key_one" "0x$key_two"
  if [ $type = 5 ]; then
    start_writers
  fi
  step "type $type: two is fenced" persist "$one" -o -A -T $type -K $key_one -S $key_two
  if [ $type = 5 ]; then
    step "type 5: what two was writing has ended" wait_for writers_ended
    step "type 5: with a conflict each" writers_were_refused
  fi
  step "type $type: one key" keys
  see "0x$key_one"
  see_no "0x$key_two"
  step "type $type: the reservation stands" persist "$two" -i -r
  see 'registrants'
  turs "$two"
  step "type $type: two's writes are refused" refused node_writes "$two"
  case $type in
    5 | 7) step "type $type: two may read" node_reads "$two" ;;
    6 | 8) step "type $type: two's reads are refused" refused node_reads "$two" ;;
  esac
  step "type $type: two can be asked for its health" sg_turs "$two"
  step "type $type: two cannot help itself by its old key" ends 24 \
    persist "$two" -o -P -T $type -K $key_two -S $key_one
  step "type $type: one still writes" node_writes "$one"
  step "type $type: two comes back" node_on "$two" $key_two
  step "type $type: two writes again" node_writes "$two"
  step "type $type: two reads again" node_reads "$two"
  step "type $type: the cluster ends" persist "$one" -o -C -K $key_one
  turs "$two"
done
