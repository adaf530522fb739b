"""Evidence of many arms on few contexts says what the matrices behind it say."""

import copy
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoolib import (
    SHOCK_DOG_TOY,
    SHOCK_FISH,
    FeatureEngineer,
    Launch,
    LinUCBAgent,
    SharedLinUCBAgent,
    ZooplusSimulator,
    run,
)
from zoolib.agents import DisjointLinUCBAgent
from zoolib.evidence import Evidence, TabularEvidence, WindowedEvidence, WindowedTabularEvidence
from zoolib.evidence.tabular import HANDFUL


def both(Z, ridge=1.0):
    return TabularEvidence(Z, ridge), Evidence(Z.shape[-1], Z.shape[:-2], ridge)


def score(tabular, row, alpha, rows):
    return tabular.mean_of_all(row, *rows) + alpha * tabular.width_of_all(row, *rows)


def put_back(tabular, *click):
    """The same evidence in another, which knew something else: a click on rows that are apart."""
    other = TabularEvidence(np.broadcast_to(np.eye(tabular.m, tabular.d), tabular.Z.shape), tabular.ridge)
    other.add(*click)
    other.set_state(tabular.get_state())
    return other


def assert_alike(tabular, plain, Z, atol=1e-10):
    worlds = Z.shape[0] if Z.ndim == 4 else None
    mean, width = plain.mean(Z), plain.width(Z)
    assert np.allclose(tabular.f, mean, atol=atol)
    assert np.allclose(np.sqrt(tabular.V.diagonal(0, -2, -1)), width, atol=atol)
    for row in range(Z.shape[-2]):
        x, rows = np.full(worlds or (), row), (np.arange(worlds),) if worlds else ()
        assert np.allclose(tabular.mean_of_all(x, *rows), mean[..., row], atol=atol)
        assert np.allclose(tabular.width_of_all(x, *rows), width[..., row], atol=atol)
    tabular = copy.deepcopy(tabular)  # what follows brings the matrices up to date
    for arm in (..., 0) if worlds is None else (..., np.arange(worlds) % Z.shape[1]):
        X = Z if arm is ... else Z[arm] if worlds is None else Z[np.arange(worlds), arm]
        of_both = zip(tabular.mean_and_width(X, arm), plain.mean_and_width(X, arm), strict=True)
        assert all(np.allclose(a, b, atol=atol) for a, b in of_both)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    worlds=st.sampled_from([(), (3,)]),
    m=st.sampled_from([3, HANDFUL + 1]),
    n=st.integers(0, 60),
    ridge=st.sampled_from([0.5, 1.0]),
)
def test_it_equals_the_evidence_that_keeps_matrices(seed, worlds, m, n, ridge):
    rng = np.random.default_rng(seed)
    K, d = 4, 5
    Z = rng.normal(size=(*worlds, K, m, d))
    tabular, plain = both(Z, ridge)
    rows = (np.arange(worlds[0]),) if worlds else ()
    for _ in range(n):
        arm, row, r = rng.integers(0, K, worlds), rng.integers(0, m, worlds), rng.normal(size=worlds)
        arm = arm if worlds else int(arm)
        x = Z[(*rows, arm, row)]
        way = rng.random()
        if way < 0.1:
            tabular.add(x, r, arm)  # a context that is told in full
        else:
            tabular.add(row, r, arm)
        plain.add(x, r, arm)
        if way > 0.8:
            tabular.remove(row, r, arm)
            plain.remove(x, r, arm)
        elif way > 0.7:
            tabular = put_back(tabular, row, r, arm)
        elif way > 0.6:
            assert np.allclose(tabular.bound_of_all(row, 0.3, *rows), score(tabular, row, 0.3, rows))
    assert_alike(tabular, plain, Z)
    assert np.allclose(tabular.A, plain.A)
    assert np.allclose(tabular.b, plain.b)
    assert np.allclose(tabular.A_inv, plain.A_inv)
    assert_alike(tabular, plain, Z)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    worlds=st.sampled_from([(), (3,)]),
    table=st.sampled_from(["apart", "apart, one of zeros", "two alike", "two alike, two of zeros", "any"]),
    strangers=st.booleans(),
)
def test_of_all_arms_together_rows_that_are_apart_are_as_any_others(seed, worlds, table, strangers):
    rng = np.random.default_rng(seed)
    m = 6
    Z = {"apart": 2 * np.eye(m), "any": rng.normal(size=(m, m))}.get(table, np.eye(m))
    Z[0] = Z[0] * ("zeros" not in table) + Z[1] * (table == "two alike")
    if table == "two alike, two of zeros":  # as many numbers other than 0 as there are rows
        Z[1], Z[2] = 0, Z[2] + Z[3]
    Z = np.tile(Z, (*worlds, 1, 1))
    tabular, plain = both(Z, 0.5)
    rows = (np.arange(worlds[0]),) if worlds else ()
    for t in range(40):
        row, r = rng.integers(0, m, worlds), rng.normal(size=worlds)
        x = Z[(*rows, row)]
        if strangers and t == 20:
            x = row = rng.normal(size=(*worlds, m))  # from now on they are not apart
        tabular.add(row, r)
        plain.add(x, r)
        if t % 7 == 3:
            tabular.remove(row, r)
            plain.remove(x, r)
        if t % 11 == 5:
            tabular = put_back(tabular, rng.integers(0, m, worlds), r)
    every = np.broadcast_to(np.arange(m), (*worlds, m))
    assert np.allclose(tabular.mean(every), plain.mean(Z), atol=1e-10)
    assert np.allclose(tabular.width(every), plain.width(Z), atol=1e-10)
    assert np.allclose(tabular.V, Z @ plain.A_inv @ Z.swapaxes(-1, -2), atol=1e-10)
    assert np.allclose(tabular.A, plain.A)
    assert np.allclose(tabular.b, plain.b)


