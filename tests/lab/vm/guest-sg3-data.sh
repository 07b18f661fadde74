# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Part of the guest (guest.sh): what sg3-utils do with the blocks of a disk; every result is read
# back past the kernel's cache. Places are numbers of 512-byte blocks.
disk=$(disk_of one 0)
other=$(disk_of one 1)
other_blocks=131072

blocks() { # blocks DISK FIRST COUNT: as they are on the disk now
  sg_dd if="$1" of=- bs=512 bpt=512 skip="$2" count="$3" 2>/dev/null
}
holds() { # holds DISK FIRST FILE: from there on the disk has what the file has
  blocks "$1" "$2" $(($(stat -c %s "$3") / 512)) | cmp - "$3"
}
store() { # store FILE DISK FIRST
  sg_dd if="$1" of="$2" bs=512 seek="$3" count=$(($(stat -c %s "$1") / 512))
}
repeated() { # repeated OCTAL BYTES
  head -c "$2" /dev/zero | tr '\0' "\\$1"
}
ready() { # ready DISK
  sg_turs "$1" >/dev/null 2>&1
}
states() { # states DISK FIRST: a line "FIRST COUNT STATUS ..." in hex each; 1: deallocated
  sg_get_lba_status --brief --maxlen=4096 --lba="$2" "$1"
}

mkdir -p /dev/block # as udev does; sg_xcopy looks there
for name in sda sdb; do ln -sf ../$name /dev/block/"$(cat /sys/block/$name/dev)"; done
head -c 65536 /dev/urandom >/run/a
head -c 65536 /dev/urandom >/run/b
{ head -c 40000 /run/a && printf 'X' && tail -c +40002 /run/a; } >/run/a_but_one
repeated 17 4096 >/run/0f
repeated 360 4096 >/run/f0
repeated 377 4096 >/run/ff
repeated 0 4096 >/run/00

step "sg_dd" store /run/a "$disk" 0
step "the bytes are there" holds "$disk" 0 /run/a

# --- Verify, write and verify, ORWRITE, WRITE SAME ------------------------------------------------

for length in "" --16; do
  step "sg_verify $length: medium only" sg_verify $length --count=128 "$disk"
  step "sg_verify $length: equal" \
    sg_verify $length --ebytchk=1 --ndo=65536 --in=/run/a --count=128 "$disk"
  step "sg_verify $length: not equal" ends 14 \
    sg_verify $length --ebytchk=1 --ndo=65536 --in=/run/a_but_one --count=128 "$disk"
done
step "sg_write_verify" sg_write_verify --16 --bytchk=1 --in=/run/b --ilen=65536 --lba=512 \
  --num=128 "$disk"
step "the bytes are there" holds "$disk" 512 /run/b
step "sg_write_x: WRITE (16)" sg_write_x --normal --in=/run/0f --lba=1024 --num=8 "$disk"
step "sg_write_x: ORWRITE" sg_write_x --or --in=/run/f0 --lba=1024 --num=8 "$disk"
step "both patterns are there" holds "$disk" 1024 /run/ff
head -c 512 /run/0f >/run/one_block
step "sg_write_same (10)" sg_write_same --10 --in=/run/one_block --lba=1024 --num=8 "$disk"
step "the block is there eight times" holds "$disk" 1024 /run/0f
step "sg_write_same (16), no data" sg_write_same --16 --ndob --lba=1024 --num=8 "$disk"
step "zeros are there" holds "$disk" 1024 /run/00
step "sg_seek: PRE-FETCH (10)" sg_seek --pre-fetch --10 --num-blocks=128 "$disk"
step "sg_seek: PRE-FETCH (16)" sg_seek --pre-fetch --num-blocks=128 "$disk"
step "sg_sync" sg_sync "$disk"
step "sg_sync (16)" sg_sync --16 "$disk"

# --- COMPARE AND WRITE, EXTENDED COPY -------------------------------------------------------------

step "old bytes" store /run/a "$disk" 0
cat /run/a /run/b >/run/a_then_b
cat /run/a /run/b /run/a >/run/three
compare="sg_compare_and_write --in=/run/a_then_b --lba=0 --num=128 --xferlen=131072"
step "sg_compare_and_write: equal" $compare "$disk"
step "new bytes" holds "$disk" 0 /run/b
step "sg_compare_and_write: not equal" ends 14 $compare "$disk"
step "the bytes are as before" holds "$disk" 0 /run/b
step "sg_compare_and_write: more blocks than it takes" ends 5 \
  sg_compare_and_write --in=/run/three --lba=0 --num=129 --xferlen=132096 "$disk"

step "sg_xcopy between units" sg_xcopy if="$disk" skip=0 of="$other" seek=4096 count=128
see '128 blocks, 1 command'
step "the bytes are there" holds "$other" 4096 /run/b
step "sg_xcopy within a unit" sg_xcopy if="$disk" skip=0 of="$disk" seek=8192 count=128
step "the bytes are there" holds "$disk" 8192 /run/b
step "sg_xcopy sent to the source" sg_xcopy --on_src if="$other" skip=4096 of="$disk" seek=16384 \
  count=128
step "the bytes are there" holds "$disk" 16384 /run/b
step "sg_copy_results: operating parameters" sg_copy_results --params "$disk"
see 'Maximum segment length' 'Copy from block device to block device' 'Identification descriptor'

# --- What is allocated ----------------------------------------------------------------------------

step "blkdiscard" blkdiscard "$other"
step "sg_get_lba_status: nothing is allocated" states "$other" 0
see '^0x0+ +0x20000 +1 '
step "64 KiB at 2 MiB" store /run/a "$other" 4096
step "sg_sync" sg_sync "$other"
step "sg_get_lba_status: in front of them" states "$other" 0
see '^0x0+ +0x1000 +1 '
step "sg_get_lba_status: they" states "$other" 4096
see '^0x0+1000 +0x80 +0 '
step "sg_unmap 8 KiB of them" sg_unmap --lba=4128 --num=16 --force "$other"
step "sg_get_lba_status: the hole" states "$other" 4128
see '^0x0+1020 +0x10 +1 '
repeated 0 8192 >/run/zeros
step "the hole reads as zeros" holds "$other" 4128 /run/zeros
step "sg_unmap: two places at once" sg_unmap --lba=4096,4160 --num=8,8 --force "$other"
step "sg_get_lba_status: the first" states "$other" 4096
see '^0x0+1000 +0x8 +1 '
step "sg_write_same with UNMAP" sg_write_same --16 --unmap --lba=4096 --num=128 "$other"
step "sg_get_lba_status: nothing is allocated" states "$other" 0
see '^0x0+ +0x20000 +1 '

# --- SANITIZE, FORMAT UNIT ------------------------------------------------------------------------

step "bytes to be erased" store /run/a "$other" 4096
step "sg_sanitize: block erase" sg_sanitize --block --quick --wait "$other"
step "they are erased" holds "$other" 4096 /run/zeros
step "sg_get_lba_status: nothing is allocated" states "$other" 0
see '^0x0+ +0x20000 +1 '
step "sg_sanitize: overwrite" sg_sanitize --overwrite --pattern=/run/one_block --ipl=512 --quick \
  --wait "$other"
step "the pattern is at the beginning" holds "$other" 0 /run/0f
step "the pattern is at the end" holds "$other" $((other_blocks - 8)) /run/0f
step "sg_format, not waited for" sg_format --format --quick --early "$other"
step "ready again" wait_for ready "$other"
step "sg_format, waited for" sg_format --format --quick --wait "$other"
step "sg_sanitize: a kind that there is not" ends 5 sg_sanitize --crypto --quick --wait "$other"
