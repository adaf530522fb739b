"""An agent of two plain methods, as chapter 0 tells it, takes part everywhere without knowing of batches."""

import numpy as np
import pytest

import zoolib as zoo
from zoolab.long import sweep
from zoolib import FeatureEngineer, Launch, RandomTimes, Turnover, ZooplusSimulator, metrics, replicate, run, spawn

SHOCKS = {150: zoo.SHOCK_FISH, 60: Launch(["Cat Food", "Dog Toy"]), 100: Turnover(["Dog Food"])}
DRAWN = RandomTimes((zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY), first=20, last=180, apart=10)
FIELDS = ("arm", "category", "reward", "expected", "persona", "oracle")


class Counting:
    """What a reader of chapter 0 would write: a dict of counts, a coin, the best category so far."""

    def __init__(self, rng, epsilon=0.1):
        self.rng, self.epsilon, self.shown, self.clicked = rng, epsilon, {}, {}

    def rate(self, persona, category):
        return self.clicked.get((persona, category), 1) / self.shown.get((persona, category), 1)

    def predict(self, user_id, sim):
        if self.rng.random() < self.epsilon:
            return int(self.rng.choice(np.flatnonzero(sim.for_sale)))
        persona = sim.persona(user_id)
        best = max(sim.category_order, key=lambda category: self.rate(persona, category))
        return int(sim.first_product[list(sim.category_order).index(best)])

    def update(self, user_id, chosen_arm, reward, sim):
        assert type(user_id) is type(chosen_arm) is type(reward) is int
        cell = sim.persona(user_id), sim.product_category[chosen_arm]
        self.shown[cell] = self.shown.get(cell, 1) + 1
        self.clicked[cell] = self.clicked.get(cell, 1) + reward


def counting(features, rng):
    return Counting(rng)


def linucb(features, rng):
    return zoo.LinUCBAgent(features)


# ---- what the reader would try ----------------------------------------------------------------------------


def test_it_runs_in_a_hundred_worlds_and_is_measured_like_any_other():
    agents = {"mine": counting, "Random": lambda features, rng: zoo.RandomAgent(features, rng=rng)}
    results = replicate(agents, seeds=range(100), n_steps=300)
    lead = metrics.paired_difference(metrics.value(results), "mine", "Random")
    assert lead.low > 0
    assert lead.n == 100


@pytest.mark.parametrize("shocks", [None, SHOCKS, DRAWN], ids=["quiet", "launch and turnover", "drawn times"])
def test_world_i_of_many_is_what_it_would_see_in_that_world_alone(shocks):
    seeds = [4, 9, 2]
    many = replicate({"LinUCB": linucb, "mine": counting}, seeds, 200, shocks, n_products=15)
    for i, seed in enumerate(seeds):
        sim = ZooplusSimulator(15, seed=seed)
        alone = run({"mine": Counting(spawn(seed, "mine"))}, sim, 200, shocks)
        for field in FIELDS:
            found = getattr(many, field)[1:, i] if getattr(many, field).ndim == 3 else getattr(many, field)[i]
            assert np.array_equal(found.ravel(), getattr(alone, field).ravel()), field
        assert {name: int(steps[i]) for name, steps in many.drawn.items()} == {
            name: int(steps[0]) for name, steps in alone.drawn.items()
        }


def test_whoever_serves_beside_it_sees_what_they_would_without_it():
    with_it = replicate({"LinUCB": linucb, "mine": counting}, [4, 9], 200, SHOCKS, n_products=15)
    without = replicate({"LinUCB": linucb}, [4, 9], 200, SHOCKS, n_products=15)
    assert np.array_equal(with_it.arm[0], without.arm[0])
    assert np.array_equal(with_it.reward[0], without.reward[0])


def test_a_class_is_a_factory_too_and_sees_the_features_of_its_world_alone():
    class Curious(Counting):
        seen = []  # noqa: RUF012  shared on purpose

        def __init__(self, features, rng):
            super().__init__(rng)
            rng.random()  # fails for a list of generators
            self.seen.append((features.batch_shape, features.sim.seeds, features.n_arms))

    replicate({"mine": Curious}, [4, 9], 20, n_products=15)
    assert Curious.seen[-2:] == [((), (4,), 15), ((), (9,), 15)]


def test_it_can_be_swept():
    frame = sweep({"mine": (counting_with, {"epsilon": [0.0, 0.2]})}, range(3), 100, progress=False)
    results = replicate({"mine": lambda f, rng: Counting(rng, 0.2)}, range(3), 100)
    mine = frame[(frame.epsilon == 0.2) & (frame.phase == "all")]
    assert mine.ctr.tolist() == metrics.ctr(results)["mine"].tolist()


def counting_with(features, rng, epsilon):
    return Counting(rng, epsilon)


