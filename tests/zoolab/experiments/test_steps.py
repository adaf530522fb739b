"""The table of step sizes is what its experiment gives, and agrees with the metrics of single runs."""

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import steps
from zoolib import metrics
from zoolib.experiment import stored


def test_every_setting_was_played_in_a_hundred_worlds():
    table = stored(steps.DATA / "steps.csv")
    expected = [(*setting.values(), seed) for setting in steps.SETTINGS for seed in range(100)]
    assert list(table[["alpha", "lr", "replication"]].itertuples(index=False, name=None)) == expected
    assert table[["before", "after"]].gt(0.1).all(axis=None)
    assert table[["before", "after"]].lt(0.65).all(axis=None)
    assert (table["better"].between(0, table["poor"]) & table["poor"].between(0, 4)).all()


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("setting", [steps.SETTINGS[0], steps.SETTINGS[-1]], ids=str)
def test_replications_come_out_again_digit_for_digit(setting):
    table = stored(steps.DATA / "steps.csv")
    kept = table[(table[["alpha", "lr", "replication"]] == [*setting.values(), 31]).all(axis=1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(steps.compute([31], [setting]), kept)


def test_a_persona_counts_as_badly_served_by_her_own_visits(monkeypatch):
    monkeypatch.setattr(steps, "SHOCK", 600)
    monkeypatch.setattr(steps, "N_STEPS", 700)
    monkeypatch.setattr(steps, "LATE", slice(500, 600))
    table = steps.compute([3, 4], [{"alpha": 0.2, "lr": 0.03}])
    agent = {"Neural-Linear": lambda f, rng: zoo.NeuralLinearAgent(f, alpha=0.2, lr=0.03, rng=rng)}
    alone = zoo.replicate(agent, [3, 4], 700, {600: zoo.SHOCK_FISH})
    for half, of in (("before", (0, 600)), ("after", (600, 700))):
        assert table[half].to_numpy() == pytest.approx(metrics.value(alone, *of)["Neural-Linear"], abs=1e-6)
    for i, row in enumerate(table.itertuples()):
        shares = np.empty((2, len(alone.personas)))
        for k, part in enumerate((steps.EARLY, steps.LATE)):
            for p in range(len(alone.personas)):
                hers = alone.persona[i, part] == p
                shares[k, p] = alone.expected[0, i, part][hers].sum() / alone.oracle[i, part][hers].sum()
        assert row.poor == (shares[0] < 0.5).sum()
        assert row.better == ((shares[0] < 0.5) & (shares[1] > 0.5)).sum()


def test_the_dials_of_the_showdown_were_turned_in_a_hundred_worlds():
    table = stored(steps.DATA / "steps_showdown.csv")
    expected = [(agent, seed) for agent in steps.AGENTS for seed in range(100)]
    assert list(table[["agent", "replication"]].itertuples(index=False, name=None)) == expected
    assert table["all"].to_numpy() == pytest.approx((table["before"] + table["after"]) / 2, abs=2e-6)
    assert set(table["recovered"]) == {0, 1}


@pytest.mark.parametrize("what", ["training", "bonus", "evidence"])
def test_what_ends_ends_and_the_rest_goes_on(what):
    features = zoo.FeatureEngineer(sim := zoo.ZooplusSimulator(seed=5))
    agent = steps.Ending(features, alpha=0.2, rng=1, what=what, after=50)
    other = zoo.NeuralLinearAgent(features, alpha=0.2, rng=1)
    for step in range(80):
        user, arm, over = step % sim.n_users, step % sim.n_products, step >= 50
        weights, b = agent.network.flat.copy(), agent.evidence.b.copy()
        for one in (agent, other):
            one.update(user, arm, 1, sim)
        assert (agent.network.flat == weights).all() == (over and what == "training")
        assert (agent.evidence.b == b).all() == (over and what == "evidence")
        assert agent.alpha == (0 if over and what == "bonus" else 0.2)
        if not over or what == "bonus":
            assert (agent.network.flat == other.network.flat).all()
            assert (agent.evidence.b == other.evidence.b).all()
    assert agent.payoff(features.cells) == pytest.approx(agent.phi(features.cells) @ agent.evidence.theta)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("agent", ["shared, alpha 0.5", "trains to 9,000", "evidence to 10,000", "drawn, LinUCB"])
def test_agents_of_the_showdown_come_out_again_digit_for_digit(agent):
    table = stored(steps.DATA / "steps_showdown.csv")
    kept = table[(table["agent"] == agent) & (table["replication"] == 12)].reset_index(drop=True)
    again = steps.compute([12], [{"agent": agent}], of=steps.showdown)
    pd.testing.assert_frame_equal(again, kept)
