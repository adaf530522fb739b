"""Evidence against its definition: sums over clicks, with weights, and an inverse computed from them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoolib.evidence.ridge
from zoolib.evidence import DiscountedEvidence, Evidence, WindowedEvidence, make_evidence
from zoolib.evidence.ridge import TIDY_EVERY

SMALL = st.integers(0, 2**32 - 1)


def stream(seed, n, d, n_arms=1, batch=()):
    """n random clicks: contexts, rewards, arms."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, *batch, d)), rng.integers(0, 2, (n, *batch)), rng.integers(0, n_arms, (n, *batch))


def sums(X, r, weights=None, ridge=1.0):
    """A and b as their definitions read: one term a click."""
    weights = np.ones(len(X)) if weights is None else weights
    A, b = ridge * np.eye(X.shape[-1]), np.zeros(X.shape[-1])
    for x, reward, weight in zip(X, r, weights, strict=True):
        A = A + weight * np.outer(x, x)
        b = b + weight * reward * x
    return A, b


def assert_holds(evidence, A, b, which=..., atol=1e-9):
    """The evidence is (A, b), its inverse is A's, and mean and width are those of the formulas."""
    assert np.allclose(evidence.A[which], A, atol=atol)
    assert np.allclose(evidence.b[which], b, atol=atol)
    assert np.allclose(evidence.A_inv[which], np.linalg.inv(A), atol=atol)
    theta = np.linalg.solve(A, b)
    assert np.allclose(evidence.theta[which], theta, atol=atol)


# ---- evidence that remembers everything ------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(seed=SMALL, d=st.integers(1, 12), n=st.integers(1, 60), ridge=st.sampled_from([0.1, 1.0, 30.0]))
def test_rank_one_updates_of_the_inverse_equal_the_inverse(seed, d, n, ridge):
    X, r, _ = stream(seed, n, d)
    evidence = Evidence(d, ridge=ridge)
    for x, reward in zip(X, r, strict=True):
        evidence.add(x, reward)
    A, b = sums(X, r, ridge=ridge)
    assert_holds(evidence, A, b)
    seen = np.random.default_rng(0).normal(size=(4, d))
    assert np.allclose(evidence.mean(seen), [x @ np.linalg.solve(A, b) for x in seen])
    assert np.allclose(evidence.width(seen), [np.sqrt(x @ np.linalg.solve(A, x)) for x in seen])
    assert np.array_equal(evidence.A_inv, evidence.A_inv.T)


@settings(max_examples=30, deadline=None)
@given(seed=SMALL, n_kept=st.integers(0, 20), n_passing=st.integers(1, 20), d=st.integers(1, 6))
def test_taking_out_undoes_taking_in_whatever_the_order(seed, n_kept, n_passing, d):
    X, r, _ = stream(seed, n_kept + n_passing, d)
    order = np.random.default_rng(seed).permutation(len(X))
    evidence = Evidence(d)
    for i in order:
        evidence.add(X[i], r[i])
    for i in range(n_kept, len(X)):
        evidence.remove(X[i], r[i])
    assert_holds(evidence, *sums(X[:n_kept], r[:n_kept]), atol=1e-7)


@settings(max_examples=30, deadline=None)
@given(seed=SMALL, n_arms=st.integers(1, 5), kind=st.sampled_from([int, np.int64, np.uint16]))
def test_a_click_belongs_to_its_arm_alone_whatever_kind_of_number_names_it(seed, n_arms, kind):
    X, r, arms = stream(seed, 40, 3, n_arms)
    evidence = Evidence(3, (n_arms,))
    for x, reward, arm in zip(X, r, arms, strict=True):
        evidence.add(x, reward, kind(arm))
    for arm in range(n_arms):
        assert_holds(evidence, *sums(X[arms == arm], r[arms == arm]), which=arm)
        assert np.allclose(evidence.mean(X[:2])[arm], X[:2] @ evidence.theta[arm])
        assert np.allclose(evidence.width(X[:2])[arm] ** 2, [x @ np.linalg.solve(evidence.A[arm], x) for x in X[:2]])


@settings(max_examples=30, deadline=None)
@given(seed=SMALL, memory=st.sampled_from([{}, {"window": 7}, {"gamma": 0.8}]), by_arm=st.booleans())
def test_a_batch_of_worlds_is_its_worlds_one_by_one(seed, memory, by_arm):
    R, K, d = 3, 4, 3
    X, r, arms = stream(seed, 40, d, K, (R,))
    batch = make_evidence(d, (R, K) if by_arm else (R,), **memory)
    singles = [make_evidence(d, (K,) if by_arm else (), **memory) for _ in range(R)]
    for t in range(40):
        batch.add(X[t], r[t], arms[t] if by_arm else None)
        for i, single in enumerate(singles):
            single.add(X[t, i], int(r[t, i]), int(arms[t, i]) if by_arm else None)
    for i, single in enumerate(singles):
        for name in ("A", "A_inv", "b", "theta"):
            assert np.allclose(getattr(batch, name)[i], getattr(single, name), atol=1e-12)


