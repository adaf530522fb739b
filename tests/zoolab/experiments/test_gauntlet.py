"""The tables of chapter 7 are what its experiment gives, and agree with each other and with that of chapter 5."""

import inspect

import numpy as np
import pandas as pd
import pytest
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from zoolab.experiments import ablation, contenders, contest, families, gauntlet, tuning
from zoolib.experiment import stored
from zoolib.randomness import shifted

SEEDS = [7, 61]
SPOT = ["Neural-Linear, replay", "Static MLP", "Random", "LinUCB", "Shared, crossed, discount", "Epsilon-greedy"]


def table(name):
    return stored(gauntlet.DATA / f"{name}.csv")


def rows(frame, **wanted):
    for column, value in wanted.items():
        frame = frame[frame[column].isin(value if isinstance(value, list) else [value])]
    return frame.reset_index(drop=True)


# ---- the tables come out again ---------------------------------------------------------------------------


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("kind", SPOT)
def test_replications_of_the_gauntlet_come_out_again_digit_for_digit(kind):
    again = gauntlet.whole(gauntlet.played([kind], SEEDS))
    pd.testing.assert_frame_equal(again, rows(table("gauntlet"), kind=kind, replication=SEEDS), check_exact=True)


@pytest.mark.many
@pytest.mark.slow
@compares_stored_numbers
@pytest.mark.parametrize("family", ["Neural-Linear, frozen", "LinUCB", "LinUCB, logistic", "Hybrid"])
def test_tuned_replications_with_drawn_times_come_out_again_digit_for_digit(family):
    tried = table("gauntlet_tuning")
    best = tried.loc[tried["best"] & (tried["family"] == family), "kind"].item()
    again = gauntlet.outcomes(gauntlet.played([best], SEEDS, "drawn"), schedule="drawn")
    kept = rows(table("gauntlet_tuned"), kind=best, schedule="drawn", replication=SEEDS)
    pd.testing.assert_frame_equal(again[kept.columns], kept, check_exact=True)


@compares_stored_numbers
def test_agents_whose_alpha_is_turned_come_out_again_digit_for_digit():
    kind = "Shared, crossed @ 3"
    again = gauntlet.outcomes(gauntlet.played([kind], SEEDS))
    kept = rows(table("gauntlet_dial"), kind=kind, replication=SEEDS)
    pd.testing.assert_frame_equal(again[kept.columns], kept, check_exact=True)


@pytest.mark.slow
@compares_stored_numbers
def test_windows_come_out_again_digit_for_digit():
    kind = "Shared, crossed, window 5000"
    again = gauntlet.outcomes(gauntlet.played([kind], SEEDS, "drawn"), schedule="drawn")
    kept = rows(table("gauntlet_windows"), kind=kind, schedule="drawn", replication=SEEDS)
    pd.testing.assert_frame_equal(again[kept.columns], kept, check_exact=True)


@pytest.mark.many
@compares_stored_numbers
@pytest.mark.parametrize("kind", ["linear, expects 0.5", "log-odds, expects -2"])
def test_who_finds_the_dog_toys_comes_out_again_digit_for_digit(kind):
    again = gauntlet.outcomes(gauntlet.played([kind], SEEDS, "drawn"))
    kept = rows(table("gauntlet_toys"), kind=kind, replication=SEEDS)
    pd.testing.assert_frame_equal(again[kept.columns], kept, check_exact=True)


@pytest.mark.slow
@compares_stored_numbers
def test_a_setting_that_was_tried_earns_that_again():
    family = "Shared, crossed"
    again = tuning.played(family, families.FAMILIES[family].starts[1], tuning.WORLDS)
    kept = rows(table("gauntlet_tuning"), kind=again["kind"]).iloc[0]
    del again["seconds"]
    assert {name: kept[name] for name in again} == again


# ---- they hold what they say -----------------------------------------------------------------------------


def test_every_agent_ran_in_a_hundred_worlds():
    counts = table("gauntlet").groupby("kind", sort=False)["replication"].agg(list)
    assert list(counts.index) == [*contenders.YARDSTICKS, *contenders.AGENTS]
    assert all(seeds == list(range(100)) for seeds in counts)


def test_every_family_had_the_same_budget_on_worlds_that_serve_nothing_else():
    tried = table("gauntlet_tuning")
    best = tried[tried["best"]].set_index("family")
    assert list(best.index) == list(families.FAMILIES)
    most = tried.groupby("family", sort=False)["all"].max()
    pd.testing.assert_series_equal(best["all"], most)
    for family, size in tried.groupby("family").size().items():
        settled = pd.isna(best.loc[family, "unsettled"])
        assert size == tuning.BUDGET or (settled and size < tuning.BUDGET)
    assert not set(tuning.WORLDS) & set(gauntlet.WORLDS)


