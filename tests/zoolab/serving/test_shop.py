"""The shop as a page: every answer counted once, nothing lost with the process, nothing a stranger can do.

The server is real in all of it. What needs a process that dies is done to a process; Redis is the tests' own.
"""

import json
import re
import select
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from built_book import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from redis_server import redis_server
from shop_server import ask, process, raw, serving, start

from zoolab.benchmarks.shop_load import Client, Shopper, evidence_of, measure
from zoolab.drawings.plots import CATEGORY_COLOURS
from zoolab.rivals import InverseGap
from zoolab.serving import Embedder, Outcome, Sums, records
from zoolab.serving.shop import app, connections, display, security
from zoolab.serving.shop.__main__ import main
from zoolab.serving.shop.display import ON_BOARD
from zoolab.serving.shop.security import HEADERS
from zoolab.serving.shop.shop import (
    MOST_ALPHA,
    MOST_VISITORS,
    PRICE,
    AnsweredError,
    BusyError,
    Shop,
    UnknownDecisionError,
)
from zoolab.serving.shop.statistics import COLUMNS, ENTRIES, KEY, POINTS, WINDOW, Statistics
from zoolab.serving.shop.world import FIRST, N_BRANDS, N_LOG, SECOND, SHOCKS, World, click_table
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import Put, StoreUnavailableError
from zoolab.serving.stores.codec import pack, unpack
from zoolib import CATEGORIES, CLICK_TABLE, PERSONAS, SHOCK_FISH
from zoolib.randomness import spawn

