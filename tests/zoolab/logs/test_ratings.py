"""Replay gives what acting would have given, on a log of uniform choices; and no log is taken for one that is none."""

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

from zoolab.experiments import ratings
from zoolab.logs import LoggedData, movielens, rating_log, replay, thinned
from zoolab.logs.public_logs import GENRES
from zoolib import ContextSpace, LinUCBAgent, RandomAgent
from zoolib.experiment import stored


def uniform_log(rng, n, K=3, d=2, p=None):
    """Clicks of probability x[0] for arm 0 and .3 for all others, chosen with probabilities ``p``."""
    p = np.full(K, 1 / K) if p is None else np.array(p)
    X, arm = rng.random((n, d)), rng.choice(K, n, p=p)
    reward = rng.random(n) < np.where(arm == 0, X[:, 0], 0.3)
    return LoggedData(X, arm, reward * 1.0, p[arm], K)


class Fixed(LinUCBAgent):
    """Arm 0 where it pays, arm 1 elsewhere; it learns nothing."""

    def select(self, X):
        return int(X[0, 0] < 0.3)


def test_a_fixed_policy_is_given_its_value_and_an_interval_of_its_size():
    """E max(x, .3) = .3 * .3 + (1 - .09) / 2 = .545 for x uniform."""
    values, rates = [], []
    for seed in range(300):
        found = replay(uniform_log(np.random.default_rng(seed), 300), Fixed(ContextSpace(2, 3), alpha=0.0))
        values.append(found.value)
        rates.append(found.acceptance)
    error = np.std(values) / np.sqrt(300)
    assert abs(np.mean(values) - 0.545) < 4 * error
    assert np.mean(rates) == pytest.approx(1 / 3, abs=0.01)


def test_a_learner_earns_on_average_what_it_earns_when_it_acts():
    lived, replayed = [], []
    for seed in range(400):
        agent, rng = LinUCBAgent(ContextSpace(2, 3), alpha=0.5), np.random.default_rng([1, seed])
        earned = 0.0
        for _ in range(60):
            x = rng.random(2)
            arm = agent.select(np.broadcast_to(x, (3, 2)))
            reward = float(rng.random() < (x[0] if arm == 0 else 0.3))
            agent.learn(x, arm, reward)
            earned += reward
        lived.append(earned / 60)
        log = uniform_log(np.random.default_rng([2, seed]), 400)
        found = replay(log, LinUCBAgent(ContextSpace(2, 3), alpha=0.5), 60)
        assert len(found.rows) == 60
        replayed.append(found.value)
    error = np.sqrt((np.var(lived) + np.var(replayed)) / 400)
    assert abs(np.mean(lived) - np.mean(replayed)) < 4 * error


def test_thinning_makes_a_log_of_known_propensities_uniform():
    log = uniform_log(np.random.default_rng(0), 60_000, p=[0.6, 0.3, 0.1])
    even = thinned(log, np.random.default_rng(1))
    share = np.bincount(even.action) / len(even)
    assert share == pytest.approx([1 / 3] * 3, abs=0.015)
    assert len(even) == pytest.approx(60_000 * 0.3, rel=0.03)
    assert (even.propensity == 1 / 3).all()
    assert replay(even, Fixed(ContextSpace(2, 3), alpha=0.0)).value == pytest.approx(0.545, abs=0.02)


@pytest.mark.parametrize("chances", [
    [[0.5, 0.5, 0, 0], [0.6, 0.4, 0, 0]],  # never less than 1/4
    [[0.9, 0.1, 0, 0], [0.1, 0.9, 0, 0]],
    [[0.1, 0.2, 0.3, 0.4], [0.1, 0.9, 0, 0]],  # in one context alone
])  # fmt: skip
def test_a_log_in_which_some_actions_never_had_a_chance_is_not_thinned(chances):
    rng, p = np.random.default_rng(0), np.array(chances)
    x = rng.integers(0, 2, 4000)
    action = (p[x].cumsum(-1) < rng.random(4000)[:, None]).sum(-1)
    log = LoggedData(np.eye(2)[x], action, np.zeros(4000), p[x, action], 4)
    with pytest.raises(ValueError, match=r"about (2|1\.9|2\.9|3|3\.0)\d* of 4 actions had a chance in each row"):
        thinned(log, rng)


@pytest.mark.parametrize("n", [3, 30, 300, 3000])
def test_a_log_in_which_all_had_a_chance_is_thinned_however_rare_some_were(n):
    for seed in range(100):
        rng = np.random.default_rng(seed)
        log = uniform_log(rng, n, p=[0.5, 0.3, 0.2])
        if (log.action == 2).any() or n > 3:
            assert (thinned(log, rng).propensity == 1 / 3).all()


def test_logs_in_lockstep_are_not_thinned_as_one():
    many = LoggedData(np.ones((2, 4, 1)), [[0, 1, 0, 1]] * 2, np.zeros((2, 4)), np.full((2, 4), 0.5), 2)
    with pytest.raises(ValueError, match="log must be one log, got 2 in lockstep"):
        thinned(many, np.random.default_rng(0))


