"""Alarms that one may ask after every visitor: how often they are wrong, how soon they are right, what they refuse."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refused import each
from scipy.stats import chi2

from zoolab.serving import Alarm, Canary, feature_skew
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import LEAVE_ALONE, Put, StoreUnavailableError
from zoolab.serving.stores.codec import UnreadableValueError, pack, unpack

R = 1000  # streams side by side


def share_off(alarm, draw, n):
    """The share of streams whose alarm has gone off after n observations, asked after each."""
    for _ in range(n):
        alarm.hear(draw())
    return alarm.off.mean()


def most(alpha):
    """What a share of R may be by luck where the probability is ``alpha``."""
    return alpha + 4 * np.sqrt(alpha / R)


# ---- the alarm ---------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-2, 3, allow_nan=False), min_size=1, max_size=40), st.booleans())
@settings(max_examples=50, deadline=None)
def test_its_wealth_is_the_mean_of_what_eight_fixed_stakes_earn_and_it_goes_off_at_one_by_alpha(xs, restarts):
    alarms = [Alarm(0.5, -2.0, 3.0, side="below", alpha=alpha, restarts=restarts) for alpha in (0.9, 0.7, 0.5, 0.2)]
    alarm, coins, most_coins = alarms[0], np.ones(8), 0.0
    for x in xs:
        off = [bool(one.hear(x)) for one in alarms]
        for i in range(8):
            coins[i] = max(coins[i], 1.0) if restarts else coins[i]
            coins[i] *= 1 - 0.9 / 2**i * (x - 0.5) / 2.5
        most_coins = max(most_coins, coins.mean())
        assert off == [most_coins >= 1 / one.alpha for one in alarms]
    assert alarm.wealth == pytest.approx(coins.mean(), rel=1e-9)
    assert alarm.n == len(xs)


@pytest.mark.parametrize("side", ["above", "below", "both"])
def test_whatever_side_the_mean_of_its_wealth_is_one_while_all_is_well(side):
    """All that can happen in six tosses, each with its probability."""
    total = 0.0
    for tosses in np.ndindex(*(2,) * 6):
        alarm = Alarm(0.3, 0.0, 1.0, side=side)
        for toss in tosses:
            alarm.hear(toss)
        total += 0.3 ** sum(tosses) * 0.7 ** (6 - sum(tosses)) * alarm.wealth
    assert total == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("side", ["above", "below", "both"])
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_false_alarms_are_as_rare_as_promised_however_often_one_looks(side, rate):
    rng = np.random.default_rng(1)
    alarm = Alarm(rate, 0.0, 1.0, side=side, alpha=0.05, shape=(R,))
    assert share_off(alarm, lambda: rng.random(R) < rate, 1500) <= most(0.05)


def test_dependent_observations_are_none_of_its_business_as_long_as_the_mean_given_the_past_is_right():
    rng = np.random.default_rng(3)
    alarm, last = Alarm(0.0, -1.0, 1.0, alpha=0.05, shape=(R,)), np.ones(R)
    for _ in range(1000):
        size = np.where(last > 0, 1.0, 0.1)  # who has just won plays high
        last = size * rng.choice([-1.0, 1.0], R)
        alarm.hear(last)
    assert alarm.off.mean() <= most(0.05)


@pytest.mark.parametrize(("side", "rate"), [("above", 0.6), ("below", 0.4), ("both", 0.6), ("both", 0.4)])
def test_what_is_wrong_by_a_tenth_is_noticed_and_what_is_wrong_on_the_other_side_is_not(side, rate):
    rng = np.random.default_rng(4)
    alarm = Alarm(0.5, 0.0, 1.0, side=side, alpha=0.01, shape=(R,))
    assert share_off(alarm, lambda: rng.random(R) < rate, 1500) > 0.99
    if side != "both":
        well = Alarm(0.5, 0.0, 1.0, side=side, alpha=0.01, shape=(R,))
        assert share_off(well, lambda: rng.random(R) < 1 - rate, 1500) <= most(0.01)


def test_one_that_restarts_is_quick_after_a_long_time_in_which_all_was_well():
    rng, after = np.random.default_rng(6), {}
    for restarts in (False, True):
        alarm = Alarm(0.5, 0.0, 1.0, side="below", alpha=1e-6, restarts=restarts, shape=(100,))
        for _ in range(3000):
            alarm.hear(rng.random(100) < 0.55)
        assert not alarm.off.any()
        while alarm.off.mean() < 0.5:
            alarm.hear(rng.random(100) < 0.3)
        after[restarts] = alarm.n - 3000
    assert after[True] < 200 < 2 * after[True] < after[False]


def test_one_that_restarts_is_wrong_once_in_so_many_observations_at_most():
    rng = np.random.default_rng(7)
    alarm, first = Alarm(0.5, 0.0, 1.0, alpha=0.01, restarts=True, shape=(R,)), np.full(R, 3000)
    for i in range(3000):
        first = np.minimum(first, np.where(alarm.hear(rng.random(R) < 0.5), i + 1, 3000))
    assert first.mean() - 4 * first.std() / np.sqrt(R) > 100


def test_once_off_it_stays_off_and_great_wealth_is_told_as_finite():
    alarm = Alarm(0.5, 0.0, 1.0, side="above")
    for _ in range(3000):
        alarm.hear(1)
    assert alarm.off
    assert np.isfinite(alarm.wealth)
    for _ in range(6000):
        alarm.hear(0)
    assert alarm.off


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mean": 0.0}, "mean must lie between"),
        *each(mean=[2.0], low=[np.nan], high=["1"], side=["left"], alpha=[0.0], restarts=[1], shape=[(0,)]),
    ],
)
def test_an_alarm_that_makes_no_sense_is_refused(change, said):
    with pytest.raises((ValueError, TypeError), match=said):
        Alarm(**{"mean": 0.5, "low": 0.0, "high": 1.0, **change})


@pytest.mark.parametrize("x", [np.nan, -0.1, 1.1, [0.5, 0.5], "0", None])
def test_an_observation_that_makes_no_sense_is_refused_and_changes_nothing(x):
    alarm = Alarm(0.5, 0.0, 1.0)
    alarm.hear(1)
    before = alarm.wealth
    with pytest.raises((ValueError, TypeError), match="x must"):
        alarm.hear(x)
    assert (alarm.n, alarm.wealth) == (1, before)


def test_nobody_can_switch_off_an_alarm_by_what_it_returned():
    alarm = Alarm(0.5, 0.0, 1.0, side="below", shape=(2,))
    with pytest.raises(ValueError, match="read-only"):
        alarm.off[:] = True
    for _ in range(20):
        off = alarm.hear([0.0, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        off[:] = False
    assert alarm.off.tolist() == [True, False]


def test_threads_may_report_to_one_alarm_and_one_canary():
    alarm, canary = Alarm(0.5, 0.0, 1.0, alpha=1e-300), Canary(0.5, name="phi", alpha=1e-300)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def report(i):
        for j in range(500):
            alarm.hear((i + j) % 2)
            canary.hear(j % 2, i % 2)

    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(report, range(8)))
    finally:
        sys.setswitchinterval(before)
    assert (alarm.n, canary._alarm.n, canary._total) == (4000, 4000, 2000.5)
    twin = Alarm(0.5, 0.0, 1.0, alpha=1e-300)
    for j in range(4000):
        twin.hear(j % 2)
    assert alarm.wealth == pytest.approx(twin.wealth, rel=1e-9)


# ---- the canary --------------------------------------------------------------------------------------------


def watch(canary, rate_of, n, seed):
    """The share of canaries stopped after n visitors, whose reward is 0 or 1."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        changed = rng.random(R) < canary.share
        canary.hear(changed, rng.random(R) < np.where(changed, *rate_of))
    return canary.stopped.mean()


