# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Runs in the guest (busybox sh): the kernel's initiator uses a LUN as a disk, as people do.
# Variables from the host: port, iqn, digests ("None" or "CRC32C"), lun.
# Each step is told on the console; the first that fails shows why and ends the script.
node="iscsiadm -m node -T $iqn -p 192.0.2.2:$port"
step() { # step WORDS COMMAND...
  words=$1
  shift
  if "$@" >/run/step 2>&1; then
    echo "ok: $words (at $(cut -d' ' -f1 /proc/uptime) s)"
    return
  fi
  echo "FAILED: $words: $*"
  cat /run/step
  tail -n 20 /run/iscsid.log
  dmesg | grep -iE 'scsi|sd[a-z]|ext4' | tail -n 30
  exit 1
}

configure() {
  echo "InitiatorName=iqn.2026-11.io.lungate.lab:guest" >/etc/iscsi/initiatorname.iscsi
  # No service manager here: iscsid runs already when iscsiadm asks for it.
  echo "iscsid.startup = /bin/true" >/etc/iscsi/iscsid.conf
  iscsid -f >/run/iscsid.log 2>&1 &
}
make_node() {
  # By hand: a portal found by discovery would carry the host's own address.
  for try in 1 2 3 4 5 6 7 8 9 10; do
    $node -o new && break
    sleep 0.5
  done
  $node -o update -n 'node.conn[0].iscsi.HeaderDigest' -v "$digests" &&
    $node -o update -n 'node.conn[0].iscsi.DataDigest' -v "$digests"
}
find_disk() {
  for try in $(seq 100); do
    for path in /sys/class/iscsi_session/session*/device/target*/*:*:*:"$lun"/block/sd*; do
      [ -b "/dev/${path##*/}" ] && disk=/dev/${path##*/} && return 0
    done
    sleep 0.1
  done
  return 1
}
digest_in_use() {
  for kind in header data; do
    value=$(cat /sys/class/iscsi_connection/connection*/"${kind}_digest")
    [ "$value" = "$([ "$digests" = CRC32C ] && echo 1 || echo 0)" ] || return 1
  done
}
write_file() {
  dd if=/dev/urandom of=/run/source bs=1M count=24 && cp /run/source /mnt/copy && sync
}
forget_caches() {
  blockdev --flushbufs "$disk" && echo 3 >/proc/sys/vm/drop_caches
}

configure
step "node record" make_node
step "login" $node --login
step "a disk appears" find_disk
step "digests as asked for ($digests)" digest_in_use
block=/sys/block/${disk##*/}
echo "disk: $disk, $(cat "$block/device/vendor" "$block/device/model" | xargs)," \
  "$(cat "$block/size") sectors of 512"
step "mkfs.ext4" mkfs.ext4 -q -F "$disk"
step "mount" mount -t ext4 "$disk" /mnt
step "write 24 MiB" write_file
step "unmount" umount /mnt
step "forget caches" forget_caches
step "mount again" mount -t ext4 "$disk" /mnt
step "the same bytes" cmp /run/source /mnt/copy
step "discard what is free" fstrim /mnt
step "unmount again" umount /mnt
step "fsck" e2fsck -f -n "$disk"
step "logout" $node --logout