@pytest.mark.parametrize("shape", [(), (3,)])
def test_rebuilding_from_records_equals_having_taken_them_in(shape, rng):
    X, r = rng.normal(size=(*shape, 25, 4)), rng.integers(0, 2, (*shape, 25))
    added, rebuilt = Evidence(4, shape, ridge=2.0), Evidence(4, shape, ridge=2.0)
    rebuilt.add(rng.normal(size=(*shape, 4)), np.ones(shape))
    for t in range(25):
        added.add(X[..., t, :], r[..., t])
    rebuilt.rebuild(X, r)
    for name in ("A", "A_inv", "b"):
        assert np.allclose(getattr(rebuilt, name), getattr(added, name))
    rebuilt.add(X[..., 0, :], r[..., 0])
    assert np.allclose(rebuilt.A_inv @ rebuilt.A, np.eye(4))


@pytest.mark.parametrize("by_arm", [False, True])
def test_rounding_errors_of_many_updates_are_swept_away(by_arm, monkeypatch):
    # contexts along one direction, huge and nearly parallel: updates of the inverse lose digits quickly
    n = 2 * TIDY_EVERY
    rng = np.random.default_rng(0)
    X = 1e4 * (np.ones(5) + 1e-3 * rng.normal(size=(n, 5)))

    def error(every):
        monkeypatch.setattr(zoolib.evidence.ridge, "TIDY_EVERY", every)
        evidence = Evidence(5, (2,) if by_arm else ())
        for t in range(n):
            evidence.add(X[t], 1.0, t % 2 if by_arm else None)
        return np.abs(evidence.A_inv @ evidence.A - np.eye(5)).max()

    assert error(TIDY_EVERY) < error(10 * n) / 10


@pytest.mark.parametrize("memory", [{}, {"window": 15}, {"gamma": 0.9}])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_arms_that_are_added_have_no_past_and_leave_that_of_the_others_as_it_is(memory, batch):
    K, d, new = 3, 3, 2
    X, r, arms = stream(5, 80, d, K, batch)
    late = np.random.default_rng(1).integers(0, K + new, (80, *batch))
    grown, large = (make_evidence(d, (*batch, k), **memory) for k in (K, K + new))
    for t in range(80):
        if t == 40:
            grown.grow(new)
            assert grown.shape == (*batch, K + new)
            assert np.array_equal(grown.A[..., K:, :, :], np.broadcast_to(np.eye(d), (*batch, new, d, d)))
            assert not grown.b[..., K:, :].any()
        arm = arms[t] if t < 40 else late[t]
        for evidence in (grown, large):
            evidence.add(X[t], r[t], arm if batch else int(arm))
    for name in ("A", "A_inv", "b", "theta"):
        assert np.allclose(getattr(grown, name), getattr(large, name), atol=1e-10)


