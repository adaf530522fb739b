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
from figures.game import CHANGES, FEW, MANY, PERSONAS, VISITORS, YouAreTheAgent, dealt
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
    """Return what is recorded of a shop: its rows, and for each visit persona, clicks, rates, expectations, choices."""
    names, persona, would, tables, change, expected, *shown = recorded
    persona, n = np.array([*map(int, persona)]), len(would)
    rates = np.array([int(rate) for rate in re.findall("..", tables)]).reshape(-1, len(PERSONAS), 5) / 100
    return {
        "names": np.array([*map(int, names)]),
        "persona": persona,
        "clicks": np.array([[int(digit, 32) >> k & 1 for k in range(5)] for digit in would]),
        "rates": rates[(np.arange(n) >= change).astype(int), persona],
        "expected": np.array([ord(sign) - ord("(") for sign in expected]).reshape(n, 5) / 100,
        "shown": [
            ["0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN".index(sign) for sign in each] for each in shown
        ],
    }


def served(seed: int, choose, products: int = FEW) -> dict[str, list]:
    """Serve the visitors of a world one by one, in a copy of the shop, and return what came of it."""
    shop, shock, change = dealt(seed, products)
    plain = zoo.FeatureEngineer(shop)
    agent = zoo.SharedLinUCBAgent(plain.encoded("crossed")) if choose == "Shared" else zoo.LinUCBAgent(plain)
    told = []
    for t, user in enumerate(draw_users(shop, STEPS if products == FEW else VISITORS)):
        if t == change and products == FEW:
            shop.apply_shock(shock)
        expected = agent.payoff(agent.features.contexts(user, shop))
        shown = agent.predict(user, shop) if isinstance(choose, str) else choose
        click = shop.get_reward(user, shown)
        agent.update(user, shown, click, shop)
        rates = [shop.click_probability(user, k) for k in range(products)]
        told.append((shop.persona(user), shown, click, rates, shop.best_arm(user), expected))
    names = ("persona", "shown", "click", "rates", "best", "expected")
    return {name: list(values) for name, values in zip(names, zip(*told, strict=True), strict=True)}


@compares_stored_numbers
def test_every_world_of_the_game_is_recorded_as_zoolib_plays_it(data):
    assert len(data["worlds"]) == 100
    for seed, (recorded, _) in enumerate(data["worlds"]):
        world, linucb = read(recorded), served(seed, "LinUCB")
        assert [data["categories"][c] for c in world["names"]] == list(dealt(seed)[0].products["category"])
        np.testing.assert_array_equal(world["persona"], linucb["persona"])
        np.testing.assert_array_equal(world["shown"], [linucb["shown"]])
        np.testing.assert_array_equal(world["rates"], linucb["rates"])
        np.testing.assert_array_equal(world["rates"].argmax(1), linucb["best"])
        np.testing.assert_array_equal(world["clicks"][np.arange(STEPS), linucb["shown"]], linucb["click"])
        np.testing.assert_allclose(world["expected"], linucb["expected"], atol=0.00501)
    for seed in range(0, 100, 9):
        would = np.transpose([served(seed, product)["click"] for product in range(5)])
        np.testing.assert_array_equal(read(data["worlds"][seed][0])["clicks"], would)


@compares_stored_numbers
def test_a_shop_of_fifty_is_recorded_row_by_row_and_a_row_is_clicked_as_one(data):
    for seed in range(0, 100, 3):
        world, shop = read(data["worlds"][seed][1]), dealt(seed, MANY)[0]
        at = [product for c in world["names"] for product in np.flatnonzero(shop.product_category == c)]  # by place
        assert sorted(at) == list(range(MANY))
        for shown, agent in zip(world["shown"], ("LinUCB", "Shared"), strict=True):
            told = {name: np.array(values) for name, values in served(seed, agent, MANY).items()}
            np.testing.assert_array_equal(np.array(at)[shown], told["shown"])
            np.testing.assert_array_equal(world["persona"], told["persona"])
            np.testing.assert_array_equal(world["rates"].repeat(10, axis=1), told["rates"][:, at])
            np.testing.assert_array_equal(world["clicks"][np.arange(VISITORS), np.array(shown) // 10], told["click"])
        np.testing.assert_allclose(world["expected"].repeat(10, axis=1), told["expected"][:, at], atol=0.00501)
    assert all(served(99, at[k], MANY)["click"] == world["clicks"][:, k // 10].tolist() for k in (0, 9, 10, 37, 49))


@compares_stored_numbers
def test_the_still_table_says_what_the_recorded_worlds_add_up_to(stored, data):
    def losses(of) -> np.ndarray:
        lost = [w["rates"].max(1) - of(w) for rounds in data["worlds"] for w in map(read, rounds)]
        return np.concatenate(lost).reshape(100, 3, VISITORS).sum(2).round(2)

    def chosen(w) -> list[float]:
        each = 1 if len(w["rates"]) == STEPS else 10  # products in a row
        return [rates[place // each] for rates, place in zip(w["rates"], w["shown"][0], strict=True)]

    table = {row.th.text: [cell.text for cell in row.select("td")] for row in stored.select("table.still tbody tr")}
    assert list(table) == ["Random", "LinUCB", "Shared LinUCB", "Oracle"]
    assert table["LinUCB"] == [f"{metrics.mean_interval(of):.1f}" for of in losses(chosen).T]
    assert table["Oracle"] == ["0.0 [0.0, 0.0]"] * 3
    assert data["lost"] == {agent: words[2] for agent, words in table.items()}
    # a random choice loses what all products lose on average
    for words, of in zip(table["Random"], losses(lambda w: w["rates"].mean(1)).T, strict=True):
        low, high = map(float, re.search(r"\[(.+), (.+)\]", words).groups())
        assert low < of.mean() < high


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
