"""Where random numbers come from: never twice from the same seed, always the same from the same stream."""

import copy

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoolib as zoo
from zoolab import serving as production
from zoolab.labelled import ClassificationBandit, LabelledData
from zoolab.long import gather
from zoolab.rivals import MLPRecommender, random_log
from zoolib import FeatureEngineer, RandomAgent, RandomTimes, ZooplusSimulator, spawn
from zoolib.randomness import UniformStream, generators, shift, shifted


def test_the_trap_a_random_agent_seeded_like_the_users_shows_each_user_one_product():
    sim = ZooplusSimulator(n_products=50, n_users=1000, seed=42)
    users = (np.random.default_rng(7).random(2000) * 1000).astype(int)

    def shown(rng):
        agent = RandomAgent(FeatureEngineer(sim), rng=rng)
        return np.array([agent.predict(user, sim) for user in users.tolist()])

    assert np.array_equal(shown(7), users // 20)  # a function of the user
    assert (shown(spawn(7, "Random")) == users // 20).mean() < 0.05


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**64), a=st.text(max_size=8), b=st.text(max_size=8))
def test_a_named_stream_is_the_same_each_time_and_differs_from_all_others(seed, a, b):
    first = spawn(seed, a).random(8)
    assert np.array_equal(first, spawn(seed, a).random(8))
    assert not np.array_equal(first, spawn(seed + 1, a).random(8))
    assert not np.array_equal(first, np.random.default_rng(seed).random(8))
    assert (a == b) == np.array_equal(first, spawn(seed, b).random(8))


def test_streams_are_not_correlated():
    n = 20_000
    streams = [np.random.default_rng(1), *(spawn(1, name) for name in ("users", "LinUCB", "Random")), spawn(2, "users")]
    draws = np.stack([stream.random(n) for stream in streams])
    off_diagonal = np.corrcoef(draws) - np.eye(len(draws))
    assert np.abs(off_diagonal).max() < 4 / np.sqrt(n)
    assert np.abs(draws.mean(1) - 0.5).max() < 4 / np.sqrt(12 * n)


# ---- generators ------------------------------------------------------------------------------------------


def test_a_seed_or_a_generator_serves_one_world():
    (one,) = generators(5, ())
    assert one.random() == np.random.default_rng(5).random()
    mine = np.random.default_rng(5)
    assert generators(mine, ()) == [mine]
    (one,) = generators(np.random.SeedSequence(5), ())
    assert one.random() == np.random.default_rng(5).random()


@pytest.mark.parametrize("rng", [[5, 6, 7], (5, 6, 7), range(5, 8), np.array([5, 6, 7])])
def test_a_sequence_serves_a_world_each(rng):
    drawn = [g.random() for g in generators(rng, (3,))]
    assert drawn == [np.random.default_rng(seed).random() for seed in (5, 6, 7)]


def test_one_seed_for_many_worlds_is_spawned_into_different_streams():
    drawn = [g.random() for g in generators(5, (4,))]
    assert len(set(drawn)) == 4
    assert drawn == [g.random() for g in generators(5, (4,))]
    assert drawn[:2] == [g.random() for g in generators(5, (2,))]


@pytest.mark.parametrize(("rng", "shape", "error"), [
    (None, (), TypeError),
    (True, (), TypeError),
    (1.0, (), TypeError),
    ("42", (), TypeError),
    (np.random.RandomState(1), (), TypeError),
    (-1, (), ValueError),
    ([1, 2], (), ValueError),
    ([1, 2], (3,), ValueError),
    ([1, None], (2,), TypeError),
    (np.array([0.5, 1.5]), (2,), TypeError),
])  # fmt: skip
def test_randomness_that_nobody_handed_in_is_refused(rng, shape, error):
    with pytest.raises(error, match="rng"):
        generators(rng, shape)


@pytest.mark.parametrize("seed", [-1, 1.5, "1", None, True])
def test_a_stream_of_no_seed_is_refused(seed):
    with pytest.raises((TypeError, ValueError), match="seed"):
        spawn(seed, "users")


# ---- uniforms drawn ahead --------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 40), block=st.integers(1, 9), n_worlds=st.integers(0, 3))
def test_uniforms_drawn_ahead_are_those_drawn_one_by_one(n, block, n_worlds):
    shape = (n_worlds,) if n_worlds else ()
    rngs = [np.random.default_rng(i) for i in range(max(1, n_worlds))]
    plain = copy.deepcopy(rngs)
    stream = UniformStream(rngs, shape, block=block)
    for _ in range(n):
        got = stream()
        assert np.shape(got) == shape
        assert np.ravel(got).tolist() == [rng.random() for rng in plain]


