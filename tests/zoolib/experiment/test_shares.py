"""Shares of replications are what their definitions say."""

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


def test_the_exact_interval_of_a_share_is_that_of_clopper_and_pearson():
    everyone = metrics.share(np.ones(100, dtype=bool), method="exact")
    assert (everyone.low, everyone.high) == (pytest.approx(0.025 ** (1 / 100)), 1.0)
    none = metrics.share(np.zeros(20, dtype=bool), method="exact")
    assert (none.low, none.high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: metrics.share([0.5, 1.0]), "hits must be a row of truth values"),
    (lambda: metrics.share([True, False], method="guess"), "method"),
])  # fmt: skip
def test_what_cannot_be_counted_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
