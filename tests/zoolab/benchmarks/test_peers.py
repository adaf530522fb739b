"""Where no context comes again: the world, the fairness of the comparison, and what is stored and said of it.

The peers' environment is not needed: our own contenders play here, and of the others the stored results are judged.
"""

import json
import re
import time

import numpy as np
import pytest
from built_book import ROOT

from zoolab.benchmarks import compared, contenders, different, growth, peers, report_peers
from zoolab.benchmarks.__main__ import STEPS
from zoolib import LinUCBAgent, ZooplusSimulator

TASKS = list(dict.fromkeys(one.task for one in contenders.CONTENDERS.values()))


@pytest.fixture(scope="module")
def stored() -> dict:
    return json.loads((ROOT / "zoolab" / "benchmarks" / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("task", [contenders.LINUCB, contenders.SHARED])
@pytest.mark.parametrize("worlds", [None, 3])
def test_no_context_comes_again_and_the_same_seed_is_the_same_world(task, worlds):
    world, again, other = (different.World(task, 4, 5, seed, worlds) for seed in (42, 42, 43))
    (X, luck), (X2, luck2), (X3, _) = world.block(3), again.block(3), other.block(3)
    own = task in contenders.OWN_MODELS
    assert X.shape == (different.BLOCK, *([worlds] if worlds else []), *([] if own else [4]), 5)
    assert np.array_equal(X, X2)
    assert np.array_equal(luck, luck2)
    assert not np.array_equal(X, X3)
    flat = np.concatenate([X, world.block(4)[0]]).reshape(-1, 5)
    assert len(np.unique(flat, axis=0)) == len(flat)
    assert np.allclose(flat[:, 0], 1)
    assert np.allclose((flat[:, 1:] ** 2).sum(1), 1)


@pytest.mark.parametrize("task", [contenders.LINUCB, contenders.SHARED])
def test_an_arm_earns_what_its_own_direction_and_its_own_context_say(task):
    one, many = different.World(task, 4, 5, 42), different.World(task, 4, 5, 42, worlds=3)
    X = one.block(0)[0][0]
    x, chance = one.chosen(X, 2)
    w = one.w[2] if task == contenders.LINUCB else one.w
    assert np.array_equal(x, X if task == contenders.LINUCB else X[2])
    assert chance == pytest.approx(0.5 + 0.4 * w @ x[1:])
    X, arms = many.block(0)[0][0], np.array([3, 0, 1])
    x, chance = many.chosen(X, arms)
    for i, arm in enumerate(arms):
        w = many.w[i, arm] if task == contenders.LINUCB else many.w[i]
        assert np.array_equal(x[i], X[i] if task == contenders.LINUCB else X[i, arm])
        assert chance[i] == pytest.approx(0.5 + 0.4 * w @ x[i, 1:])


def test_in_batches_and_one_at_a_time_the_contexts_and_the_luck_are_the_same():
    world = different.World(contenders.LINUCB, 4, 5, 42)
    single = list(different.steps_of(world, 1, 1000))
    batches = list(different.steps_of(world, 500, 1000))
    assert [len(X) for X, _ in batches] == [500, 500]
    for part in (0, 1):
        assert np.array_equal(np.array([one[part] for one in single]), np.concatenate([one[part] for one in batches]))


@pytest.mark.parametrize(
    "name", [name for name, one in contenders.CONTENDERS.items() if one.literal and one.package == "zoolib"]
)
@pytest.mark.parametrize("way", [contenders.ONE, contenders.BATCH])
def test_our_linucb_chooses_what_the_literal_version_might_choose(name, way, monkeypatch):
    monkeypatch.setattr(different, "CHECKED", (20, 5, 80))
    assert different.agreement(name, way, 42) == 1


@pytest.mark.parametrize("way", [contenders.ONE, contenders.BATCH])
def test_an_agent_with_another_alpha_does_not_pass_for_the_literal_one(way, monkeypatch):
    bolder = contenders.CONTENDERS["zoolib: LinUCBAgent"]._replace(
        ways=contenders.ours(lambda space: LinUCBAgent(space, alpha=2.0), own_models=True)
        if way == contenders.ONE
        else {contenders.BATCH: lambda K, d: (lambda X: np.arange(len(X)) % 2, lambda *_: None)}
    )
    monkeypatch.setitem(contenders.CONTENDERS, "bolder", bolder)
    monkeypatch.setattr(different, "CHECKED", (20, 5, 80))
    assert different.agreement("bolder", way, 42) < 0.95


def test_a_world_in_lockstep_is_chosen_for_as_if_it_were_alone():
    """Our contender asked for three worlds at once, and the same one asked for each of them."""
    world = different.World(contenders.LINUCB, 6, 4, 42, worlds=3)
    made = [
        contenders.our(lambda s: LinUCBAgent(s, alpha=0.2), shape, own_models=True)(6, 4)
        for shape in ((3,), (), (), ())
    ]
    for X, luck in different.steps_of(world, 1, 60):
        arms = made[0][0](X)
        assert arms.tolist() == [choose(x) for (choose, _), x in zip(made[1:], X, strict=True)]
        x, chance = world.chosen(X, arms)
        r = (luck < chance).astype(int)
        made[0][1](x, arms, r)
        for i, (_, learn) in enumerate(made[1:]):
            learn(x[i], int(arms[i]), int(r[i]))


def test_a_play_ends_with_its_block_when_the_time_is_up_and_counts_what_was_timed(monkeypatch):
    monkeypatch.setattr(different, "ENOUGH", 0.0)
    played = different.play("zoolib: LinUCBAgent", contenders.ONE, 5, 3, 42)
    assert [n for n, *_ in played["marks"]] == [different.BLOCK]
    monkeypatch.setattr(different, "ENOUGH", 60.0)
    monkeypatch.setitem(different.STEPS, contenders.ONE, 100)
    marks = different.play("zoolib: LinUCBAgent", contenders.ONE, 5, 3, 42)["marks"]
    assert [n for n, *_ in marks] == list(range(different.BLOCK, 101, different.BLOCK))
    seconds = [s for _, s, _ in marks]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def busy(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_choosing_and_learning_are_timed_and_the_world_is_not():
    told = []

    def choose(x):
        busy(0.01)
        return x + 1

    def learn(*lesson):
        busy(0.02)
        told.append(lesson)

    def world(x, arm):
        busy(0.2)
        return x, arm, 1

    lesson, seconds = contenders.step((choose, learn), 4, world)
    assert told == [lesson] == [(4, 5, 1)]
    assert 0.03 <= seconds < 0.1


def test_in_the_shop_a_contender_first_plays_a_few_steps_unseen_and_is_then_made_anew(monkeypatch):
    made = []

    def contender(shop):
        made.append([])
        return lambda user: made[-1].append(user) or 7, lambda user, arm, click: made[-1].append(click)

    monkeypatch.setitem(peers.CONTENDERS, "seven", (contenders.LINUCB, contender))
    played = peers.play("seven", 30, 42)
    assert [len(steps) for steps in made] == [2 * contenders.UNSEEN, 60]
    shop = peers.Shop(42)
    assert made[1][1::2] == [shop.sim.get_reward(user, 7) for user in made[1][::2]]  # the luck of those was its own
    assert played["ctr"] == sum(made[1][1::2]) / 30


def test_who_has_one_model_for_all_products_is_told_pairs_of_persona_and_category():
    shop = peers.Shop(42)
    rows = shop.crossed.reshape(-1, 20)
    assert ((rows == 1).sum(1) == 1).all()
    assert (rows.sum(1) == 1).all()
    cell = shop.crossed.argmax(-1)
    pairs = {(p, shop.category[k]): cell[p, k] for p in range(4) for k in range(peers.K)}
    assert len(pairs) == len(set(pairs.values())) == len(np.unique(cell)) == 20
    user, sim = int(np.argmax(np.array(shop.persona) == 2)), shop.sim
    assert np.array_equal(shop.crossed[2], shop.features.encoded("crossed").contexts(user, sim))
    assert np.array_equal(shop.contexts[2], shop.features.contexts(user, sim))


def test_in_the_shop_all_of_a_task_are_compared_with_one_of_ours_that_does_the_same():
    for name in peers.CONTENDERS:
        told = peers.told(name)
        assert peers.told(told["reference"])["task"] == told["task"]
        assert told["reference"].startswith("zoolib")
    assert peers.told("coba: LinUCBLearner")["reference"] == "zoolib: SharedLinUCBAgent"
    assert peers.told("mabwiser: LinUCB")["reference"] == "zoolib: LinUCBAgent"


def test_how_a_posterior_is_kept_in_batches_is_not_told_by_the_click_or_the_decision():
    kept = {
        name: one.kept(contenders.BATCH) for name, one in contenders.CONTENDERS.items() if contenders.BATCH in one.ways
    }
    assert len(kept) > 10
    for name, how in kept.items():
        assert not re.search(r"a (click|decision)\b", how), name
    assert contenders.CONTENDERS["mabwiser: LinUCB"].kept(contenders.ONE) == "an inverse a click"


def test_what_the_page_says_of_chance_is_so(stored):
    page = (ROOT / "chapters" / "benchmarks.md").read_text(encoding="utf-8")
    assert "By chance a reward would be 0.21 in the shop, and 0.5 where no context comes again." in page
    for seed in (42, 43, 44):
        sim = ZooplusSimulator(n_products=peers.K, seed=seed)
        users = np.arange(sim.n_users)
        chance = np.mean([sim.click_probability(int(u), a) for u in users[:200] for a in range(peers.K)])
        assert chance == pytest.approx(0.21, abs=0.02)
        for task in (contenders.LINUCB, contenders.SHARED):
            world = different.World(task, 50, 20, seed)
            chances = [world.chosen(X, arm)[1] for i in range(5) for X in world.block(i)[0] for arm in range(0, 50, 5)]
            assert np.mean(chances) == pytest.approx(0.5, abs=0.02)
    assert STEPS[contenders.NEURAL_UCB] == 50 * 20
    for row in stored["different"]["rows"]:
        if row["task"] == contenders.NEURAL_UCB and row["contender"].startswith("calvera") and not row["missing"]:
            assert row["steps"] < 100  # its network has learned from one minibatch, if from any


def test_every_task_is_led_by_one_of_ours_that_can_be_asked_in_every_way_of_the_others():
    for task in TASKS:
        ways = {way for one in contenders.CONTENDERS.values() if one.task == task for way in one.ways}
        assert ways <= set(contenders.CONTENDERS[compared.reference(task)].ways)


def of(marks, missing="", agrees=None):
    cell = {"way": contenders.ONE, "arms": 50, "d": 20, "missing": missing, "marks": marks, "mb": 10.0, "worlds": 1}
    return {"version": "1", "cells": [cell | ({} if agrees is None else {"agrees": agrees})]}


def test_a_ratio_is_of_equal_work_as_much_as_both_have_done():
    mine = {"marks": [[20, 1.0, 0.5], [40, 3.0, 0.5], [60, 9.0, 0.5]]}
    theirs = {"marks": [[20, 4.0, 0.5], [40, 6.0, 0.5]]}
    assert compared.ratio(theirs, mine) == 2.0
    assert compared.ratio(mine, mine) == 1.0


def test_a_row_has_the_median_of_the_rounds_and_their_spread(monkeypatch):
    ours_, other = (contenders.CONTENDERS[name] for name in ("zoolib: LinUCBAgent", "mabwiser: LinUCB"))
    monkeypatch.setattr(compared, "CONTENDERS", {"ours": ours_, "other": other, "third": other})
    rounds = [
        {"ours": of([[20, 1.0, 0.5]]), "other": of([[20, s, r]], agrees=a), "third": of([], missing="too slow")}
        for s, r, a in ((2.0, 0.4, 1.0), (5.0, 0.5, 0.9), (0.5, 0.6, 1.0))
    ]
    mine, row, third = compared.rows(rounds)
    assert (mine["ratio"], mine["ratio_low"], mine["ratio_high"]) == (1, 1, 1)
    assert (row["ratio"], row["ratio_low"], row["ratio_high"]) == (2.0, 0.5, 5.0)
    assert row["rate"] == 10
    assert row["reward"] == pytest.approx(0.5)
    assert row["agrees"] == 0.9
    assert row["how"] == other.how
    assert third["missing"] == "too slow"


def test_what_failed_in_one_round_is_missing_and_so_is_what_there_is_nothing_to_compare_with(monkeypatch):
    ours_, other = (contenders.CONTENDERS[name] for name in ("zoolib: LinUCBAgent", "mabwiser: LinUCB"))
    monkeypatch.setattr(compared, "CONTENDERS", {"ours": ours_, "other": other})
    good = of([[20, 1.0, 0.5]])
    bad = {"version": "", "cells": [], "missing": "it broke"}
    assert [row["missing"] for row in compared.rows([{"ours": good, "other": good}, {"ours": good, "other": bad}])] == [
        "",
        "it broke",
    ]
    late = of([], missing="too slow")
    found = compared.rows([{"ours": late, "other": good}])
    assert [row["missing"] for row in found] == ["too slow", "what it is compared with was not measured"]


def test_who_is_faster_is_named_and_who_is_not_is_not():
    rows = [
        {"contender": name, "missing": "", "exact": exact, "ratio": r, "ratio_low": low, "ratio_high": high}
        for name, exact, r, low, high in (
            ("fast: A", True, 0.5, 0.4, 0.9),
            ("even: B", False, 1.0, 0.9, 1.1),
            ("slow: C", True, 2.0, 1.2, 3.0),
            ("zoolib: D", True, 0.1, 0.1, 0.1),
        )
    ]
    text = report_peers.faster(rows)
    assert "fast: A (exact): in every round, 0.5 (0.4 to 0.9)" in text
    assert "even: B (approximate): in some rounds" in text
    assert "slow" not in text
    assert "zoolib: D" not in text
    assert "none of those measured" in report_peers.faster(rows[2:])


def test_the_stored_comparison_has_every_contender_in_every_way_and_size(stored):
    rows = stored["different"]["rows"]
    found = {(row["contender"], row["way"], row["arms"], row["d"]) for row in rows if "way" in row}
    absent = {row["contender"] for row in rows if "way" not in row and row["missing"]}
    for name, one in contenders.CONTENDERS.items():
        for way in one.ways:
            for arms, d in different.CELLS[way]:
                if name not in absent and d <= one.longest:
                    assert (name, way, arms, d) in found
    packages = {contenders.CONTENDERS[row["contender"]].package for row in rows if not row["missing"]}
    assert len(packages) >= 12
    assert "zoolib" in packages


def test_in_the_stored_comparison_ratios_lie_between_their_ends_and_rewards_are_chances(stored):
    for row in stored["different"]["rows"]:
        if row["missing"]:
            continue
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        assert row["rate"] > 0
        assert row["mb"] > 10
        assert 0 < row["reward"] < 0.95
        assert row["reward"] > 0.45 or row["steps"] < 500  # a half by chance
        if row["steps"] == different.STEPS[contenders.ONE] and row["exact"] and row["d"] == 5:
            assert row["reward"] > 0.6, row["contender"]  # by chance it would be a half


def test_whoever_is_said_to_choose_as_the_literal_version_does_was_seen_to(stored):
    checked = [row for row in stored["different"]["rows"] if row.get("agrees") is not None]
    assert {row["contender"] for row in checked} >= {
        name for name, one in contenders.CONTENDERS.items() if one.literal and one.package == "zoolib"
    }
    for row in checked:
        assert row["agrees"] == 1, row["contender"]
    said = {name for name, one in contenders.CONTENDERS.items() if one.literal}
    played = {row["contender"] for row in stored["different"]["rows"] if not row["missing"]}
    assert {row["contender"] for row in checked} == said & played


def test_the_page_gives_both_cases_a_chart_and_says_of_each_row_whether_it_is_exact(stored):
    for write, part in ((report_peers.peers, "peers"), (report_peers.different, "different")):
        tables = [text for text in write(stored[part]).split("```{table}")[1:] if "steps a CPU second |" in text]
        assert len(tables) == {"peers": 1, "different": 3}[part]
        for text in tables:
            head, _, *rows = [line for line in text.splitlines() if line.startswith("|")]
            assert "times zoolib's time" in head
            assert "MB" in head
            for row in rows:
                assert re.search(r"\| (exact|approximate)[^|]*\|$", row), row


def test_a_slope_is_the_exponent_of_a_power_law():
    n = np.array([1, 10, 100])
    assert growth.slope(n, 3e-6 * n**2.0) == pytest.approx(2)
    assert growth.slope(n, np.full(3, 0.1)) == pytest.approx(0)


def test_a_step_among_many_arms_costs_more_and_the_line_grows_with_the_bytes(monkeypatch):
    monkeypatch.setattr(growth, "ENOUGH", 0.02)
    monkeypatch.setattr(growth, "bandwidth", lambda: 1e9)
    (arms, steps) = growth.measure({"arms": (10, 300, 3000), "steps": (5, 10, 20)})["sweeps"]
    assert arms["line"] == [8 * n * growth.D**2 / 1e9 for n in (10, 300, 3000)]
    assert arms["seconds"][2] > 2 * arms["seconds"][0]
    assert len(set(steps["line"])) == 1
    assert len(steps["seconds"]) == 3


def test_a_copy_has_a_pace(monkeypatch):
    monkeypatch.setattr(growth, "COPIED", 2**24)
    assert 1e8 < growth.bandwidth(2) < 1e13


def test_what_the_page_says_of_growth_is_so(stored):
    sweeps = {sweep["by"]: sweep for sweep in stored["growth"]["sweeps"]}
    assert 0.7 < sweeps["arms"]["slope_large"] < 1.3
    assert 0.7 < sweeps["worlds"]["slope_large"] < 1.3
    assert 1.5 < sweeps["d"]["slope_large"] < 2.6
    assert abs(sweeps["steps"]["slope"]) < 0.15
    for by in ("arms", "d"):
        times = np.array(sweeps[by]["seconds"]) / sweeps[by]["line"]
        assert sweeps[by]["slope_small"] < 0.6 * sweeps[by]["slope_large"]
        assert times[0] > 10  # far above the line
        assert 0.8 < times[-1] < 8  # beside it
    lines = [row for row in report_peers.growth(stored["growth"]).splitlines() if row.startswith("| ")]
    assert len(lines) == 2 * 2 + sum(len(sweep["sizes"]) for sweep in sweeps.values()) + len(sweeps)


def test_lockstep_is_what_the_table_of_a_hundred_worlds_has(stored):
    rows = [row for row in stored["different"]["rows"] if row.get("way") == contenders.LOCKSTEP and not row["missing"]]
    assert any(row["contender"].startswith("zoolib: LinUCBAgent") for row in rows)
    alone = {
        (row["contender"], row["arms"], row["d"]): row["rate"]
        for row in stored["different"]["rows"]
        if row.get("way") == contenders.ONE and not row["missing"]
    }
    small = [row for row in rows if row["contender"] == "zoolib: LinUCBAgent" and row["arms"] == 50]
    for row in small:
        assert row["rate"] > alone[row["contender"], row["arms"], row["d"]]


def test_the_network_takes_a_part_of_a_step_and_is_left_as_it_was():
    from zoolab.benchmarks import accelerator
    from zoolib.networks import MLP, Adam

    before = MLP.forward, MLP.backward, Adam.step
    rows = accelerator.measure((1, 3), rounds=1)["rows"]
    assert [row["worlds"] for row in rows] == [1, 3]
    assert all(0 < row["network"] < 1 and row["seconds"] > 0 for row in rows)
    assert (MLP.forward, MLP.backward, Adam.step) == before