def test_only_what_was_kept_is_learned_and_in_its_order():
    log = uniform_log(np.random.default_rng(0), 200)
    agent, twin = LinUCBAgent(ContextSpace(2, 3), alpha=0.5), LinUCBAgent(ContextSpace(2, 3), alpha=0.5)
    found = replay(log, agent)
    for i in found.rows:
        assert twin.select(np.broadcast_to(log.context[i], (3, 2))) == log.action[i]
        twin.learn(log.context[i], int(log.action[i]), log.reward[i])
    assert np.array_equal(agent.evidence.A, twin.evidence.A)
    assert np.array_equal(found.rewards, log.reward[found.rows])
    assert found.n_events == 200


def test_it_stops_when_enough_was_kept_and_says_when_nothing_was():
    log = uniform_log(np.random.default_rng(0), 200)
    found = replay(log, RandomAgent(ContextSpace(2, 3), rng=0), 5)
    assert len(found.rows) == 5
    assert found.n_events == found.rows[-1] + 1
    none = replay(log.rows(log.action == 2), Fixed(ContextSpace(2, 3), alpha=0.0))
    assert np.isnan(none.value)
    assert none.acceptance == 0


@pytest.mark.parametrize("space", [ContextSpace(3, 3), ContextSpace(2, 4), ContextSpace(2, 3, (2,))])
def test_an_agent_made_for_something_else_is_refused(space):
    log = uniform_log(np.random.default_rng(0), 20)
    with pytest.raises(ValueError, match="agent"):
        replay(log, LinUCBAgent(space))


def test_a_log_that_is_not_uniform_is_refused_before_anything_is_learned():
    log, agent = uniform_log(np.random.default_rng(0), 50, p=[0.5, 0.3, 0.2]), LinUCBAgent(ContextSpace(2, 3))
    with pytest.raises(ValueError, match="thin"):
        replay(log, agent)
    assert not agent.evidence.b.any()
    with pytest.raises(ValueError, match="log"):
        replay("ratings", agent)
    with pytest.raises(ValueError, match="n_accepted"):
        replay(uniform_log(np.random.default_rng(0), 50), agent, 0)


# ---- MovieLens -------------------------------------------------------------------------------------------------------


def test_movielens_is_the_small_set_of_october_2016():
    """100,004 ratings by 671 users, as its README says; stars from one half to five."""
    frame = movielens()
    assert (len(frame), frame["user"].nunique()) == (100_004, 671)
    assert set(frame["rating"]) == {i / 2 for i in range(1, 11)}
    assert frame["time"].is_monotonic_increasing
    assert not frame.duplicated(["user", "film"]).any()


def test_the_context_of_a_rating_is_what_its_user_rated_before():
    frame = movielens().iloc[:20_000]
    log, user = rating_log(frame)
    first = frame["genres"].str.split("|").str[0]
    kept = frame[first.isin(GENRES)]
    assert len(log) == len(kept)
    for i in (0, 57, 1234, len(log) - 1):
        before = kept.iloc[:i][kept["user"].iloc[:i].to_numpy() == user[i]]
        for k, genre in enumerate(GENRES):
            mine = before[before["genres"].str.split("|").str[0] == genre]
            n, s = len(mine), (mine["rating"] >= 4).sum()
            assert log.context[i, 2 * k] == pytest.approx(np.log1p(n) / 5)
            assert log.context[i, 2 * k + 1] == pytest.approx((s + 0.5) / (n + 1))
    assert (log.context[:, -1] == 1).all()
    assert log.propensity == pytest.approx((np.bincount(log.action) / len(log))[log.action])


def test_genres_that_are_no_arms_are_left_out():
    frame = pd.DataFrame(
        {"user": [1, 1, 2], "film": [1, 2, 3], "genres": ["Drama|War", "War", "Action"], "rating": [5.0, 5.0, 1.0],
         "time": [0, 1, 2]}
    )  # fmt: skip
    log, user = rating_log(frame)
    assert [log.actions[action] for action in log.action] == ["Drama", "Action"]
    assert log.reward.tolist() == [1.0, 0.0]
    assert user.tolist() == [1, 2]


def test_a_rating_that_is_missing_is_not_one_of_no_liking():
    frame = pd.DataFrame({"user": [1, 1], "genres": ["Drama", "Action"], "rating": [5.0, np.nan]})
    with pytest.raises(ValueError, match="column 'rating' of frame must be finite"):
        rating_log(frame)


# ---- the table of chapter 10 -----------------------------------------------------------------------------------------


def test_the_table_holds_a_hundred_replications_of_each_policy():
    table = stored(ratings.TABLE)
    policies = [*ratings.AGENTS, *(f"always {genre}" for genre in GENRES)]
    expected = [(seed, policy) for seed in range(100) for policy in policies]
    assert list(table[["replication", "agent"]].itertuples(index=False, name=None)) == expected
    assert (table["accepted"] == ratings.N_ACCEPTED).all()
    assert (table[[f"shown {genre}" for genre in GENRES]].sum(axis=1) == table["accepted"]).all()


@compares_stored_numbers
def test_a_replication_comes_out_again_digit_for_digit():
    table = stored(ratings.TABLE)
    kept = table[table["replication"] == 42].reset_index(drop=True)
    pd.testing.assert_frame_equal(ratings.compute([42]), kept, check_exact=True)
