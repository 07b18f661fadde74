# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Part of the guest (guest.sh): persistent reservations as sg_persist knows them. Two initiators:
# "one" does, "two" is registered beside it, is preempted, and sees what it is told.
[ -n "$(session_of two)" ] || log_in two
one=$(disk_of one 0)
two=$(disk_of two 0)
key_one=abc0001
key_two=abc0002
conflict=24

out() { # out DISK ARGUMENTS...: PERSISTENT RESERVE OUT
  of=$1
  shift
  sg_persist --no-inquiry --out "$@" "$of"
}
show() { # show DISK WHAT...: PERSISTENT RESERVE IN
  of=$1
  shift
  sg_persist --no-inquiry --in "$@" "$of"
}
told() { # told DISK REGEX: its next command is told so, once
  ends 6 sg_turs --verbose "$1" >/run/told 2>&1 && grep -E "$2" /run/told && sg_turs "$1"
}
register() { # register DISK KEY
  out "$1" --register --param-sark="$2"
}

shows "sg_persist: capabilities" show "$one" --report-capabilities
see 'SIP_C\): 1' 'ATP_C\): 1' 'PTPL_C\): 1' 'TMV\): 1' 'Write Exclusive, all registrants: 1' \
  'Exclusive Access, registrants only: 1' 'Write Exclusive, registrants only: 1' \
  'Exclusive Access: 1' 'Write Exclusive: 1' 'Exclusive Access, all registrants: 1'
shows "no keys" show "$one" --read-keys
see 'NO registered reservation keys'
step "register" register "$one" $key_one
step "register with a wrong old key" ends $conflict \
  out "$one" --register --param-rk=bad --param-sark=1
step "register another" register "$two" $key_two
shows "both keys" show "$two" --read-keys
see "0x$key_one" "0x$key_two" '2 registered'
shows "no reservation" show "$one" --read-reservation
see 'NO reservation held'

# --- Every type: reserved, seen by both, released -------------------------------------------------

for type in 1:'Write Exclusive$' 3:'Exclusive Access$' 5:'Write Exclusive, registrants only' \
  6:'Exclusive Access, registrants only' 7:'Write Exclusive, all registrants' \
  8:'Exclusive Access, all registrants'; do
  number=${type%%:*}
  name=${type#*:}
  step "type $number: reserve" out "$one" --reserve --param-rk=$key_one --prout-type="$number"
  shows "type $number: read reservation" show "$two" --read-reservation
  see "type: $name"
  shows "type $number: full status" show "$two" --read-full-status
  see 'Reservation holder' "type: $name" "Key=0x$key_one" "Key=0x$key_two" 'Relative port' \
    'iqn.2026-11.io.lungate.lab:one,i,0x' 'iqn.2026-11.io.lungate.lab:two,i,0x'
  step "type $number: reserve with a wrong key" ends $conflict \
    out "$one" --reserve --param-rk=bad --prout-type="$number"
  step "type $number: release" out "$one" --release --param-rk=$key_one --prout-type="$number"
  case $number in
    5 | 6 | 7 | 8) step "type $number: the other is told" told "$two" 'Reservations released' ;;
  esac
  shows "type $number: no reservation" show "$two" --read-reservation
  see 'NO reservation held'
done

# --- PREEMPT, PREEMPT AND ABORT, CLEAR ------------------------------------------------------------

step "the holder" out "$two" --reserve --param-rk=$key_two --prout-type=1
step "reserve what another holds" ends $conflict \
  out "$one" --reserve --param-rk=$key_one --prout-type=1
for how in --preempt --preempt-abort; do
  step "$how" out "$one" $how --param-rk=$key_one --param-sark=$key_two --prout-type=3
  step "$how: the other is told" told "$two" 'Registrations preempted'
  shows "$how: one key" show "$two" --read-keys
  see "0x$key_one" '1 registered'
  see_no "0x$key_two"
  shows "$how: the reservation has changed hands" show "$two" --read-reservation
  see "Key=0x$key_one" 'type: Exclusive Access$'
  step "$how: a key that nobody has" ends $conflict \
    out "$one" $how --param-rk=$key_one --param-sark=bad --prout-type=3
  step "$how: release" out "$one" --release --param-rk=$key_one --prout-type=3
  step "$how: register again" register "$two" $key_two
  step "$how: the other is the holder again" out "$two" --reserve --param-rk=$key_two \
    --prout-type=1
done
step "clear" out "$one" --clear --param-rk=$key_one
step "the other is told" told "$two" 'Reservations preempted'
shows "no keys" show "$one" --read-keys
see 'NO registered reservation keys'

# --- Registering others, REGISTER AND MOVE --------------------------------------------------------

port_of() { # port_of INITIATOR: its name and ISID, as the full status has them
  show "$one" --read-full-status | grep -Eo "iqn[^ ]*:$1,i,0x[0-9a-f]*"
}
step "register" register "$one" $key_one
step "register" register "$two" $key_two
port_two=$(port_of two)
step "the other unregisters" out "$two" --register --param-rk=$key_two
step "and so does this" out "$one" --register --param-rk=$key_one
step "register both at once" out "$one" --register --param-sark=$key_one \
  --transport-id="$port_two"
shows "two keys alike" show "$one" --read-keys
see '2 registered'
step "register and ignore" out "$two" --register-ignore --param-sark=$key_two
step "reserve" out "$one" --reserve --param-rk=$key_one --prout-type=5
step "register and move" out "$one" --register-move --param-rk=$key_one --param-sark=$key_two \
  --relative-target-port=1 --unreg --transport-id="$port_two"
shows "it has moved" show "$one" --read-reservation
see "Key=0x$key_two" 'registrants only'
shows "one key" show "$one" --read-keys
see '1 registered' "0x$key_two"
step "the new holder clears" out "$two" --clear --param-rk=$key_two
shows "no keys" show "$one" --read-keys
see 'NO registered reservation keys'
