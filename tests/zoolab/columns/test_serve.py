"""One loop for all that is no shop: whatever has what a Problem has is served, fairly and step by step."""

import os
import signal

import numpy as np
import pytest

import zoolib as zoo
from zoolab.columns import Crossed, FeatureShop, MappedAgent, Problem, Segments, feature_shop, serve
from zoolab.labelled import ClassificationBandit, LabelledData, WheelBandit, classification, wheel
from zoolab.rivals import Delayed


class Prices:
    """A problem of a reader's own: arm k earns a real amount; nothing is known beforehand."""

    def __init__(self, seeds, n_steps=40, K=3):
        self.seeds, self.n_steps, self.log = tuple(seeds), n_steps, None
        self.space = zoo.ContextSpace(K + 1, K, (len(self.seeds),))
        rngs = [np.random.default_rng(seed) for seed in seeds]
        self.worth = np.stack([rng.uniform(0, 10, K) for rng in rngs])
        self.luck = np.stack([rng.normal(size=n_steps) for rng in rngs], axis=1)

    def contexts(self, t):
        one_hot = np.broadcast_to(np.eye(3), (len(self.seeds), 3, 3))
        return np.concatenate([one_hot, np.ones((len(self.seeds), 3, 1))], axis=-1)

    def reward(self, t, row):
        return self.worth[(*self.space.worlds, row)] + self.luck[t]

    def outcome(self, rows):
        worth = np.broadcast_to(self.worth[:, None], (len(self.seeds), self.n_steps, 3))
        expected = np.take_along_axis(worth[None], rows[..., None], -1)[..., 0]
        return {"arm": rows, "expected": expected, "oracle": worth.max(-1)}


def chance(space, rng):
    return zoo.RandomAgent(space, rng=rng)


def test_a_problem_of_a_readers_own_is_served_and_measured():
    problem = Prices([3, 4, 5])
    assert isinstance(problem, Problem)
    results = serve({"LinUCB": zoo.LinUCBAgent(problem.space, alpha=1.0), "chance": chance}, problem)
    assert results.reward.shape == (2, 3, 40)
    assert np.allclose(results.reward, results.expected + problem.luck.T)  # amounts, not clicks
    lost = problem.worth.max(-1)[:, None] - np.take_along_axis(problem.worth, results.arm[1], -1)
    assert np.allclose(zoo.metrics.regret(results)["chance"], lost.sum(-1))


def test_serve_is_the_loop_that_one_would_write_by_hand():
    shop = FeatureShop(Segments(), seed=4, n_products=30, shown=6, n_log=200, n_steps=60)
    agent, twin = (MappedAgent(shop.space, map=Crossed(shop.layout), rng=1) for _ in range(2))
    results = serve({"agent": agent}, shop)
    twin.warm(shop.log_x, shop.log_r)
    for t in range(60):
        X = shop.contexts(t)
        place = twin.select(X)
        click = float(shop.luck[t] < shop.probability[t, place])
        twin.learn(X[place], place, click)
        assert results.arm[0, 0, t] == shop.shelf[t, place]
        assert results.reward[0, 0, t] == click
        assert results.expected[0, 0, t] == shop.probability[t, place]
        assert results.oracle[0, t] == shop.probability[t].max()


def test_an_agent_whose_clicks_come_late_is_warmed_too():
    shop = FeatureShop(Segments(), seed=4, n_products=30, shown=6, n_log=200, n_steps=60)
    agent, late = (MappedAgent(shop.space, map=Crossed(shop.layout), rng=1) for _ in range(2))
    results = serve({"agent": agent, "at once": Delayed(late)}, shop)
    assert np.array_equal(results.arm[0], results.arm[1])


def test_an_agent_that_cannot_start_from_a_log_starts_from_nothing():
    shop = FeatureShop(Segments(), seed=4, n_products=30, shown=6, n_log=200, n_steps=10)
    assert serve({"LinUCB": zoo.LinUCBAgent(shop.space)}, shop).n_steps == 10


def test_a_factory_is_given_the_stream_of_its_name_in_each_world():
    apart, together = Prices([7]), Prices([3, 7])
    results = serve({"a": chance, "b": chance}, together)
    assert not np.array_equal(results.arm[0], results.arm[1])
    assert np.array_equal(serve({"b": chance}, apart).arm[0, 0], results.arm[1, 1])


def test_an_interrupt_waits_until_the_step_is_whole():
    class Interrupted(zoo.LinUCBAgent):
        n_learned = 0

        def learn(self, x, arm, reward):
            if self.n_learned == 10:
                os.kill(os.getpid(), signal.SIGINT)
            super().learn(x, arm, reward)
            self.n_learned += 1

    problem = Prices([3, 4])
    agent = Interrupted(problem.space)
    with pytest.raises(KeyboardInterrupt):
        serve({"agent": agent}, problem)
    assert agent.n_learned == 11


def test_a_list_of_agents_is_for_the_shop():
    problem = Prices([3, 4])
    with pytest.raises(TypeError, match="must have select and learn, got list"):
        serve({"agents": [zoo.LinUCBAgent(zoo.ContextSpace(4, 3)), zoo.LinUCBAgent(zoo.ContextSpace(4, 3))]}, problem)


class Wrong(zoo.LinUCBAgent):
    """Chooses a row that there is not."""

    def select(self, X):
        return np.array([0, 17])


def test_a_row_that_there_is_not_is_refused():
    shop = FeatureShop(Segments(), seed=[4, 5], n_products=30, shown=6, n_log=0, n_steps=5)
    with pytest.raises(ValueError, match="place must lie between 0 and 5, got 0 to 17"):
        serve({"wrong": Wrong(shop.space)}, shop)


@pytest.mark.parametrize("make", [
    lambda: WheelBandit(0, 3),
    lambda: FeatureShop(Segments(), n_log=5, n_steps=3, quality=0.5),
    lambda: ClassificationBandit(LabelledData("d", np.eye(3), [0, 1, 1], ("a", "b")), 0, 3),
])  # fmt: skip
def test_no_agent_is_handed_a_stream_that_its_problem_was_drawn_from_or_that_of_another(monkeypatch, make):
    asked = []
    for module in (wheel, feature_shop, classification):
        monkeypatch.setattr(module, "spawn", lambda seed, name: asked.append(name) or zoo.spawn(seed, name))
    problem = make()
    assert set(asked) == set(problem.streams)
    for name in problem.streams:
        with pytest.raises(ValueError, match=rf"agents: of these names two are of one stream, .*'{name}'"):
            serve({"chance": chance, name: chance}, problem)
        assert serve({name: zoo.RandomAgent(problem.space, rng=0)}, problem).n_steps == 3  # which brought its own
    with pytest.raises(ValueError, match=r"of one stream, .*'plumless'"):
        serve({"plumless": chance, "buckeroo": chance}, problem)
