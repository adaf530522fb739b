"""Figures of many agents: what is drawn is where the numbers are."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from zoolib import plots, standings
from zoolib.metrics import Interval


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
    mine = standings.bands(x, {"LinUCB": (mean, half)}, **words).axes[0]
    assert np.array_equal(mine.get_lines()[0].get_ydata(), drawn.get_lines()[0].get_ydata())
    (own,) = mine.collections
    assert own.get_paths()[0].vertices[:, 1].min() == pytest.approx(low[0], abs=1e-6)
    assert own.get_paths()[0].vertices[:, 1].max() == pytest.approx(high[0], abs=1e-6)


def test_what_has_no_width_has_no_band():
    ax = standings.bands(np.arange(3.0), {"Oracle": (np.ones(3), np.zeros(3))}, xlabel="", ylabel="").axes[0]
    assert not ax.collections


def test_moves_stand_where_the_means_are():
    rows = {
        "LinUCB": {"standard": Interval(0.5, 0.4, 0.6, 9), "tuned": Interval(0.7, 0.6, 0.8, 9)},
        "Shared": {"standard": Interval(0.2, 0.1, 0.3, 9), "tuned": Interval(0.3, 0.2, 0.4, 9)},
    }
    ax = standings.moves(rows, xlabel="clicks").axes[0]
    points = {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in ax.get_lines()
        if line.get_marker() != "None"
    }
    assert points == {(0.5, 0.0), (0.7, 0.0), (0.2, 1.0), (0.3, 1.0)}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["LinUCB", "Shared"]


@pytest.mark.parametrize(("call", "message"), [
    (lambda: standings.bands(np.arange(3), {"a": (np.ones(3), np.ones(2))}, xlabel="", ylabel=""), "lines.*'a'"),
    (lambda: standings.moves({}, xlabel=""), "rows must hold"),
    (lambda: standings.moves({"a": {"x": 1}, "b": {"y": 1}}, xlabel=""), "rows must hold the same"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