PAGE = ROOT / "zoolab" / "serving" / "shop" / "page"
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def world():
    return World(42)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store whose shop has not seen anybody yet."""
    path = tmp_path_factory.mktemp("trained")
    with open_store(path) as store:
        Shop(store)
    return path


@pytest.fixture(scope="module")
def shop(trained, tmp_path_factory):
    with open_store(shutil.copytree(trained, tmp_path_factory.mktemp("shop") / "store")) as store:
        yield Shop(store)


@pytest.fixture(scope="module")
def port(shop):
    with serving(shop) as port:
        yield port


@pytest.fixture
def fresh(trained, tmp_path):
    """A shop of its own, with no visits."""
    with open_store(shutil.copytree(trained, tmp_path / "store")) as store:
        yield Shop(store)


def kept(shop):
    """The evidence of the present era, persona by persona."""
    ledger, version = shop.funnel.ledger, shop.funnel.embedder.version
    return {name: ledger.evidence(version, f"segment:{shop.statistics().era}.{name}") for name in PERSONAS}


def judged(shop, visit):
    """The candidates of a visit in the order of their numbers, with payoff and uncertainty in closed form."""
    sums = kept(shop)[PERSONAS[int(visit.x[:4].argmax())]]
    ids = np.sort(shop.world.retriever.candidates(shop.world.query(visit.x), 300))
    Z = shop.funnel.embedder(np.hstack([np.tile(visit.x, (300, 1)), shop.world.shop.products[ids]]).astype("f4"))
    return ids, Z @ np.linalg.solve(sums.A, sums.b), np.sqrt((Z * np.linalg.solve(sums.A, Z.T).T).sum(1))


def totals(shop):
    """What the evidence has counted: shown, clicked."""
    sums = kept(shop).values()
    return sum(s.n_shown for s in sums), sum(s.n_clicks for s in sums)


def counts(shop):
    """What the statistics has counted: shown, clicked."""
    statistics = shop.statistics()
    return int(statistics.shown.sum()), int(statistics.clicked.sum())


# ---- the world ---------------------------------------------------------------------------------------------


def test_a_shock_changes_the_cells_that_it_names_and_no_others():
    calm, boom = click_table(()), click_table(("fish boom",))
    np.testing.assert_array_equal(calm, [[CLICK_TABLE[p][c] for c in CATEGORIES] for p in PERSONAS])
    for i, persona in enumerate(PERSONAS):
        for j, category in enumerate(CATEGORIES):
            assert boom[i, j] == SHOCK_FISH.changes.get(persona, {}).get(category, calm[i, j])


def test_the_chances_of_a_visitor_follow_the_shocks_in_force(world):
    x = world.visitor(1, "budget_shopper")
    ratio = world.chances(x, ["fish boom"]) / world.chances(x, [])
    fish = world.shop.category == CATEGORIES.index("Fish Supplies")
    np.testing.assert_allclose(ratio[fish], 0.80 / 0.20)
    np.testing.assert_allclose(ratio[world.shop.category == CATEGORIES.index("Dog Toy")], 1)


def test_candidates_are_the_products_nearest_to_the_taste(world):
    for number in range(5):
        x = world.visitor(number)
        distance = ((world.shop.products[:, 5:].astype(float) - x[4:]) ** 2).sum(1)
        found = world.retriever.candidates(world.query(x), 300)
        assert distance[found].max() <= np.sort(distance)[299] + 1e-5


def test_a_visitor_is_of_the_persona_that_was_asked_for_and_otherwise_the_same(world):
    x = world.visitor(7, "fish_hobbyist")
    assert x[:4].tolist() == [0, 0, 0, 1]
    np.testing.assert_array_equal(x[4:], world.visitor(7)[4:])


def test_every_brand_has_a_name_of_its_own():
    assert len({a + b for a in FIRST for b in SECOND}) == len(FIRST) * len(SECOND) >= N_BRANDS


# ---- the statistics ---------------------------------------------------------------------------------------------


@given(st.integers(1, 900), st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_the_tally_is_what_a_list_of_all_visits_says_and_stays_small(n, seed):
    rng, statistics, rows = np.random.default_rng(seed), Statistics(42, 3000), []
    for _ in range(n):
        categories, clicked, (random, best) = rng.integers(0, 5, 6), rng.random(6) < 0.4, np.sort(rng.random(2))
        statistics.add(categories, clicked, best, random)
        rows.append([clicked.mean(), best, random, *np.bincount(categories, minlength=5) / 6])
        assert len(statistics.curve) < POINTS
    assert (statistics.visits, statistics.shown.sum()) == (n, 6 * n)
    assert statistics.clicked.sum() == round(6 * sum(row[0] for row in rows))
    np.testing.assert_allclose(statistics.rolling(), np.mean(rows[-WINDOW:], axis=0), rtol=1e-5)
    for point in statistics.curve:
        end = int(point[0])
        np.testing.assert_allclose(point[1:], np.mean(rows[max(0, end - WINDOW) : end], axis=0), rtol=1e-5)
    assert Statistics.unpacked(statistics.packed()).told() == statistics.told()


def test_statistics_of_a_store_that_is_there_already_are_read():
    words, arrays = unpack(KEY, "tally", Statistics(42, 3000).packed())
    words |= {"marks": [[5, "fish boom", True]]}
    del words["models"], words["last"], words["fallback"]  # of which those stores know nothing
    assert set(words) == {"seed", "n_products", "era", "alpha", "shocks", "marks", "visits", "stride"}
    assert Statistics.unpacked(pack(KEY, "tally", words, arrays)).shock_log == [[5, "fish boom", True]]
    words |= {"models": ["a"], "entries": [["A" * 16, "fish_hobbyist", [[3, 0.5, 1]]]]}  # and those that came next
    assert Statistics.unpacked(pack(KEY, "tally", words, arrays)).models == ["a"]


def test_no_reply_on_a_connection_that_is_kept_waits_for_word_that_its_head_has_come(port):
    client = Client(port)
    for _ in range(12):
        assert client.ask("visit", {})[0] == 200
    assert sorted(client.seconds["visit"])[2] < 0.035  # 0.04 is what waiting would cost all but the first or two


def test_a_long_curve_keeps_its_ends_and_even_steps():
    statistics = Statistics(42, 3000)
    for _ in range(5 * POINTS * 3):
        statistics.add(np.zeros(6, dtype=int), np.zeros(6, dtype=bool), 0.5, 0.1)
    visits = statistics.curve[:, 0]
    assert set(np.diff(visits)) == {statistics.stride}
    assert visits[-1] > statistics.visits - statistics.stride
    assert POINTS / 2 <= len(visits) < POINTS
    assert statistics.curve.shape[1] == 1 + COLUMNS


def test_a_shock_comes_once_and_goes_once():
    statistics = Statistics(42, 3000)
    for on in (True, True, False, False):
        statistics.switch("fish boom", on)
    assert (statistics.shocks, statistics.shock_log) == ([], [[0, "fish boom", True], [0, "fish boom", False]])


# ---- what is shown and what is learned -----------------------------------------------------------------------


def test_what_is_shown_is_drawn_by_payoff_and_uncertainty_in_closed_form(fresh):
    fresh.simulate(20)
    visit = fresh.visit()
    ids, payoff, uncertainty = judged(fresh, visit)
    shown = np.searchsorted(ids, visit.decision.arms)
    np.testing.assert_array_equal(visit.decision.arms, ids[shown])
    chances = InverseGap(gamma=300 / PRICE).chances(payoff + visit.alpha * uncertainty)
    assert visit.decision.propensity[0] == pytest.approx(chances[shown[0]], rel=1e-3)
    assert visit.decision.score.mean() > np.sort(payoff + visit.alpha * uncertainty)[-30:].mean()
    told = display.told(fresh, visit)["products"]
    for name, values in (("payoff", payoff), ("uncertainty", uncertainty)):
        np.testing.assert_allclose([one[name] for one in told], values[shown], atol=1e-4)
    for one, propensity in zip(told, visit.decision.propensity, strict=True):
        assert one["propensity"] == pytest.approx(propensity, abs=1e-4)
        assert one["score"] == pytest.approx(one["payoff"] + visit.alpha * one["uncertainty"], abs=2e-4)


def test_the_board_holds_the_chances_of_the_first_place_of_all_candidates(fresh):
    fresh.simulate(20)
    visit = fresh.visit("cat_connoisseur")
    rows, (ids, payoff, width) = display.board(fresh, visit), judged(fresh, visit)
    gap = (score := payoff + visit.alpha * width).max() - score
    chances = np.where(gap > 0, 1 / (300 * (1 + gap / PRICE)), 0.0)
    chances[gap.argmin()] = 1 - chances.sum()
    at = np.argsort(-chances)[:ON_BOARD]
    assert [row["id"] for row in rows] == ids[at].tolist()
    for name, values in (("payoff", payoff), ("uncertainty", width), ("propensity", chances)):
        np.testing.assert_allclose([row[name] for row in rows], values[at], atol=6e-5)
    shown = {arm: place for place, arm in enumerate(visit.decision.arms.tolist(), 1)}
    assert [row["place"] for row in rows] == [shown.get(row["id"]) for row in rows]
    assert [row["propensity"] for row in rows if row["place"] == 1] == pytest.approx(
        visit.decision.propensity[:1][np.isin(visit.decision.arms[:1], ids[at])], abs=6e-5
    )


def test_a_shop_that_has_fallen_back_asks_no_model_and_shows_everybody_the_best_sellers(fresh, monkeypatch):
    _, ids, clicks = fresh.world.shop.log(N_LOG, spawn(42, "log"))
    sold = np.array([clicks[ids == arm].sum() for arm in range(3000)])
    fresh.simulate(5)
    fresh.fall_back(True)
    monkeypatch.setattr(Embedder, "__call__", lambda *_: 1 / 0)
    visits = [fresh.visit(persona) for persona in PERSONAS]
    told, boards = [display.told(fresh, visit) for visit in visits], [display.board(fresh, visit) for visit in visits]
    monkeypatch.undo()
    arms = visits[0].decision.arms
    assert len(arms) == 6
    assert sold[arms].min() >= np.sort(sold)[-6]
    assert {tuple(visit.decision.arms.tolist()) for visit in visits} == {tuple(arms.tolist())}
    assert boards == [[]] * 4
    for name in ("payoff", "uncertainty", "score", "propensity"):  # nothing was drawn
        assert {product[name] for one in told for product in one["products"]} == {None}
    before = totals(fresh)
    assert fresh.answer(visits[1].decision.id, arms[:2].tolist()) is Outcome.COUNTED
    assert totals(fresh) == counts(fresh) == (before[0] + 6, before[1] + 2)
    fresh.reset()
    assert Shop(fresh.store).statistics().fallback  # a switch that was thrown stays thrown
    fresh.fall_back(False)
    assert display.board(fresh, fresh.visit())
    assert np.isfinite(fresh.visit().decision.propensity).all()


def test_visitors_of_two_threads_are_shown_what_their_own_weight_makes_best(fresh, monkeypatch):
    """The first waits between its weight and its scores until the second has come and gone, with another weight."""
    fresh.simulate(20)
    fresh.explore(0.5)
    query, arrived, go_on, told = fresh.funnel.query, threading.Event(), threading.Event(), []

    def waits(x):
        if not arrived.is_set():
            arrived.set()
            go_on.wait(30)
        return query(x)

    monkeypatch.setattr(fresh.funnel, "query", waits)
    first = threading.Thread(target=lambda: told.append(display.told(fresh, fresh.visit())))
    first.start()
    assert arrived.wait(30)
    fresh.explore(7.0)
    told.append(display.told(fresh, fresh.visit()))
    go_on.set()
    first.join(30)
    assert [visit["alpha"] for visit in told] == [7.0, 0.5]
    for visit in told:
        for one in visit["products"]:
            assert one["score"] == pytest.approx(one["payoff"] + visit["alpha"] * one["uncertainty"], abs=1e-3)


def test_to_count_an_answer_its_decision_is_read_once(fresh, monkeypatch):
    visit, kinds, unpack = fresh.visit(), [], records.unpack
    monkeypatch.setattr(records, "unpack", lambda key, kind, value: kinds.append(kind) or unpack(key, kind, value))
    assert fresh.answer(visit.decision.id, []) is Outcome.COUNTED
    assert kinds.count("decision") == 1


def test_an_answer_adds_its_slate_to_the_evidence_of_the_persona_and_to_the_tally(fresh):
    visit = fresh.visit("cat_connoisseur")
    clicked = visit.decision.arms[[1, 4]].tolist()
    assert fresh.answer(visit.decision.id, clicked) is Outcome.COUNTED
    Z = fresh.funnel.embedder(visit.decision.X)
    found = kept(fresh)
    np.testing.assert_allclose(found["cat_connoisseur"].A, np.eye(32) + Z.T @ Z, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["cat_connoisseur"].b, Z[1] + Z[4], rtol=1e-9, atol=1e-12)
    assert all(found[name].n_shown == 0 for name in PERSONAS if name != "cat_connoisseur")
    assert counts(fresh) == totals(fresh) == (6, 2)
    chances = np.sort(fresh.world.chances(visit.x, []))
    agent, oracle, random = fresh.statistics().recent[0, :3]
    assert (agent, oracle, random) == pytest.approx((2 / 6, chances[-6:].mean(), chances.mean()), rel=1e-5)


def test_a_decision_is_counted_once_whatever_is_said_again(fresh):
    visit = fresh.visit()
    one, other = visit.decision.arms[:2].tolist()
    assert fresh.answer(visit.decision.id, [one]) is Outcome.COUNTED
    for _ in range(3):
        assert fresh.answer(visit.decision.id, [one]) is Outcome.REPEATED
        for otherwise in ([], [other], [one, other]):
            with pytest.raises(AnsweredError):
                fresh.answer(visit.decision.id, otherwise)
    assert counts(fresh) == totals(fresh) == (6, 1)
    assert fresh.statistics().visits == 1


def test_of_many_answers_at_once_one_counts(fresh, monkeypatch):
    visit = fresh.visit()
    arms = visit.decision.arms.tolist()

    def answer(place):
        try:
            return fresh.answer(visit.decision.id, [arms[place]])
        except AnsweredError:
            return "answered"

    monkeypatch.setattr(fresh, "_writing", threading.Semaphore(8))  # the store alone must see to it
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(answer, [0, 1, 2, 3, 4, 5, 0, 1]))
    assert said.count(Outcome.COUNTED) == 1
    assert said.count(Outcome.REPEATED) <= 1
    assert counts(fresh) == totals(fresh) == (6, 1)


def test_a_decision_that_is_too_old_is_forgotten_and_not_among_the_last_entries(tmp_path):
    now = [1000.0]
    with open_store(tmp_path, clock=lambda: now[0]) as store:
        shop = Shop(store, ttl=60)
        early, late = shop.visit(), shop.visit()
        now[0] += 59
        assert shop.answer(early.decision.id, []) is Outcome.COUNTED
        last = shop.visit()
        now[0] += 2
        with pytest.raises(UnknownDecisionError):
            shop.answer(late.decision.id, [])
        assert shop.statistics().visits == 1
        assert [entry["decision"] for entry in display.entries(shop)] == [last.decision.id]


def test_a_reset_forgets_evidence_tally_and_open_decisions_in_one_step(fresh):
    fresh.simulate(5)
    fresh.shock("fish boom", True)
    fresh.explore(3.0)
    before = fresh.visit()
    fresh.reset()
    with pytest.raises(UnknownDecisionError):
        fresh.answer(before.decision.id, [])
    assert counts(fresh) == totals(fresh) == (0, 0)
    assert (fresh.statistics().shocks, fresh.statistics().curve.size, fresh.statistics().alpha) == ([], 0, 3.0)
    assert [key for key in fresh.store.scan("evidence/") if ":1." in key] == []
    assert fresh.visit().number == 1


def test_the_same_visitors_teach_the_same_after_a_reset(fresh):
    seen = []
    for _ in range(2):
        fresh.simulate(15)
        state = {k: v for k, v in display.state(fresh).items() if k != "era"}
        entries = [{k: v for k, v in one.items() if k not in ("decision", "made")} for one in state["entries"]]
        seen.append(state | {"entries": entries})
        fresh.reset()
    assert seen[0] == seen[1]


def test_whoever_rolls_back_finds_the_old_evidence_and_what_came_meanwhile_each_click_once(fresh):
    fresh.simulate(10)
    first = fresh.funnel.embedder.version
    with pytest.raises(ValueError, match="no model to go back to"):
        fresh.roll_back()
    assert fresh.deploy() == 10
    assert len(fresh.statistics().models) == 2
    second = fresh.funnel.embedder.version
    assert second != first
    for version, move in ((first, fresh.roll_back), (second, fresh.deploy), (first, fresh.roll_back)):
        assert totals(fresh) == counts(fresh)
        fresh.simulate(3)
        assert move() == 3  # no decision is counted for a model twice
        assert display.state(fresh)["model"] == version
    assert totals(fresh) == counts(fresh)
    assert counts(fresh)[0] == 6 * (10 + 3 * 3)
    assert display.state(fresh)["models"] == [first]


def test_the_last_entries_are_those_of_the_ledger(fresh):
    fresh.simulate(2)
    for _ in range(ENTRIES):
        visit = fresh.visit("fish_hobbyist")
        fresh.answer(visit.decision.id, visit.decision.arms[:1].tolist())
    open_ = fresh.visit("new_puppy_parent")
    entries = display.state(fresh)["entries"]
    assert [entry["number"] for entry in entries] == list(range(open_.number, open_.number - ENTRIES, -1))
    for entry, made, persona, verdicts in (
        (entries[0], open_.decision, "new_puppy_parent", ["open"] * 6),
        (entries[1], visit.decision, "fish_hobbyist", ["click"] + ["no"] * 5),
    ):
        known = fresh.funnel.ledger.decision(made.id)
        assert (entry["decision"], entry["persona"], entry["made"]) == (made.id, persona, known.made)
        assert [one["id"] for one in entry["products"]] == known.arms.tolist()
        assert [one["propensity"] for one in entry["products"]] == pytest.approx(known.propensity, abs=1e-4)
        assert [one["verdict"] for one in entry["products"]] == verdicts
    first = fresh.funnel.embedder.version
    assert [entry["counted"] for entry in entries] == [[]] + [[first]] * (ENTRIES - 1)
    fresh.deploy()
    second = fresh.funnel.embedder.version
    entries = display.entries(fresh)
    assert [(entry["model"], entry["counted"]) for entry in entries] == [(first, [])] + [(first, [first, second])] * 5


def test_a_visitor_of_before_a_reset_is_not_among_the_entries_after_it(fresh, monkeypatch):
    decide = fresh.funnel.decide
    monkeypatch.setattr(fresh.funnel, "decide", lambda *given, **more: (fresh.reset(), decide(*given, **more))[1])
    fresh.visit()  # the shop is reset while it looks for something to show
    assert display.entries(fresh) == []


def test_while_a_model_is_put_in_force_no_other_is(fresh, monkeypatch):
    arrived, go_on, phi = threading.Event(), threading.Event(), fresh.world.phi
    monkeypatch.setattr(fresh.world, "phi", lambda number: (arrived.set(), go_on.wait(30), phi(number))[2])
    first = threading.Thread(target=fresh.deploy)
    first.start()
    assert arrived.wait(30)
    with serving(fresh) as port:
        for move in (fresh.deploy, fresh.roll_back):
            with pytest.raises(BusyError):
                move()
            assert ask(port, f"/api/{move.__name__}", {})[0] == 429
        assert ask(port, "/api/simulate", {"visitors": 2})[1]["counted"] == 2  # everybody else goes on
    go_on.set()
    first.join(30)
    assert len(fresh.statistics().models) == 2
    assert totals(fresh) == counts(fresh) == (12, counts(fresh)[1])


def test_each_click_counts_once_while_models_and_the_kill_switch_come_and_go(fresh):
    def shopper(port, number):
        for i in range(15):
            visit = ask(port, "/api/visit", {"board": i % 2 == 0})[1]
            answer = {"decision": visit["decision"], "clicked": [visit["products"][(i + number) % 6]["id"]]}
            assert ask(port, "/api/answer", answer) == (200, {"outcome": "counted"})
        return 15

    def operator(port, paths):
        for path, body in paths:
            assert ask(port, f"/api/{path}", body)[0] in (200, 422, 429)  # nothing to go back to, or another at work
        return 0

    moves = [("deploy", {}), ("deploy", {}), ("roll_back", {})]
    switches = [("fall_back", {"on": on}) for on in (True, False) * 4]
    with serving(fresh) as port, ThreadPoolExecutor(6) as pool:
        work = [pool.submit(shopper, port, number) for number in range(3)]
        work += [pool.submit(operator, port, paths) for paths in (moves, moves[::-1], switches)]
        visits = sum(one.result() for one in work)
    assert fresh.statistics().visits == visits
    assert totals(fresh) == counts(fresh) == (6 * visits, visits)
    models = fresh.statistics().models
    assert fresh.funnel.ledger.version_in_force() == models[-1]
    for move in (fresh.deploy, *[fresh.roll_back] * len(models)):
        move()
        assert totals(fresh) == counts(fresh)


def test_the_shop_learns_and_after_the_fish_boom_learns_again(fresh):
    def lately():
        rows = fresh.statistics()
        return rows.told()["rate"], rows.rolling()[3 + CATEGORIES.index("Fish Supplies")]

    fresh.simulate(200, "budget_shopper")
    rate, fish = lately()
    assert rate["agent"] > 0.7 * rate["oracle"] > 2.5 * rate["random"]
    assert fish < 0.4
    fresh.shock("fish boom", True)
    fresh.simulate(200, "budget_shopper")
    fresh.simulate(200, "budget_shopper")
    rate, fish = lately()
    assert fish > 0.8
    assert rate["agent"] > 0.8 * rate["oracle"]


def test_a_shop_whose_store_was_emptied_begins_anew(fresh):
    fresh.simulate(5)
    pending = fresh.visit().decision
    for key in list(fresh.store.scan("")):
        fresh.store.transact([key], lambda values, key=key: ({key: None}, None))
    with pytest.raises(UnknownDecisionError):
        fresh.answer(pending.id, [])
    assert fresh.simulate(7) == 7
    assert fresh.statistics().visits == 7
    again = Shop(fresh.store, fresh.world.seed, n_products=fresh.world.shop.n_products)
    assert again.funnel.embedder.version == fresh.funnel.embedder.version
    assert again.simulate(3) == 3


def test_a_store_of_another_world_or_of_something_else_is_refused(fresh, tmp_path):
    with pytest.raises(ValueError, match="made with seed 42"):
        Shop(fresh.store, 7)
    with open_store(tmp_path / "other") as store:
        fresh.funnel.ledger.__class__(store, 32).put_in_force("another")
        with pytest.raises(ValueError, match="no shop of this demo"):
            Shop(store)


def test_nothing_is_noted_when_the_other_half_of_a_transaction_fails(fresh, monkeypatch):
    visit = fresh.visit()
    monkeypatch.setattr(Statistics, "add", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fresh.answer(visit.decision.id, [])
    monkeypatch.undo()
    assert totals(fresh) == (0, 0)
    assert fresh.answer(visit.decision.id, []) is Outcome.COUNTED


# ---- the interface -----------------------------------------------------------------------------------------


def test_a_visit_an_answer_and_a_state_over_the_wire(port):
    _, before = ask(port, "/api/state")
    status, visit = ask(port, "/api/visit", {"persona": "fish_hobbyist"})
    assert (status, visit["visitor"]["persona"], len(visit["products"])) == (200, "fish_hobbyist", 6)
    clicked = [visit["products"][0]["id"]]
    answer = {"decision": visit["decision"], "clicked": clicked}
    assert ask(port, "/api/answer", answer) == (200, {"outcome": "counted"})
    assert ask(port, "/api/answer", answer) == (200, {"outcome": "repeated"})
    status, told = ask(port, "/api/answer", answer | {"clicked": []})
    assert (status, told) == (409, {"error": "This decision has been answered already, and otherwise."})
    _, after = ask(port, "/api/state")
    assert after["visits"] == before["visits"] + 1
    assert sum(c["clicked"] for c in after["categories"]) == sum(c["clicked"] for c in before["categories"]) + 1


def test_simulated_visitors_shocks_and_exploration_over_the_wire(port):
    _, before = ask(port, "/api/state")
    status, told = ask(port, "/api/simulate", {"visitors": 3})
    assert (status, told["counted"], told["visits"]) == (200, 3, before["visits"] + 3)
    for name in SHOCKS:
        assert ask(port, "/api/shock", {"name": name, "on": True})[1]["shocks"][-1] == name
        assert name not in ask(port, "/api/shock", {"name": name, "on": False})[1]["shocks"]
    assert ask(port, "/api/explore", {"alpha": 0.5})[1]["alpha"] == 0.5
    assert ask(port, "/api/visit", {})[1]["alpha"] == 0.5
    assert ask(port, "/api/explore", {"alpha": 1})[1]["alpha"] == 1.0
    visit = ask(port, "/api/visit", {"board": True})[1]
    assert len(visit["board"]) == ON_BOARD
    assert visit["entries"][0]["decision"] == visit["decision"]
    assert ask(port, "/api/fall_back", {"on": True})[1]["fallback"] is True
    assert ask(port, "/api/visit", {"board": True})[1]["board"] == []
    assert ask(port, "/api/fall_back", {"on": False})[1]["fallback"] is False
    assert ask(port, "/api/roll_back", {})[0] == 422
    model = ask(port, "/api/state")[1]["model"]
    assert ask(port, "/api/deploy", {})[1]["model"] != model
    assert ask(port, "/api/roll_back", {})[1]["model"] == model
    assert ask(port, "/api/reset", {})[1]["visits"] == 0


DECISION = "A" * 16
NO_DECISIONS = "A" * 15, f"{DECISION}\n", "../../../model/c", "\ud800" * 16, {"$ne": ""}
MALFORMED = {
    "visit": [*({"persona": one} for one in ("emperor", 3, ["budget_shopper"])), {"who": None}, {"board": 1}, []],
    "answer": [
        {},
        {"decision": DECISION},
        *({"decision": one, "clicked": []} for one in NO_DECISIONS),
        *({"decision": DECISION, "clicked": one} for one in (None, [True], [1.0])),
    ],
    "simulate": [{"visitors": one} for one in (0, MOST_VISITORS + 1, -(10**400), 1.5, True, "5")],
    "shock": [{"name": name, "on": on} for name, on in (("meteor", True), ("fish boom", 1), ({"a": 1}, True))],
    "explore": [{"alpha": one} for one in (-1e-9, 10**400, "1", None)],
    "fall_back": [{}, {"on": None}],
    "deploy": [{"model": "../../x"}],
    "roll_back": [{"to": "af647cb17347"}],
    "reset": [{"everything": True}],
}
BAD = [(path, body, 422) for path, bodies in MALFORMED.items() for body in bodies]
BAD += [("answer", {"decision": DECISION, "clicked": clicked}, 404) for clicked in ([], [10**300])]
BAD += [("nothing", {}, 404), ("state", {}, 405)]


@pytest.mark.parametrize(("path", "body", "status"), BAD, ids=lambda value: str(value)[:40])
def test_what_a_request_must_not_hold_is_refused_with_a_sentence(port, path, body, status):
    before = ask(port, "/api/state")
    found, told = ask(port, f"/api/{path}", body)
    assert found == status
    assert set(told) == {"error"}
    assert ask(port, "/api/state") == before


def test_a_product_that_was_not_shown_cannot_be_clicked(port):
    _, visit = ask(port, "/api/visit", {})
    for wrong in (-1, 3000, 10**300, next(i for i in range(9) if i not in [p["id"] for p in visit["products"]])):
        status, told = ask(port, "/api/answer", {"decision": visit["decision"], "clicked": [wrong]})
        assert (status, told["error"]) == (422, "clicked must name products that were shown in this decision")
    assert ask(port, "/api/answer", {"decision": visit["decision"], "clicked": []}) == (200, {"outcome": "counted"})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("persona", "board", "decision", "clicked", "visitors", "name", "on", "alpha")
objects = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=3) | anything


@given(st.sampled_from(("visit", "answer", "shock", "explore", "fall_back", "reset", "simulate")), objects)
@settings(max_examples=80, deadline=None)
def test_whatever_json_comes_the_server_keeps_its_countenance(port, path, body):
    status, told = ask(port, f"/api/{path}", body)
    assert status == 200 or 400 <= status < 500
    assert status == 200 or list(told) == ["error"]


def post(path, body, headers=JSON, length=None):
    length = len(body) if length is None else length
    head = f"POST /api/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n".encode()
    return head + headers + b"\r\n" + body


def get(path, host=b"127.0.0.1", more=b""):
    return b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + more + b"\r\n"


CHUNKED = b"Transfer-Encoding: chunked\r\n"
RAW = [  # what is sent, what comes back
    ("not JSON", post("visit", b"{"), 400),
    ("nothing", post("visit", b""), 400),
    ("not UTF-8", post("visit", b'{"persona": "\xff\xfe"}'), 400),
    ("NaN", post("explore", b'{"alpha": NaN}'), 400),
    ("infinity", post("explore", b'{"alpha": -Infinity}'), 400),
    ("more than any number", post("explore", b'{"alpha": 1e999}'), 422),
    ("too many digits", post("simulate", b'{"visitors": ' + b"9" * 4000 + b"}"), 422),
    ("too deep", post("visit", b"[" * 4000), 400),
    ("too deep, and closed", post("visit", b"[" * 2000 + b"]" * 2000), (400, 422)),
    ("too long", post("visit", b" " * 4095 + b"{}"), 413),
    ("said to be too long", post("visit", b"{}" + b" " * 9000, length=10**12), 413),
    ("too long, in pieces", post("visit", b"", JSON + CHUNKED).replace(b"Content-Length: 0\r\n", b"")
     + b"1000\r\n" + b" " * 4096 + b"\r\n2\r\n{}\r\n0\r\n\r\n", 413),
    ("another kind", post("visit", b"{}", b"Content-Type: text/plain\r\n"), 415),
    ("a form", post("visit", b"persona=1", b"Content-Type: application/x-www-form-urlencoded\r\n"), 415),
    ("no kind", post("visit", b"{}", b""), 415),
    ("negative length", post("visit", b"", length=-1), 400),
    ("two lengths", post("visit", b"{}", JSON + b"Content-Length: 7\r\n"), 400),
    ("no HTTP", b"hello\r\n\r\n", 400),
    ("two hosts", get(b"/", more=b"Host: localhost\r\n"), 400),
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("old, without a host", b"GET / HTTP/1.0\r\n\r\n", 403),
    ("a head that does not end", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 20_000, 400),
    ("a path that does not end", b"GET /" + b"a" * 20_000, 400),
    ("a long path", get(b"/" + b"a" * 10_000), 404),
    ("a long head in one piece", get(b"/", more=b"X: " + b"a" * 20_000 + b"\r\n"), 431),
    ("many fields", get(b"/", more=b"X: a\r\n" * 200), 431),
    ("HTTP of the future", get(b"/").replace(b"HTTP/1.1", b"HTTP/3.7"), 505),
    ("HTTP that never was", get(b"/").replace(b"HTTP/1.1", b"HTTP/1.2"), 505),
    ("two ways to say a length", post("visit", b"2\r\n{}\r\n0\r\n\r\n", JSON + CHUNKED), 400),
    ("a method that nobody knows", b"BREW / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405),
    ("delete", b"DELETE /api/state HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405),
    ("reading what is written", get(b"/api/reset"), 405),
    ("a socket", get(b"/api/state", more=b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 200),
    *[(f"path {path!r}", get(path), (400, 404)) for path in (
        b"/../pyproject.toml", b"/..%2fpyproject.toml", b"/%2e%2e/%2e%2e/etc/passwd", b"/shop.css/../../app.py",
        b"//etc/passwd", b"/page/index.html", b"/app.py", b"/shop.js%00.css", b"/%ff%fe", b"/shop.js/",
        b"/\\..\\app.py", b"/api/", b"/api", b"/api/state/", b"/API/STATE", b"/serif.woff2/..", b"*",
    )],
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status"), [pytest.param(*row[1:], id=row[0]) for row in RAW])
def test_a_malformed_or_oversized_request_is_the_clients_fault(port, request_, status):
    found, _, _ = raw(port, request_)
    assert found in (status if isinstance(status, tuple) else (status,))
    assert ask(port, "/api/state")[0] == 200  # and nobody else notices


FOREIGN = [
    ("Host: shop.example", {"Host": "shop.example"}),
    ("Host with a familiar end", {"Host": "localhost.shop.example"}),
    ("Host with a familiar beginning", {"Host": "127.0.0.1.shop.example:80"}),
    ("Host with something before it", {"Host": "me@127.0.0.1"}),
    ("no name in Host", {"Host": ""}),
    ("another machine's number", {"Host": "127.0.0.2"}),
    ("foreign Origin", {"Origin": "https://shop.example"}),
    ("no Origin that can be told", {"Origin": "null"}),
    ("Origin of another port", {"Origin": "http://127.0.0.1:1"}),
    ("Origin of another scheme", {"Origin": "https://127.0.0.1"}),
    ("another site", {"Sec-Fetch-Site": "cross-site"}),
    ("a neighbour", {"Sec-Fetch-Site": "same-site"}),
]


@pytest.mark.parametrize("headers", [pytest.param(row[1], id=row[0]) for row in FOREIGN])
def test_a_request_from_another_page_or_under_another_name_is_refused(port, headers):
    before = ask(port, "/api/state")
    status, told = ask(port, "/api/simulate", {"visitors": 1}, **headers)
    assert (status, list(told)) == (403, ["error"])
    assert ask(port, "/api/state") == before


CHANGES = {"visit": {}, "answer": {"decision": "A" * 16, "clicked": []}, "simulate": {"visitors": 1},
           "shock": {"name": "fish boom", "on": True}, "explore": {"alpha": 0}, "fall_back": {"on": True}, "deploy": {},
           "roll_back": {}, "reset": {}}  # fmt: skip


@pytest.mark.parametrize("path", CHANGES)
def test_whatever_changes_something_is_for_the_page_alone_and_in_one_form(shop, port, path):
    posts = {route.path for route in app.create_app(shop).app.routes if "POST" in route.methods}
    assert posts == {f"/api/{name}" for name in CHANGES}
    before, body = ask(port, "/api/state"), json.dumps(CHANGES[path]).encode()
    assert ask(port, f"/api/{path}", CHANGES[path], Origin="https://shop.example")[0] == 403
    assert ask(port, f"/api/{path}", CHANGES[path], **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert raw(port, post(path, body, b"Content-Type: text/plain\r\n"))[0] == 415
    assert raw(port, post(path, body + b" " * 4096))[0] == 413
    assert raw(port, get(f"/api/{path}".encode()))[0] == 405
    assert ask(port, "/api/state") == before
    guarded = app.create_app(shop, token="secret")
    scope = {"headers": [(b"host", b"localhost")], "scheme": "http", "method": "POST", "query_string": b""}
    assert guarded.refused(scope | {"path": f"/api/{path}"})[0] == 401


@pytest.mark.parametrize("twice", [b"Host: 127.0.0.1", b"Origin: http://127.0.0.1", b"Sec-Fetch-Site: same-origin"])
def test_a_request_that_says_twice_where_it_comes_from_is_refused(port, twice):
    name = twice.partition(b":")[0]
    foreign = b"" if name == b"Host" else name + b": http://shop.example\r\n"
    found, _, _ = raw(port, get(b"/api/state", more=foreign + twice + b"\r\n"))
    assert found == (400 if name == b"Host" else 403)  # two hosts are no HTTP


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_a_request_from_the_page_itself_is_welcome(port, host):
    headers = {"Host": f"{host}:{port}", "Origin": f"http://{host}:{port}".lower(), "Sec-Fetch-Site": "same-origin"}
    assert ask(port, "/api/visit", {}, **headers)[0] == 200


def test_a_name_that_was_given_is_welcome_too(shop):
    guard = app.create_app(shop, ["Shop.Example"])
    headers = [(b"host", b"shop.example:8018"), (b"origin", b"http://shop.example:8018")]
    assert guard.refused({"headers": headers, "scheme": "http", "method": "POST"}) is None


@pytest.mark.parametrize(
    "request_",
    [
        get(b"/"),
        get(b"/shop.js"),
        get(b"/pictures.js"),
        get(b"/api/state"),
        get(b"/nothing"),
        get(b"/", b"shop.example"),
        post("visit", b"{"),
        b"hello\r\n\r\n",
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(port, request_):
    _, headers, _ = raw(port, request_)
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert "server" not in headers
    assert not any(name.startswith("access-control") for name in headers)
    assert re.fullmatch(r"(text/(html|css|javascript); charset=utf-8|application/json)", headers["content-type"])


def test_where_others_can_reach_it_the_shop_asks_for_its_token_and_remembers_who_had_it(shop):
    with serving(shop, token="secret") as port:
        for more in (b"", b"Authorization: Bearer guess\r\n", b"Cookie: shop-token=guess\r\n", b"Cookie: \xff;=\r\n"):
            assert raw(port, get(b"/api/state", more=more))[0] == 401
            assert raw(port, get(b"/?token=guess", more=more))[0] == 401
        status, headers, _ = raw(port, get(b"/?token=secret"))
        assert (status, headers["set-cookie"]) == (200, "shop-token=secret; Path=/; HttpOnly; SameSite=Strict")
        assert raw(port, get(b"/api/state", more=b"Cookie: other=1; shop-token=secret\r\n"))[0] == 200
        assert raw(port, get(b"/api/state", more=b"Authorization: Bearer secret\r\n"))[0] == 200


def test_from_one_address_come_no_more_requests_than_anybody_makes(shop, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(security.time, "monotonic", lambda: now[0])
    guard = app.create_app(shop, token="secret")

    def status(client):
        headers = [(b"host", b"localhost"), (b"authorization", b"Bearer secret")]
        scope = {"headers": headers, "scheme": "http", "method": "GET", "query_string": b"", "client": (client, 1)}
        return (guard.refused(scope) or (200,))[0]

    assert [status("a") for _ in range(101)] == [200] * 100 + [429]
    assert status("b") == 200
    now[0] += 1.0
    assert [status("a") for _ in range(21)] == [200] * 20 + [429]


@pytest.mark.parametrize(("host", "asks"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_a_shop_that_listens_beyond_this_machine_says_its_token_once(trained, capsys, monkeypatch, host, asks):
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    assert main(["--store", str(trained), "--host", host, "--port", "0"]) == 0
    assert bool(re.search(r"/\?token=[\w-]{22} ", capsys.readouterr().out)) == asks


def test_nothing_that_a_client_sends_comes_back(port):
    mark = "<img src=x onerror=alert(1)>"
    asked = [("visit", {"persona": mark}), ("visit", {mark: 1}), ("answer", {"decision": mark, "clicked": []}),
             ("shock", {"name": mark, "on": True}), (mark.replace(" ", "%20"), {})]  # fmt: skip
    for path, body in asked:
        assert "img" not in json.dumps(ask(port, f"/api/{path}", body)[1])
    for request in (get(b"/<img>"), get(b"/%3Cimg%3E"), get(b"/", b"<img>"), get(b"/", more=b"Origin: <img>\r\n")):
        assert b"img" not in raw(port, request)[2].replace(b'<img src="icon.svg"', b"").replace(b"img-src", b"")


def test_a_request_that_never_ends_is_given_up(port, monkeypatch):
    monkeypatch.setattr(app, "PATIENCE", 0.2)
    status, _, body = raw(port, post("visit", b"{", length=100))
    assert (status, json.loads(body)) == (408, {"error": "The request took too long to come."})


def closed_after(sent, port, *, every=0.1, byte=b"x", at_most=20.0):
    """Seconds until a connection is closed on which these bytes are sent, and then one more now and then."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=every) as connection:
        connection.sendall(sent)
        while time.monotonic() < began + at_most:
            try:
                if not connection.recv(65_536):
                    break
                continue
            except TimeoutError:
                pass
            except OSError:
                break
            if byte:
                try:
                    connection.sendall(byte)
                except OSError:
                    break
    return time.monotonic() - began


