"""The ways to keep evidence fast are the plain evidence; many updates later too."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolib.evidence import BlockEvidence, DiagonalEvidence, Evidence, TabularEvidence, WindowedEvidence, digits, ridge
from zoolib.evidence.blocks import BLOCK


@settings(max_examples=25, deadline=None)
@given(
    d=st.integers(1, 8), shape=st.sampled_from([(), (3,)]), n=st.integers(0, 3 * BLOCK),
    ridge=st.floats(0.1, 10), seed=st.integers(0, 10**6),
)  # fmt: skip
def test_evidence_in_blocks_is_the_plain_evidence_at_every_click(d, shape, n, ridge, seed):
    rng = np.random.default_rng(seed)
    plain, block = Evidence(d, shape, ridge), BlockEvidence(d, shape, ridge)
    X = rng.normal(size=(*shape, 4, d))
    past = []
    for t in range(n):
        x, r = rng.normal(size=(*shape, d)), rng.normal(size=shape)
        for one in (plain, block):
            one.add(x, r)
            if t % 5 == 4:
                one.remove(*past[t - 3])
        past.append((x, r))
        assert np.allclose(block.width(X), plain.width(X), rtol=1e-8)
        assert np.allclose(block.mean(X), plain.mean(X), atol=1e-8)
    assert np.allclose(block.A, plain.A)
    assert np.allclose(block.A_inv, plain.A_inv, atol=1e-8)
    assert np.allclose(block.b, plain.b)


@settings(max_examples=25, deadline=None)
@given(
    d=st.integers(1, 8), m=st.integers(1, 6), shape=st.sampled_from([(), (3,)]), n=st.integers(0, 40),
    ridge=st.floats(0.1, 10), seed=st.integers(0, 10**6),
)  # fmt: skip
def test_evidence_on_a_table_is_the_plain_evidence_at_every_click_and_under_every_table(d, m, shape, n, ridge, seed):
    rng = np.random.default_rng(seed)
    Z = rng.normal(size=(*shape, m, d))
    rows = np.indices((*shape, m))[-1]
    plain, table = Evidence(d, shape, ridge), TabularEvidence(Z, ridge)
    for t in range(n):
        if t % 7 == 6:
            Z = rng.normal(size=(*shape, m, d))
            table.go_by(Z)
        c, r, other = rng.integers(0, m, shape), rng.normal(size=shape), rng.normal(size=shape)
        x = Z[(*np.ogrid[tuple(map(slice, shape))], c)]
        plain.add(x, r)
        table.add(np.asarray(c) if t % 5 else x, r)  # now and then a stranger to the table
        if t % 6 == 5:  # one that came comes again with another reward, and its first time is taken out
            for one, context in ((plain, x), (table, np.asarray(c))):
                one.add(context, other)
                one.remove(context, r)
        assert np.allclose(table.mean(rows), plain.mean(Z), atol=1e-8)
        assert np.allclose(table.width(rows), plain.width(Z), rtol=1e-8)
    X = rng.normal(size=(*shape, 4, d))
    assert np.allclose(table.mean(X), plain.mean(X), atol=1e-8)
    assert np.allclose(table.width(X), plain.width(X), rtol=1e-8)
    for name in ("A", "A_inv", "b", "theta"):
        assert np.allclose(getattr(table, name), getattr(plain, name), atol=1e-8), name


def test_the_table_rebuilt_from_records_forgets_what_it_had_summed_up(rng):
    Z = rng.normal(size=(6, 3))
    plain, table = Evidence(3), TabularEvidence(Z)
    for c in range(5):
        table.add(np.asarray(c), 1.0)
    n, s = rng.integers(0, 9, 6), rng.normal(size=6)
    plain.rebuild(Z, s, n)
    table.rebuild(Z, s, n)
    assert np.allclose(table.mean(np.arange(6)), plain.mean(Z))
    assert np.allclose(table.A, plain.A)
    assert np.allclose(plain.A, np.eye(3) + sum(k * np.outer(z, z) for k, z in zip(n, Z, strict=True)))


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


def test_the_blocks_inverse_stays_exactly_symmetric(rng):
    block = BlockEvidence(20)
    for _ in range(500):
        block.add(rng.normal(size=20), 1.0)
    assert np.array_equal(block.A_inv, block.A_inv.T)


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
    monkeypatch.setattr(digits, "LEAST_LEFT", -np.inf)
    assert error_after(20_700, twin) > 1e-3


@pytest.mark.slow
def test_a_hundred_thousand_updates_later_the_inverse_is_the_inverse(rng):
    assert error_after(50_700, rng) < 1e-10  # each click comes and goes: two updates


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Evidence, BlockEvidence])
def test_fifty_thousand_clicks_later_the_inverse_is_the_inverse(kind, rng):
    one, X = kind(6), rng.normal(size=(1000, 6)) * np.logspace(-1, 1, 6)
    for t in range(50_700):
        one.add(X[t % 1000], 1.0)
    truth = np.linalg.inv(one.A)
    assert np.linalg.norm(one.A_inv - truth) / np.linalg.norm(truth) < 1e-11