@pytest.mark.parametrize("arms", [(), (2,)])
@pytest.mark.parametrize("worlds", [(), (3,)])
def test_a_click_that_cannot_be_leaves_nothing_behind(worlds, arms):
    tabular = TabularEvidence(np.broadcast_to(np.eye(3), (*worlds, *arms, 3, 3)))
    rows, arm = (np.arange(n) for n in worlds), ([0] if not worlds else [np.zeros(3, dtype=int)]) if arms else []
    row = np.ones(worlds, dtype=int)
    if arms:
        tabular.bound_of_all(row, 0.3, *rows)
    tabular.add(row, np.ones(worlds), *arm)
    before = tabular.get_state()
    for wrong in (np.ones((5, 7)), "one", None):
        with pytest.raises((TypeError, ValueError)):
            tabular.add(row, wrong, *arm)
    after = tabular.get_state()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_many_clicks_leave_no_rounding_errors_behind():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(2, 3, 4))
    tabular, _ = both(Z)
    rows = rng.integers(0, 3, 50_000)
    for t, row in enumerate(rows):
        tabular.add(row, 1.0, int(t % 2))
    f, V = tabular.f.copy(), tabular.V.copy()
    exact = Z @ np.linalg.inv(tabular.A) @ Z.swapaxes(-1, -2)
    assert np.abs(V / exact - 1).max() < 1e-8
    assert np.allclose(f, np.matvec(Z, tabular.theta), rtol=1e-8)


def test_arms_that_come_later_have_no_past():
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(5, 3, 4))
    tabular, plain = both(Z[:3])
    for _ in range(30):
        row, arm = rng.integers(0, 3), int(rng.integers(0, 3))
        tabular.add(row, 1.0, arm)
        plain.add(Z[arm, row], 1.0, arm)
    tabular.grow(2)
    tabular.go_by(Z)
    plain.grow(2)
    assert_alike(tabular, plain, Z)
    assert np.array_equal(tabular.A[3:], np.broadcast_to(np.eye(4), (2, 4, 4)))


@pytest.mark.parametrize("seed", [1, [1, 2]])
def test_a_copied_agent_and_one_whose_state_was_put_back_go_on_alike(seed):
    sim = ZooplusSimulator(n_products=10, n_users=50, seed=seed)
    agent = LinUCBAgent(FeatureEngineer(sim), alpha=0.3)
    users = np.random.default_rng(0).integers(0, 50, (600, *sim.batch_shape))

    def play(agent, sim, users):
        arms = []
        for user in users if sim.batch_shape else users.tolist():
            arms.append(agent.predict(user, sim))
            agent.update(user, arms[-1], sim.get_reward(user, arms[-1]), sim)
        return np.array(arms).tolist()

    play(agent, sim, users[:300])
    twin, put_back = copy.deepcopy(agent), LinUCBAgent(FeatureEngineer(sim), alpha=0.3)
    put_back.set_state(copy.deepcopy(agent.get_state()))
    worlds = [sim.copy() for _ in range(3)]
    first, second, third = (play(a, w, users[300:]) for a, w in zip((agent, twin, put_back), worlds, strict=True))
    assert first == second == third