SLOW = {
    "silent": (b"", b""),
    "half a head": (b"GET / HTTP/1.1\r\nHost: 127", b"x"),
    "a second head": (b"GET /icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"x"),
    "half a body": (post("visit", b"{", length=1000), b" "),
    "a body that nobody asked for": (get(b"/icon.svg", more=b"Content-Length: 100000\r\n"), b"x"),
}


@pytest.mark.parametrize("how", SLOW)
def test_who_takes_too_long_is_cut_off(port, monkeypatch, how):
    monkeypatch.setattr(app, "PATIENCE", 0.5)
    monkeypatch.setattr(connections, "PATIENCE", 0.5)
    sent, byte = SLOW[how]
    assert closed_after(sent, port, byte=byte) < 10


def test_silent_connections_do_not_keep_the_page_from_others(port, monkeypatch):
    monkeypatch.setattr(connections, "MOST", 20)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
    try:
        for _ in range(3):
            assert ask(port, "/api/state")[0] == 200
        gone, _, _ = select.select(silent, [], [], 5)  # nothing is sent to them: who can be read was cut off
        assert len(gone) >= 40
        assert silent[-1] not in gone
    finally:
        for one in silent:
            one.close()


def test_while_the_store_is_away_the_page_says_so_and_afterwards_all_is_as_before(fresh, monkeypatch):
    def away(*_):
        raise StoreUnavailableError("gone")

    with serving(fresh) as port:
        _, visit = ask(port, "/api/visit", {})
        before = ask(port, "/api/state")
        monkeypatch.setattr(fresh.store, "get", away)
        monkeypatch.setattr(fresh.store, "transact", away)
        answer = {"decision": visit["decision"], "clicked": []}
        asked = [("state", None), ("visit", {}), ("answer", answer), ("simulate", {"visitors": 2}), ("reset", {}),
                 ("shock", {"name": "fish boom", "on": True}), ("explore", {"alpha": 2}), ("fall_back", {"on": True}),
                 ("deploy", {}), ("roll_back", {})]  # fmt: skip
        for path, body in asked:
            status, told = ask(port, f"/api/{path}", body)
            assert (status, told["error"]) == (
                503,
                "The store does not answer. Nothing is lost; try again in a moment.",
            )
        assert ask(port, "/")[0] == 200
        monkeypatch.undo()
        assert ask(port, "/api/state") == before
        assert ask(port, "/api/answer", answer) == (200, {"outcome": "counted"})


def test_a_damaged_value_is_the_stores_fault_and_is_said(fresh):
    fresh.store.transact([KEY], lambda values: ({KEY: Put(values[KEY][:-1] + b"?")}, None))
    with serving(fresh) as port:
        status, told = ask(port, "/api/state")
        assert (status, told["error"]) == (503, "The store holds something else than this shop left there.")


# ---- the process -------------------------------------------------------------------------------------------


@pytest.fixture(params=["lmdb", "redis"])
def url(request, trained, tmp_path):
    if request.param == "lmdb":
        yield str(shutil.copytree(trained, tmp_path / "store"))
    else:
        with redis_server(tmp_path) as running:
            yield running.url


def test_a_killed_server_knows_everything_when_it_is_started_again(url):
    running, port = start(url)
    with socket.socket() as elsewhere:  # it listens on 127.0.0.1 and nowhere else
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
    _, open_visit = ask(port, "/api/visit", {})
    ask(port, "/api/simulate", {"visitors": 10})
    _, before = ask(port, "/api/shock", {"name": "fish boom", "on": True})
    running.kill()
    running.join()
    running, port = start(url, port)
    assert ask(port, "/api/state") == (200, before)
    assert ask(port, "/api/answer", {"decision": open_visit["decision"], "clicked": []})[0] == 200

    stop = threading.Event()
    shoppers = [Shopper(port, number, stop) for number in range(3)]
    for shopper in shoppers:
        shopper.start()
    while sum(len(shopper.answered) for shopper in shoppers) < 12:
        time.sleep(0.01)
    running.kill()  # in the middle of it
    running.join()
    stop.set()
    for shopper in shoppers:
        shopper.join(20)
    acknowledged = {key: clicked for shopper in shoppers for key, clicked in shopper.answered.items()}
    with open_store(url) as store:
        shop = Shop(store)
        for decision_id, clicked in acknowledged.items():
            decision = shop.funnel.ledger.decision(decision_id)
            np.testing.assert_array_equal(decision.verdict, np.isin(decision.arms, clicked))
        assert counts(shop) == totals(shop)
        assert 0 <= shop.statistics().visits - 11 - len(acknowledged) <= 3  # what nobody was told of


def test_a_redis_that_dies_under_the_shop_is_missed_and_welcomed_back(tmp_path):
    with redis_server(tmp_path) as redis, open_store(redis.url, timeout=2.0) as store, serving(Shop(store)) as port:
        ask(port, "/api/simulate", {"visitors": 3})
        _, visit = ask(port, "/api/visit", {})
        _, before = ask(port, "/api/state")
        answer = {"decision": visit["decision"], "clicked": [visit["products"][3]["id"]]}
        redis.kill()
        assert [ask(port, "/api/state")[0], ask(port, "/api/answer", answer)[0]] == [503, 503]
        redis.start()
        assert ask(port, "/api/state") == (200, before)
        assert ask(port, "/api/answer", answer) == (200, {"outcome": "counted"})
        assert ask(port, "/api/state")[1]["visits"] == 4


def test_under_load_no_click_is_lost_and_nothing_fails():
    found = measure(seconds=6.0, n_clients=4, serve=process)
    assert found["errors"] == []
    assert (found["lost"], found["clicks"]) == (0, found["counted"])
    assert found["off"] < 1e-8
    assert found["answers"] >= 8
    assert found["repeated"] >= 4
    assert {row["request"] for row in found["requests"]} == {"visit", "answer"}


def test_a_lost_click_would_be_noticed(fresh):
    visit = fresh.visit()
    arms = visit.decision.arms.tolist()
    fresh.answer(visit.decision.id, arms[:2])
    assert evidence_of(fresh, {visit.decision.id: arms[:2]})[0] == 0
    assert evidence_of(fresh, {visit.decision.id: arms[:3]})[0] > 0
    assert evidence_of(fresh, {})[0] > 0
    key = fresh.funnel.ledger.evidence_key(visit.decision.model, visit.decision.group)
    fresh.store.transact([key], lambda values: ({key: Put(Sums.prior(32, 1.0).packed(key, 1.0))}, None))
    assert evidence_of(fresh, {visit.decision.id: arms[:2]})[1] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--store", "redis://127.0.0.1:1/0"], "does not answer"),
        (["--store", "ftp://127.0.0.1/"], "url must begin with"),
        (["--store", "{store}", "--seed", "7"], "made with seed 42"),
        (["--store", "{store}", "--seed", "-1"], "seed"),
        (["--store", "{store}", "--port", "70000"], "port"),
        (["--store", "{store}", "--port", "{taken}"], "in use"),
        (["--store", "{store}", "--host", "203.0.113.1"], "assign"),
    ],
)
def test_a_shop_that_cannot_be_opened_says_why_in_a_sentence(trained, capsys, arguments, said):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fill = {"{store}": str(trained), "{taken}": str(taken.getsockname()[1])}
        free = [] if "--port" in arguments else ["--port", "0"]
        assert main([fill.get(word, word) for word in arguments] + free) == 1
    error = capsys.readouterr().err
    assert error.startswith("The shop cannot be opened: ")
    assert said in error
    assert "Traceback" not in error