def harmed(canary):
    """Let four hundred visitors tell that the change does harm."""
    for _ in range(200):
        canary.hear(True, 0.0)
        canary.hear(False, 1.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_change_that_does_no_harm_is_hardly_ever_stopped(share):
    assert watch(Canary(share, name="phi", alpha=0.05, shape=(R,)), (0.3, 0.3), 1500, 8) <= most(0.05)
    assert watch(Canary(share, name="phi", alpha=0.05, margin=0.05, shape=(R,)), (0.25, 0.3), 1500, 9) <= most(0.05)


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_change_that_does_harm_is_stopped(share):
    assert watch(Canary(share, name="phi", shape=(R,)), (0.2, 0.5), 3000, 10) > 0.99
    assert watch(Canary(share, name="phi", shape=(R,)), (0.5, 0.2), 3000, 11) == 0  # and one that does good is not


def test_a_rate_that_rises_and_falls_for_everybody_stops_no_canary():
    rng, canary = np.random.default_rng(12), Canary(0.3, name="phi", alpha=0.05, shape=(R,))
    for i in range(1500):
        rate = 0.5 + 0.4 * np.sin(i / 100)
        canary.hear(rng.random(R) < 0.3, rng.random(R) < rate)
    assert canary.stopped.mean() <= most(0.05)


def test_a_visitor_is_always_in_the_same_group_and_as_many_are_in_it_as_was_said():
    canary, other = Canary(0.2, name="new phi"), Canary(0.2, name="another")
    names = [f"visitor {i}" for i in range(5000)]
    first = [canary.takes(name) for name in names]
    assert first == [canary.takes(name) for name in names]
    assert abs(np.mean(first) - 0.2) < 4 * np.sqrt(0.16 / 5000)
    both = np.mean([a and other.takes(name) for a, name in zip(first, names, strict=True)])
    assert abs(both - 0.04) < 4 * np.sqrt(0.04 / 5000)


def test_a_canary_that_is_stopped_is_shown_to_nobody():
    canary = Canary(0.5, name="phi")
    names = [f"visitor {i}" for i in range(100)]
    assert any(map(canary.takes, names))
    harmed(canary)
    assert canary.stopped
    assert not any(map(canary.takes, names))


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_what_it_hears_is_what_the_change_brings_against_the_mean_so_far(visitors):
    canary, twin, rewards = Canary(0.3, name="phi"), Alarm(0.0, -1 / 0.3, 1 / 0.3, side="below"), [0.5]
    for changed, reward in visitors:
        canary.hear(changed, reward)
        m = sum(rewards) / len(rewards)
        twin.hear((reward - m) / 0.3 if changed else -(reward - m) / 0.7)
        rewards.append(reward)
        assert canary._alarm.wealth == pytest.approx(twin.wealth, rel=1e-9)


def test_of_two_canaries_side_by_side_one_is_stopped_and_the_visitors_still_come():
    canary = Canary(0.5, name="phi", shape=(2,))
    for _ in range(200):
        canary.hear([1, 1], [0, 1])
        canary.hear([0, 0], [1, 0])
    assert canary.stopped.tolist() == [True, False]
    assert any(canary.takes(f"visitor {i}") for i in range(20))


WRONG = [{"share": 0.0}, {"share": 1e-310}, {"share": 1.0}, {"margin": -0.1}, {"name": 7}, {"name": ""}, {"alpha": 2}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_canary_that_makes_no_sense_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
        Canary(**{"share": 0.5, "name": "phi", **wrong})


@pytest.mark.parametrize(("changed", "reward"), [(0.5, 1), (2, 1), (1, 1.5), (1, -1), (1, np.nan), (None, 1)])
def test_a_visitor_who_makes_no_sense_is_refused_and_changes_nothing(changed, reward):
    canary, twin = Canary(0.5, name="phi"), Canary(0.5, name="phi")
    with pytest.raises((ValueError, TypeError), match=r"changed|reward"):
        canary.hear(changed, reward)
    assert canary.hear(1, 0.25) == twin.hear(1, 0.25)
    assert (canary._alarm.wealth, canary._total) == (twin._alarm.wealth, twin._total)


def test_canaries_of_one_store_bet_from_one_purse_and_stop_together(url):
    rng, alone = np.random.default_rng(13), Canary(0.5, name="new phi")
    with open_store(url) as one, open_store(url) if "://" in url else one as other:
        both = [Canary(0.5, name="new phi", store=store) for store in (one, other)]
        assert any(both[1].takes(f"visitor {i}") for i in range(20))
        for i in range(120):
            changed = bool(rng.random() < 0.5)
            reward = float(rng.random() < (0.1 if changed else 0.9))
            assert both[i % 2].hear(changed, reward) == alone.hear(changed, reward)
        assert alone.stopped
        assert all(canary.stopped for canary in both)
        assert not any(both[1].takes(f"visitor {i}") for i in range(20))
        assert Canary(0.5, name="new phi", store=one).stopped  # a process that starts later, too
        assert not Canary(0.5, name="another", store=one).stopped
        with pytest.raises(UnreadableValueError, match="share"):
            Canary(0.4, name="new phi", store=one).takes("visitor")


def test_a_canary_whose_store_is_away_goes_by_what_was_last_read_and_asks_once_a_second(tmp_path, monkeypatch):
    store = open_store(tmp_path / "store")
    running, stopped = (Canary(0.5, name=name, store=store) for name in ("running", "stopped"))
    harmed(stopped)
    store.close()
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    now, get = [1e6], store.get
    asked = []
    monkeypatch.setattr(store, "get", lambda key: asked.append(key) or get(key))
    assert not running.stopped
    assert any(running.takes(f"visitor {i}") for i in range(20))
    assert stopped.stopped
    assert asked == ["canary/running", "canary/stopped"]
    now[0] += LEAVE_ALONE
    assert not running.stopped
    assert len(asked) == 3
    with pytest.raises(StoreUnavailableError):
        running.hear(True, 1.0)


def test_a_canary_that_is_gone_from_the_store_begins_anew(tmp_path):
    with open_store(tmp_path / "store") as store:
        canary = Canary(0.5, name="phi", store=store)
        harmed(canary)
        assert canary.stopped
        store.transact(["canary/phi"], lambda values: ({"canary/phi": None}, None))
        assert not canary.stopped


def test_a_canary_reads_no_nonsense_in_a_store(tmp_path):
    with open_store(tmp_path / "store") as store:
        canary = Canary(0.5, name="phi", store=store)
        canary.hear(True, 1.0)
        value = store.get("canary/phi")
        for at in range(0, len(value), 7):
            spoiled = value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
            store.transact(["canary/phi"], lambda values, new=spoiled: ({"canary/phi": Put(new)}, None))
            with pytest.raises(UnreadableValueError):
                canary.takes("visitor")
        words, arrays = unpack("canary/phi", "canary", value)
        for wrong in ({"n": -1}, {"n": "many"}, {"settings": None}):
            spoiled = pack("canary/phi", "canary", words | wrong, arrays)
            store.transact(["canary/phi"], lambda values, new=spoiled: ({"canary/phi": Put(new)}, None))
            with pytest.raises(UnreadableValueError):
                canary.hear(True, 1.0)


# ---- skewed features ---------------------------------------------------------------------------------------


def contexts(n, rng):
    """A label of four, three numbers, a constant, and a count with many zeros."""
    return np.c_[np.eye(4)[rng.integers(0, 4, n)], rng.normal(size=(n, 3)), np.ones(n), rng.poisson(0.5, n)]


def test_the_index_is_that_of_its_definition():
    rng = np.random.default_rng(13)
    a, b = rng.permutation(1000.0 + np.arange(1000)), 1000 + 1000 * rng.random(400) ** 2
    edges = np.linspace(1000, 2000, 11)
    p, q = (np.histogram(v, edges)[0] / len(v) for v in (a, b))
    index, _ = feature_skew(a[:, None], b[:, None])
    assert index[0] == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=0.03)


@pytest.mark.parametrize(("n", "m"), [(5000, 300), (1000, 1000)])
def test_without_a_change_some_column_is_beyond_its_limit_no_more_than_twice_as_often_as_promised(n, m):
    beyond = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        index, limit = feature_skew(contexts(n, rng), contexts(m, rng), alpha=0.05)
        beyond += (index > limit).any()
    assert beyond <= 200 * 0.1 + 2 * np.sqrt(200 * 0.1)


def test_what_luck_puts_beyond_the_range_of_training_is_no_change():
    beyond = 0
    for seed in range(300):
        trained, served = np.random.default_rng(seed).normal(size=(2, 1000, 20))
        index, limit = feature_skew(trained, served, bins=5, alpha=0.01)
        beyond += (index > limit).any()
    assert beyond <= 300 * 0.01 + 3 * np.sqrt(300 * 0.01)  # where bins beyond it counted it was one of twenty
    one = np.r_[np.zeros(990), np.linspace(1, 2, 10)]  # and a column of which hardly anything varies is watched still
    index, limit = feature_skew(one[:, None], one[:, None] + [[3]])
    assert index > limit


def test_with_a_hundred_rows_chance_is_underrated_by_no_more_than_three_times():
    rng = np.random.default_rng(18)
    trained, beyond = contexts(5000, rng), 0
    for _ in range(400):
        index, limit = feature_skew(trained, contexts(100, rng), alpha=0.01)
        beyond += (index > limit).any()
    assert beyond <= 400 * 0.03 + 3 * np.sqrt(400 * 0.03)


@pytest.mark.parametrize("column", [0, 4, 8])
def test_a_column_that_arrives_as_zero_is_found_and_no_other(column):
    rng = np.random.default_rng(14)
    trained, served = contexts(5000, rng), contexts(200, rng)
    served[:, column] = 0
    index, limit = feature_skew(trained, served, alpha=1e-4)
    assert (index > limit).tolist() == [j == column for j in range(9)]


def test_a_rare_label_that_becomes_frequent_is_found():
    rng = np.random.default_rng(17)
    index, limit = feature_skew(rng.random((5000, 1)) < 0.01, rng.random((200, 1)) < 0.2)
    assert index[0] > limit[0]


def test_what_was_never_seen_in_training_is_found():
    rng = np.random.default_rng(15)
    trained, served = contexts(5000, rng), contexts(200, rng)
    served[:, 7] = 2  # a constant that is another
    served[:, 8] += 50
    index, limit = feature_skew(trained, served)
    assert (index > limit).tolist() == [False] * 7 + [True] * 2


def test_two_columns_of_one_law_that_change_places_are_not_found():
    """What it cannot see, and the chapter says so."""
    rng = np.random.default_rng(16)
    trained, served = contexts(5000, rng), contexts(200, rng)[:, [0, 1, 2, 3, 5, 4, 6, 7, 8]]
    index, limit = feature_skew(trained, served)
    assert (index < limit).all()


@pytest.mark.parametrize(
    ("change", "said"),
    each(trained=[np.ones((0, 2)), [[np.nan, 1.0]]], served=[np.ones((3, 1)), "x"], bins=[1], alpha=[0]),
)
def test_a_comparison_that_makes_no_sense_is_refused(change, said):
    with pytest.raises((ValueError, TypeError), match=said):
        feature_skew(**{"trained": np.ones((3, 2)), "served": np.ones((3, 2)), **change})


def test_the_limit_is_that_of_a_chi_square_for_each_column():
    rng = np.random.default_rng(19)
    trained = rng.normal(size=(5000, 3))
    served = np.clip(rng.normal(size=(400, 3)), trained.min(0), trained.max(0))
    _, limit = feature_skew(trained, served, alpha=0.03)
    assert limit == pytest.approx(np.full(3, chi2.isf(0.01, 9) * (1 / 5000 + 1 / 400)))


def test_there_are_no_more_bins_than_rows_can_fill():
    rng, beyond = np.random.default_rng(20), 0
    trained = rng.normal(size=(5000, 1))
    for _ in range(300):
        index, limit = feature_skew(trained, rng.normal(size=(300, 1)), bins=100)
        beyond += (index > limit).any()
    assert beyond <= 300 * 0.03 + 3 * np.sqrt(300 * 0.03)  # with a hundred bins it was four of five
