"""Shocks at times that each world draws for itself: what is drawn, and that a batch is still made of single runs."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import zoolib as zoo
from zoolab.long import cache, sweep

BOTH = (zoo.SHOCK_FISH, zoo.SHOCK_DOG_TOY)
TIMES = zoo.RandomTimes(BOTH, first=100, last=500, apart=120)
SEEDS = [4, 9, 2, 30]

AGENTS = {
    "LinUCB": lambda features, rng: zoo.LinUCBAgent(features, alpha=0.5, window=150),
    "Random": lambda features, rng: zoo.RandomAgent(features, rng=rng),
    "Neural-Linear": lambda features, rng: zoo.NeuralLinearAgent(
        features, training=zoo.Replay(), exploration=zoo.Thompson(), rng=rng
    ),
}


@pytest.fixture(scope="module")
def many():
    return zoo.replicate(AGENTS, SEEDS, 700, TIMES)


# ---- what is drawn ---------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(first=st.integers(1, 50), apart=st.integers(1, 30), spare=st.integers(0, 40), seed=st.integers(0, 999))
def test_times_keep_their_order_their_distance_and_their_limits(first, apart, spare, seed):
    times = zoo.RandomTimes(BOTH, first, first + apart + spare, apart).draw(np.random.default_rng(seed))
    assert times[0] >= first
    assert times[1] - times[0] >= apart
    assert times[1] <= first + apart + spare


def test_all_choices_of_times_are_equally_likely():
    rng, drawn = np.random.default_rng(0), zoo.RandomTimes(BOTH, 3, 8, 2)
    allowed = [pair for pair in itertools.combinations(range(3, 9), 2) if pair[1] - pair[0] >= 2]
    counts = pd.Series([tuple(drawn.draw(rng).tolist()) for _ in range(5000)]).value_counts()
    assert sorted(counts.index) == allowed
    assert stats.chisquare(counts).pvalue > 0.001


def test_the_times_of_a_world_follow_from_its_seed_alone(many):
    for name, times in many.drawn.items():
        for seed, time in zip(SEEDS, times, strict=True):
            assert zoo.replicate({"Random": AGENTS["Random"]}, seed, 600, TIMES).drawn[name].tolist() == [time]
    assert len(np.unique(many.drawn["fish boom"])) == len(SEEDS)


# ---- a batch is made of single runs ----------------------------------------------------------------------


def test_a_replication_with_times_of_its_own_is_the_single_run_with_its_seed(many):
    for i, seed in enumerate(SEEDS):
        one = zoo.replicate(AGENTS, seed, 700, TIMES)
        for field in ("arm", "category", "reward", "expected"):
            assert np.array_equal(getattr(one, field)[:, 0], getattr(many, field)[:, i])
        assert np.array_equal(one.oracle[0], many.oracle[i])
        for measure in (zoo.metrics.ctr, zoo.metrics.value, zoo.metrics.regret):
            for of_one, of_many in zip(
                zoo.metrics.phases(one).values(), zoo.metrics.phases(many).values(), strict=True
            ):
                mine = measure(many, *of_many).loc[seed]
                assert measure(one, *of_one).loc[seed].tolist() == mine.tolist()
        recovered = zoo.metrics.steps_to_recover(many, many.drawn["fish boom"], window=50).loc[seed]
        alone = zoo.metrics.steps_to_recover(one, one.drawn["fish boom"], window=50).loc[seed]
        assert alone.tolist() == recovered.tolist()


def test_times_that_happen_to_be_drawn_are_no_other_than_times_that_are_told(many):
    told = {int(times[1]): shock for shock, times in zip(BOTH, many.drawn.values(), strict=True)}
    one = zoo.replicate(AGENTS, SEEDS[1], 700, told)
    assert np.array_equal(one.arm[:, 0], many.arm[:, 1])
    for name, (start, stop) in zoo.metrics.phases(one).items():
        starts, stops = (np.broadcast_to(end, len(SEEDS)) for end in zoo.metrics.phases(many)[name])
        assert (start, stop) == (starts[1], stops[1])


# ---- metrics where times differ --------------------------------------------------------------------------


def test_phases_of_many_worlds_cover_each_of_them_once(many):
    starts, stops = (
        np.stack([np.broadcast_to(end, len(SEEDS)) for end in ends])
        for ends in zip(*zoo.metrics.phases(many).values(), strict=True)
    )
    assert list(zoo.metrics.phases(many)) == ["at first", "fish boom", "dog-toy craze"]
    assert (starts[0] == 0).all()
    assert (stops[-1] == 700).all()
    assert np.array_equal(starts[1:], stops[:-1])
    total = sum(zoo.metrics.regret(many, *ends) for ends in zoo.metrics.phases(many).values())
    pd.testing.assert_frame_equal(total, zoo.metrics.regret(many))


def test_recovery_looks_only_at_the_persona_that_is_asked_for(many):
    start = many.drawn["dog-toy craze"]
    found = zoo.metrics.steps_to_recover(many, start, 0.3, 60, persona="cat_connoisseur")
    cats = many.persona == many.personas.index("cat_connoisseur")
    for i, seed in enumerate(SEEDS):
        for a, name in enumerate(many.agents):
            wanted = np.inf
            for stop in range(start[i] + 60, 701):
                now = slice(stop - 60, stop)
                came = cats[i, now]
                if came.any() and many.expected[a, i, now][came].sum() >= 0.3 * many.oracle[i, now][came].sum() - 1e-6:
                    wanted = stop - start[i]
                    break
            assert found.loc[seed, name] == wanted


def test_the_rolling_mean_of_a_persona_is_the_mean_of_its_visits_and_says_nothing_where_there_were_none(many):
    fish = many.persona == many.personas.index("fish_hobbyist")
    steps, values = zoo.metrics.rolling(many, 3, 1, "expected", persona="fish_hobbyist")
    for n in range(0, 200, 7):
        now = slice(steps[n] - 3, steps[n])
        for i in range(len(SEEDS)):
            came = fish[i, now]
            if came.any():
                assert values[0, i, n] == pytest.approx(many.expected[0, i, now][came].mean())
            else:
                assert np.isnan(values[:, i, n]).all()


# ---- sweeps ----------------------------------------------------------------------------------------------


def test_a_sweep_measures_each_world_in_its_own_phases(many):
    grid = {"LinUCB": (zoo.LinUCBAgent, {"alpha": 0.5, "window": 150})}
    frame = sweep(grid, SEEDS, 700, TIMES, ["value", "regret"], progress=False, chunk=3)
    for name, (start, stop) in zoo.metrics.phases(many).items():
        mine = frame[frame.phase == ("start" if name == "at first" else name)]
        assert mine.replication.tolist() == SEEDS
        assert mine.start.tolist() == np.broadcast_to(start, len(SEEDS)).tolist()
        assert mine.stop.tolist() == np.broadcast_to(stop, len(SEEDS)).tolist()
        assert mine.value.tolist() == zoo.metrics.value(many, start, stop)["LinUCB"].tolist()
        assert mine.regret.tolist() == zoo.metrics.regret(many, start, stop)["LinUCB"].tolist()


def test_whatever_decides_the_times_is_in_the_key():
    schedules = [
        TIMES,
        zoo.RandomTimes(BOTH, 100, 500, 121),
        zoo.RandomTimes(BOTH, 101, 500, 120),
        zoo.RandomTimes(BOTH, 100, 501, 120),
        zoo.RandomTimes(BOTH[::-1], 100, 500, 120),
        zoo.RandomTimes(BOTH[:1], 100, 500, 120),
        {100: zoo.SHOCK_FISH},
    ]
    assert len({cache.key({"shocks": shocks}) for shocks in schedules}) == len(schedules)
    assert cache.key({"shocks": TIMES}) == cache.key({"shocks": zoo.RandomTimes(BOTH, 100, 500, 120)})


# ---- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "message"), [
    ({"shocks": ()}, "shocks must hold at least one"),
    ({"shocks": (zoo.SHOCK_FISH, zoo.SHOCK_FISH)}, "no two of one name"),
    ({"shocks": (zoo.SHOCK_FISH, zoo.Launch(["Cat Food"]))}, "shocks must hold changes of taste"),
    ({"shocks": ("fish boom",)}, "shocks must hold changes of taste"),
    ({"first": 0}, "first must be at least 1, got 0"),
    ({"first": 10.0}, "first must be a whole number"),
    ({"apart": 0}, "apart must be at least 1"),
    ({"last": 219}, "last must be at least 220, got 219"),
])  # fmt: skip
def test_times_that_cannot_be_drawn_are_refused_by_name(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        zoo.RandomTimes(**({"shocks": BOTH, "first": 100, "last": 500, "apart": 120} | arguments))


def test_times_after_the_end_of_the_run_are_refused():
    with pytest.raises(ValueError, match=r"shocks\.last must be between 100 and 499, got 500"):
        zoo.replicate({"Random": AGENTS["Random"]}, SEEDS, 500, TIMES)


def test_an_agent_that_is_named_like_the_stream_of_the_times_is_refused():
    with pytest.raises(ValueError, match=r"two are of one stream, .*'shocks'"):
        zoo.replicate({"shocks": AGENTS["Random"]}, SEEDS, 700, TIMES)


@pytest.mark.parametrize(("call", "message"), [
    (lambda r: zoo.metrics.value(r, np.array([1, 2])), "start must be a step, or an array with one for each of 4"),
    (lambda r: zoo.metrics.value(r, np.array([1, 2, 3, 700])), "start must be between 0 and 699, got 700"),
    (lambda r: zoo.metrics.value(r, 5, np.array([9, 9, 9, 5])), "start must be between 0 and 4, got 5"),
    (lambda r: zoo.metrics.ctr(r, 0, np.array([9, 9, 9, 701])), "stop must be between 1 and 700, got 701"),
    (lambda r: zoo.metrics.ctr(r, np.zeros(4)), "start must be a whole number"),
    (lambda r: zoo.metrics.steps_to_recover(r, np.array([1, 2])), "shock must be a step, or an array"),
    (lambda r: zoo.metrics.steps_to_recover(r, 1, window=50, persona="cat"), "unknown persona 'cat'"),
    (lambda r: zoo.metrics.rolling(r, persona="cat"), "unknown persona 'cat'; these results know new_puppy_parent"),
])  # fmt: skip
def test_what_fits_no_world_is_refused_by_name(many, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(many)
