# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Part of the guest (guest.sh): the kernel's initiator uses a LUN as a disk, as people do.
disk=$(disk_of one 0)

write_file() {
  dd if=/dev/urandom of=/run/source bs=1M count=24 && cp /run/source /mnt/copy && sync
}
forget_caches() {
  blockdev --flushbufs "$disk" && echo 3 >/proc/sys/vm/drop_caches
}

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
