"""Many agents compared: shares and recoveries are what their definitions say, and drawn where the numbers are."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from zoolib.book import gauntlet, plots
from zoolib.experiment import Interval


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_bands_are_the_curves_of_the_same_mean_and_width(rng):
    x, values = np.arange(5.0), rng.normal(size=(40, 5))
    words = {"xlabel": "step", "ylabel": "clicks"}
    drawn = plots.curves(x, {"LinUCB": values}, **words).axes[0]
    (band,) = drawn.collections
    low, high = (np.array([getattr(band.get_paths()[0].vertices[:, 1], end)()]) for end in ("min", "max"))
    mean = values.mean(0)
    half = 2.0226909 * values.std(0, ddof=1) / np.sqrt(40)  # Student's t, 39 degrees of freedom
    mine = gauntlet.bands(x, {"LinUCB": (mean, half)}, **words).axes[0]
    assert np.array_equal(mine.get_lines()[0].get_ydata(), drawn.get_lines()[0].get_ydata())
    (own,) = mine.collections
    assert own.get_paths()[0].vertices[:, 1].min() == pytest.approx(low[0], abs=1e-6)
    assert own.get_paths()[0].vertices[:, 1].max() == pytest.approx(high[0], abs=1e-6)


def test_what_has_no_width_has_no_band():
    ax = gauntlet.bands(np.arange(3.0), {"Oracle": (np.ones(3), np.zeros(3))}, xlabel="", ylabel="").axes[0]
    assert not ax.collections


def test_moves_stand_where_the_means_are():
    rows = {
        "LinUCB": {"standard": Interval(0.5, 0.4, 0.6, 9), "tuned": Interval(0.7, 0.6, 0.8, 9)},
        "Shared": {"standard": Interval(0.2, 0.1, 0.3, 9), "tuned": Interval(0.3, 0.2, 0.4, 9)},
    }
    ax = gauntlet.moves(rows, xlabel="clicks").axes[0]
    points = {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in ax.get_lines()
        if line.get_marker() != "None"
    }
    assert points == {(0.5, 0.0), (0.7, 0.0), (0.2, 1.0), (0.3, 1.0)}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["LinUCB", "Shared"]


def test_a_share_covers_its_truth_as_often_as_it_says(rng):
    truth, n = 0.1, 100
    intervals = [gauntlet.share(rng.random(n) < truth) for _ in range(2000)]
    assert 0.93 < np.mean([one.low <= truth <= one.high for one in intervals]) < 0.975
    none = gauntlet.share(np.zeros(n, dtype=bool))
    assert (none.mean, none.n) == (0.0, n)
    assert none.high == pytest.approx(1.959964**2 / (n + 1.959964**2))  # Wilson's, where nothing was seen


def test_where_all_are_watched_to_the_end_the_estimator_is_the_plain_share(rng):
    steps = np.where(rng.random(60) < 0.7, rng.integers(1, 1000, 60), np.inf)
    at = np.array([0, 10, 500, 999, 1000])
    found, low, high = gauntlet.recovered(steps, 1000, at)
    assert found == pytest.approx([(steps <= t).mean() for t in at])
    inside = (found > 0) & (found < 1)
    assert ((low < found) & (found < high))[inside].all()
    none, everyone = gauntlet.share(np.zeros(60, dtype=bool)), gauntlet.share(np.ones(60, dtype=bool))
    assert (found[0], low[0], high[0]) == pytest.approx((none.mean, none.low, none.high))
    parts = gauntlet.recovered(np.full(60, 7.0), 1000, [8])
    assert [part[0] for part in parts] == pytest.approx([everyone.mean, everyone.low, everyone.high])


def test_recoveries_are_those_of_kaplan_and_meier_s_formula():
    steps = np.array([3.0, np.inf, 5.0, 5.0, np.inf, 9.0, np.inf])
    watched = np.array([10.0, 4.0, 10.0, 10.0, 5.0, 10.0, 10.0])
    by_hand = 1 - np.array([1, 6 / 7, 6 / 7 * 3 / 5, 6 / 7 * 3 / 5 * 1 / 2])  # at risk: 7 at 3, 5 at 5, 2 at 9
    assert gauntlet.recovered(steps, watched, [2, 3, 5, 9])[0] == pytest.approx(by_hand)


def test_worlds_that_are_watched_briefly_do_not_count_as_failures(rng):
    truth = rng.exponential(1000, 4000)
    watched = rng.uniform(500, 3000, 4000)
    found, low, high = gauntlet.recovered(np.where(truth <= watched, truth, np.inf), watched, [400, 1500])
    assert found == pytest.approx(1 - np.exp([-0.4, -1.5]), abs=0.02)
    assert (high - low < 0.06).all()


def test_what_never_recovers_stays_at_nought():
    share, low, high = gauntlet.recovered([np.inf] * 100, 100, [50, 100])
    assert not share.any()
    assert not low.any()
    assert high == pytest.approx([gauntlet.share(np.zeros(100, dtype=bool)).high] * 2)


def test_recoveries_are_drawn_in_a_panel_for_each_event():
    kept = {"LinUCB": ([10.0, np.inf], 100), "Oracle": ([5.0, 5.0], 100)}
    axes = gauntlet.recoveries({"fish boom": kept, "dog-toy craze": kept}, 100).axes
    assert [ax.get_title() or ax.get_title(loc="left") for ax in axes] == ["fish boom", "dog-toy craze"]
    lines = {line.get_label(): line.get_ydata()[-1] for line in axes[0].get_lines()}
    assert lines == {"LinUCB": 0.5, "Oracle": 1.0}


def test_a_mosaic_shows_the_shares_of_each_panel():
    counts = np.array([[1, 3], [3, 1]])
    axes = gauntlet.mosaics(np.array([0, 10, 20]), {"a": counts, "b": counts, "c": counts}, ["x", "y"], {10: "boom"})
    drawn = [ax for ax in axes.axes if ax.get_visible()]
    assert len(drawn) == 3
    lower = drawn[0].collections[0].get_paths()[0].vertices
    assert lower[:, 1].max() == pytest.approx(0.75)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: gauntlet.share([0.5, 1.0]), "hits must be a row of truth values"),
    (lambda: gauntlet.recovered([20.0], 10, [5]), "no recovery after the end"),
    (lambda: gauntlet.recovered([2.0], 10, [11]), "at must lie between 0 and the longest watch, 10"),
    (lambda: gauntlet.mosaics(np.arange(3), {"a": np.ones((2, 3))}, ["x", "y"], {}), "panels.*'a'"),
    (lambda: gauntlet.bands(np.arange(3), {"a": (np.ones(3), np.ones(2))}, xlabel="", ylabel=""), "lines.*'a'"),
    (lambda: gauntlet.moves({}, xlabel=""), "rows must hold"),
    (lambda: gauntlet.moves({"a": {"x": 1}, "b": {"y": 1}}, xlabel=""), "rows must hold the same"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
