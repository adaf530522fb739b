"""How settings are chosen."""

import math

import pandas as pd
import pytest

from zoolab.experiments.contest import Choice, Factor, Found, remembered, search
from zoolab.long import store
from zoolib.randomness import shifted


def hill(**top):
    """A score that is highest at ``top``, by the distance in factors, and counts how often it was asked."""
    asked = []

    def score(settings):
        asked.extend(settings)
        return [-sum(abs(math.log(s[name] / at)) for name, at in top.items()) for s in settings]

    return score, asked


def test_an_optimum_beyond_any_grid_is_found_and_has_worse_neighbours():
    score, _ = hill(alpha=300.0, ridge=0.002)
    found = search(score, {"alpha": Factor(0.3), "ridge": Factor(1.0)}, budget=60)
    assert not found.unsettled
    assert abs(math.log(found.best["alpha"] / 300)) < math.log(1.7) / 2 + 0.02
    assert abs(math.log(found.best["ridge"] / 0.002)) < math.log(1.7) / 2 + 0.02
    values = {tuple(s.items()): v for s, v in found.tried}
    best = values[tuple(found.best.items())]
    for name in found.best:
        for value in Factor(1.0).around(found.best[name], 1.7):
            assert values[tuple((found.best | {name: value}).items())] <= best


def test_no_setting_is_asked_for_twice_and_the_budget_is_kept():
    score, asked = hill(alpha=300.0)
    found = search(score, {"alpha": Factor(0.3), "map": Choice("a", "b")}, budget=7)
    keys = [tuple(s.items()) for s in asked]
    assert len(keys) == len(set(keys)) == len(found.tried) == 7


def test_what_the_budget_left_untried_is_said():
    score, _ = hill(alpha=300.0)
    assert search(score, {"alpha": Factor(0.3)}, budget=3).unsettled == ("alpha",)


def test_ends_that_are_none_are_reached_and_left_again():
    alpha, window = Factor(0.3, bottom=0.02), Factor(4000, top=20_000, whole=True)
    assert search(lambda some: [-s["alpha"] for s in some], {"alpha": alpha}, 20).best == {"alpha": 0.0}
    forgets_nothing = search(lambda some: [s["w"] or math.inf for s in some], {"w": window}, 20)
    assert forgets_nothing.best == {"w": None}
    assert not forgets_nothing.unsettled
    back = search(lambda some: [-abs(s["alpha"] - 1) for s in some], {"alpha": alpha}, 20, start={"alpha": 0.0})
    assert back.best["alpha"] == pytest.approx(1, rel=0.3)


def test_a_search_may_begin_elsewhere_and_nothing_unknown_is_accepted():
    assert search(lambda some: [0.0] * len(some), {"a": Choice(1, 2)}, 5, start={"a": 2}).best == {"a": 2}
    with pytest.raises(ValueError, match="start must name dials"):
        search(lambda some: [0.0] * len(some), {"a": Choice(1, 2)}, 5, start={"b": 2})
    with pytest.raises(ValueError, match="budget"):
        search(lambda some: [0.0] * len(some), {"a": Choice(1, 2)}, 0)


def test_among_equals_the_search_stays_where_it_is():
    assert search(lambda some: [1.0] * len(some), {"a": Factor(3.0)}, 20).best == {"a": 3.0}


def test_what_was_found_is_remembered_in_every_hundred(tmp_path):
    rows = [("a", "tuning", 1.0, 3.0), ("a", "tuning", 3.0, 2.0), ("a", "play", 3.0, 7.0), ("b", "play", 9.0, 1.0)]
    table = pd.DataFrame(rows, columns=["agent", "phase", "alpha", "lost"])
    store(table.assign(unsettled=["", "", "alpha", ""]), tmp_path / "t.csv")
    for hundred in (0, 1_000_000):
        with shifted(hundred):
            found = remembered(tmp_path / "t.csv", ["alpha"], "lost", agent="a")
        assert found == Found({"alpha": 3.0}, [({"alpha": 1.0}, -3.0), ({"alpha": 3.0}, -2.0)], ("alpha",))
