# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the guest's kernel had to say, warning or worse, from the moment on in which the initiator's
# modules were loaded. Every such line about disks must match a line of dmesg-allowed.txt.

# Lines that are about disks and how we reach them; others (timers that suffer under emulation) are
# not ours to explain.
subjects='(^|[^a-z])(sd|sg)[0-9a-z]*[^a-z]|scsi|i/o error|(connection|session)[0-9]|ext4|jbd2|blk'

# complaints PART: filters `dmesg -r` ("<priority>[seconds] text"); leaves what is not allowed.
# A priority is facility * 8 + level; levels up to 4 are warnings and worse.
complaints() {
  sed -n "s/^\($1\|any\) //p" /lab/dmesg-allowed.txt >/run/dmesg-allowed
  awk -F '[<>]' '/^<[0-9]+>/ && $2 % 8 <= 4' | sed 's/^<[0-9]*>\[[^]]*\] *//' |
    grep -Ei "$subjects" | grep -Evf /run/dmesg-allowed
}
# What was said since the last look. The ring must still hold the line that the last look, or /init,
# has left there.
since_last_look() {
  dmesg -rc >/run/dmesg
  grep -q 'lungate: a look' /run/dmesg || echo "<3>[] scsi: the kernel's log has wrapped"
  cat /run/dmesg
  echo "<6>lungate: a look" >/dev/kmsg
}
dmesg_is_clean() { # dmesg_is_clean PART
  ! since_last_look | complaints "$1"
}
# The check can fail: what the kernel's log says is told, or not told, by its level.
dmesg_check_works() {
  dmesg_is_clean none || return 1
  echo "<6>sd 9:0:0:0: [sdx] Attached SCSI disk" >/dev/kmsg
  dmesg_is_clean none || return 1
  echo "<4>sd 9:0:0:0: canary: an unknown warning" >/dev/kmsg
  ! dmesg_is_clean none >/run/canary && grep canary /run/canary
}
