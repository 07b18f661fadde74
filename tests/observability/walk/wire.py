# SPDX-License-Identifier: LGPL-2.1-or-later
"""A bad wire: carries packets between two network devices and loses some, so that TCP sends them
again.  wire.py FILE LOSS, in the namespace that gets the far end, `net0`; FILE is the near end."""

import os
import random
import select
import sys

from hosts import open_tun

PACKET_BYTES = 65536


def carry(source, drain, loss, dice):
    packet = os.read(source, PACKET_BYTES)
    if dice.random() >= loss:
        os.write(drain, packet)


def main():
    near, loss, dice = int(sys.argv[1]), float(sys.argv[2]), random.Random(1)
    far = open_tun("net0")
    print(flush=True)
    other = {near: far, far: near}
    while True:
        for source in select.select(list(other), [], [])[0]:
            try:
                carry(source, other[source], loss, dice)
            except OSError:  # an end is not up yet, or no more
                if not os.path.exists("/proc/self/fd/0"):
                    return


if __name__ == "__main__":
    main()
