"""Evidence where it was once wrong without a word: odd shapes, arrays that others keep, contexts of great length."""

import copy

import numpy as np
import pytest

from zoolab.columns import Layout, LogisticEvidence
from zoolab.literal.linear import LiteralSharedLinUCB
from zoolab.long.conformance import same
from zoolab.rivals import PerProductAgent
from zoolib import ContextSpace, SharedLinUCBAgent
from zoolib.evidence import DiscountedEvidence, Evidence, WindowedEvidence
from zoolib.evidence.ridge import LONGEST


def test_one_arm_of_all_worlds_can_be_told_by_one_number():
    rng = np.random.default_rng(0)
    by_number, by_world = Evidence(2, (3, 4)), Evidence(2, (3, 4))
    for _ in range(5):
        x, r = rng.normal(size=(3, 2)), rng.normal(size=3)
        by_number.add(x, r, arm=1)
        by_world.add(x, r, arm=np.full(3, 1))
    for name in ("A", "A_inv", "b", "theta"):
        assert np.array_equal(getattr(by_number, name), getattr(by_world, name))
    assert by_number.b[:, 1].any()


def test_a_theta_that_is_kept_stays_what_it_was():
    evidence = Evidence(2, (3,))
    evidence.add(np.ones(2), 1.0, arm=1)
    kept = evidence.theta
    before = kept.copy()
    evidence.add(np.ones(2), 1.0, arm=1)
    assert np.array_equal(kept, before)
    kept[:] = 9
    assert evidence.mean(np.ones((3, 1, 2))).max() < 2


@pytest.mark.parametrize("shape", [(1, 2), (3, 2), (4, 2), (3, 4, 2), (5, 3, 1, 2), (1, 3, 4, 2)], ids=str)
def test_contexts_that_all_arms_share_need_not_be_repeated(shape):
    evidence = Evidence(2, (3,))
    evidence.add(np.array([1.0, 2.0]), 1.0, arm=2)
    X = np.random.default_rng(0).normal(size=shape)
    repeated = np.broadcast_to(X, (*shape[:-3], 3, *shape[-2:]))
    assert np.allclose(evidence.mean(X), evidence.mean(repeated))
    assert np.allclose(evidence.width(X), evidence.width(repeated))
    assert evidence.mean(X).shape == repeated.shape[:-1]


@pytest.mark.parametrize("shape", [(4,), (2, 4)], ids=str)
def test_contexts_beside_which_the_prior_is_lost_are_refused_before_anything_changes(shape):
    evidence, worlds = Evidence(2, shape), shape[:-1]
    arm = np.zeros(worlds, dtype=int) if worlds else 0
    x = np.ones((*worlds, 2))
    evidence.add(x, np.ones(worlds), arm)
    before = evidence.A.copy(), evidence.b.copy()
    with pytest.raises(ValueError, match="scale them"):
        evidence.add(x * [1.0, 1.7e5], np.ones(worlds), arm)
    assert all(np.array_equal(a, b) for a, b in zip(before, (evidence.A, evidence.b), strict=True))
    evidence.add(x * [1.0, 9e4], np.ones(worlds), arm)


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e4])
def test_a_window_shorter_than_a_context_keeps_its_digits(scale):
    rng = np.random.default_rng(0)
    agent, judge = SharedLinUCBAgent(ContextSpace(5, 4), window=3), LiteralSharedLinUCB(4, 5, 0.2, window=3)
    for _ in range(300):
        X = scale * rng.normal(size=(4, 5))
        row, scores = agent.select(X), judge.scores(X)
        assert scores[row] > max(scores) - 1e-3
        reward = float(rng.random() < 0.5)
        agent.learn(X[row], row, reward)
        judge.learn(X[row], row, reward)


@pytest.mark.parametrize("lengths", [lambda rng: 100.0, lambda rng: 10 ** rng.uniform(-3, 3)], ids=["long", "mixed"])
def test_a_window_keeps_its_digits_however_many_clicks_have_left_it(lengths):
    rng = np.random.default_rng(3)
    evidence = WindowedEvidence(10, window=5)
    for _ in range(2000):
        evidence.add(lengths(rng) * rng.normal(size=10), 0.0)
        x = lengths(rng) * rng.normal(size=(1, 10))
        assert evidence.width(x)[0] == pytest.approx(np.sqrt(x[0] @ np.linalg.solve(evidence.A, x[0])), rel=1e-7)


FORGETTING = {
    "window": lambda: WindowedEvidence(2, window=3),
    "discount": lambda: DiscountedEvidence(2, gamma=0.5),
    "discount of arms": lambda: DiscountedEvidence(2, (1,), gamma=0.5),
    "log-odds that fade": lambda: LogisticEvidence(2, gamma=0.5),
}