# ---- the page ----------------------------------------------------------------------------------------------


def test_the_page_is_made_so_that_nothing_can_be_put_into_it():
    html = (PAGE / "index.html").read_text(encoding="utf-8")
    script = "".join(path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("*.js")))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(|DOMParser", script)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|javascript:|https?://", html)
    assert re.findall(r"https?://[^\"]*", script) == ["http://www.w3.org/2000/svg"]


def test_the_page_tells_of_the_shocks_and_of_the_funnel_what_is_so(shop):
    html, script = (PAGE / "index.html").read_text(encoding="utf-8"), (PAGE / "shop.js").read_text(encoding="utf-8")
    told = re.findall(r'data-shock="([^"]+)".*?(0\.\d+) becomes (0\.\d+)', html, re.DOTALL)
    (fish, dog) = ("budget_shopper", "Fish Supplies"), ("cat_connoisseur", "Dog Toy")
    assert [name for name, _, _ in told] == list(SHOCKS)
    for (name, before, after), (persona, category) in zip(told, (fish, dog), strict=True):
        assert float(before) == CLICK_TABLE[persona][category]
        assert float(after) == SHOCKS[name].changes[persona][category]
    assert f"retrieves the {shop.funnel.n_candidates} nearest" in html
    assert (f"The twenty of {shop.funnel.n_candidates} candidates" in html, ON_BOARD) == (True, 20)
    assert shop.funnel.ledger.ttl == 15 * 60  # "a quarter of an hour"
    assert shop.funnel.n_slate == 6
    assert re.findall(r'<option value="(\w+)"', html) == list(PERSONAS)
    for name, most in (("CROWDS", MOST_VISITORS), ("ALPHAS", MOST_ALPHA)):
        values = json.loads(re.search(rf"{name} = (\[.*?\])", script)[1])
        assert max(values) <= most


def test_the_page_has_the_colours_of_the_book():
    css = (PAGE / "shop.css").read_text(encoding="utf-8").lower()
    for category, colour in CATEGORY_COLOURS.items():
        assert f"--{category.lower().replace(' ', '-').replace('-supplies', '')}: {colour.lower()}" in css
    book = (ROOT / "pages" / "static" / "book.css").read_text(encoding="utf-8").lower()
    for name in ("paper", "raised", "line", "ink", "soft", "blue", "blue-wash", "orange", "orange-wash"):
        assert re.findall(rf"--{name}: (#\w+)", css) == re.findall(rf"--{name}: (#\w+)", book)[:2], name
    assert (PAGE / "icon.svg").read_bytes() == (ROOT / "pages" / "static" / "favicon.svg").read_bytes()


def test_what_the_page_needs_lies_beside_it():
    assert {path.name for path in Path(PAGE).iterdir()} == set(app.FILES.values())
