#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hazards 8 and 11: nobody gets in, nor anybody out, without the proof that is demanded
(RFC 7143, 6.3)."""

from chap import LOOKUP, OTHER, OTHER_TARGET, SECRET, ChapLogin, ChapTest
from fault_test import TARGET, main
from peer import FULL_FEATURE, OPERATIONAL, SECURITY

INITIATOR_ERROR = 0x0200


class Bypass(ChapTest):
    def hazard_08_security_left_out(self):
        """Guards: who begins in the operational stage, offers None or nothing, or nothing of ours,
        has proved nothing (6.3.3)."""
        peer = self.connect()
        login = ChapLogin(peer, TARGET)
        login.say(OPERATIONAL, FULL_FEATURE, **peer.login_keys(TARGET, AuthMethod=None))
        self.assert_failed(login)
        for methods in ("None", "KRB5", "SRP,None", "chap", ""):
            login = self.login(methods=methods)
            login.begin(OPERATIONAL)
            self.assert_failed(login)
        for to in (OPERATIONAL, FULL_FEATURE):
            login = self.login()
            del login.names["AuthMethod"]
            login.begin(to)
            self.assert_failed(login)

    def hazard_08_none_among_the_methods(self):
        """Guards: of a list with None, CHAP is what is taken, wherever it stands."""
        for methods in ("None,CHAP", "CHAP,None", "KRB5,None,CHAP"):
            login = self.login(methods=methods)
            self.assertEqual(login.begin(FULL_FEATURE)["AuthMethod"], "CHAP")
            login.ask()
            login.prove("host", SECRET)
            self.assert_works(login.go_on().ready())

    def hazard_08_stage_left_before_the_proof(self):
        """Guards: no transition out of the security stage before the proof, however it is asked."""
        def after_the_challenge(login):
            login.ask()
            login.say(SECURITY, FULL_FEATURE)

        def after_the_method(login):
            login.begin()
            login.say(SECURITY, OPERATIONAL)

        for until in (after_the_challenge, after_the_method):
            login = self.login()
            until(login)
            self.assertEqual((login.status, login.answer.flags & 0x80), (0, 0))
            login.say(OPERATIONAL, FULL_FEATURE)
            self.assert_failed(login, INITIATOR_ERROR)

    def hazard_08_names_that_change(self):
        """Guards: names and type are those of the first request, before and after the proof, said
        there or left out: who proves one thing is not let into another."""
        for said in (True, False):
            for change in ({"TargetName": OTHER_TARGET}, {"SessionType": "Discovery"},
                           {"InitiatorName": "iqn.2026-11.io.lungate:someone"},
                           *([] if said else [{"SessionType": "Normal"}])):
                for proved in (False, True):
                    login = self.login()
                    if not said:
                        del login.names["SessionType"]
                    login.begin()
                    if proved:
                        login.ask()
                        login.prove("host", SECRET)
                        self.assertEqual(login.status, 0)
                        login.say(OPERATIONAL, FULL_FEATURE, **change)
                    else:
                        login.say(**change)
                    self.assert_failed(login, INITIATOR_ERROR)

    def hazard_08_discovery_that_becomes_normal(self):
        """Guards: a proof for discovery is none for a target."""
        for change in ({"TargetName": TARGET}, {"SessionType": "Normal"},
                       {"TargetName": TARGET, "SessionType": "Normal"}):
            login = self.login(target=None).ask()
            login.prove("lookup", LOOKUP)
            self.assertEqual(login.status, 0)
            login.say(OPERATIONAL, FULL_FEATURE, **change)
            self.assert_failed(login, INITIATOR_ERROR)

    def hazard_08_credentials_of_another_place(self):
        """Guards: each target and discovery have their own user and secret."""
        right = {TARGET: ("host", SECRET), OTHER_TARGET: ("other", OTHER),
                 None: ("lookup", LOOKUP)}
        for target, own in right.items():
            for credentials in (*right.values(), ("host", OTHER), ("other", SECRET)):
                login = self.login(target=target).ask()
                login.prove(*credentials)
                if credentials == own:
                    self.assertEqual(login.status, 0)
                else:
                    self.assert_failed(login)

    def hazard_08_methods_twice(self):
        """Guards: what was agreed upon is not agreed upon again."""
        login = self.login()
        login.begin()
        login.say(AuthMethod="None")
        self.assert_failed(login, INITIATOR_ERROR)


class Reinstatement(ChapTest):
    def hazard_11_only_after_the_proof(self):
        """Guards: who pretends to be an initiator port throws its session out by nothing short of
        the proof (6.3.5)."""
        old = self.login().ask()
        old.prove("host", SECRET)
        peer = old.go_on().ready()

        def wrong(login):
            login.ask()
            login.prove("host", OTHER)

        def none(login):
            login.say(OPERATIONAL, FULL_FEATURE, **login.peer.login_keys(TARGET, AuthMethod=None))

        def unfinished(login):
            login.ask()

        def proved_only(login):
            login.ask()
            login.prove("host", SECRET)  # and stays in the operational stage

        for attempt in (wrong, none, unfinished, proved_only):
            attempt(self.login(isid=peer.isid))
            self.assert_works(peer)
        new = self.login(isid=peer.isid).ask()
        new.prove("host", SECRET)
        with self.counts("lungate_session_closes_total", reason="reinstated"):
            self.assert_works(new.go_on().ready())
            self.assert_closed(peer)


if __name__ == "__main__":
    main()
