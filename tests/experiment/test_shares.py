"""Shares of replications, and recoveries within some time, are what their definitions say."""

import numpy as np
import pytest

from zoolib import metrics


def test_a_share_covers_its_truth_as_often_as_it_says(rng):
    truth, n = 0.1, 100
    intervals = [metrics.share(rng.random(n) < truth) for _ in range(2000)]
    assert 0.93 < np.mean([one.low <= truth <= one.high for one in intervals]) < 0.975
    none = metrics.share(np.zeros(n, dtype=bool))
    assert (none.mean, none.n) == (0.0, n)
    assert none.high == pytest.approx(1.959964**2 / (n + 1.959964**2))  # Wilson's, where nothing was seen


def test_where_all_are_watched_to_the_end_the_estimator_is_the_plain_share(rng):
    steps = np.where(rng.random(60) < 0.7, rng.integers(1, 1000, 60), np.inf)
    at = np.array([0, 10, 500, 999, 1000])
    found, low, high = metrics.recovered(steps, 1000, at)
    assert found == pytest.approx([(steps <= t).mean() for t in at])
    inside = (found > 0) & (found < 1)
    assert ((low < found) & (found < high))[inside].all()
    none, everyone = metrics.share(np.zeros(60, dtype=bool)), metrics.share(np.ones(60, dtype=bool))
    assert (found[0], low[0], high[0]) == pytest.approx((none.mean, none.low, none.high))
    parts = metrics.recovered(np.full(60, 7.0), 1000, [8])
    assert [part[0] for part in parts] == pytest.approx([everyone.mean, everyone.low, everyone.high])


def test_recoveries_are_those_of_kaplan_and_meier_s_formula():
    steps = np.array([3.0, np.inf, 5.0, 5.0, np.inf, 9.0, np.inf])
    watched = np.array([10.0, 4.0, 10.0, 10.0, 5.0, 10.0, 10.0])
    by_hand = 1 - np.array([1, 6 / 7, 6 / 7 * 3 / 5, 6 / 7 * 3 / 5 * 1 / 2])  # at risk: 7 at 3, 5 at 5, 2 at 9
    assert metrics.recovered(steps, watched, [2, 3, 5, 9])[0] == pytest.approx(by_hand)


def test_worlds_that_are_watched_briefly_do_not_count_as_failures(rng):
    truth = rng.exponential(1000, 4000)
    watched = rng.uniform(500, 3000, 4000)
    found, low, high = metrics.recovered(np.where(truth <= watched, truth, np.inf), watched, [400, 1500])
    assert found == pytest.approx(1 - np.exp([-0.4, -1.5]), abs=0.02)
    assert (high - low < 0.06).all()


def test_what_never_recovers_stays_at_nought():
    share, low, high = metrics.recovered([np.inf] * 100, 100, [50, 100])
    assert not share.any()
    assert not low.any()
    assert high == pytest.approx([metrics.share(np.zeros(100, dtype=bool)).high] * 2)


def test_the_exact_interval_of_a_share_is_that_of_clopper_and_pearson():
    everyone = metrics.share(np.ones(100, dtype=bool), method="exact")
    assert (everyone.low, everyone.high) == (pytest.approx(0.025 ** (1 / 100)), 1.0)
    none = metrics.share(np.zeros(20, dtype=bool), method="exact")
    assert (none.low, none.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: metrics.share([0.5, 1.0]), "hits must be a row of truth values"),
    (lambda: metrics.share([True, False], method="guess"), "method"),
    (lambda: metrics.recovered([20.0], 10, [5]), "no recovery after the end"),
    (lambda: metrics.recovered([2.0], 10, [11]), "at must lie between 0 and the longest watch, 10"),
])  # fmt: skip
def test_what_cannot_be_counted_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
