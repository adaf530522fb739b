"""From the latest click to replay: the ends are the agents of the package, and the tables what the experiment gives."""

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import rehearsal
from zoolib.experiment import stored

LATEST = {"optimizer": "SGD", "schedule": "every click", "buffer": "latest"}
REPLAY = {"optimizer": "Adam", "schedule": "every 50th, 64", "buffer": "last 10,000"}


def agent(sim, training):
    rng = [zoo.spawn(seed, "Neural-Linear") for seed in sim.seeds]
    return zoo.NeuralLinearAgent(zoo.FeatureEngineer(sim), training=training, rng=rng)


@pytest.mark.parametrize(
    ("parts", "training"),
    [(LATEST | {"payoff": "served"}, zoo.Online()), (REPLAY, zoo.Replay())],
    ids=["online", "replay"],
)
def test_its_ends_are_the_two_trainings_of_the_package_choice_for_choice(parts, training):
    sim = zoo.ZooplusSimulator(seed=range(4))
    both = {"parts": agent(sim, rehearsal.training(**parts)), "package": agent(sim, training)}
    mine, theirs = zoo.run(both, sim, 400).arm
    np.testing.assert_array_equal(mine, theirs)


def test_the_gradient_of_the_served_payoff_is_that_of_its_error():
    rng = np.random.default_rng(0)
    network = zoo.networks.MLP((3, 5, 2), [rng], linear=(2,))
    X, theta, r = rng.normal(size=(4, 3)), rng.normal(size=2), rng.normal(size=4)

    def loss():
        return np.mean((network.forward(X)[-1] @ theta - r) ** 2)

    gradient, step = rehearsal.served_gradient(network, X, np.ones(4), r, theta).copy(), 1e-6
    for i in range(network.p):
        ends = []
        for move in (step, -2 * step):
            network.flat[i] += move
            ends.append(loss())
        network.flat[i] += step
        assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(gradient[i], abs=1e-6)


@pytest.mark.parametrize("name", list(rehearsal.GRIDS))
def test_every_combination_was_played_in_a_hundred_worlds(name):
    table = stored(rehearsal.DATA / name)
    parts = list(table.columns[: table.columns.get_loc("replication")])
    assert (table.groupby(parts).size() == 100).all()
    assert len(table.groupby(parts)) == 16


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize(("name", "cell"), [("rehearsal.csv", 15), ("rehearsal_evening.csv", 4)])
def test_replications_come_out_again_digit_for_digit(name, cell):
    table = stored(rehearsal.DATA / name)
    kept = table.iloc[100 * cell : 100 * (cell + 1)]
    kept = kept[kept["replication"] == 7].reset_index(drop=True)
    pd.testing.assert_frame_equal(rehearsal.table(name, [7], [cell]), kept)
