"""Two processes on one store, one of them killed under load: no acknowledged click is lost, and all are served."""

import socketserver
from threading import Event, Thread

import numpy as np
import pytest

from figures import failover
from figures.failover import Run, fail_over, server, shop, small_funnel
from zoolab.serving.stores.base import StoreUnavailableError


@pytest.mark.slow
def test_of_two_one_may_be_killed_and_every_acknowledged_click_is_counted_once(url):
    acknowledged = []
    for _ in range(5):
        run = fail_over(url, n_clients=6, seconds=2.0)
        acknowledged += run.clicks
        assert run.failed == []
        assert run.by_the_killed() > 20
        assert 0 < run.taken_over() <= 2 * 6, "whoever was left without an answer went to the other, once"
        assert run.answered_afterwards() > 20
        assert run.longest_wait() < 10_000
    assert len(set(acknowledged)) == len(acknowledged) > 200
    funnel = small_funnel(url)
    try:
        sums = funnel.ledger.evidence(funnel.embedder.version, "shared")
        assert sums.n_clicks == sums.n_shown == len(acknowledged)
        for name, arm in acknowledged[:: max(1, len(acknowledged) // 100)]:
            known = funnel.ledger.decision(name)
            np.testing.assert_array_equal(known.verdict, np.where(known.arms == arm, 1, -1))
    finally:
        funnel.store.close()


def test_where_both_are_gone_clients_are_told(tmp_path):
    """The control: what is answered after the kill is answered by the other process, and by nothing else."""
    url = str(tmp_path / "store")
    small_funnel(url).store.close()
    with server(url) as (only, port):
        only.kill()
        only.wait()
        run = Run(victim=port)
        shop([port], 0, Event(), run)
        assert (len(run.failed), run.requests, run.clicks) == (1, [], [])


def test_a_server_whose_store_is_away_is_not_asked_for_ever(monkeypatch):
    monkeypatch.setattr(failover, "PATIENCE", 0.3)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), failover.Serve) as serving:
        serving.daemon_threads, asked = True, []

        def away(handler, question):
            asked.append(question)
            raise StoreUnavailableError("the store is away")

        monkeypatch.setattr(failover.Serve, "answer", away)
        Thread(target=serving.serve_forever, daemon=True).start()
        run = Run()
        shop([serving.server_address[1]], 0, Event(), run)
        serving.shutdown()
    assert isinstance(run.failed[0], TimeoutError)
    assert 1 < len(asked) < 40
