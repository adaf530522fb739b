"""Snapshots change nothing for the agent that they are taken of, and stay as they were taken."""

import numpy as np

import zoolib as zoo


def agent_of(features):
    return zoo.NeuralLinearAgent(features, alpha=0.2, rng=0)


def test_an_agent_of_which_snapshots_are_taken_chooses_as_it_would_alone(sim, features):
    agents = {"alone": agent_of(features), "followed": zoo.Snapshots(agent_of(features), range(0, 100, 7))}
    alone, followed = zoo.run(agents, sim, 100).arm
    assert np.array_equal(alone, followed)


def test_a_snapshot_holds_the_agent_as_it_was_after_that_many_updates(sim, features):
    users = np.random.default_rng(1).integers(0, sim.n_users, 60)
    taken, stopped = zoo.Snapshots(agent_of(features), [40]), agent_of(features)
    zoo.run({"agent": taken}, sim, 60, users=users)
    zoo.run({"agent": stopped}, sim, 40, users=users[:40])
    assert list(taken.snapshots) == [40]
    assert np.array_equal(taken.snapshots[40].payoff(features.cells), stopped.payoff(features.cells))
    assert not np.array_equal(taken.agent.payoff(features.cells), stopped.payoff(features.cells))


def test_snapshots_may_look_at_anything_and_be_looked_at_by_others(sim, features):
    inner = zoo.Snapshots(agent_of(features), [10])
    outer = zoo.Snapshots(inner, [5, 10], look=lambda inner: inner.n_visits)
    zoo.run({"agent": outer}, sim, 20)
    assert outer.snapshots == {5: 5, 10: 10}
    assert list(inner.snapshots) == [10]