def test_the_progress_bar_counts_the_steps_of_all_worlds(capfd):
    replicate({"mine": counting}, range(3), 1200, progress=True)
    assert "3600/3600" in capfd.readouterr().err


# ---- a batch that is handed in ----------------------------------------------------------------------------


def test_a_list_holds_one_for_each_world_of_a_batch_as_it_stands():
    sim = ZooplusSimulator(15, 60, [4, 9])
    for _ in range(10):
        sim.get_reward([0, 0], [0, 0])  # some luck is gone
    sim.apply_shock(zoo.SHOCK_FISH, [1])
    sim.apply_shock(Turnover(["Cat Food"]))
    found = run({"mine": [Counting(spawn(seed, "mine")) for seed in sim.seeds]}, sim, 200, SHOCKS)
    for i, seed in enumerate(sim.seeds):
        world = ZooplusSimulator(15, 60, seed)
        for _ in range(10):
            world.get_reward(0, 0)
        if i:
            world.apply_shock(zoo.SHOCK_FISH)
        world.apply_shock(Turnover(["Cat Food"]))
        alone = run({"mine": Counting(spawn(seed, "mine"))}, world, 200, SHOCKS)
        for field in ("arm", "reward", "expected", "category"):
            assert np.array_equal(getattr(found, field)[0, i], getattr(alone, field)[0, 0]), field
    assert sim.n_products == 16
    assert sim.seeds == (4, 9)


def test_agents_of_the_book_for_one_world_each_may_stand_in_a_list():
    sim = ZooplusSimulator(15, 60, [4, 9])
    singles = [zoo.LinUCBAgent(FeatureEngineer(ZooplusSimulator(15, 60, seed))) for seed in sim.seeds]
    apart = run({"LinUCB": singles}, sim, 300, SHOCKS)
    together = run({"LinUCB": zoo.LinUCBAgent(FeatureEngineer(sim))}, sim, 300, SHOCKS)
    assert np.array_equal(apart.arm, together.arm)


# ---- what is refused --------------------------------------------------------------------------------------


def test_one_alone_cannot_serve_a_batch_and_the_error_says_what_to_do():
    sim = ZooplusSimulator(seed=range(3))
    with pytest.raises(
        ValueError, match=r"agents\['mine'\] .* one world, and here are 3: use replicate with a factory"
    ):
        run({"mine": Counting(np.random.default_rng(0))}, sim, 10)


@pytest.mark.parametrize("agents", [
    [], [Counting(None)], [Counting(None)] * 2, [Counting(None), "nobody"],
    [zoo.LinUCBAgent(FeatureEngineer(ZooplusSimulator(seed=[1, 2]))), Counting(None)],
], ids=["none", "too few", "one twice", "no agent", "made for a batch"])  # fmt: skip
def test_a_list_that_does_not_fit_is_refused(agents):
    with pytest.raises((ValueError, TypeError), match="agent"):
        run({"mine": agents}, ZooplusSimulator(seed=[1, 2]), 10)


@pytest.mark.parametrize(("returned", "error"), [
    (3.0, TypeError), (np.float64(3), TypeError), ("Cat Food", TypeError), (None, TypeError), (True, TypeError),
    (np.array([3]), TypeError), ([3], TypeError), (50, ValueError), (-1, ValueError),
])  # fmt: skip
@pytest.mark.parametrize("seeds", [7, [7, 8]])
def test_what_is_no_product_is_refused_with_words(seeds, returned, error):
    class Wrong(Counting):
        def predict(self, user_id, sim):
            return returned

    with pytest.raises(error, match=r"Wrong.predict must return a product's number: arm must be"):
        replicate({"mine": lambda features, rng: Wrong(rng)}, seeds, 10)


def test_a_whole_number_of_numpy_is_a_product():
    class Numpy(Counting):
        def predict(self, user_id, sim):
            return np.int64(3)

        def update(self, user_id, chosen_arm, reward, sim):
            pass

    assert (replicate({"mine": lambda features, rng: Numpy(rng)}, [7, 8], 10).arm == 3).all()


def test_a_factory_that_fails_says_why_whatever_it_was_made_for():
    def lockstep(features, rng):
        if features.batch_shape:
            raise RuntimeError("my mistake")
        return zoo.LinUCBAgent(features)

    def plain(features, rng):
        rng.random()
        raise RuntimeError("my mistake")

    def forgetful(features, rng):
        Counting(rng)

    for factory in (lockstep, plain):
        with pytest.raises(RuntimeError, match="my mistake"):
            replicate({"mine": factory}, [7, 8], 10)
    with pytest.raises(TypeError, match="must have predict and update, got NoneType"):
        replicate({"mine": forgetful}, [7, 8], 10)
