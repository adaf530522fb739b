"""Kinds of users that the clicks tell: they are drawn from their posterior, and the table comes out again."""

import copy

import numpy as np
import pytest
from scipy.special import betaln
from stored_numbers import compares_stored_numbers

from zoolab.experiments import groups, tastes
from zoolib import FeatureEngineer, ZooplusSimulator, run
from zoolib.experiment import stored


@pytest.fixture(scope="module")
def table():
    return stored(tastes.TABLE)


@pytest.fixture(scope="module")
def taught():
    """An agent of two worlds after 1,500 visits."""
    world = ZooplusSimulator(n_users=tastes.N_USERS, seed=[3, 5])
    agent = tastes.FewTastes(FeatureEngineer(world), alpha=0.5, weight=30, kinds=3, seeds=world.seeds)
    run({"a": agent}, world, 1500, progress=False)
    return agent


def test_a_kind_has_seen_what_its_users_have(taught):
    for i in range(2):
        for kind in range(3):
            its = taught.kind[i] == kind
            assert taught.size[i, kind] == its.sum()
            np.testing.assert_array_equal(taught.seen[i, kind], taught.n[i, its].sum(0))
            np.testing.assert_array_equal(taught.clicked[i, kind], taught.s[i, its].sum(0))
    assert taught.n.sum() == 3000


def test_a_kind_is_drawn_from_its_posterior_given_the_kinds_of_all_others(taught):
    """By beta functions, user by user; and as often as it is probable."""
    user, a, b = np.array([7, 9]), tastes.CLICKS, tastes.MISSES
    drawn, rng = np.zeros((2, 3)), np.random.default_rng(0)
    for _ in range(3000):
        taught.look(user, rng.gumbel(size=(2, 3)))
        drawn[range(2), taught.kind[range(2), user]] += 1 / 3000
    for i in range(2):
        others = np.arange(tastes.N_USERS) != user[i]
        n, s = taught.n[i, user[i]], taught.s[i, user[i]]
        log_p, rates, spread = np.zeros(3), np.zeros((3, 5)), np.zeros((3, 5))
        for kind in range(3):
            its = others & (taught.kind[i] == kind)
            seen, clicked = taught.n[i, its].sum(0), taught.s[i, its].sum(0)
            before, after = (clicked, seen - clicked), (clicked + s, seen - clicked + n - s)
            log_p[kind] = np.log(its.sum() + 1 / 3) + sum(
                betaln(a + after[0], b + after[1]) - betaln(a + before[0], b + before[1])
            )
            rates[kind] = (a + clicked) / (a + b + seen)
            spread[kind] = rates[kind] * (1 - rates[kind]) / (a + b + seen + 1)
        p = np.exp(log_p - log_p.max())
        p /= p.sum()
        np.testing.assert_allclose(drawn[i], p, atol=4 * np.sqrt(p * (1 - p) / 3000).max() + 1e-6)
        usual, width = (part[i] for part in copy.deepcopy(taught).look(user, np.zeros((2, 3))))
        np.testing.assert_allclose(usual, p @ rates, atol=1e-12)
        np.testing.assert_allclose(width**2, p @ (spread + rates**2) - (p @ rates) ** 2, atol=1e-12)


def test_users_of_one_persona_are_of_one_kind_in_the_end():
    world = ZooplusSimulator(n_users=tastes.N_USERS, seed=[3])
    agent = tastes.FewTastes(FeatureEngineer(world), alpha=0.5, weight=90, kinds=6, seeds=world.seeds)
    run({"a": agent}, world, 2000, progress=False)
    same_kind, same_persona = (who[:, None] == who for who in (agent.kind[0], world.user_persona[0]))
    assert same_kind[same_persona].mean() > 2 * same_kind[~same_persona].mean()


def test_two_levels_add_the_mean_of_all_users_as_some_visits():
    world = ZooplusSimulator(n_users=tastes.N_USERS, seed=[3])
    agent = tastes.TwoLevels(FeatureEngineer(world), alpha=0.3, weight=4.0)
    for user, reward in [(4, 1), (4, 1), (4, 0), (9, 1)]:
        agent.count(np.array([user]), np.array([2]), np.array([reward]))
    usual = (2 / 4 + 1 / 2) / tastes.N_USERS
    mean, width = (part[0] for part in agent.expected(np.array([4])))
    np.testing.assert_allclose(mean, [0, 0, (2 + 4 * usual) / 7, 0, 0])
    np.testing.assert_allclose(width, 1 / np.sqrt([4, 4, 7, 4, 4]))


def test_who_is_told_the_persona_counts_by_it():
    world = ZooplusSimulator(n_users=tastes.N_USERS, seed=[3])
    agent = tastes.Told(FeatureEngineer(world), alpha=0.3, weight=1.0, kind=world.user_persona)
    one, *others = np.flatnonzero(world.user_persona[0] == 1)
    agent.count(np.array([one]), np.array([2]), np.array([1]))
    assert agent.expected(np.array([others[0]]))[0].tolist() == [[0, 0, 0.5, 0, 0]]
    assert agent.expected(np.flatnonzero(world.user_persona[0] == 2)[:1])[0].tolist() == [[0, 0, 0, 0, 0]]


def test_all_agents_were_searched_apart_from_what_is_reported(table):
    assert table["agent"].unique().tolist() == list(tastes.AGENTS)
    assert not set(tastes.TUNING_WORLDS) & set(tastes.WORLDS)
    for name, part in table.groupby("agent"):
        tried, played = (part[part["phase"] == phase] for phase in ("tuning", "play"))
        assert 1 < len(tried) <= tastes.BUDGET
        assert played["replication"].tolist() == list(tastes.WORLDS)
        best = tried.loc[tried["lost"].idxmin(), list(tastes.AGENTS[name][1])]
        assert best.tolist() == played.iloc[0][best.index].tolist(), name


@compares_stored_numbers
@pytest.mark.parametrize("name", tastes.AGENTS)
def test_the_first_fifth_of_a_world_comes_out_again(table, name, monkeypatch):
    """Alone, and from a run that ends there: a world's users and luck are its own, and do not know when it ends."""
    kept = table[(table["agent"] == name) & (table["phase"] == "play")].set_index("replication").loc[7]
    monkeypatch.setattr(tastes, "N_STEPS", groups.N_STEPS // 5)
    _, earned, _, _ = tastes.played([7], name, dict(kept[list(tastes.AGENTS[name][1])]))
    assert earned.item() == pytest.approx(kept["first fifth"], abs=1e-6)