@pytest.mark.parametrize("n", [3, 200])
@pytest.mark.parametrize("seed", [1, [1, 2]])
def test_contexts_that_come_together_are_learned_as_one_by_one(seed, n):
    sim = ZooplusSimulator(n_products=10, n_users=50, seed=seed)
    features = FeatureEngineer(sim)
    together, in_turn = (LinUCBAgent(features, alpha=0.3) for _ in range(2))
    rng = np.random.default_rng(0)
    for size in (50, n, 50):  # by visits, together and by visits again
        users, arms = (rng.integers(0, most, (size, *sim.batch_shape)) for most in (50, 10))
        clicks = rng.integers(0, 2, arms.shape)
        one_by_one = list(zip(*(a if sim.batch_shape else a.tolist() for a in (users, arms, clicks)), strict=True))
        X = np.array([features.context(user, arm, sim) for user, arm, _ in one_by_one])
        if size == 50:
            for agent in (together, in_turn):
                for click in one_by_one:
                    agent.update(*click, sim)
        else:
            together.learn_many(X, arms, clicks)
            for click in one_by_one:
                in_turn.update(*click, sim)
        for user, *_ in one_by_one[:10]:
            scores = [agent.scored(user, sim)[0] for agent in (together, in_turn)]
            assert np.allclose(*scores, rtol=1e-9, atol=1e-12)
            assert np.array_equal(together.predict(user, sim), in_turn.predict(user, sim))
    assert np.allclose(together.evidence.A_inv, in_turn.evidence.A_inv, rtol=1e-9, atol=1e-12)


def test_rows_and_contexts_are_told_apart_by_their_axes():
    Z = 1e-3 * np.eye(6)
    rows, clicks, arms = [0, 5, 3, 5], [1.0, 0.0, 1.0, 1.0], [0, 1, 1, 0]
    by_row, by_context, by_turn = (TabularEvidence(np.stack([Z, 2 * Z]), 1e-6) for _ in range(3))
    by_row.add_many(
        np.array(rows * 10), np.array(clicks * 10), np.array(arms * 10)
    )  # numbers whose squares are no lengths
    X = [(1 + arm) * Z[row] for row, arm in zip(rows, arms, strict=True)]
    by_context.add_many(np.array(X * 10), np.array(clicks * 10), np.array(arms * 10))
    for row, click, arm in zip(rows * 10, clicks * 10, arms * 10, strict=True):
        by_turn.add(np.asarray(row), click, arm)
    for one in (by_row, by_context):
        assert np.allclose(one.f, by_turn.f)
        assert np.allclose(one.V, by_turn.V)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 60))
def test_the_bounds_that_are_kept_are_those_of_the_means_and_widths(seed, n):
    rng = np.random.default_rng(seed)
    tabular, rows = TabularEvidence(rng.normal(size=(3, 4, 2, 5))), np.arange(3)
    for t in range(n):
        x, arm = rng.integers(0, 2, 3), rng.integers(0, 4, 3)
        alpha = 0.2 if t < 40 else 1.0
        bound = tabular.mean_of_all(x, rows) + alpha * tabular.width_of_all(x, rows)
        kept = tabular.bound_of_all(x, alpha, rows)
        assert np.array_equal(kept, bound)
        kept[:] = 0  # what is handed out is a copy
        if t % 13 == 5:
            tabular.add(rng.normal(size=(3, 5)), np.ones(3), arm)
        if t == 30:
            tabular.go_by(rng.normal(size=(3, 4, 2, 5)))
        if t == 50:
            tabular.add(x, np.full(3, 0.5), arm)
            tabular.remove(x, np.full(3, 0.5), arm)
        tabular.add(x, rng.normal(size=3), arm)