@pytest.mark.parametrize("make", FORGETTING.values(), ids=FORGETTING)
def test_a_click_that_is_refused_leaves_no_trace_in_what_forgets(make):
    evidence = make()
    arm = 0 if evidence.shape else None
    for _ in range(3):
        evidence.add(np.array([1.0, 0.0]), 1.0, arm)
    before = evidence.A.copy(), evidence.b.copy()
    with pytest.raises(ValueError, match="scale them"):
        evidence.add(np.array([1e9, 0.0]), 1.0, arm)
    assert all(np.array_equal(a, b) for a, b in zip(before, (evidence.A, evidence.b), strict=True))
    for _ in range(4):
        evidence.add(np.array([0.0, 1.0]), 1.0, arm)
    assert np.isfinite(evidence.width(np.ones((*evidence.shape, 1, 2)))).all()


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int32])
def test_contexts_of_whole_numbers_are_numbers(kind):
    X, r = (np.arange(60).reshape(20, 3) % 200).astype(kind), np.ones(20, dtype=kind)
    together, in_turn = Evidence(3), Evidence(3)
    together.rebuild(X, r)
    for x in X.astype(float):
        in_turn.add(x, 1.0)
    assert np.allclose(together.A, in_turn.A)


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("kind", ["plain", "window"])
def test_records_that_are_too_long_are_refused_before_anything_changes_as_clicks_are(kind, shape):
    make = {"plain": Evidence, "window": WindowedEvidence}[kind]
    evidence = make(2, shape, 2.0, **({"window": 5} if kind == "window" else {}))
    X, r = np.random.default_rng(0).normal(size=(*shape, 9, 2)), np.ones((*shape, 9))
    evidence.rebuild(X, r)
    before = copy.deepcopy(evidence)
    just, longer = X.copy(), X.copy()
    just[..., -1, :] = np.sqrt(LONGEST * 2.0 / 2 * 0.99)
    longer[..., -1, :] = np.sqrt(LONGEST * 2.0 / 2 * 1.01)
    with pytest.raises(ValueError, match="scale them"):
        evidence.rebuild(longer, r)
    with pytest.raises(ValueError, match="scale them"):
        evidence.rebuild(np.full(X.shape, 10**9), r)  # whole numbers, whose squares would not fit
    assert same(evidence, before)
    evidence.rebuild(just, r)


def test_records_are_refused_one_by_one_and_never_for_what_was_not_met():
    evidence, X = Evidence(2), 9e4 * np.eye(2)
    evidence.rebuild(X, np.zeros(2), np.array([1.0, 100.0]))
    with pytest.raises(ValueError, match="scale them"):
        evidence.rebuild(1e9 * np.eye(2), np.zeros(2), np.array([0.0, 1.0]))
    evidence.rebuild(1e9 * np.eye(2), np.zeros(2), np.zeros(2))
    assert np.array_equal(evidence.A, np.eye(2))


def test_a_log_weighs_what_it_is_given():
    agent, X = SharedLinUCBAgent(ContextSpace(2, 3)), np.ones((4, 2))
    with pytest.raises(ValueError, match="scale them"):
        agent.warm(X, np.ones(4), weight=1e16)
    with pytest.raises(ValueError, match="scale them"):
        agent.warm(1e9 * X, np.ones(4))
    assert np.array_equal(agent.evidence.A, np.eye(2))
    agent.warm(1e9 * X, np.ones(4), weight=0)
    assert np.array_equal(agent.evidence.A, np.eye(2))


def test_a_log_in_which_one_context_is_too_long_leaves_no_trace():
    layout = Layout(n_user=2, n_nominal=1, n_product=1)
    agent = PerProductAgent(ContextSpace(layout.d, 3), layout=layout, n_products=7)
    X = np.random.default_rng(0).normal(size=(20, layout.d))
    X[:, 0] = np.arange(20) % 7
    before = copy.deepcopy(agent)
    for column, value in ((layout.user, 1e9), (0, 7)):
        bad = X.copy()
        bad[17, column] = value
        with pytest.raises(ValueError, match="scale them" if value > 7 else "number"):
            agent.warm(bad, np.ones(20))
        with pytest.raises(ValueError, match="scale them" if value > 7 else "number"):
            agent.learn(bad[17], 0, 1.0)
    assert same(agent, before)
    agent.warm(X, np.ones(20))


def test_a_thousand_clicks_of_the_longest_context_leave_the_prior_its_digits():
    evidence, x = Evidence(2, (1,)), np.sqrt([0.49 * LONGEST, 0.49 * LONGEST])
    for _ in range(1500):
        evidence.add(x, 1.0, 0)
    assert evidence.width(np.array([[[1.0, -1.0]]])).item() == pytest.approx(np.sqrt(2), rel=0.01)  # never seen


def test_evidence_keeps_no_array_of_the_callers():
    evidence, twin = Evidence(2, (3,)), Evidence(2, (3,))
    A, b = np.stack([np.diag([2.0, 3.0])] * 3, axis=-1).T, np.ones((2, 3)).T
    for one, given in ((evidence, (A, b)), (twin, (A.copy(), b.copy()))):
        one.put(*given)
        one.add(np.ones(2), 1.0, 1)
    assert (A[1, 0, 1], b[1, 0]) == (0.0, 1.0)
    A[:] = b[:] = 9
    assert np.array_equal(evidence.A, twin.A)
    assert np.array_equal(evidence.A[1], [[3, 1], [1, 4]])