# ---- evidence that forgets -------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=SMALL, window=st.integers(1, 12), n=st.integers(1, 40), n_arms=st.integers(1, 4))
def test_a_window_holds_the_last_clicks_and_no_other(seed, window, n, n_arms):
    X, r, arms = stream(seed, n, 3, n_arms)
    evidence = WindowedEvidence(3, (n_arms,), window=window)
    for x, reward, arm in zip(X, r, arms, strict=True):
        evidence.add(x, reward, int(arm))
    last = slice(max(0, n - window), n)
    for arm in range(n_arms):
        mine = arms[last] == arm
        assert_holds(evidence, *sums(X[last][mine], r[last][mine]), which=arm, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(seed=SMALL, window=st.integers(1, 8), n_before=st.integers(0, 12), n_after=st.integers(0, 12))
def test_a_window_rebuilt_from_records_goes_on_from_them(seed, window, n_before, n_after):
    X, r, _ = stream(seed, n_before + n_after, 3)
    evidence = WindowedEvidence(3, window=window)
    evidence.add(np.ones(3), 1.0)
    evidence.rebuild(X[:n_before], r[:n_before])
    for t in range(n_before, n_before + n_after):
        evidence.add(X[t], r[t])
    last = slice(max(0, len(X) - window), None)
    assert_holds(evidence, *sums(X[last], r[last]), atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=SMALL, gamma=st.floats(0.3, 1.0), n=st.integers(1, 40), ridge=st.sampled_from([0.5, 1.0, 4.0]))
def test_discounted_evidence_weighs_a_click_by_gamma_to_its_age_and_keeps_the_prior(seed, gamma, n, ridge):
    X, r, _ = stream(seed, n, 3)
    evidence = DiscountedEvidence(3, ridge=ridge, gamma=gamma)
    for x, reward in zip(X, r, strict=True):
        evidence.add(x, reward)
    assert_holds(evidence, *sums(X, r, gamma ** np.arange(n - 1, -1, -1), ridge))


@settings(max_examples=40, deadline=None)
@given(
    seed=SMALL,
    gamma=st.sampled_from([1e-300, 1e-30, 0.5, 0.9, 0.999, 1.0]),
    n=st.integers(1, 40),
    n_arms=st.integers(1, 4),
    ridge=st.sampled_from([0.5, 1.0]),
)
def test_discounted_evidence_of_many_arms_holds_the_weighted_sums(seed, gamma, n, n_arms, ridge):
    X, r, arms = stream(seed, n, 3, n_arms)
    evidence = DiscountedEvidence(3, (n_arms,), ridge, gamma=gamma)
    for x, reward, arm in zip(X, r, arms, strict=True):
        evidence.add(x, reward, int(arm))
    seen = np.random.default_rng(1).normal(size=(n_arms, 5, 3))
    for arm in range(n_arms):
        mine = arms == arm
        A, b = sums(X[mine], r[mine], gamma ** np.arange(n - 1.0, -1.0, -1.0)[mine], ridge)
        assert_holds(evidence, A, b, which=arm)
        assert np.allclose(evidence.mean(seen)[arm], seen[arm] @ np.linalg.solve(A, b))
        assert np.allclose(evidence.width(seen)[arm] ** 2, [x @ np.linalg.solve(A, x) for x in seen[arm]])


@settings(max_examples=20, deadline=None)
@given(seed=SMALL, by_arm=st.booleans())
def test_without_forgetting_all_kinds_of_evidence_are_the_plain_one(seed, by_arm):
    X, r, arms = stream(seed, 30, 3, 4)
    shape = (4,) if by_arm else ()
    kinds = [
        Evidence(3, shape),
        WindowedEvidence(3, shape, window=30),
        DiscountedEvidence(3, shape, gamma=1.0),
    ]
    for evidence in kinds:
        for x, reward, arm in zip(X, r, arms, strict=True):
            evidence.add(x, reward, int(arm) if by_arm else None)
    for evidence in kinds[1:]:
        assert np.allclose(evidence.A, kinds[0].A)
        assert np.allclose(evidence.A_inv, kinds[0].A_inv)
        assert np.allclose(evidence.b, kinds[0].b)


@pytest.mark.parametrize(("settings_", "kind"), [
    ({}, Evidence),
    ({"gamma": 1.0}, Evidence),
    ({"window": 5}, WindowedEvidence),
    ({"gamma": 0.9}, DiscountedEvidence),
])  # fmt: skip
def test_the_settings_decide_what_is_remembered(settings_, kind):
    assert type(make_evidence(3, (2,), **settings_)) is kind


# ---- copies ----------------------------------------------------------------------------------------------


# ---- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "message"), [
    (lambda: Evidence(0), "d must"),
    (lambda: Evidence(2.0), "d must"),
    (lambda: Evidence(2, ridge=0.0), "ridge"),
    (lambda: Evidence(2, ridge=float("inf")), "ridge"),
    (lambda: WindowedEvidence(2, window=0), "window"),
    (lambda: WindowedEvidence(2, window=2.5), "window"),
    (lambda: DiscountedEvidence(2, gamma=0.0), "gamma"),
    (lambda: DiscountedEvidence(2, (3,), gamma=1.01), "gamma"),
    (lambda: make_evidence(2, (), gamma=float("nan")), "gamma"),
    (lambda: make_evidence(2, (), gamma=0.9, window=3), "two ways to forget"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused_by_name(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_fading_evidence_that_starts_from_records_fades_from_there():
    X, r = np.random.default_rng(0).normal(size=(2, 3, 4)), np.ones((2, 3))
    fading, x = DiscountedEvidence(4, (2,), gamma=0.9), np.arange(4.0)
    fading.rebuild(X, r)
    fading.add(x, 1.0, 0)
    for arm, more in ((0, np.outer(x, x)), (1, 0.0)):
        assert np.allclose(fading.A[arm], np.eye(4) + 0.9 * X[arm].T @ X[arm] + more)
