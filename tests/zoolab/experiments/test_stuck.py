"""The table of what a constant alpha costs is what its experiment gives, and agrees with the metrics of single runs."""

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import stuck
from zoolib.experiment import stored


def numbers(column):
    return np.array([[float(number) for number in text.split()] for text in column])


def test_every_agent_played_in_a_hundred_worlds_and_lost_more_as_time_went_on():
    table = stored(stuck.TABLE)
    assert table["agent"].tolist() == [name for name in stuck.AGENTS for _ in range(100)]
    assert table["replication"].tolist() == [*range(100)] * len(stuck.AGENTS)
    regret, late = numbers(table["regret"]), numbers(table["late"])
    assert regret.shape[1] == stuck.N_STEPS // stuck.EVERY
    assert (np.diff(regret, axis=1) >= 0).all()
    since = regret[:, -1] - regret[:, stuck.LATE // stuck.EVERY - 1]
    assert late.sum(1) == pytest.approx(since, abs=0.05)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("agent", ["growing alpha", "Thompson"])
def test_replications_come_out_again_digit_for_digit(agent):
    table = stored(stuck.TABLE)
    kept = table[(table["agent"] == agent) & table["replication"].isin([7])].reset_index(drop=True)
    pd.testing.assert_frame_equal(stuck.compute([7], [agent]), kept)


def test_what_is_lost_is_regret(monkeypatch):
    monkeypatch.setattr(stuck, "N_STEPS", 3000)
    monkeypatch.setattr(stuck, "EVERY", 1000)
    monkeypatch.setattr(stuck, "LATE", 2000)
    (row,) = stuck.compute([5], ["UCB1"]).itertuples()
    alone = zoo.replicate({"UCB1": stuck.AGENTS["UCB1"]}, 5, 3000)
    expected = [zoo.metrics.regret(alone, 0, stop)["UCB1"].item() for stop in (1000, 2000, 3000)]
    assert numbers([row.regret])[0] == pytest.approx(expected, abs=0.006)


def test_alpha_grows_as_it_is_written_down():
    features = zoo.FeatureEngineer(zoo.ZooplusSimulator(seed=1))
    agent = stuck.AGENTS["growing alpha"](features, None)
    x = agent.features.cells[0]
    alphas = []
    for _ in range(50):
        agent.learn(x, 0, 1.0)
        alphas.append(agent.alpha)
    t = np.arange(2, 52)
    assert alphas == pytest.approx(np.sqrt(np.log(1 + t * np.log(t) ** 2) / 2))
    assert agent.score(x[None]) == pytest.approx(agent.payoff(x[None]) + alphas[-1] * agent.uncertainty(x[None]))
