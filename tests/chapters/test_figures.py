"""What single chapters draw and count is drawn where the numbers are, and counted as it says."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from figures import data_sets, funnel, gauntlet, regimes
from zoolab.columns import Conditions, FeatureShop, Segments
from zoolab.experiments import metric
from zoolab.experiments.regimes import POINTS
from zoolib import CATEGORIES, metrics
from zoolib.experiment import Interval


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def points(ax):
    """Where the markers stand on an axis."""
    lines = [line for line in ax.get_lines() if line.get_marker() != "None"]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


# ---- chapter 6 -------------------------------------------------------------------------------------------------------


def test_parts_of_a_row_lie_beside_each_other_in_every_panel():
    rows = {"shared": Interval(0.2, 0.1, 0.3, 9), "user": Interval(0.4, 0.3, 0.5, 9)}
    axes = funnel.panels(
        {"known": {"first": rows, "last": rows}, "hidden": {"first": rows, "last": rows}}, "clicks"
    ).axes
    assert [ax.get_title() for ax in axes] == ["known", "hidden"]
    for ax in axes:
        assert points(ax) == [(0.2, pytest.approx(-0.14)), (0.2, pytest.approx(0.14)), (0.4, pytest.approx(0.86)),
                              (0.4, pytest.approx(1.14))]  # fmt: skip
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["first", "last"]


def test_stages_show_medians():
    ax = funnel.stages(pd.DataFrame({"embed": [1.0, 2.0, 9.0], "rank": [3.0, 4.0, 5.0]}), budget=5).axes[0]
    assert points(ax) == [(2.0, 0.0), (4.0, 1.0)]
    assert ax.get_xscale() == "log"


# ---- chapter 7 -------------------------------------------------------------------------------------------------------


def test_recoveries_are_drawn_in_a_panel_for_each_event():
    kept = {"LinUCB": [10.0, np.inf], "Oracle": [5.0, 5.0]}
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


# ---- chapter 8 -------------------------------------------------------------------------------------------------------


def frame(**columns):
    return pd.DataFrame(columns, index=pd.RangeIndex(4, name="replication"), dtype=float)


EARNED = frame(network=[0.4, 0.5, 0.6, 0.7], crossed=[0.3, 0.45, 0.65, 0.5], raw=[0.1, 0.2, 0.1, 0.8], oracle=[0.9] * 4)


def test_a_duel_is_with_the_best_rival_and_counts_worlds():
    duel = regimes.duel(EARNED, "network", ["raw", "crossed", "absent"])
    assert duel["rival"] == "crossed"
    assert duel["difference"] == metrics.paired_difference(EARNED, "network", "crossed")
    assert (duel["won"], duel["beat all"]) == (0.75, 0.5)


def test_against_tells_each_rival_with_its_share_of_worlds():
    rows = regimes.against(EARNED, "network", ["crossed", "raw"])
    assert rows["won"].tolist() == [3, 3]
    assert rows.loc["raw", "difference"] == metrics.paired_difference(EARNED, "network", "raw")
    exact = metrics.share(EARNED["network"] > EARNED["raw"], method="exact")
    assert (rows.loc["raw", "low"], rows.loc["raw", "high"]) == (exact.low, exact.high)


def test_the_rivals_are_all_other_families_at_their_best_and_every_family_has_a_look():
    earned = EARNED.assign(**{"network, plain": 0.2, "raw, plain": 0.1})
    assert regimes.rivals(earned) == ["crossed", "raw"]
    assert regimes.plain(earned).to_dict("list") == {
        "network": [0.2] * 4, "crossed": EARNED["crossed"].tolist(), "raw": [0.1] * 4, "oracle": [0.9] * 4
    }  # fmt: skip
    used = {family for where in POINTS for family in where.families}
    assert used | {"network, plain", "clusters, chosen", metric.AGENT} == set(regimes.FAMILIES)
    shown = {(p.dial, p.value) for p in POINTS if not p.ablate and p.dial != "no log"}  # which the map leaves out
    assert set(regimes.KINDS.values()) == shown


def test_columns_that_were_chosen_together_make_a_family_of_clusters_and_the_better_of_two_networks():
    assert regimes.with_chosen(EARNED, None) is EARNED
    chosen = pd.DataFrame({"clusters, chosen": [0.3] * 4, "network, chosen": [0.0] * 4})
    both = regimes.with_chosen(EARNED, chosen)
    assert both["network"].tolist() == EARNED["network"].tolist()
    assert regimes.rivals(both) == [*regimes.rivals(EARNED), "clusters, chosen"]
    better = regimes.with_chosen(EARNED, chosen.assign(**{"network, chosen": 2.0}))
    assert better["network"].tolist() == [2.0] * 4
    assert regimes.with_chosen(EARNED, chosen[["clusters, chosen"]])["network"].tolist() == EARNED["network"].tolist()


def test_a_search_is_told_by_its_scores_and_by_what_it_left_untried():
    def row(setting, role, earned, unsettled=""):
        return {"dial": "base", "value": 0, "agent": "a", "setting": setting, "role": role, "unsettled": unsettled,
                "first": 0, "earned": earned}  # fmt: skip

    scores = ["0.1 0.3", "0.5 0.5", "0.2 0.2", "0.1 0.1", "0.1 0.1", "0.1 0.1", "0.6 0.8"]
    table = [row(f"x={i} y=1", "tuned", one) for i, one in enumerate(scores)]
    told = regimes.searches(regimes.unpacked(pd.DataFrame([*table, row("x=6 y=1", "tested", "0.5 0.5", "x")])))
    assert told.loc[("base 0", "a")].to_dict() == {
        "dials": 1, "tries": 7, "after 6": 0.5, "after 12": 0.7, "best": 0.7, "untried": "x"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "who"),
    [(0.1, 0.2, "network"), (-0.2, -0.1, "another"), (-0.1, 0.1, "neither"), (0.0, 1, "neither")],
)
def test_who_wins_is_said_by_the_interval(low, high, who):
    assert regimes.winner(metrics.Interval((low + high) / 2, low, high, 100)) == who


def test_a_packed_table_is_unpacked_world_by_world():
    packed = pd.DataFrame({
        "dial": ["base"] * 2, "value": [0, 0], "agent": ["a", "b"], "setting": ["", "x=1"], "role": ["tested"] * 2,
        "first": [0, 0], "earned": ["0.1 0.2", "0.3 0.4"],
    })  # fmt: skip
    long = regimes.unpacked(packed)
    assert regimes.played(long).to_dict("list") == {"a": [0.1, 0.2], "b": [0.3, 0.4]}
    assert long["replication"].tolist() == [0, 1, 0, 1]
    with pytest.raises(regimes.NotPlayedError, match="no tested agents at log 3"):
        regimes.played(long, "log", 3)


def test_the_map_has_a_row_for_each_kind_of_world_in_the_colour_of_its_winner():
    duels = {"here": regimes.duel(EARNED, "network", ["raw"]), "there": regimes.duel(EARNED, "raw", ["oracle"])}
    ax = regimes.regime_map(duels, xlabel="difference").axes[0]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["here (raw)", "there (oracle)"]
    points = [line for line in ax.get_lines() if line.get_marker() not in ("None", None, "")]
    looks = [(line.get_color(), line.get_marker()) for line in points]
    assert looks == [regimes.WINNERS[regimes.winner(one["difference"])] for one in duels.values()]


def test_all_worlds_of_the_moving_figure_have_the_same_marks():
    marks = regimes.ranking(EARNED)
    assert [mark.name for mark in marks] == [f"_{name}" for name in regimes.rows().ticks.values()]
    assert [list(mark.y) for mark in marks if len(mark.y)] == [
        [place] for place, name in regimes.rows().ticks.items() if name in EARNED
    ]
    assert [len(mark.x) for mark in marks] == [int(name in EARNED) for name in regimes.FAMILIES]
    assert [mark.low is None for mark in marks] == [False] * len(marks)


def test_the_informed_quadratics_earn_between_chance_and_the_oracle_and_the_one_that_climbs_earns_more():
    shop = FeatureShop(Segments(nuisances=0), seed=[0, 1], n_steps=60, n_log=0)
    fitted, climbed = regimes.quadratics(shop)
    assert (fitted > shop.probability.mean((-1, -2))).all()
    assert (climbed > fitted).all()
    assert (climbed <= shop.probability.max(-1).mean(-1) + 1e-12).all()


def test_the_quadratic_that_fits_is_that_of_least_squares_and_a_sum_of_degrees_is_within_reach_of_both():
    shop = FeatureShop(Conditions(dial=0.0, nuisances=0), seed=[3], n_steps=80, n_log=0)
    best = shop.probability.max(-1).mean(-1)
    assert all(earned == pytest.approx(best) for earned in regimes.quadratics(shop))


def test_what_could_be_known_is_the_table_at_a_cluster_and_a_mixture_between():
    world = {"users": np.array([[[0.0, 0.0]], [[10.0, 0.0]], [[0.0, 10.0]], [[10.0, 10.0]]])}
    truth = regimes.could_be_known(world, np.array([[0.0, 0.0], [5.0, 0.0]]), "Cat Food")
    rates = regimes.TABLE[:, CATEGORIES.index("Cat Food")]
    assert truth == pytest.approx([rates[0], (rates[0] + rates[1]) / 2])


# ---- chapter 10 ------------------------------------------------------------------------------------------------------


def test_differences_stand_in_a_panel_for_each_set():
    rows = {"LinUCB": Interval(0.5, 0.4, 0.6, 9), "Shared": Interval(-0.2, -0.3, -0.1, 9)}
    axes = data_sets.against({"digits": rows, "magic": rows, "cancer": rows}, xlabel="mistakes").axes
    assert [points(ax) for ax in axes[:3]] == [[(0.5, 0.0), (-0.2, 1.0)]] * 3