def test_who_finds_the_dog_toys_is_the_tuned_and_its_neighbour():
    tried, toys, judged = table("gauntlet_tuning"), table("gauntlet_toys"), table("gauntlet_tuned")
    assert list(toys["kind"].unique()) == [*contenders.FINDERS, *contenders.EXPECTING]
    best = tried[tried["best"]].set_index("family")["kind"]
    assert contenders.FINDERS[:2] == (best["LinUCB"], best["LinUCB, logistic"])
    assert contenders.FINDERS[2] in set(tried["kind"])
    for kind in contenders.FINDERS[:2]:
        same = rows(judged, kind=kind, schedule="drawn")[list(toys)]
        pd.testing.assert_frame_equal(rows(toys, kind=kind), same, check_exact=True)
    link, *others = (contenders.named(kind)[2] for kind in (contenders.FINDERS[1], *contenders.EXPECTING))
    *same_dials, remembers, hopes_less = others
    assert all({"expects": other["expects"]} | link == other for other in same_dials)
    assert remembers == link | {"expects": 0.5, "gamma": 1.0}
    assert hopes_less["expects"] < 0.5


def test_a_search_that_is_told_what_the_table_says_tries_what_stands_there(monkeypatch):
    kept = table("gauntlet_tuning").fillna({"unsettled": ""})
    known = kept.drop(columns=["family", "best", "unsettled"]).set_index("kind", drop=False).to_dict("index")
    monkeypatch.setattr(tuning, "played", lambda family, setting, seeds: known[families.kind(family, setting)])
    pd.testing.assert_frame_equal(tuning.tried(), kept)
    monkeypatch.setattr(tuning, "played", None)
    with shifted(7):  # a fresh hundred searches nothing
        pd.testing.assert_frame_equal(tuning.tried(), kept)


def test_a_search_begins_with_the_setting_of_the_chapters():
    for family, one in families.FAMILIES.items():
        if family in contenders.AGENTS:
            cls, encoding, standard = contenders.AGENTS[family]
            found = families.known(families.kind(family, one.starts[0]))
            assert found[:2] == (cls, encoding)
            makers = [vars(one)["__init__"] for one in reversed(cls.__mro__[:-1]) if "__init__" in vars(one)]
            parameters = [p for maker in makers for p in inspect.signature(maker).parameters.values()]
            defaults = {p.name: p.default for p in parameters if p.default is not inspect.Parameter.empty}
            assert defaults | standard == defaults | found[2]


def test_the_oracle_earns_most_in_every_world_of_every_table():
    for name in ("gauntlet", "gauntlet_tuned"):
        frame = table(name)
        for (_, schedule), of_world in frame.assign(schedule=frame.get("schedule", "standard")).groupby(
            ["replication", "schedule"]
        ):
            if schedule == "standard":
                world = of_world["replication"].iloc[0]
                oracle = rows(table("gauntlet"), kind="Oracle", replication=int(world))["all"].item()
                assert (of_world["all"] <= oracle + 1e-9).all()


def test_agents_that_took_part_in_the_ablation_earn_the_same_here():
    same = {
        "LinUCB": ("disjoint", 0.2),
        "LinUCB, alpha 1": ("disjoint", 1.0),
        "LinUCB, window": ("disjoint, window", 0.2),
    }
    same |= {"Shared": ("shared, one-hot", 0.2), "Shared, crossed": ("shared, crossed", 0.2)}
    same["Shared, crossed, alpha 1"] = ("shared, crossed", 1.0)
    same |= {f"Shared, crossed, {memory}": (f"shared, crossed, {memory}", 1.0) for memory in ("window", "discount")}
    same |= {"Neural-Linear, frozen": ("frozen", 0.3), "Neural-Linear, replay": ("replay", 0.3)}
    same["Neural-Linear, stale window"] = ("replay, window", 0.3)
    for more in ("discount", "fresh", "fresh, all", "Thompson", "fresh, Thompson"):
        same[f"Neural-Linear, {more}"] = (f"replay, {more}", 0.3)
    there, here = stored(ablation.TABLE), table("gauntlet")
    for kind, (name, alpha) in same.items():
        old, new = rows(there, kind=name, alpha=alpha), rows(here, kind=kind)
        for phase in gauntlet.VALUES:
            assert np.allclose(old[phase], new[phase], atol=1e-6, rtol=0)


