"""Profiles and interquartile means are what one finds by hand, and their intervals cover."""

import numpy as np
import pytest

from zoolab.labelled.profiles import interquartile_mean, performance_profile, stratified_bootstrap
from zoolib.experiment import resampled

HAND = [[0.1, 0.2, 0.9], [0.3, 0.5, 0.7], [-4.0, 0.6, 0.8]]  # three tasks, three runs


def test_the_middle_half_by_hand():
    """Of nine runs two fall off at either end: -4, 0.1 and 0.8, 0.9."""
    assert interquartile_mean(HAND) == pytest.approx((0.2 + 0.3 + 0.5 + 0.6 + 0.7) / 5)


def test_a_profile_by_hand():
    assert performance_profile(HAND, [-5.0, 0.0, 0.5, 0.9]) == pytest.approx([1, 8 / 9, 4 / 9, 0])


def test_the_middle_half_is_the_trimmed_mean_of_scipy(rng):
    from scipy.stats import trim_mean

    scores = rng.normal(size=(2, 5, 7))
    for one in scores:
        assert interquartile_mean(one) == pytest.approx(trim_mean(one, 0.25, axis=None))
    assert interquartile_mean(scores) == pytest.approx([interquartile_mean(one) for one in scores])


def test_one_ruined_task_of_five_moves_the_mean_and_hardly_the_middle(rng):
    scores = rng.normal(1, 0.1, size=(5, 100))
    ruined = scores.copy()
    ruined[0] = -100
    assert abs(interquartile_mean(ruined) - interquartile_mean(scores)) < 0.05
    assert scores.mean() - ruined.mean() > 20


def test_a_profile_falls_and_its_area_is_the_mean(rng):
    scores = rng.random((3, 4, 50))
    at = np.linspace(0, 1, 2001)
    profile = performance_profile(scores, at)
    assert (np.diff(profile, axis=-1) <= 0).all()
    assert np.trapezoid(profile, at) == pytest.approx(scores.mean((1, 2)), abs=1e-3)


def test_intervals_cover_and_speak_of_runs_not_of_tasks(rng):
    truth = np.array([0.0, 10.0])  # two tasks far apart: what differs between them is in no interval
    inside = []
    for _ in range(300):
        scores = truth[:, None] + rng.normal(size=(2, 40))
        low, high = stratified_bootstrap(scores, lambda s: s.mean((-2, -1)), rng=rng, n_resamples=300)
        inside.append(low <= 5 <= high)
        assert high - low < 0.6
    assert 0.9 < np.mean(inside) < 0.985


def test_what_is_the_same_but_for_a_constant_differs_for_certain(rng):
    one = rng.normal(size=(3, 20))
    low, high = stratified_bootstrap(
        np.stack([one, one - 2]), lambda s: interquartile_mean(s[0]) - interquartile_mean(s[1]), rng=1
    )
    assert (low, high) == pytest.approx((2, 2))


@pytest.mark.parametrize("scores", [[1.0, 2.0], [[]], [[1.0, np.nan]]])
def test_what_is_no_table_of_runs_is_refused(scores):
    with pytest.raises(ValueError, match="scores"):
        interquartile_mean(scores)


def test_a_level_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="level"):
        stratified_bootstrap([[1.0, 2.0]], interquartile_mean, rng=0, level=1.0)


def test_a_number_about_worlds_is_covered_as_often_as_it_says_and_keeps_pairs_together():
    rng = np.random.default_rng(0)
    true = np.log(2)  # the median of exponential waits
    hits = [(i := resampled(np.median, rng.exponential(size=80))).low <= true <= i.high for _ in range(200)]
    assert 0.90 < np.mean(hits) < 0.985
    x = rng.normal(size=(60, 3))
    apart = resampled(lambda a, b: (a - b).mean(), x, x + 1.0)
    assert np.allclose([apart.mean, apart.low, apart.high], -1.0)  # whatever was drawn, its twin was drawn too
    assert apart.n == 60
    assert apart == resampled(lambda a, b: (a - b).mean(), x, x + 1.0)


def test_a_number_that_some_resamples_do_not_have_has_no_interval():
    def undefined(x):
        return x.mean() if np.ptp(x) else np.nan

    with pytest.raises(ValueError, match="of must return a number of every resample"):
        resampled(undefined, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("samples", [(), ([],), ([3.0],), ([1.0, 2.0], [1.0]), ([1.0, np.nan],)])
def test_replications_that_are_not_of_one_number_are_refused(samples):
    with pytest.raises(ValueError, match="samples"):
        resampled(np.mean, *samples)
