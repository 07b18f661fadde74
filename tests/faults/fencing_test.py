#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PREEMPT AND ABORT as a cluster needs it: who is fenced writes nothing any more, and nodes that
fence each other, or register meanwhile, do not keep the unit waiting for itself."""

import contextlib
import struct
import threading
import time

from copy_list import copy_list, cscd, extended_copy, naa, segment
from fault_test import FaultTest, main
from gateway import file_lun, wait_until
from peer import FUNCTION_COMPLETE, GOOD, LUN_RESET, TASK_RESPONSE, read10, write10
from reserve_out import (CLEAR, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE, RESERVE, parameters,
                         reserve_out)

NODE_A, NODE_B, NODE_C = 0xA, 0xB, 0xC
REGISTRANTS_ONLY = 5
RESERVATION_CONFLICT = 0x18
SLOW, DELAY_SECONDS = 1, 0.4
ANSWER_SECONDS = 15


def out(action):
    return reserve_out(action, REGISTRANTS_ONLY)


def keys(key, other=0, aptpl=False):
    return parameters(key, other, aptpl)


def read_keys(peer):
    data = peer.execute(struct.pack(">BB5xHx", 0x5E, 0, 4096), read=4096).data
    return [key for key, in struct.iter_unpack(">Q", data[8:])]


class Writer(threading.Thread):
    """Writes, a few milliseconds apart, and notes when each was answered, and how."""

    def __init__(self, peer):
        super().__init__()
        self.peer, self.sent, self.answers, self.stopping = peer, 0, [], False
        self.start()

    def run(self):
        while not self.stopping:
            self.peer.start(write10(self.sent % 1000, 1), write=bytes(512))
            self.sent += 1
            with contextlib.suppress(TimeoutError):
                while got := self.peer.receive(DELAY_SECONDS / 50):
                    self.answers.append((time.monotonic(), got.header[3]))

    def end(self):
        self.stopping = True
        self.join()


class Fencing(FaultTest):
    LUNS = [file_lun(0, "64MiB"), file_lun(SLOW, "64MiB", test_delay_ms=int(DELAY_SECONDS * 1000))]

    def node(self, key, lun, aptpl=False):
        peer = self.session(timeout=ANSWER_SECONDS)
        peer.lun = lun
        peer.ready()
        result = peer.execute(out(REGISTER_AND_IGNORE), write=keys(0, key, aptpl))
        self.assertTrue(result.good, result)
        return peer

    def cluster(self, lun, **more):
        """Two registered nodes; the first holds the reservation."""
        a, b = self.node(NODE_A, lun, **more), self.node(NODE_B, lun, **more)
        self.assertTrue(a.execute(out(RESERVE), write=keys(NODE_A)).good)
        return a, b

    def end(self, peer, key):
        self.assertTrue(peer.execute(out(REGISTER_AND_IGNORE), write=keys(0, key)).good)
        self.assertTrue(peer.execute(out(CLEAR), write=keys(key)).good)

    def test_no_write_after_the_fence(self):
        """Guards: commands of the fenced are ended when no lane takes any from it any more: one
        that began while the new state was being stored would be done after GOOD."""
        a, b = self.cluster(SLOW, aptpl=True)
        writer = Writer(b)
        wait_until("some of B's writes are on their way", 10, lambda: writer.sent >= 5)
        result = a.execute(out(PREEMPT_AND_ABORT), write=keys(NODE_A, NODE_B))
        fenced = time.monotonic()
        time.sleep(3 * DELAY_SECONDS)  # what must not come has this long to come
        writer.end()
        self.assertTrue(result.good, result)
        late = [status for when, status in writer.answers if when > fenced + DELAY_SECONDS / 8]
        self.assertIn(RESERVATION_CONFLICT, late)
        self.assertNotIn(GOOD, late, "a write of the fenced node was done after the fence")
        self.end(a, NODE_A)

    def test_no_copy_after_the_fence(self):
        """Guards: a copy by way of another unit writes to this one as well."""
        a, b = self.cluster(SLOW)
        segments = 8
        while not b.execute(bytes(6), lun=0).good:  # its attentions
            pass
        self.assertTrue(b.execute(write10(0, segments), write=b"x" * 512 * segments, lun=0).good)
        self.assertTrue(a.execute(write10(0, segments), write=bytes(512 * segments)).good)
        data = copy_list([cscd(naa(b, 0)), cscd(naa(b, SLOW))],
                         [segment(0, 1, 1, block, block) for block in range(segments)])
        b.start(extended_copy(data), write=data, lun=0)
        wait_until("the copy has begun", 10, lambda: any(self.blocks(a, segments)))
        result = a.execute(out(PREEMPT_AND_ABORT), write=keys(NODE_A, NODE_B))
        self.assertTrue(result.good, result)
        before = self.blocks(a, segments)
        time.sleep(3 * DELAY_SECONDS)  # what must not come has this long to come
        self.assertEqual(self.blocks(a, segments), before)
        self.assertFalse(all(before), "the copy was over before the fence")
        self.end(a, NODE_A)

    def blocks(self, peer, count):
        """Which of the first blocks have been written."""
        data = peer.execute(read10(0, count), read=512 * count).data
        return [data[512 * i] != 0 for i in range(count)]

    def test_registering_while_they_are_fenced(self):
        """Guards: what is preempted may itself wait for the unit's next change, or for what it has
        preempted; whoever preempts it must not wait for that."""
        a, b = self.cluster(0, aptpl=True)
        for _ in range(20):
            for peer, own, other in ((a, NODE_A, NODE_B), (b, NODE_B, NODE_A)):
                peer.start(out(REGISTER_AND_IGNORE), write=keys(0, own, aptpl=True))
                peer.start(out(PREEMPT_AND_ABORT), write=keys(own, other))
        witness = self.node(NODE_C, 0)
        reset = witness.manage(LUN_RESET)
        answer = witness.until(lambda got: got.itt == reset)[-1]
        self.assertEqual((answer.opcode, answer.header[2]), (TASK_RESPONSE, FUNCTION_COMPLETE))
        self.end(witness.ready(), NODE_C)

    def test_nodes_that_fence_each_other(self):
        """Guards: as above; a cluster that has lost its network does this."""
        for _ in range(20):
            a, b = self.cluster(0, aptpl=True)
            fences = [(a, a.start(out(PREEMPT_AND_ABORT), write=keys(NODE_A, NODE_B))),
                      (b, b.start(out(PREEMPT_AND_ABORT), write=keys(NODE_B, NODE_A)))]
            witness = self.session(timeout=ANSWER_SECONDS)
            self.wait_for_one_key(witness)
            left, = read_keys(witness)
            winner, fence = fences[left == NODE_B]
            self.assertTrue(winner.finish(fence).good)
            self.end(winner, left)

    def wait_for_one_key(self, witness):
        end = time.monotonic() + ANSWER_SECONDS
        while len(read_keys(witness)) != 1:
            self.assertLess(time.monotonic(), end, "neither has won")


if __name__ == "__main__":
    main()