@pytest.mark.parametrize("m", [2, HANDFUL + 1])
def test_of_one_world_bounds_are_not_kept_longer_than_they_are_true(m):
    tabular = TabularEvidence(np.random.default_rng(0).normal(size=(3, m, 4)))
    for _ in range(3):
        kept = tabular.bound_of_all(1, 0.5)
        assert np.array_equal(kept, tabular.mean_of_all(1) + 0.5 * tabular.width_of_all(1))
        kept[:] = 0  # what is handed out is a copy
        tabular.add(np.asarray(1), 1.0, 2)


@pytest.mark.parametrize("worlds", [(), (3,)])
def test_what_is_saved_holds_all_clicks_in_its_sums(worlds):
    rng = np.random.default_rng(0)
    tabular, plain = both(rng.normal(size=(*worlds, 4, 2, 5)))
    for _ in range(20):
        tabular.add(rng.integers(0, 2, worlds), rng.normal(size=worlds), rng.integers(0, 4, worlds) if worlds else 1)
    plain.set_state(tabular.get_state())  # of an agent that has come to keep its evidence otherwise
    assert np.allclose(plain.A, tabular.A)
    assert np.allclose(plain.b, tabular.b)
    assert np.array_equal(plain.A_inv, tabular.A_inv)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from([(), (3,), (4,), (3, 4)]),
    window=st.integers(1, 12),
    n=st.integers(0, 50),
    ridge=st.sampled_from([0.5, 1.0]),
)
def test_a_window_of_rows_is_one_of_their_contexts_whatever_comes_between(seed, shape, window, n, ridge):
    rng = np.random.default_rng(seed)
    has_arms, m, d = 4 in shape, 3, 5
    worlds = shape[:-1] if has_arms else shape
    rows = tuple(map(np.arange, worlds))
    Z = rng.normal(size=(*shape, m, d))
    tabular = WindowedTabularEvidence(Z, ridge, window=window)
    plain = WindowedEvidence(d, shape, ridge, window=window)
    for _ in range(n):
        row, r = rng.integers(0, m, worlds), rng.normal(size=worlds)
        arm = None if not has_arms else rng.integers(0, 4, worlds) if worlds else int(rng.integers(0, 4))
        x = Z[(*rows, row) if arm is None else (*rows, arm, row)]
        way = rng.random()
        tabular.add(x if way < 0.1 else np.asarray(row), r, arm)
        plain.add(x, r, arm)
        if 0.1 < way < 0.2:
            tabular.go_by(Z := rng.normal(size=Z.shape))  # what is in the window came with the table before
        elif way < 0.3:
            other = WindowedTabularEvidence(np.zeros(Z.shape), tabular.ridge, window=tabular.window)
            other.add(np.asarray(row), r, arm)
            other.set_state(tabular.get_state())
            tabular = other
        elif way < 0.35:
            tabular.ridge = plain.ridge = plain.ridge + 0.5
        elif way < 0.4:
            tabular.window = plain.window = max(1, plain.window - 1)
        elif way < 0.45:
            tabular = WindowedTabularEvidence(Z, tabular.ridge, window=tabular.window).take_over(tabular)
        elif way < 0.5:
            plain = WindowedEvidence(d, shape, plain.ridge, window=plain.window).take_over(tabular)
        assert len(tabular._clicks) == len(plain._clicks) <= tabular.window
        assert np.allclose(tabular.f, plain.mean(Z), atol=1e-9)
        assert np.allclose(np.sqrt(tabular.V.diagonal(0, -2, -1)), plain.width(Z), atol=1e-9)
    assert np.allclose(tabular.A, plain.A)
    assert np.allclose(tabular.b, plain.b)


@pytest.mark.parametrize("worlds", [(), (2,)])
def test_where_arms_come_and_others_change_each_click_leaves_as_it_came(rng, worlds):
    Z = rng.normal(size=(*worlds, 3, 2, 5))
    new = rng.normal(size=(*worlds, 4, 2, 5))
    tabular, plain = WindowedTabularEvidence(Z, window=6), WindowedEvidence(5, (*worlds, 3), window=6)
    rows = tuple(map(np.arange, worlds))
    for table, n_arms in ((Z, 3), (new, 4)):
        for t in range(13):
            arm = (t + np.arange(2)) % n_arms if worlds else t % n_arms
            row = np.full(worlds, t % 2)
            tabular.add(row, np.ones(worlds), arm)
            plain.add(table[(*rows, arm, row)], np.ones(worlds), arm)
            assert np.allclose(tabular.f, plain.mean(table), atol=1e-10)
        if n_arms == 3:
            for one in (tabular, plain):
                one.grow(1)
            tabular.go_by(new)


