"""What every agent of the book keeps to, whatever it learns: one test that all of them inherit.

A reader's own agent is held to it by five lines:

    class TestMyAgent(AgentConformance):
        @staticmethod
        def make(features, rng):
            return MyAgent(features)
"""

import copy
import pickle

import numpy as np
import pytest

from zoolib import SHOCK_FISH, ContextSpace, FeatureEngineer, Launch, Turnover, ZooplusSimulator, load, save
from zoolib.randomness import spawn

N_USERS = 60


def same(a, b):
    """Whether two states are equal, arrays entry by entry."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b)


def play(agent, sim, n_steps, seed=0):
    """Let ``agent`` serve users, and return what it showed, ``(n_steps, ...)``."""
    users = np.random.default_rng(seed).integers(0, sim.n_users, (n_steps, *sim.batch_shape))
    arms = []
    for user in users if sim.batch_shape else users.tolist():
        arm = agent.predict(user, sim)
        agent.update(user, arm, sim.get_reward(user, arm), sim)
        arms.append(arm)
    return np.array(arms)


class AgentConformance:
    """Inherit, and say in ``make`` how the agent is made; the rest says what it is not."""

    n_steps = 300  # enough for windows to be full and networks to be trained
    knows_bare_contexts = True
    prefers = True  # it has a favourite, and gives ties to the lowest number
    is_random = False  # two predictions in a row may differ
    by_arm = False  # arms have models of their own: row a of a matrix of contexts is arm a's
    looks = True  # what it shows depends on the user

    @staticmethod
    def make(features, rng):
        raise NotImplementedError

    @classmethod
    def made(cls, seed):
        sim = ZooplusSimulator(n_products=10, n_users=N_USERS, seed=seed)
        rngs = [spawn(s, "agent") for s in sim.seeds]
        return cls.make(FeatureEngineer(sim), rngs if sim.batch_shape else rngs[0]), sim

    def bare(self, batch_shape=(), d=4, n_arms=6):
        rngs = [spawn(i, "agent") for i in range(*batch_shape)] if batch_shape else spawn(0, "agent")
        if not self.knows_bare_contexts:
            pytest.skip("knows users and products only")
        return self.make(ContextSpace(d, n_arms, batch_shape), rngs)

    # ---- what it says ------------------------------------------------------------------------------------------------

    def test_it_names_one_product(self):
        agent, sim = self.made(1)
        arm = agent.predict(0, sim)
        assert type(arm) is int
        assert 0 <= arm < 10

    def test_it_names_one_product_in_each_world_of_a_batch(self):
        agent, sim = self.made([1, 2, 3])
        arm = agent.predict(np.array([0, 5, 7]), sim)
        assert isinstance(arm, np.ndarray)
        assert arm.shape == (3,)
        assert arm.dtype.kind == "i"
        assert ((arm >= 0) & (arm < 10)).all()

    def test_it_chooses_a_row_of_bare_contexts(self):
        agent = self.bare()
        row = agent.select(np.random.default_rng(0).normal(size=(6, 4)))
        assert type(row) is int
        assert 0 <= row < 6
        rows = self.bare((2,)).select(np.random.default_rng(0).normal(size=(2, 6, 4)))
        assert rows.shape == (2,)

    def test_of_products_that_look_the_same_it_shows_the_lowest_number(self):
        agent, sim = self.made(1)
        if not self.prefers:
            pytest.skip("has no favourite")
        for user in range(0, N_USERS, 10):
            arm = agent.predict(user, sim)
            assert arm == np.flatnonzero(sim.product_category == sim.product_category[arm])[0]

    def test_of_rows_that_are_the_same_it_chooses_the_first(self):
        agent = self.bare()
        if not self.prefers:
            pytest.skip("has no favourite")
        assert agent.select(np.ones((6, 4))) == 0

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
            reward = rng.normal()
            agent.learn(X[row], row, reward)
            twin.learn(X[row], row, reward)

    # ---- what it leaves alone ----------------------------------------------------------------------------------------

    def test_to_predict_is_not_to_learn(self):
        agent, sim = self.made(4)
        play(agent, sim, self.n_steps)
        if self.is_random:
            pytest.skip("its predictions are drawn")
        before = copy.deepcopy(agent.get_state())
        assert len({agent.predict(3, sim) for _ in range(3)}) == 1
        assert same(before, agent.get_state())

    def test_the_shop_is_none_of_its_business(self):
        agent, sim = self.made(4)
        untouched = sim.copy()
        for user in range(20):
            agent.update(user, agent.predict(user, sim), user % 2, sim)
        assert [sim.get_reward(u, 0) for u in range(N_USERS)] == [untouched.get_reward(u, 0) for u in range(N_USERS)]

    def test_what_it_learned_from_an_array_stays_when_the_array_changes(self):
        agent, twin = self.bare((2,)), self.bare((2,))
        rng = np.random.default_rng(1)
        x = np.empty((2, 4))
        for _ in range(self.n_steps):
            x[...] = rng.normal(size=(2, 4))
            arm, reward = rng.integers(0, 6, 2), rng.normal(size=2)
            twin.learn(x.copy(), arm.copy(), reward.copy())
            agent.learn(x, arm, reward)
            arm[...], reward[...] = 0, np.nan
        assert same(agent.get_state(), twin.get_state())

    # ---- what it refuses ---------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("click", [
        (-1, 0, 1), (N_USERS, 0, 1), (0.0, 0, 1), (True, 0, 1), ("0", 0, 1), (None, 0, 1),
        (0, -1, 1), (0, 10, 1), (0, 1.0, 1), (0, None, 1), (0, [1], 1),
        (0, 0, 2), (0, 0, -1), (0, 0, 0.5), (0, 0, float("nan")), (0, 0, None), (0, 0, "1"), (0, 0, [1]),
    ])  # fmt: skip
    def test_a_click_that_cannot_be_is_refused_and_leaves_no_trace(self, click, warm):
        agent, sim, before = warm
        user, arm, reward = click
        with pytest.raises((ValueError, TypeError)):
            agent.update(user, arm, reward, sim)
        assert same(before, agent.get_state())

    @pytest.mark.parametrize("user", [-1, N_USERS, 0.0, True, "0", None, [0], np.array([0])])
    def test_a_user_who_does_not_exist_is_refused(self, user, warm):
        agent, sim, before = warm
        if not self.looks:
            pytest.skip("does not look who it is")
        with pytest.raises((ValueError, TypeError)):
            agent.predict(user, sim)
        assert same(before, agent.get_state())

    @pytest.fixture(scope="class")
    @classmethod
    def warm(cls):
        agent, sim = cls.made(4)
        play(agent, sim, cls.n_steps)
        return agent, sim, copy.deepcopy(agent.get_state())

    @pytest.mark.parametrize(("x", "arm", "reward"), [
        (np.ones(3), 0, 1.0), (np.ones((1, 4)), 0, 1.0), (np.array([1, 2, 3, np.nan]), 0, 1.0),
        (np.array([1, 2, 3, np.inf]), 0, 1.0), (np.array(list("abcd")), 0, 1.0), (None, 0, 1.0),
        (np.ones(4) * 1j, 0, 1.0), (np.ones(4), 6, 1.0), (np.ones(4), -1, 1.0), (np.ones(4), 0.5, 1.0),
        (np.ones(4), 0, np.nan), (np.ones(4), 0, np.inf), (np.ones(4), 0, "1"), (np.ones(4), 0, [1.0]),
    ])  # fmt: skip
    def test_a_lesson_that_cannot_be_is_refused_and_leaves_no_trace(self, x, arm, reward):
        agent = self.bare()
        rng = np.random.default_rng(0)
        for _ in range(20):
            agent.learn(rng.normal(size=4), int(rng.integers(6)), rng.normal())
        before = copy.deepcopy(agent.get_state())
        with pytest.raises((ValueError, TypeError)):
            agent.learn(x, arm, reward)
        assert same(before, agent.get_state())

    @pytest.mark.parametrize("X", [
        np.ones((6, 3)), np.ones(4), np.ones((0, 4)), np.ones((2, 6, 4)), np.full((6, 4), np.nan), "rows", None,
    ])  # fmt: skip
    def test_contexts_that_cannot_be_are_refused(self, X):
        with pytest.raises((ValueError, TypeError)):
            self.bare().select(X)

    @pytest.mark.parametrize(("made_for", "used_in"), [(1, [1, 2]), ([1, 2], 1), ([1, 2], [1, 2, 3])])
    def test_another_number_of_worlds_is_refused(self, made_for, used_in):
        agent, _ = self.made(made_for)
        other = ZooplusSimulator(n_products=10, n_users=N_USERS, seed=used_in)
        user = np.zeros(other.batch_shape, dtype=int) if other.batch_shape else 0
        before = copy.deepcopy(agent.get_state())
        with pytest.raises(ValueError, match="worlds"):
            agent.predict(user, other)
        with pytest.raises(ValueError, match="worlds"):
            agent.update(user, user, user, other)
        assert same(before, agent.get_state())

    # ---- one run or many, today or tomorrow --------------------------------------------------------------------------

    def test_world_i_of_a_batch_is_the_single_run_with_its_seed(self):
        def history(seed):
            agent, sim = self.made(seed)
            arms = [play(agent, sim, self.n_steps // 2) if not sim.batch_shape else self.play_alike(agent, sim)]
            sim.apply_shock(SHOCK_FISH)
            arms += [play(agent, sim, self.n_steps // 2) if not sim.batch_shape else self.play_alike(agent, sim)]
            return np.concatenate(arms)

        batch = history([4, 11, 7])
        for i, seed in enumerate([4, 11, 7]):
            assert (history(seed) == batch[:, i]).all()

    def play_alike(self, agent, sim):
        """Serve in all worlds the users that :func:`play` sends to one."""
        arms = []
        for user in np.random.default_rng(0).integers(0, N_USERS, self.n_steps // 2):
            users = np.repeat(user, len(sim.seeds))
            arm = agent.predict(users, sim)
            agent.update(users, arm, sim.get_reward(users, arm), sim)
            arms.append(arm)
        return np.array(arms)

    @pytest.mark.parametrize("seed", [3, [3, 8]], ids=["one", "batch"])
    @pytest.mark.parametrize("n_before", [0, 7, 150, 305])
    def test_saved_and_loaded_it_goes_on_as_if_nothing_had_happened(self, seed, n_before, tmp_path):
        agent, sim = self.made(seed)
        play(agent, sim, n_before)
        save(agent, tmp_path / "agent.npz")
        loaded, elsewhere = load(tmp_path / "agent.npz", FeatureEngineer(sim)), sim.copy()
        assert type(loaded) is type(agent)
        assert same(loaded.get_state(), agent.get_state())
        expected = play(agent, sim, self.n_steps, seed=1)
        assert (play(loaded, elsewhere, self.n_steps, seed=1) == expected).all()

    def test_to_save_it_changes_nothing(self, tmp_path):
        (agent, sim), (twin, elsewhere) = self.made(3), self.made(3)
        for _ in range(3):
            assert (play(agent, sim, 40) == play(twin, elsewhere, 40)).all()
            save(agent, tmp_path / "agent.npz")
        assert same(agent.get_state(), twin.get_state())

    @pytest.mark.parametrize(
        "twin_of", [copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))], ids=["copy", "pickle"]
    )
    def test_a_copy_goes_on_as_the_first_and_apart_from_it(self, twin_of):
        agent, sim = self.made([3, 8])
        play(agent, sim, self.n_steps)
        twin, elsewhere = twin_of(agent), sim.copy()
        before = copy.deepcopy(twin.get_state())
        expected = play(agent, sim, self.n_steps, seed=1)
        assert same(before, twin.get_state())
        assert (play(twin, elsewhere, self.n_steps, seed=1) == expected).all()
        assert same(agent.get_state(), twin.get_state())

    @pytest.mark.parametrize("seed", [3, [3, 8]], ids=["one", "batch"])
    def test_what_has_sold_out_is_never_shown_and_what_is_new_can_be(self, seed, tmp_path):
        agent, sim = self.made(seed)
        play(agent, sim, 50)
        sim.apply_shock(Launch(["Cat Food", "Fish Supplies"]))
        play(agent, sim, 50)
        for _ in range(2):
            sim.apply_shock(Turnover(["Cat Food", "Dog Toy"]))
        for user in range(N_USERS):
            users = np.repeat(user, len(sim.seeds)) if sim.batch_shape else user
            arm = agent.predict(users, sim)
            assert sim.for_sale[(*sim.rows, arm)].all()
            agent.update(users, arm, sim.get_reward(users, arm), sim)
        save(agent, tmp_path / "agent.npz")
        loaded, elsewhere = load(tmp_path / "agent.npz", FeatureEngineer(sim)), sim.copy()
        expected = play(agent, sim, 100)
        assert (play(loaded, elsewhere, 100) == expected).all()
