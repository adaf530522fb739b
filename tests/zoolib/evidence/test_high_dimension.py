"""Evidence many updates later, and the diagonal of it."""

import copy

import numpy as np
import pytest

from zoolib.evidence import DiagonalEvidence, Evidence, WindowedEvidence, ridge


@pytest.mark.parametrize("shape", [(), (3,)])
def test_diagonal_evidence_is_the_plain_one_on_contexts_of_one_entry_each(shape, rng):
    plain, diagonal = Evidence(4, shape), DiagonalEvidence(4, shape)
    X = rng.normal(size=(*shape, 6, 4))
    for _ in range(30):
        x = np.eye(4)[rng.integers(0, 4, shape)] * rng.normal()
        r = rng.normal(size=shape)
        plain.add(x, r)
        diagonal.add(x, r)
    assert np.allclose(diagonal.width(X), plain.width(X))
    assert np.allclose(diagonal.mean(X), plain.mean(X))


def error_after(n_clicks, rng):
    """Relative error of the inverse on a window through which, now and then, a context of enormous length passes."""
    one = WindowedEvidence(6, window=100)
    X = rng.normal(size=(1000, 6))
    X[0] *= 1e4
    for t in range(n_clicks):
        one.add(X[t % 1000], 1.0)
    truth = np.linalg.inv(one.A)
    return np.linalg.norm(one.A_inv - truth) / np.linalg.norm(truth)


def test_without_the_safeguards_a_badly_scaled_context_spoils_the_inverse_for_good(rng, monkeypatch):
    twin = copy.deepcopy(rng)
    assert error_after(20_700, rng) < 1e-12
    monkeypatch.setattr(ridge, "TIDY_EVERY", np.inf)
    monkeypatch.setattr(ridge, "LEAST_LEFT", -np.inf)
    assert error_after(20_700, twin) > 1e-3


@pytest.mark.slow
def test_a_hundred_thousand_updates_later_the_inverse_is_the_inverse(rng):
    assert error_after(50_700, rng) < 1e-10  # each click comes and goes: two updates


@pytest.mark.slow
def test_fifty_thousand_clicks_later_the_inverse_is_the_inverse(rng):
    one, X = Evidence(6), rng.normal(size=(1000, 6)) * np.logspace(-1, 1, 6)
    for t in range(50_700):
        one.add(X[t % 1000], 1.0)
    truth = np.linalg.inv(one.A)
    assert np.linalg.norm(one.A_inv - truth) / np.linalg.norm(truth) < 1e-11
