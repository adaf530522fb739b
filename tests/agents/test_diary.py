"""A diary changes nothing for the agent that it follows, and its pages stay as they were written."""

import numpy as np

import zoolib as zoo
from zoolib.book import Diary


def agent_of(features):
    return zoo.NeuralLinearAgent(features, alpha=0.2, rng=0)


def test_an_agent_followed_by_a_diary_chooses_as_it_would_alone(sim, features):
    agents = {"alone": agent_of(features), "followed": Diary(agent_of(features), range(0, 100, 7))}
    alone, followed = zoo.run(agents, sim, 100).arm
    assert np.array_equal(alone, followed)


def test_a_page_holds_the_agent_as_it_was_after_that_many_updates(sim, features):
    users = np.random.default_rng(1).integers(0, sim.n_users, 60)
    diary, stopped = Diary(agent_of(features), [40]), agent_of(features)
    zoo.run({"agent": diary}, sim, 60, users=users)
    zoo.run({"agent": stopped}, sim, 40, users=users[:40])
    assert list(diary.pages) == [40]
    assert np.array_equal(diary.pages[40].payoff(features.cells), stopped.payoff(features.cells))
    assert not np.array_equal(diary.agent.payoff(features.cells), stopped.payoff(features.cells))


def test_a_diary_may_look_at_anything_and_be_looked_at_by_another(sim, features):
    inner = Diary(agent_of(features), [10])
    outer = Diary(inner, [5, 10], look=lambda diary: diary.n_updates)
    zoo.run({"agent": outer}, sim, 20)
    assert outer.pages == {5: 5, 10: 10}
    assert list(inner.pages) == [10]