@settings(max_examples=40, deadline=None)
@given(
    calls=st.lists(st.sampled_from(["uniform", "integer", "normal", "nothing"]), max_size=50), block=st.integers(1, 9)
)
def test_a_settled_stream_leaves_its_generators_where_they_would_stand(calls, block):
    rng, plain = np.random.default_rng(3), np.random.default_rng(3)
    rng.integers(0, 5), plain.integers(0, 5)  # half of a 64-bit number is then kept for the next integer
    stream = UniformStream([rng], (), block=block)
    for call in calls:
        if call == "uniform":
            assert stream() == plain.random()
            continue
        (settled,) = stream.rewind()
        assert settled is rng
        assert settled.bit_generator.state == plain.bit_generator.state
        if call != "nothing":
            draw = {"integer": lambda g: g.integers(0, 1000), "normal": lambda g: g.normal()}[call]
            assert draw(settled) == draw(plain)


# ---- all seeds shifted as a whole --------------------------------------------------------------------------


def everything_random(seed):
    """What comes of a seed by each way on which it becomes numbers."""
    sim = ZooplusSimulator(n_products=10, n_users=30, seed=seed)
    log = random_log(sim, 200, rng=seed)
    index = production.Retriever(np.random.default_rng(0).normal(size=(200, 3)), "ivf", n_lists=9, n_probe=1, seed=seed)
    agents = {
        "random": lambda f, rng: zoo.RandomAgent(f, rng=rng),
        "net": lambda f, rng: zoo.NeuralLinearAgent(f, rng=rng),
    }
    results = zoo.replicate(agents, [seed, seed + 1], 60, RandomTimes([zoo.SHOCK_FISH], first=10, last=50))
    return {
        "catalog": sim.product_category,
        "users": sim.user_persona,
        "stream": spawn(seed, "some").random(3),
        "generator": generators(seed, (2,))[1].random(3),
        "log": log.to_numpy(),
        "model": MLPRecommender(30, 10, rng=seed).table(),
        "shown": results.arm,
        "clicks": results.reward,
        "times": next(iter(results.drawn.values())),
        "lists": index.search(np.eye(3)[0], 20)[0],
        "shuffle": ClassificationBandit(LABELLED, [seed], 20).labels,
    }


LABELLED = LabelledData("x", np.arange(40.0)[:, None], np.arange(40) % 3, ("a", "b", "c"))


def test_shifted_by_one_number_all_seeds_are_others_and_shifted_by_none_the_same():
    plain, other = everything_random(4), everything_random(1_000_004)
    with shifted(1_000_000):
        assert shift() == 1_000_000
        moved = everything_random(4)
    assert shift() == 0
    for name, values in everything_random(4).items():
        assert np.array_equal(values, plain[name]), name
        assert np.array_equal(moved[name], other[name]), name
        assert not np.array_equal(moved[name], plain[name]), name


def test_the_environment_shifts_too_and_nonsense_is_refused(monkeypatch):
    monkeypatch.setenv("ZOOLIB_SHIFT", "7")
    assert shift() == 7
    assert generators(1, ())[0].random() == np.random.default_rng(8).random()
    with shifted(0):
        assert shift() == 0
    monkeypatch.setenv("ZOOLIB_SHIFT", "-1")
    with pytest.raises(ValueError, match="ZOOLIB_SHIFT"):
        shift()
    monkeypatch.setenv("ZOOLIB_SHIFT", "a hundred")
    with pytest.raises(TypeError, match="ZOOLIB_SHIFT must be a whole number, got 'a hundred'"):
        shift()
    with pytest.raises(ValueError, match="by"), shifted(-1):
        pass


def squares(items, power):
    return {item: float(spawn(item, "s").random() ** power) for item in items}


def test_what_was_kept_under_one_shift_is_not_taken_under_another_and_workers_are_told(tmp_path):
    job = [({"power": 2}, [1, 2, 3])]
    plain = gather(squares, job, cache=tmp_path, progress=False)
    with shifted(50), joblib.parallel_config("threading", n_jobs=2):
        moved = gather(squares, job, cache=tmp_path, progress=False)
        assert moved == [squares([1, 2, 3], 2)]
    assert plain != moved
    assert gather(squares, job, cache=tmp_path, progress=False) == plain