@pytest.mark.parametrize("kind", ["onehot", "both", "crossed"])
def test_by_a_weak_prior_a_window_goes_by_contexts_and_chooses_by_no_rounding_error(kind):
    """Where nothing in the window was clicked all is equal, and the first product is shown."""
    sim = ZooplusSimulator(n_products=12, n_users=60, seed=0)
    features = FeatureEngineer(sim) if kind == "onehot" else FeatureEngineer(sim).encoded(kind)
    for ridge in (1e-3, 0.1, 0.3, 1.0):
        agents = {str(of): of(features, window=2, alpha=0.0, ridge=ridge) for of in (LinUCBAgent, SharedLinUCBAgent)}
        played = run(agents, sim, 300)
        nothing = (played.reward[..., 1:-1] == 0) & (played.reward[..., :-2] == 0)
        assert not played.arm[..., 2:][nothing].any()


def test_arms_that_come_leave_the_clicks_on_those_there_were_what_they_are(rng):
    Z = rng.normal(size=(4, 3, 5))
    tabular, plain = WindowedTabularEvidence(Z[:2], window=4), WindowedEvidence(5, (2,), window=4)
    for t in range(9):
        tabular.add(np.asarray(t % 3), 1.0, t % 2)
        plain.add(Z[t % 2, t % 3], 1.0, t % 2)
    for one in (tabular, plain):
        one.grow(2)
    tabular.go_by(Z)
    assert {x.ndim for x, _, _ in tabular._clicks} == {0}  # still numbers, which are sooner taken out
    for t in range(9):
        tabular.add(np.asarray(t % 3), 0.0, 3)
        plain.add(Z[3, t % 3], 0.0, 3)
        assert np.allclose(tabular.f, plain.mean(Z), atol=1e-12)


@pytest.mark.parametrize("worlds", [(), (3,)])
@pytest.mark.parametrize("has_arms", [False, True])
def test_when_the_last_reward_has_left_the_window_all_means_are_equal_to_the_last_digit(rng, worlds, has_arms):
    """Or else rounding errors would choose among arms of which none has earned anything."""
    m, shape = 4, (*worlds, 2) if has_arms else worlds
    Z = np.tile(np.eye(m) if not has_arms else np.c_[np.eye(m), np.ones(m)], (*shape, 1, 1))
    tabular = WindowedTabularEvidence(Z, window=7)
    for t in range(60):
        arm = None if not has_arms else np.full(worlds, t % 2) if worlds else t % 2
        tabular.add(rng.integers(0, m, worlds), np.ones(worlds) * (t % 20 < 9), arm)
        if t % 20 == 19:
            assert not tabular.f.any()


@pytest.mark.parametrize("kind", ["onehot", "both", "crossed"])
@pytest.mark.parametrize("worlds", [0, range(4)])
def test_agents_with_a_window_choose_in_the_shop_as_by_their_contexts(kind, worlds):
    def play(agents):
        sim = ZooplusSimulator(seed=worlds)
        features = FeatureEngineer(sim).encoded(kind) if kind != "onehot" else FeatureEngineer(sim)
        happens = {200: SHOCK_FISH, 300: Launch(("Cat Toy", "Dog Food")), 450: SHOCK_DOG_TOY}
        return run({str(i): make(features) for i, make in enumerate(agents)}, sim, 600, happens).arm

    by_rows = [partial(one, window=60, alpha=a) for one in (LinUCBAgent, SharedLinUCBAgent) for a in (0.0, 0.5)]
    by_contexts = [partial(one, window=60, alpha=a) for one in (DisjointLinUCBAgent, _Plain) for a in (0.0, 0.5)]
    assert (play(by_rows) == play(by_contexts)).all()


class _Plain(SharedLinUCBAgent):
    """A class of one's own is told contexts."""
