"""Two processes on one store, one of them killed under load: no acknowledged click is lost, and all are served."""

from threading import Event

import numpy as np
import pytest

from figures.failover import Run, fail_over, server, shop, small_funnel


@pytest.mark.slow
def test_of_two_one_may_be_killed_and_every_acknowledged_click_is_counted_once(url):
    acknowledged = []
    for _ in range(5):
        run = fail_over(url, n_clients=6, seconds=2.0)
        acknowledged += run.clicks
        assert sum(asked < run.killed < answered for asked, answered in run.requests) > 0, "it died in mid-load"
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
        with pytest.raises((OSError, ValueError)):
            shop([port], 0, Event(), Run())
