"""What every agent keeps to, whatever it learns: one test that all agents of the book inherit; it needs pytest.

An agent of your own is held to it by these lines in a file ``test_mine.py``, and ``python -m pytest test_mine.py``:

    from zoolab.long.conformance import PlainConformance

    class TestMyAgent(PlainConformance):
        @staticmethod
        def make(features, rng):
            return MyAgent(features, rng)

:class:`PlainConformance` is for an agent of two plain methods, ints and a generator. One that inherits from
:class:`~zoolib.agents.Agent`, and so serves worlds in lockstep, inherits :class:`AgentConformance`.
"""

import copy
import pickle
from collections import deque
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from zoolib.randomness import spawn
from zoolib.world import SHOCK_FISH, ContextSpace, FeatureEngineer, Launch, Turnover, ZooplusSimulator

N_USERS = 60


def same(a: Any, b: Any, known: set[tuple[int, int]] | None = None) -> bool:
    """Tell whether two agents, or parts of them, have learned the same: attribute by attribute, entry by entry."""
    known = set() if known is None else known
    if type(a) is not type(b):
        return False
    if a is b or (id(a), id(b)) in known:
        return True
    known.add((id(a), id(b)))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name], known) for name in a)
    if isinstance(a, (list, tuple, deque)):
        return len(a) == len(b) and all(same(one, other, known) for one, other in zip(a, b, strict=True))
    if isinstance(a, np.random.Generator):
        return same(a.bit_generator.state, b.bit_generator.state, known)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if hasattr(a, "__dict__") and not callable(a):
        return same(_learned(a), _learned(b), known)
    return callable(a) or bool(a == b)


def _learned(part: Any) -> dict[str, Any]:
    """Return what an object holds, but for what it has only computed once and keeps at hand."""
    kept = {name for name in vars(part) if isinstance(getattr(type(part), name, None), cached_property)}
    return {name: value for name, value in vars(part).items() if name not in kept}


def play(agent: Any, sim: ZooplusSimulator, n_steps: int, seed: int = 0) -> np.ndarray:
    """Let ``agent`` serve users, and return what it showed, ``(n_steps, ...)``."""
    users = np.random.default_rng(seed).integers(0, sim.n_users, (n_steps, *sim.batch_shape))
    arms = []
    for user in users if sim.batch_shape else users.tolist():
        arm = agent.predict(user, sim)
        agent.update(user, arm, sim.get_reward(user, arm), sim)
        arms.append(arm)
    return np.array(arms)


class PlainConformance:
    """What an agent of two methods keeps to. Inherit, and say in ``make`` how the agent is made."""

    n_steps = 300  # enough for windows to be full and networks to be trained
    seeds: Any = (3,)  # of one world, or of some in lockstep
    is_random = False  # two predictions in a row may differ

    @staticmethod
    def make(features, rng):
        """Return a new agent, of which all that is random comes from ``rng``."""
        raise NotImplementedError

    @classmethod
    def made(cls, seed):
        """Return a new agent and its shop, or its batch of shops."""
        sim = ZooplusSimulator(n_products=10, n_users=N_USERS, seed=seed)
        return cls.made_for(sim), sim

    @classmethod
    def made_for(cls, sim):
        """Return a new agent for a shop as it is now."""
        rngs = [spawn(s, "agent") for s in sim.seeds]
        return cls.make(FeatureEngineer(sim), rngs if sim.batch_shape else rngs[0])

    def test_it_names_one_product(self):
        agent, sim = self.made(1)
        arm = agent.predict(0, sim)
        assert type(arm) is int
        assert 0 <= arm < 10

    def test_made_again_it_does_the_same_again(self):
        for seed in self.seeds:
            first, again = (play(*self.made(seed), self.n_steps) for _ in range(2))
            assert (first == again).all()

    def test_to_predict_is_not_to_learn(self):
        if self.is_random:
            pytest.skip("its predictions are drawn")
        agent, sim = self.made(4)
        play(agent, sim, self.n_steps)
        agent.predict(3, sim)  # An agent may keep what it has computed once.
        before = copy.deepcopy(agent)
        assert len({agent.predict(3, sim) for _ in range(3)}) == 1
        assert same(before, agent)

    def test_the_shop_is_none_of_its_business(self):
        agent, sim = self.made(4)
        untouched = sim.copy()
        for user in range(20):
            agent.update(user, agent.predict(user, sim), user % 2, sim)
        assert [sim.get_reward(u, 0) for u in range(N_USERS)] == [untouched.get_reward(u, 0) for u in range(N_USERS)]

    @pytest.mark.parametrize(
        "twin_of", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))], ids=["copy", "pickle"]
    )
    def test_a_copy_goes_on_as_the_first_and_apart_from_it(self, twin_of):
        for seed in self.seeds:
            agent, sim = self.made(seed)
            play(agent, sim, self.n_steps)
            twin, elsewhere = twin_of(agent), sim.copy()
            before = copy.deepcopy(twin)
            expected = play(agent, sim, self.n_steps, seed=1)
            assert same(before, twin)
            assert (play(twin, elsewhere, self.n_steps, seed=1) == expected).all()

    def test_what_has_sold_out_is_never_shown_and_what_is_new_can_be(self):
        for seed in self.seeds:
            agent, sim = self.made(seed)
            play(agent, sim, 50)
            sim.apply_shock(Launch(["Cat Food", "Fish Supplies"]))
            play(agent, sim, 50)
            for _ in range(2):
                sim.apply_shock(Turnover(["Cat Food", "Dog Toy"]))
            for user in range(N_USERS):
                users = np.repeat(user, len(sim.seeds)) if sim.batch_shape else user
                arm = agent.predict(users, sim)
                assert sim.for_sale[(*sim.worlds, arm)].all()
                agent.update(users, arm, sim.get_reward(users, arm), sim)


