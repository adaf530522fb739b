"""What the wheel's table says is what its agents do, and the Showdown's posterior is that of its authors."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import invgamma
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.columns import serve
from zoolab.experiments import wheel
from zoolab.labelled import WheelBandit
from zoolib.experiment import stored
from zoolib.randomness import shifted

DIALS = wheel.DIALS


@pytest.fixture(scope="module")
def table():
    return stored(wheel.TABLE)


def test_all_agents_were_searched_by_one_budget_and_played_a_hundred_wheels(table):
    assert table["agent"].unique().tolist() == list(wheel.AGENTS)
    for name, part in table.groupby("agent"):
        tried, played = (part[part["phase"] == phase] for phase in ("tuning", "play"))
        assert 1 < len(tried) <= wheel.BUDGET
        assert not tried[DIALS].duplicated().any()
        assert played["replication"].tolist() == list(wheel.SEEDS)
        lowest = tried["lost"].astype(float).min()
        chosen = played.iloc[0][DIALS]
        mine = tried[(tried[DIALS].fillna(-1) == chosen.fillna(-1)).all(axis=1)]
        assert float(mine["lost"].item()) == lowest, name


def test_the_wheels_of_the_search_are_not_those_that_are_reported():
    assert not set(wheel.SEEDS) & set(wheel.TUNING_SEEDS)


@compares_stored_numbers
@pytest.mark.parametrize("name", ["Squares, UCB", "Neural-Linear, Showdown's draws"])
def test_wheels_come_out_again(table, name):
    kept = table[(table["agent"] == name) & (table["phase"] == "play")].set_index("replication")
    setting = {d: kept.iloc[0][d] for d in wheel.AGENTS[name][2]}
    for i, delta in enumerate(wheel.DELTAS[::4]):
        lost, rich = wheel.lost(name, setting, [7, 31], delta)
        for seed, loss, n in zip([7, 31], lost, rich, strict=True):
            assert float(kept.loc[seed, "lost"].split()[4 * i]) == pytest.approx(loss, abs=0.006)
            assert int(kept.loc[seed, "found"].split()[4 * i]) == n


def test_in_a_fresh_hundred_nothing_is_searched_and_other_wheels_are_played(table, monkeypatch):
    monkeypatch.setattr(wheel, "search", None)
    monkeypatch.setattr(wheel, "SEEDS", range(2))
    monkeypatch.setattr(wheel, "N_STEPS", 100)
    with shifted(1_000_000):
        fresh = wheel.compute(["Linear, UCB"])
    mine = table[table["agent"] == "Linear, UCB"]
    assert fresh[fresh["phase"] == "tuning"]["lost"].tolist() == mine[mine["phase"] == "tuning"]["lost"].tolist()
    fresh, mine = (t[t["phase"] == "play"][:2] for t in (fresh, mine))
    assert (
        fresh[["alpha", "ridge", "unsettled"]].to_numpy().tolist()
        == mine[["alpha", "ridge", "unsettled"]].to_numpy().tolist()
    )
    assert fresh["lost"].tolist() != mine["lost"].tolist()


def test_every_arm_is_tried_twice_first():
    agent = wheel.Linear(zoo.ContextSpace(2, 5), alpha=0.0)
    chosen = []
    for x in np.random.default_rng(0).normal(size=(10, 2)):
        chosen.append(agent.select(np.broadcast_to(x, (5, 2))))
        agent.learn(x, chosen[-1], 1.0)
    assert sorted(chosen) == sorted([*range(5)] * 2)


@pytest.mark.parametrize("make", [wheel.LinearShowdown, wheel.HeadsShowdown])
def test_the_posterior_is_normal_inverse_gamma(make):
    """Of an arm's records, embedded as they are: a_n, b_n in closed form, and draws of payoff that follow them."""
    settings = {"ridge": 0.25, "alpha": 1.0, "exploration": zoo.ArmThompson(), "rng": 3}
    agent = make(zoo.ContextSpace(3, 5), **settings)
    rng, records = np.random.default_rng(1), []
    for _ in range(60):
        x = rng.normal(size=3)
        arm = agent.select(np.broadcast_to(x, (5, 3)))
        records.append((x, arm, x[0] + arm + rng.normal()))
        agent.learn(*records[-1])
    x = rng.normal(size=(1, 3))
    scores = np.array([agent.score(np.broadcast_to(x, (5, 3))) for _ in range(8000)])
    embed = agent.phi if hasattr(agent, "phi") else np.asarray
    for arm in range(5):
        Z = embed(np.array([x for x, a, _ in records if a == arm]))
        y = np.array([r for _, a, r in records if a == arm])
        A = Z.T @ Z + 0.25 * np.eye(Z.shape[1])
        mu = np.linalg.solve(A, Z.T @ y)
        a, b = 6 + len(y) / 2, 6 + (y @ y - mu @ A @ mu) / 2
        z = embed(x)[0]
        noise = invgamma(a, scale=b).mean()
        spread = np.sqrt(noise * (z @ np.linalg.solve(A, z)))
        assert scores[:, arm].std() == pytest.approx(spread, rel=0.06, abs=1e-9)
        assert scores[:, arm].mean() == pytest.approx(mu @ z, abs=4 * spread / np.sqrt(8000) + 1e-9)


def test_one_network_for_all_arms_tells_them_apart_by_their_columns():
    seen = wheel.Seen(WheelBandit([3, 4], 5), wheel.OwnColumns())
    X, x = seen.contexts(2), seen.wheel.x[2]
    assert X.shape == (2, 5, 15)
    for arm in range(5):
        np.testing.assert_array_equal(X[:, arm, 3 * arm : 3 * arm + 3], np.column_stack([np.ones(2), x]))
        assert (np.delete(X[:, arm], np.s_[3 * arm : 3 * arm + 3], axis=-1) == 0).all()


def test_chance_loses_a_hundred_percent():
    seen = WheelBandit(range(30), wheel.N_STEPS, delta=0.9)
    played = serve({"chance": lambda space, rng: zoo.RandomAgent(space, rng=rng)}, seen, progress=False)
    chance = (seen.expected.max(-1) - seen.expected.mean(-1)).sum(0)
    assert (100 * (played.oracle - played.expected[0]).sum(-1) / chance).mean() == pytest.approx(100, abs=1.5)


def test_one_of_many_is_the_one_alone():
    name, setting = "Waves, Showdown's draws", {"ridge": 0.25, "length": 0.5}
    many, rich = wheel.lost(name, setting, [4, 9], 0.9)
    for i, seed in enumerate([4, 9]):
        alone = wheel.lost(name, setting, [seed], 0.9)
        assert alone[0][0] == pytest.approx(many[i])
        assert alone[1][0] == rich[i]


def test_columns(table):
    assert list(table) == ["agent", "phase", *DIALS, "unsettled", "replication", "lost", "found"]
    assert pd.api.types.is_numeric_dtype(table["ridge"])


def test_a_point_is_shown_in_the_column_of_its_quarter_with_its_distance():
    x = np.array([[0.3, 0.4], [0.3, -0.4], [-0.3, 0.4], [-0.3, -0.4]])
    plain, far = (wheel.Quarters(distance).start(2, (), None) for distance in (False, True))
    assert (plain.width, far.width) == (4, 8)
    assert plain(x)[:, [3, 2, 1, 0]].tolist() == np.eye(4).tolist()
    np.testing.assert_allclose(far(x), np.concatenate([plain(x), 0.5 * plain(x)], axis=1))