def test_what_was_shown_times_the_click_table_is_what_was_earned():
    counts, values = table("gauntlet_shown"), table("gauntlet").groupby("kind")["all"].mean()
    world, earned = zoo.ZooplusSimulator(seed=0), {}
    for block in range(40):
        if 1000 * block in contenders.STANDARD:
            world.apply_shock(contenders.STANDARD[1000 * block])
        persona = counts["persona"].map(world.personas.index)
        category = counts["category"].map(world.categories.index)
        rate = world.click_table[persona, category]
        earned[block] = (counts[str(1000 * (block + 1))] * rate).groupby(counts["kind"]).sum()
    total = pd.DataFrame(earned).sum(axis=1) / (100 * contenders.N_STEPS)
    for kind in (*contenders.YARDSTICKS, *contenders.AGENTS):
        assert total[kind] == pytest.approx(values[kind], abs=2e-6)


def test_the_curves_pass_through_what_was_earned():
    curves, values = table("gauntlet_curves"), table("gauntlet").groupby("kind")["all"].mean()
    means = rows(curves, what="mean").set_index("kind").drop(columns="what").mean(axis=1)
    for kind in (*contenders.YARDSTICKS, *contenders.AGENTS):
        assert means[kind] == pytest.approx(values[kind], abs=1e-5)


# ---- the experiment itself -------------------------------------------------------------------------------


def test_a_name_stands_for_one_agent():
    names = [*contenders.AGENTS, *contenders.DIALLED, *contenders.WINDOWED, *contenders.LONGER, *contenders.EXPECTING]
    assert len(names) == len(set(names)) == len(contenders.KNOWN)


def test_a_kind_says_where_all_dials_of_its_family_stand():
    setting = {"alpha": 3.0, "memory": ("discount", 4000), "ridge": 0.1, "lr": 0.0003, "buffer": 2500, "every": 17}
    cls, _, given = contenders.named(families.kind("Neural-Linear, replay", setting))
    assert cls is zoo.NeuralLinearAgent
    assert given["training"] == zoo.Replay(2500, every=17)
    assert given["memory"] == zoo.Discount(0.9995)
    assert (given["alpha"], given["ridge"], given["lr"]) == (3.0, 0.1, 0.0003)
    frozen = families.kind("Neural-Linear, frozen", {"alpha": 1.0, "memory": ("window", 5500), "ridge": 0.01})
    assert contenders.named(frozen)[2]["memory"] == zoo.Fresh(5500)  # a frozen embedding is always fresh
    remembers = families.kind("Neural-Linear, fresh", setting | {"memory": None})
    assert contenders.named(remembers)[2]["memory"] == zoo.Fresh(contenders.N_STEPS)


def test_what_is_forgotten_is_one_dial_without_an_end():
    dial = families.Forgetting("window", "discount")
    assert dial.around(None, 3) == [("window", 20_000), ("discount", 20_000)]
    assert dial.around(("discount", 20_000), 3) == [("discount", 6700), None, ("window", 20_000)]
    longest = contest.search(
        lambda some: [s["memory"][1] if s["memory"] else 1e9 for s in some],
        {"memory": dial},
        40,
        {"memory": ("window", 9)},
    )
    assert (longest.best, longest.unsettled) == ({"memory": None}, ())


def test_networks_of_all_kinds_start_alike_in_one_world():
    features = zoo.FeatureEngineer(zoo.ZooplusSimulator(seed=[3, 4]))
    first, second = (
        contenders.neural(features, kind, [zoo.spawn(seed, "Neural-Linear") for seed in (3, 4)])
        for kind in ("Neural-Linear, replay", "Neural-Linear, frozen")
    )
    X = features.cells
    assert np.array_equal(first.phi(X), second.phi(X))
    grid = contenders.grid(list(contenders.AGENTS))
    assert list(grid) == ["Linear", "Neural-Linear"]


def test_an_agent_that_nobody_knows_is_refused_by_name():
    with pytest.raises(KeyError, match="LinUCB, alpha 7"):
        gauntlet.played(["LinUCB, alpha 7"], [0])


def test_the_summary_is_made_of_the_metrics_of_single_runs():
    kind, name = "Neural-Linear, replay", "Neural-Linear"
    (kept,) = gauntlet.played([kind], [5], "drawn")[kind].values()
    factory = {name: lambda features, rng: contenders.neural(features, kind, rng)}
    alone = zoo.replicate(factory, 5, contenders.N_STEPS, contenders.DRAWN)
    assert kept["value"][0] == zoo.metrics.value(alone)[name].item()
    start = alone.drawn["fish boom"]
    own = zoo.metrics.steps_to_recover(alone, start, persona="budget_shopper")[name].item()
    assert kept["steps"][0] == own
    assert sum(kept["shown"]) == contenders.N_STEPS
    assert np.mean(kept["curve"]) == pytest.approx(kept["value"][0])
