"""You are the agent: what the page looks up is what zoolib says of these worlds."""

import json
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from refused import each
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from figures.game import CHANGES, PERSONAS, VISITORS, YouAreTheAgent, dealt
from zoolib import metrics
from zoolib.experiment.run import draw_users

CHAPTER = Path(__file__).resolve().parents[2] / "chapters" / "00_the_shop.ipynb"
STEPS = 2 * VISITORS


@pytest.fixture(scope="module")
def stored() -> BeautifulSoup:
    """Return the game as Chapter 0 stores it."""
    (cell,) = [cell for cell in nbformat.read(CHAPTER, 4).cells if cell.id == "you-are-the-agent"]
    return BeautifulSoup(cell.outputs[0].data["text/html"], "html.parser")


@pytest.fixture(scope="module")
def data(stored) -> dict:
    return json.loads(stored.find("script", type="application/json").string)


def read(recorded: list) -> dict[str, np.ndarray]:
    """Return what is recorded of a world: names, persona, LinUCB's product, clicks ``(60, 5)``, rates ``(60, 5)``."""
    names, who, would, before, after, change = recorded
    who = np.array([int(digit) for digit in who])
    rates = np.array([[int(rate) for rate in re.findall("..", table)] for table in (before, after)]) / 100
    late = (np.arange(STEPS) >= change).astype(int)
    return {
        "names": np.array([int(digit) for digit in names]),
        "persona": who // 5,
        "LinUCB": who % 5,
        "clicks": np.array([[int(digit, 32) >> k & 1 for k in range(5)] for digit in would]),
        "rates": rates.reshape(2, len(PERSONAS), 5)[late, who // 5],
    }


def served(seed: int, choose) -> dict[str, list]:
    """Serve the visitors of a world one by one, in a copy of the shop, and return what came of it."""
    shop, shock, change = dealt(seed)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(shop))
    told = {"persona": [], "shown": [], "click": [], "rates": [], "best": []}
    for t, user in enumerate(draw_users(shop, STEPS)):
        if t == change:
            shop.apply_shock(shock)
        shown = agent.predict(user, shop) if choose == "LinUCB" else choose
        click = shop.get_reward(user, shown)
        agent.update(user, shown, click, shop)
        rates = [shop.click_probability(user, k) for k in range(5)]
        for name, value in zip(told, (shop.persona(user), shown, click, rates, shop.best_arm(user)), strict=True):
            told[name].append(value)
    return told


@compares_stored_numbers
def test_every_world_of_the_game_is_recorded_as_zoolib_plays_it(data):
    assert len(data["worlds"]) == 100
    for seed, recorded in enumerate(data["worlds"]):
        world, linucb = read(recorded), served(seed, "LinUCB")
        assert [data["categories"][c] for c in world["names"]] == list(dealt(seed)[0].products["category"])
        np.testing.assert_array_equal(world["persona"], linucb["persona"])
        np.testing.assert_array_equal(world["LinUCB"], linucb["shown"])
        np.testing.assert_array_equal(world["rates"], linucb["rates"])
        np.testing.assert_array_equal(world["rates"].argmax(1), linucb["best"])
        np.testing.assert_array_equal(world["clicks"][np.arange(STEPS), world["LinUCB"]], linucb["click"])
    for seed in range(0, 100, 9):
        would = np.transpose([served(seed, product)["click"] for product in range(5)])
        np.testing.assert_array_equal(read(data["worlds"][seed])["clicks"], would)


@compares_stored_numbers
def test_the_still_table_says_what_the_recorded_worlds_add_up_to(stored, data):
    worlds = [read(recorded) for recorded in data["worlds"]]
    lost = [w["rates"].max(1) - w["rates"][np.arange(STEPS), w["LinUCB"]] for w in worlds]
    halves = np.reshape(lost, (100, 2, VISITORS)).sum(2).round(2)
    table = {row.th.text: [cell.text for cell in row.select("td")] for row in stored.select("table.still tbody tr")}
    assert list(table) == ["Random", "LinUCB", "Oracle"]
    assert table["LinUCB"] == [f"{metrics.mean_interval(half):.1f}" for half in halves.T]
    assert table["Oracle"] == ["0.0 [0.0, 0.0]"] * 2
    # a random choice loses what all products lose on average
    for words, half in zip(table["Random"], (slice(0, VISITORS), slice(VISITORS, STEPS)), strict=True):
        low, high = map(float, re.search(r"\[(.+), (.+)\]", words).groups())
        assert low < np.mean([(w["rates"].max(1) - w["rates"].mean(1))[half].sum() for w in worlds]) < high


def test_taste_is_that_of_the_book_dealt_anew_and_changes_as_in_the_book():
    best, changes = [], set()
    for seed in range(60):
        shop, shock, change = dealt(seed)
        assert shop.personas == PERSONAS == ("budget_shopper", "cat_connoisseur")
        book = zoo.ZooplusSimulator()
        best.append(shop.click_table.argmax(1).tolist())
        for late in (False, True):
            if late:
                shop.apply_shock(shock)
                book.apply_shock(zoo.SHOCK_FISH)
                book.apply_shock(zoo.SHOCK_DOG_TOY)
            for row, persona in zip(shop.click_table, PERSONAS, strict=True):
                assert sorted(row) == sorted(book.click_table[book.index_of("persona", persona)])
        assert change in CHANGES
        assert sorted(shop.product_category) == list(range(5))
        changes.add(change)
    assert changes == set(CHANGES)
    assert len({tuple(pair) for pair in best}) > 15  # of 25 pairs of favourites


def test_without_javascript_a_sentence_and_a_table_stand_there_and_nothing_can_be_pressed(stored):
    assert "JavaScript" in stored.select_one("p.still").text
    assert stored.select("button, input, a, link, img, style") == []
    assert stored.figure.has_attr("data-lm-suppress-shortcuts")  # in JupyterLab a 1 would make a heading of the cell


def test_it_asks_nobody_for_anything(stored):
    assert not re.search(r"https?:|//\w+\.|\bimport\b|fetch\(|XMLHttp|url\(|@import", str(stored).replace("// ", ""))


@pytest.mark.parametrize(("given", "error", "message"), [
    *each(ValueError, worlds=[1, 201], start=[-1]), *each(TypeError, worlds=["many"]),
    ({"worlds": 10, "start": 10}, ValueError, "start"),
])  # fmt: skip
def test_a_game_that_no_page_should_carry_is_refused_in_words(given, error, message):
    with pytest.raises(error, match=message):
        YouAreTheAgent(**given)