class AgentConformance(PlainConformance):
    """What an :class:`~zoolib.agents.Agent` keeps to, one run or many, today or tomorrow."""

    seeds = (3, [3, 8])
    knows_bare_contexts = True
    prefers = True  # it has a favourite, and gives ties to the lowest number
    by_arm = False  # arms have models of their own: row a of a matrix of contexts is arm a's
    looks = True  # what it shows depends on the user
    rewards = "normal"  # how a generator draws them where there is no shop; "random", those that lie in [0, 1]

    def bare(self, batch_shape=(), d=4, n_arms=6):
        """Return a new agent for contexts without a shop."""
        rngs = [spawn(i, "agent") for i in range(*batch_shape)] if batch_shape else spawn(0, "agent")
        if not self.knows_bare_contexts:
            pytest.skip("knows users and products only")
        return self.make(ContextSpace(d, n_arms, batch_shape), rngs)

    def test_it_names_one_product_in_each_world_of_a_batch(self):
        agent, sim = self.made([1, 2, 3])
        arm = agent.predict(np.array([0, 5, 7]), sim)
        assert (arm.shape, arm.dtype.kind, set(arm) <= set(range(10))) == ((3,), "i", True)

    def test_it_chooses_a_row_of_bare_contexts(self):
        row = self.bare().select(np.random.default_rng(0).normal(size=(6, 4)))
        assert type(row) is int
        assert 0 <= row < 6
        assert self.bare((2,)).select(np.random.default_rng(0).normal(size=(2, 6, 4))).shape == (2,)

    def test_of_what_looks_the_same_it_chooses_the_first(self):
        agent, sim = self.made(1)
        if not self.prefers:
            pytest.skip("has no favourite")
        for user in range(0, N_USERS, 10):
            arm = agent.predict(user, sim)
            assert arm == np.flatnonzero(sim.product_category == sim.product_category[arm])[0]
        assert self.bare().select(np.ones((6, 4))) == 0

    def test_permuting_the_rows_permutes_the_choice(self):
        agent, twin = self.bare(), self.bare()
        if not self.prefers or self.by_arm:
            pytest.skip("does not choose by contexts alone")
        rng = np.random.default_rng(1)
        for _ in range(self.n_steps // 3):
            X, order = rng.normal(size=(6, 4)), rng.permutation(6)
            row, place = agent.select(X), twin.select(X[order])
            if order[place] != row:  # only between equals, which a network whose ReLUs are all shut may see
                scores = agent.score(X)
                assert scores[order[place]] == pytest.approx(scores[row], abs=1e-9)
            reward = getattr(rng, self.rewards)()
            agent.learn(X[row], row, reward)
            twin.learn(X[row], row, reward)

    def test_what_it_learned_from_an_array_stays_when_the_array_changes(self):
        agent, twin = self.bare((2,)), self.bare((2,))
        rng = np.random.default_rng(1)
        x = np.empty((2, 4))
        for _ in range(self.n_steps):
            x[...] = rng.normal(size=(2, 4))
            arm, reward = rng.integers(0, 6, 2), getattr(rng, self.rewards)(size=2)
            twin.learn(x.copy(), arm.copy(), reward.copy())
            agent.learn(x, arm, reward)
            arm[...], reward[...] = 0, np.nan
        assert same(agent, twin)

    def test_what_cannot_be_in_a_shop_is_refused_and_leaves_no_trace(self):
        agent, sim = self.made(4)
        play(agent, sim, self.n_steps)
        before = copy.deepcopy(agent)
        users = [-1, N_USERS, 0.0, True, "0", None, [0], np.array([0])]
        clicks = [(user, 0, 1) for user in users]
        clicks += [(0, arm, 1) for arm in (-1, 10, 1.0, None, [1])]
        clicks += [(0, 0, reward) for reward in (2, -1, 0.5, float("nan"), None, "1", [1])]
        for click in clicks:
            with pytest.raises((ValueError, TypeError)):
                agent.update(*click, sim)
        for user in users if self.looks else []:
            with pytest.raises((ValueError, TypeError)):
                agent.predict(user, sim)
        assert same(before, agent)

    def test_what_cannot_be_without_a_shop_is_refused_and_leaves_no_trace(self):
        agent, rng = self.bare(), np.random.default_rng(0)
        for _ in range(20):
            agent.learn(rng.normal(size=4), int(rng.integers(6)), getattr(rng, self.rewards)())
        before, one = copy.deepcopy(agent), np.ones(4)
        xs = [np.ones(3), np.ones((1, 4)), [1, 2, 3, np.nan], [1, 2, 3, np.inf], np.array(list("abcd")), None, one * 1j]
        lessons = [(x, 0, 1.0) for x in xs] + [(one, arm, 1.0) for arm in (6, -1, 0.5)]
        for lesson in lessons + [(one, 0, reward) for reward in (np.nan, np.inf, "1", [1.0])]:
            with pytest.raises((ValueError, TypeError)):
                agent.learn(*lesson)
        for X in (np.ones((6, 3)), one, np.ones((0, 4)), np.ones((2, 6, 4)), np.full((6, 4), np.nan), "rows", None):
            with pytest.raises((ValueError, TypeError)):
                agent.select(X)
        assert same(before, agent)

    @pytest.mark.parametrize(("made_for", "used_in"), [(1, [1, 2]), ([1, 2], 1), ([1, 2], [1, 2, 3])])
    def test_another_number_of_worlds_is_refused(self, made_for, used_in):
        agent, _ = self.made(made_for)
        other = ZooplusSimulator(n_products=10, n_users=N_USERS, seed=used_in)
        user = np.zeros(other.batch_shape, dtype=int) if other.batch_shape else 0
        before = copy.deepcopy(agent)
        for asked, given in ((agent.predict, (user,)), (agent.update, (user, user, user))):
            with pytest.raises(ValueError, match="worlds"):
                asked(*given, other)
        assert same(before, agent)

    def test_world_i_of_a_batch_is_the_single_run_with_its_seed(self):
        def history(seed):
            (agent, sim), arms = self.made(seed), []
            for t, user in enumerate(np.random.default_rng(0).integers(0, N_USERS, self.n_steps)):
                if t == self.n_steps // 2:
                    sim.apply_shock(SHOCK_FISH)
                users = np.repeat(user, len(sim.seeds)) if sim.batch_shape else int(user)
                arms.append(agent.predict(users, sim))
                agent.update(users, arms[-1], sim.get_reward(users, arms[-1]), sim)
            return np.array(arms)

        batch = history([4, 11, 7])
        for i, seed in enumerate([4, 11, 7]):
            assert (history(seed) == batch[:, i]).all()
