# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Part of the guest (guest.sh): what sg3-utils find out about a disk, and can decode.
disk=$(disk_of one 0)
queue=/sys/block/${disk##*/}/queue

at_least() { # at_least NUMBER FILE
  [ "$(cat "$2")" -ge "$1" ]
}
no_more_than_a_minute_off() { # no_more_than_a_minute_off MILLISECONDS
  off=$(($1 / 1000 - $(date +%s)))
  [ "$off" -ge -60 ] && [ "$off" -le 60 ]
}
d_sense() { # d_sense 4|0: changes one bit of the control page
  zeros=0,0,0,0,0,0,0,0,0
  sg_wr_mode --page=a --contents=a,a,"$1",$zeros --mask=0,0,4,$zeros "$disk"
}
echo_buffer() { # what is written to the echo buffer is what is read from it
  head -c 512 /dev/urandom >/run/echo &&
    sg_write_buffer --mode=echo --in=/run/echo --length=512 "$disk" &&
    sg_raw --request=512 --outfile=/run/echoed "$disk" 3c 0a 00 00 00 00 00 02 00 00 &&
    cmp /run/echo /run/echoed
}

# --- Identity -------------------------------------------------------------------------------------

shows "sg_inq" sg_inq -d "$disk"
see 'SPC-4' 'TPGS=1' '3PC=1' 'CmdQue=1' 'Vendor identification: LUNGATE' 'iSCSI' 'SBC-3'
shows "sg_vpd: every page of page 00" sg_vpd --all --long "$disk"
see 'Unit serial number' 'Device [Ii]dentification' 'extended INQUIRY' 'Mode page policy' \
  'SCSI [Pp]orts' 'Third [Pp]arty [Cc]opy' 'Block limits' 'Block device characteristics' \
  'Logical block provisioning'
for page in 0x0 0x80 0x83 0x85 0x86 0x87 0x88 0x8f 0xb0 0xb1 0xb2; do
  shows "sg_vpd: page $page" sg_vpd --page=$page "$disk"
done
shows "sg_vpd 83: designators of each association" sg_vpd --page=di "$disk"
see 'designator type: NAA' 'T10 vendor identification' 'SCSI name string' "$iqn" \
  'Relative target port: 0x1' 'Target port group: 0x1' 'Target device that contains'
shows "sg_vpd B0: limits" sg_vpd --page=bl "$disk"
see 'compare and write length: 128 blocks' 'unmap block descriptor count: 256' \
  'Maximum transfer length: [1-9]' 'granularity alignment valid: true'
shows "sg_vpd B2: thin provisioning" sg_vpd --page=lbpv "$disk"
see '\(LBPU\): 1' '\(LBPWS\): 1' '\(LBPRZ\): 1' 'thin provisioned'
shows "sg_readcap" sg_readcap --long "$disk"
see 'lbpme=1, lbprz=1' 'Number of logical blocks=524288' 'block length=512 bytes'
shows "sg_luns: all" sg_luns --decode "$disk"
see 'imples 2 lun entries' 'lun=0' 'lun=1'
shows "sg_luns: well known ones, there are none" sg_luns --select=1 "$disk"
see 'imples 0 lun entries'
shows "sg_rtpg" sg_rtpg --decode --extended "$disk"
see 'active/optimized' 'AO_SUP : 1' 'target port count : 01'

# --- Commands -------------------------------------------------------------------------------------

shows "sg_opcodes: all, with masks and timeouts" sg_opcodes --rctd --mask "$disk"
see 'cdb usage: 89 1a' 'Persistent reserve in, read full status' 'Extended copy\(LID1\)' \
  'Sanitize, overwrite' 'Get LBA status\(16\)' 'Report supported task management'
see_no '^ [0-9a-f][0-9a-f] .* - +- ' # a timeout for each
shows "sg_opcodes: one, with a timeout" sg_opcodes --rctd --opcode=0x89 "$disk"
see 'Command_name: Compare and write' 'Command is supported' 'Usage data: 89 1a ff' \
  'recommended timeout: 30 secs'
shows "sg_opcodes: one with a service action" sg_opcodes --opcode=0x9e,0x12 "$disk"
see 'Get LBA status' 'Command is supported'
step "sg_opcodes: one that is absent" sg_opcodes --opcode=0x9d "$disk"
see 'NOT supported'
shows "sg_opcodes: task management" sg_opcodes --tmf --repd "$disk"
see 'Abort task$' 'Abort task set' 'Clear task set' 'Logical unit reset' 'Query task$' \
  'Query task set' 'I_T nexus reset'
step "a command that is absent" ends 9 sg_rep_zones "$disk"

# --- Pages, clocks, buffers -----------------------------------------------------------------------

for length in "" --six; do
  shows "sg_modes: all pages and subpages $length" sg_modes -aa $length "$disk"
  see 'Read-Write error recovery' 'Caching' 'Control, ' 'Control extension' 'Power condition' \
    'Informational exceptions' 'DpoFua=1'
done
for control in 1 2; do
  shows "sg_modes: page control $control" sg_modes -aa --control=$control "$disk"
done
step "sg_modes: there are no saved values" ends 5 sg_modes -v -aa --control=3 "$disk"
see 'Saving parameters not supported'
step "sg_wr_mode: D_SENSE on" d_sense 4
step "sg_modes: D_SENSE is on" sg_modes --page=0xa "$disk"
see '0a 0a 06'
step "sg_wr_mode: D_SENSE off" d_sense 0
shows "sg_logs: every page and subpage" sg_logs --All "$disk"
see 'Supported log pages' '0x00,0xff'
shows "sg_requests: fixed sense" sg_requests "$disk"
see 'Fixed format' 'No Sense'
shows "sg_requests: descriptor sense" sg_requests --desc "$disk"
see 'Descriptor format' 'No Sense'
step "sg_turs: 50 times" sg_turs --num=50 "$disk"
see '50 Test Unit Ready commands with 0 errors'
step "sg_timestamp" sg_timestamp "$disk"
step "sg_timestamp: now" no_more_than_a_minute_off "$(cat /run/step)"
step "sg_ident" sg_ident "$disk"
step "sg_senddiag: self-test" sg_senddiag --test "$disk"
see 'GOOD status'
step "sg_reassign: no defects" sg_reassign --primary --grown "$disk"
see 'defect lists: 0'
step "sg_write_buffer: echo" echo_buffer
step "sg_start" sg_start --start "$disk"
step "sg_prevent" sg_prevent --prevent 1 "$disk"
step "sg_prevent --allow" sg_prevent --allow "$disk"
step "sg_reset: the unit" sg_reset --device --no-escalate "$disk"
step "sg_turs: it was reset" ends 6 sg_turs --verbose "$disk"
see 'Bus device reset'

# --- What the kernel's sd driver made of it -------------------------------------------------------

step "requests of 512 KiB and more" at_least 512 "$queue/max_sectors_kb"
step "discard" at_least 4096 "$queue/discard_granularity"
step "discard of 64 MiB at once" at_least $((64 << 20)) "$queue/discard_max_bytes"
step "write zeroes" at_least $((1 << 20)) "$queue/write_zeroes_max_bytes"
# FUA is of use to the kernel where there is a write cache: on a file, not on an image.
step "the write cache" cat "$queue/write_cache"
case $(cat /run/step) in "write back") step "FUA" at_least 1 "$queue/fua" ;; esac
