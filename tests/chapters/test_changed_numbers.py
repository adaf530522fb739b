"""A reader who changes a number or adds an agent meets no error: what cannot be told is NaN, and a claim falls."""

import ast
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import zoolib as zoo
from pages.student.kinds import cells
from zoolib.experiment import mean_interval


def imported_by(chapter):
    """Return all that a chapter imports, by its names."""
    names = {}
    code = [cell.source for cell in cells(chapter).values() if cell.cell_type == "code"]
    for node in ast.parse(re.sub(r"^[%!].*", "", "\n".join(code), flags=re.MULTILINE)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            exec(ast.unparse(node), names)
    return names


def run(chapter, names, *places, **changes):
    """Run cells of a chapter with some words in them changed, and return all that has a name then."""
    sources = [cells(chapter)[place].source for place in places]
    for old, new in changes.get("words", {}).items():
        assert any(old in source for source in sources), old
        sources = [source.replace(old, new) for source in sources]
    names = imported_by(chapter) | names
    for source in sources:
        exec(source, names)
    return names


def test_a_world_is_served_by_the_model_of_its_own_seed():
    def model(seed):
        return SimpleNamespace(table=lambda: np.eye(50)[np.full(1000, seed)])  # everybody is shown the product `seed`

    changes = {"range(100)": "[7, 3]", "10_000, 20_000": "10, 20"}
    shocked = run("00_the_shop", {"models": {3: model(3), 7: model(7)}}, "run-static", words=changes)["shocked"]
    assert shocked.arm[0].tolist() == [[7] * 20, [3] * 20]
    with pytest.raises(KeyError, match="5"):
        run("00_the_shop", {"models": {3: model(3), 7: model(7)}}, "run-static", words=changes | {"[7, 3]": "[7, 5]"})


def test_a_curve_that_never_climbs_and_worlds_of_which_too_few_are_left_have_numbers():
    flat = run("01_fifty_strangers", {"curves": np.full((5, 30), 0.4)}, "climb", "climb-of-mean")
    assert flat["climb"](flat["curves"][0]) == np.inf
    assert flat["of_mean"].low == 300  # as long as it was watched
    mean_of = run("01_fifty_strangers", {"BOOM": 10_000}, "settled")["mean_of"]
    assert np.isnan(mean_of(np.array([1.0])).low)
    assert mean_of(np.array([1.0, 2.0])) == mean_interval([1.0, 2.0])


def test_the_times_of_the_shocks_in_the_first_chapter_are_those_of_its_setup():
    chapter = cells("01_fifty_strangers")
    sources = {name: cell.source for name, cell in chapter.items() if cell.cell_type == "code"}
    fixed = [name for name, source in sources.items() if "10_000" in source or "25_000" in source]
    fixed = [name for name in fixed if "zoo.claim(" not in sources[name] and name not in ("setup", "fig-turnover")]
    assert fixed == []


def test_an_ellipsoid_that_is_larger_than_the_largest_picture_has_axes_as_long():
    outline = SimpleNamespace(x=np.array([-9.0, 9.0]), y=np.array([-1.0, 1.0]))
    names = {"draw_ellipsoid": lambda *_: (outline, outline), "theta_true": np.array([0.3, 0.65])}
    names |= {"Axis": lambda label, low, high: (low, high)}
    low, high = run("02_the_principle", names, "ellipsoid-axes")["draw_axis"](0, "x", 1, 0)
    assert low <= -9.0
    assert high >= 9.0


def test_the_parts_of_scores_are_shown_of_a_shop_of_thirty_products():
    names = {"plots": SimpleNamespace(BLUE="b", ORANGE="r", SOFT="k"), "plt": pytest.importorskip("matplotlib.pyplot")}
    places = "stop-after-300", "score-parts", "fig-score-parts", "score-parts-table"
    here = run("02_the_principle", names, *places, words={"Simulator(seed=42)": "Simulator(30, seed=42)"})
    assert len(here["ax"].patches) == 60


def test_a_shock_may_come_between_two_entries_of_the_diaries():
    sim = zoo.ZooplusSimulator(seed=[1])
    agent = zoo.NeuralLinearAgent(zoo.FeatureEngineer(sim), rng=[1])
    here = run("04_the_bridge", {"contenders": {"Neural-Linear": agent}}, "diaries", words={"10_000": "7_250"})
    assert {1, 500, 5000, 7250, 20_000} <= {*here["embeddings"].at}
    here = run("04_the_bridge", {"contenders": {"Neural-Linear": agent}}, "diaries")
    assert sorted(here["embeddings"].at) == [1, *range(500, 20_001, 500)]


def test_an_own_agent_is_shown_in_the_one_run_and_left_out_where_the_table_lacks_it():
    quick = {name: lambda features, rng: zoo.RandomAgent(features, rng=rng) for name in ("static", "linear", "neural")}
    names = {
        "random": quick["static"],
        "world": 3,
        "stop": 50,
        "shocks": {},
        "replace": replace,
    }
    mine = {'"LinUCB": linear}': '"LinUCB": linear, "Mine": random}'}
    value = {"all": pd.DataFrame(0.1, index=range(5), columns=["Oracle", "LinUCB", "Neural-Linear, replay"])}
    here = run("07_the_gauntlet", quick | names | {"value": value}, "one-run", "same-run", words=mine)
    assert here["one"].agents == ("Random", "Static MLP", "LinUCB", "Mine", "Neural-Linear, replay")
    assert here["tabled"] == ["LinUCB", "Neural-Linear, replay"]


def test_a_third_agent_and_other_numbers_of_halves_are_taken():
    tried = pd.DataFrame({"LinUCB": [1.0, 2.0], "heads": [4.0, 4.0], "Mine": [9.0, 9.0]})
    edge = run("10_other_peoples_data", {"tried": tried, "segment": SimpleNamespace(n_steps=7)}, "try-it-table")["edge"]
    assert edge.mean == 2.5
    by_half = np.random.default_rng(0).normal(50, 1, (5, 20)) + 9 * np.arange(5)[:, None]
    bars = {i: mean_interval(row) for i, row in enumerate(by_half)}
    run("10_other_peoples_data", {"by_half": by_half, "bars": bars}, "claim-halves")
    said = zoo.book.claims.made["shuffles-are-not-data"]
    assert said.replications == 5
    assert "of 5 intervals" in said.measured


def test_what_the_guide_claims_of_a_multiple_or_a_batch_that_was_not_tried_is_not_shown():
    share = pd.DataFrame({0.5: [0.8, 0.9], 2.0: [0.7, 0.7]})
    share = {"clicks of the book": share, "ten times rarer": share}
    here = run("guide", {"share": share}, "measure-alpha")
    assert np.isnan(here["carried"].low)
    assert all(np.isnan(short.high) for short in here["short"].values())
    sim = zoo.ZooplusSimulator(seed=range(3))
    learned = {every: SimpleNamespace(persona=np.zeros((3, 9), dtype=int)) for every in (1, 50, 500)}
    frame = pd.DataFrame({"UCB that anticipates": [0.4, 0.5, 0.6], "UCB": [0.1, 0.3, 0.2]})
    names = here | {"sim": sim, "learned": learned, "value": dict.fromkeys(learned, frame), "batches": [*learned]}
    gain = run("guide", names, "measure-batches")["gain"]
    assert np.isnan(gain[1000].low)
    assert np.isnan(gain[100].low)
    assert gain[1].mean == pytest.approx(0.3)
