"""Statements about runs, against closed forms, SciPy, and the frequency with which intervals are right."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from zoolib import metrics
from zoolib.experiment import Interval, Results, mean_interval, paired_difference


def results(reward=None, *, expected=None, oracle=None, shocks=None, agents=None, seeds=None):
    """Results of given rewards or values, ``(A, R, T)``, with everything else plain."""
    given_ = np.asarray(reward if expected is None else expected, dtype=float)
    A, R, T = given_.shape
    return Results(
        agents=tuple(agents or (f"agent {i}" for i in range(A))),
        seeds=tuple(seeds or range(R)),
        arm=np.zeros((A, R, T), dtype=int),
        category=np.zeros((A, R, T), dtype=int),
        reward=np.zeros((A, R, T), dtype=np.int8) if reward is None else np.asarray(reward, dtype=np.int8),
        expected=given_,
        persona=np.zeros((R, T), dtype=int),
        oracle=np.ones((R, T)) if oracle is None else np.asarray(oracle, dtype=float),
        shocks=shocks or {},
        categories=("c",),
        personas=("p",),
    )


@pytest.fixture
def some(rng):
    reward = rng.integers(0, 2, (2, 3, 200))
    found = results(reward, oracle=rng.uniform(0.5, 1, (3, 200)), shocks={80: "boom"}, seeds=[7, 8, 9])
    return dataclasses.replace(found, expected=rng.uniform(0, 0.5, (2, 3, 200)))


# ---- rates, values, regret -------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "stop"), [(0, None), (80, None), (0, 80), (199, 200)])
def test_rates_values_and_regret_are_the_means_and_sums_of_their_steps(some, start, stop):
    ctr, value, regret = (f(some, start, stop) for f in (metrics.ctr, metrics.value, metrics.regret))
    for frame in (ctr, value, regret):
        assert frame.index.tolist() == [7, 8, 9]
        assert frame.index.name == "replication"
    steps = range(start, stop or 200)
    for i, seed in enumerate(some.seeds):
        for a, name in enumerate(some.agents):
            assert np.isclose(ctr.loc[seed, name], sum(some.reward[a, i, t] for t in steps) / len(steps))
            assert np.isclose(value.loc[seed, name], sum(some.expected[a, i, t] for t in steps) / len(steps))
            lost = sum(some.oracle[i, t] - some.expected[a, i, t] for t in steps)
            assert np.isclose(regret.loc[seed, name], lost)
            assert np.isclose(regret.loc[seed, name], len(steps) * (value.loc[seed, "Oracle"] - value.loc[seed, name]))


def test_an_agent_that_is_named_oracle_keeps_its_own_value():
    found = results(expected=np.full((1, 2, 10), 0.3), agents=["Oracle"])
    assert metrics.value(found)["Oracle"].tolist() == pytest.approx([0.3, 0.3])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 1000), window=st.integers(1, 40), every=st.integers(1, 9))
def test_the_rolling_mean_is_the_mean_of_the_last_steps(seed, window, every):
    found = results(np.random.default_rng(seed).integers(0, 2, (2, 2, 40)))
    steps, values = metrics.rolling(found, window, every)
    assert steps.tolist() == list(range(window, 41, every))
    for n, step in enumerate(steps):
        assert np.allclose(values[..., n], found.reward[..., step - window : step].mean(-1))


def test_the_rolling_mean_can_be_of_values_or_of_the_oracle(some):
    for of, source in (("expected", some.expected), ("oracle", some.oracle)):
        _, values = metrics.rolling(some, 50, 1, of)
        assert np.allclose(values[..., -1], source[..., -50:].mean(-1))


# ---- recovery --------------------------------------------------------------------------------------------


def recovering(after, n=1000, shock=300, shocks=None, level=1.0):
    """One agent and replication that earns nothing after the shock for ``after`` steps, then ``level``."""
    earned = np.ones(n)
    earned[shock:] = level
    earned[shock : shock + after] = 0
    return results(expected=earned[None, None], shocks=shocks or {shock: "boom"})


@pytest.mark.parametrize(("after", "share", "window", "wanted"), [
    (0, 0.9, 100, 100),  # not before a whole window has passed since the shock
    (200, 1.0, 100, 300),  # the whole window must be good
    (200, 0.5, 100, 250),  # half of it
    (200, 0.9, 10, 209),  # nine of ten
    (650, 0.5, 100, 700),  # at the last step
    (651, 0.5, 100, np.inf),  # one step too late: censored
    (700, 0.1, 100, np.inf),
])  # fmt: skip
def test_steps_to_recover_count_from_the_shock_to_the_end_of_the_first_good_window(after, share, window, wanted):
    frame = metrics.steps_to_recover(recovering(after), 300, share, window)
    assert frame.to_numpy().tolist() == [[wanted]]


def test_recovery_after_the_next_shock_does_not_count():
    found = recovering(200, shocks={300: "boom", 550: "craze"})
    assert metrics.steps_to_recover(found, 300, 0.5, 100).iloc[0, 0] == 250
    assert metrics.steps_to_recover(found, 300, 0.6, 100).iloc[0, 0] == np.inf
    assert metrics.steps_to_recover(found, 550, 0.6, 100).iloc[0, 0] == 100


def test_good_is_measured_by_the_oracle_of_the_same_steps():
    found = results(
        expected=np.full((1, 2, 400), 0.4), oracle=[np.full(400, 0.4), np.full(400, 0.5)], shocks={100: "boom"}
    )
    assert metrics.steps_to_recover(found, 100, 0.9, 50).iloc[:, 0].tolist() == [50, np.inf]
    assert metrics.steps_to_recover(found, 100, 0.8, 50).iloc[:, 0].tolist() == [50, 50]


# ---- intervals -------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_an_interval_is_scipys_t_interval(values, level):
    interval = mean_interval(values, level)
    assert (interval.n, interval.level) == (len(values), level)
    assert interval.mean == pytest.approx(np.mean(values))
    if stats.sem(values) > 0:
        low, high = stats.t.interval(level, len(values) - 1, np.mean(values), stats.sem(values))
        assert (interval.low, interval.high) == pytest.approx((low, high))
    else:
        assert interval.low == pytest.approx(interval.high)


@pytest.mark.parametrize("kind", [np.uint8, bool])
def test_a_difference_of_small_numbers_is_one_of_real_numbers(kind):
    frame = pd.DataFrame({"a": [1, 0, 1], "b": [1, 1, 1]}).astype(kind) if kind is bool else pd.DataFrame(
        {"a": np.array([1, 0, 100], kind), "b": np.array([2, 1, 101], kind)}
    )  # fmt: skip
    assert paired_difference(frame, "a", "b").mean == pytest.approx(-1 / 3 if kind is bool else -1)
    counted = dataclasses.replace(
        results(np.zeros((1, 2, 3))), oracle=np.zeros((2, 3), kind), expected=np.ones((1, 2, 3), kind)
    )
    assert (metrics.regret(counted) == -3).all(axis=None)


def test_the_interval_holds_the_truth_in_95_of_100_experiments():
    # rates of 400 clicks each, 12 replications an experiment; the truth is .3
    rng = np.random.default_rng(0)
    rates = rng.binomial(400, 0.3, size=(1000, 12)) / 400
    hits = sum(i.low <= 0.3 <= i.high for i in map(mean_interval, rates))
    assert 950 - 3 * np.sqrt(1000 * 0.95 * 0.05) < hits < 950 + 3 * np.sqrt(1000 * 0.95 * 0.05)


def test_pairing_cancels_the_luck_that_two_agents_share(rng):
    luck, skill = rng.normal(size=50), rng.normal(scale=0.01, size=50)
    frame = pd.DataFrame({"a": luck + 0.1 + skill, "b": luck})
    paired = paired_difference(frame, "a", "b")
    found = stats.ttest_rel(frame["a"], frame["b"]).confidence_interval(0.95)
    assert (paired.low, paired.high) == pytest.approx((found.low, found.high))
    assert 0.09 < paired.low < paired.high < 0.11
    unpaired = stats.ttest_ind(frame["a"], frame["b"]).confidence_interval(0.95)
    assert paired.high - paired.low < (unpaired.high - unpaired.low) / 20
    back = paired_difference(frame, "b", "a")
    assert (back.mean, back.low, back.high) == pytest.approx((-paired.mean, -paired.high, -paired.low))


def test_an_interval_can_be_written_with_the_digits_one_wants():
    interval = Interval(0.123456, 0.1, 0.15, 100)
    assert f"{interval:.2f}" == "0.12 [0.10, 0.15]"
    assert f"{interval:+.1%}" == "+12.3% [+10.0%, +15.0%]"
    assert str(interval) == f"{interval}" == "0.1235 [0.1, 0.15]"


@pytest.mark.parametrize(("shocks", "wanted"), [
    ({10: "shock", 30: "shock"}, {"at first": (0, 10), "shock at 10": (10, 30), "shock at 30": (30, 60)}),
    ({10: "at first"}, {"at first at 0": (0, 10), "at first at 10": (10, 60)}),
    ({10: "a", 30: "b"}, {"at first": (0, 10), "a": (10, 30), "b": (30, 60)}),
])  # fmt: skip
def test_no_phase_is_lost_though_two_shocks_have_one_name(shocks, wanted):
    assert metrics.phases(results(np.zeros((1, 1, 60)), shocks=shocks)) == wanted


# ---- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("call", "message"), [
    (lambda r: mean_interval([1.0]), "at least two replications"),
    (lambda r: mean_interval([]), "at least two replications"),
    (lambda r: mean_interval([1.0, np.nan]), "values must be finite"),
    (lambda r: mean_interval([1.0, np.inf]), "values must be finite"),
    (lambda r: mean_interval([[1.0, 2.0]]), "values must have shape"),
    (lambda r: mean_interval(["a", "b"]), "values must hold real numbers"),
    (lambda r: mean_interval([1.0, 2.0], 1.0), "level"),
    (lambda r: mean_interval([1.0, 2.0], 95), "level"),
    (lambda r: paired_difference(metrics.ctr(r), "agent 0", "LinUCB"), "no agent 'LinUCB'.*agent 0, agent 1"),
    (lambda r: metrics.ctr(r, 200), "start"),
    (lambda r: metrics.ctr(r, -1), "start"),
    (lambda r: metrics.ctr(r, 10, 10), "start"),
    (lambda r: metrics.ctr(r, 0, 201), "stop"),
    (lambda r: metrics.value(r, 0.5), "start"),
    (lambda r: metrics.regret(r, 0, 10.0), "stop"),
    (lambda r: metrics.rolling(r, 201), "window"),
    (lambda r: metrics.rolling(r, 0), "window"),
    (lambda r: metrics.rolling(r, 10, 0), "every"),
    (lambda r: metrics.rolling(r, 10, of="rewards"), "of must be"),
    (lambda r: metrics.rolling(r, 10, of="arm"), "of must be"),
    (lambda r: metrics.steps_to_recover(r, 200), "shock"),
    (lambda r: metrics.steps_to_recover(r, 80, share=0.0, window=50), "share"),
    (lambda r: metrics.steps_to_recover(r, 80, share=1.5, window=50), "share"),
    (lambda r: metrics.steps_to_recover(r, 80, window=121), "window"),
    (lambda r: metrics.steps_to_recover(r, 0, window=81), "window"),  # longer than the time until the next shock
    (lambda r: metrics.steps_to_recover(r, 0, window="long"), "window"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_by_name(some, call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call(some)


@pytest.mark.parametrize("level", [0.0, 1.0, np.nan])
def test_a_level_lies_between_nothing_and_certainty(level):
    for interval in (metrics.share, mean_interval):
        with pytest.raises(ValueError, match="level must be"):
            interval(np.array([True, False]), level=level)
