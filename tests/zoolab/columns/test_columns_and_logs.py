"""Columns that come and go, and logs to start from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolab.columns import drop_columns
from zoolib import ContextSpace, FeatureEngineer, LinUCBAgent, SharedLinUCBAgent, ZooplusSimulator
from zoolib.evidence import Evidence


def evidence_of(X, r, ridge=1.0):
    evidence = Evidence(X.shape[-1], X.shape[:-2], ridge)
    evidence.rebuild(X, r)
    return evidence.A, evidence.b


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 30), out=st.sets(st.integers(0, 4), min_size=1, max_size=4), seed=st.integers(0, 99))
def test_without_a_column_all_that_does_not_ask_for_it_is_as_before(n, out, seed):
    rng = np.random.default_rng(seed)
    A, b = evidence_of(rng.normal(size=(2, n, 5)), rng.random((2, n)))
    stay = [i for i in range(5) if i not in out]
    less_A, less_b = drop_columns(A, b, sorted(out))
    assert np.linalg.solve(less_A, less_b[..., None])[..., 0] == pytest.approx(
        np.linalg.solve(A, b[..., None])[..., 0][:, stay]
    )
    assert np.linalg.inv(less_A) == pytest.approx(np.linalg.inv(A)[:, stay][:, :, stay])  # so payoff and width


def test_to_strike_rows_and_columns_out_of_a_is_something_else():
    A, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.array([1.0, 1.0])
    less_A, less_b = drop_columns(A, b, [1])
    assert less_A == pytest.approx(np.array([[2.5]]))
    assert less_b == pytest.approx(np.array([0.5]))
    assert less_b / less_A[0] == pytest.approx(np.linalg.solve(A, b)[:1])
    assert b[0] / A[0, 0] != pytest.approx(np.linalg.solve(A, b)[0])


@pytest.mark.parametrize("columns", [[], [0, 0], [3], [-1], [0, 1, 2], [0.5]])
def test_columns_that_cannot_go_are_refused(columns):
    with pytest.raises((ValueError, TypeError), match="columns"):
        drop_columns(np.eye(3), np.zeros(3), columns)


def test_evidence_whose_parts_do_not_fit_is_refused():
    with pytest.raises(ValueError, match="A"):
        drop_columns(np.eye(2), np.zeros(3), [0])


@pytest.mark.parametrize("seed", [4, [4, 5]], ids=["one", "batch"])
def test_to_start_from_a_log_is_to_have_lived_it(seed):
    sim = ZooplusSimulator(seed=seed)
    features = FeatureEngineer(sim, "crossed")
    rng = np.random.default_rng(1)
    users, arms = rng.integers(0, 50, (2, *sim.batch_shape, 80))
    r = rng.integers(0, 2, users.shape).astype(float)
    started, lived = SharedLinUCBAgent(features), SharedLinUCBAgent(features)
    persona, category = (
        np.take_along_axis(a, of, -1) for a, of in ((sim.user_persona, users), (sim.product_category, arms))
    )
    started.warm(features.table[persona, category], r)
    for t in range(80):
        pick = (..., t) if sim.batch_shape else t
        user, arm, click = (a[pick] if sim.batch_shape else int(a[t]) for a in (users, arms, r))
        lived.update(user, arm, click, sim)
    assert pytest.approx(lived.evidence.A) == started.evidence.A
    assert started.evidence.A_inv == pytest.approx(lived.evidence.A_inv)
    assert started.evidence.b == pytest.approx(lived.evidence.b)


def test_a_log_of_weight_two_counts_twice_and_of_weight_zero_not_at_all():
    rng = np.random.default_rng(2)
    X, r = rng.normal(size=(10, 3)), rng.random(10)
    twice, double, none = (SharedLinUCBAgent(ContextSpace(3, 4)) for _ in range(3))
    twice.warm(np.concatenate([X, X]), np.concatenate([r, r]))
    double.warm(X, r, weight=2)
    none.warm(X, r, weight=0)
    assert pytest.approx(twice.evidence.A) == double.evidence.A
    assert double.evidence.b == pytest.approx(twice.evidence.b)
    assert (np.eye(3) == none.evidence.A).all()
    assert not none.evidence.b.any()


@pytest.mark.parametrize("weight", [-1, np.nan, "1"])
def test_a_weight_that_cannot_be_is_refused(weight):
    with pytest.raises((ValueError, TypeError), match="weight"):
        SharedLinUCBAgent(ContextSpace(2, 3)).warm(np.ones((4, 2)), np.ones(4), weight)


def test_only_what_remembers_everything_together_can_start_from_a_log():
    assert not callable(LinUCBAgent(ContextSpace(2, 3)).warm)
    for memory in ({"gamma": 0.9}, {"window": 5}):
        with pytest.raises(TypeError, match="remembers everything"):
            SharedLinUCBAgent(ContextSpace(2, 3), **memory).warm(np.ones((4, 2)), np.ones(4))
