"""Any history, on the real stores, in a process that is killed again and again: each verdict counts once."""

import random
import time

import pytest
from histories import Ought, kept, live_through, operation
from nasty import environ
from store_workers import said, start

from zoolab.serving import Ledger
from zoolab.serving.stores import open_store

STEPS = 250  # after each, the store is looked at


@pytest.mark.slow
def test_whatever_is_done_in_whatever_order_and_however_often_killed_each_verdict_counts_once(url, record_property):
    """A sample; a share of ``make -C zoolab attack`` in a long one; or as many operations as ``HISTORY`` says."""
    n, seconds = int(environ.get("HISTORY", 1_000)), float(environ.get("ATTACK_SECONDS", 0)) * 0.1
    until, luck, ought, at, killed = time.monotonic() + seconds, random.Random(0), Ought(), 0, 0
    with open_store(url) as store:
        ledger = Ledger(store, 4)
        for version in kept(0):
            ledger.publish(version, {}, {})
        ledger.put_in_force("v1")
    while at < n or time.monotonic() < until:
        done, end, seed = at, at + STEPS, 0
        while done < end:
            process, connection = start(live_through, url, seed, done, end)
            if luck.random() < 0.7:
                for _ in range(luck.randint(1, end - done)):  # it lives for so long, and a little longer
                    done = connection.recv()
                time.sleep(luck.random() * 0.002)
                process.kill()
                killed += 1
            done = max([done, *said(connection)])
            process.join()
        for i in range(at, end):
            ought.take(*operation(seed, i))
        with open_store(url) as store:
            ought.is_in(Ledger(store, 4), kept(end))
        at = end
    record_property("operations", at)
    assert killed > at / STEPS / 2
    print(f"{at:,} operations, {killed:,} kills")
