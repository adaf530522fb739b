"""Kept scores are those of the evidence, whatever came, in whatever portions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each

from zoolab.serving import KeptScores, Sums
from zoolab.serving.kept_scores import ROWS
from zoolib.agents import top_k
from zoolib.evidence import Evidence


def world(K=300, d=5, n=40, seed=0):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(K, d))
    return Z, rng.integers(0, K, n), rng.integers(0, 2, n)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 999),
    portions=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    ridge=st.sampled_from([0.1, 1.0, 7.0]),
    renew_every=st.sampled_from([1, 20, 1000]),
)
def test_mean_and_variance_are_those_of_the_evidence_after_any_portions_of_clicks(seed, portions, ridge, renew_every):
    Z, shown, clicks = world(n=sum(portions), seed=seed)
    kept, evidence = KeptScores(Z, ridge=ridge, renew_every=renew_every), Evidence(5, ridge=ridge)
    start = 0
    for n in portions:
        rows = shown[start : start + n]
        kept.learn(Z[rows], clicks[start : start + n])
        for z, r in zip(Z[rows], clicks[start : start + n].tolist(), strict=True):
            evidence.add(z, float(r))
        start += n
    np.testing.assert_allclose(kept.mean, evidence.mean(Z), atol=1e-10)
    np.testing.assert_allclose(kept.variance, evidence.width(Z) ** 2, atol=1e-10)
    np.testing.assert_allclose(kept.theta, evidence.theta, atol=1e-10)
    np.testing.assert_allclose(kept.A_inv, evidence.A_inv, atol=1e-10)


def test_it_shows_what_scoring_everything_shows_choice_for_choice_over_many_blocks():
    rng = np.random.default_rng(1)
    Z, theta = rng.normal(size=(2 * ROWS + 17, 6)), rng.normal(size=6) / 6
    kept, evidence = KeptScores(Z), Evidence(6)
    for _ in range(400):
        arm = kept.best(1, 0.3)[0]
        assert arm == top_k(evidence.mean(Z) + 0.3 * evidence.width(Z), 1)[0]
        r = int(rng.random() < 0.5 + Z[arm] @ theta / 4)
        kept.learn(Z[arm], r)
        evidence.add(Z[arm], float(r))


def test_it_goes_on_from_evidence_that_was_stored():
    Z, shown, clicks = world()
    sums = Sums.prior(5, 2.0)
    for z, r in zip(Z[shown[:20]], clicks[:20].tolist(), strict=True):
        sums.count(z, r, -1)
    kept, whole = KeptScores(Z, sums), KeptScores(Z, ridge=2.0)
    kept.learn(Z[shown[20:]], clicks[20:])
    whole.learn(Z[shown], clicks)
    np.testing.assert_allclose(kept.scores(0.3), whole.scores(0.3), atol=1e-10)


def test_float32_stays_near_float64_for_thousands_of_clicks_and_renewing_brings_it_back():
    Z, shown, clicks = world(n=6000)
    errors = {}
    for renew_every in (10**9, 500):
        single, double = KeptScores(Z.astype(np.float32), renew_every=renew_every), KeptScores(Z)
        for start in range(0, 6000, 10):
            rows = shown[start : start + 10]
            for kept in (single, double):
                kept.learn(Z[rows].astype(np.float32), clicks[start : start + 10])
        errors[renew_every] = np.abs(single.scores(0.3) - double.scores(0.3)).max()
        single.renew()
        assert np.abs(single.scores(0.3) - double.scores(0.3)).max() < 1e-6
    assert errors[500] < 1e-5 < 1e-3 > errors[10**9]


def test_a_variance_that_rounding_made_negative_scores_like_none():
    kept = KeptScores(np.eye(3))
    kept.variance[1] = -1e-18
    assert np.isfinite(kept.scores(1.0)).all()


@pytest.mark.parametrize(("arguments", "said"), [
    *(({"Z": wrong}, "Z must be a matrix") for wrong in ([[1.0]], np.ones(3), np.ones((3, 2), dtype=int))),
    ({"sums": Sums.prior(4, 1.0)}, "sums must be about embeddings of length 2"), *each(ridge=[0.0], renew_every=[0]),
])  # fmt: skip
def test_scores_that_cannot_be_kept_are_refused(arguments, said):
    with pytest.raises((ValueError, TypeError), match=said):
        KeptScores(**({"Z": np.ones((3, 2))} | arguments))


@pytest.mark.parametrize(
    ("z", "reward", "said"),
    [
        (np.ones(3), 1, "z must have shape"),
        (np.ones((0, 2)), [], "z must have shape"),
        (np.array([1.0, np.nan]), 1, "z must be finite"),
        (np.ones(2), 2, "reward must be 0 or 1"),
        (np.ones((2, 2)), [1], "reward must have shape"),
    ],
)
def test_a_click_that_makes_no_sense_changes_nothing(z, reward, said):
    kept = KeptScores(np.ones((3, 2)))
    before = kept.mean.copy(), kept.variance.copy(), kept.theta, kept.A_inv
    with pytest.raises((ValueError, TypeError), match=said):
        kept.learn(z, reward)
    for a, b in zip(before, (kept.mean, kept.variance, kept.theta, kept.A_inv), strict=True):
        np.testing.assert_array_equal(a, b)
