"""You are the agent, as a reader plays it: by keyboard on a desk, by touch on a phone, from the disk."""

# ruff: noqa: F811  fixtures are imported

import json
import re

import numpy as np
import pytest
from browsing import DESK, PHONE, SEEN, Visit, address, browser, violations  # noqa: F401  fixtures
from built_book import HTML

import zoolib as zoo
from figures.game import MANY, VISITORS, dealt

FIRST, CHAPTER = "chapters/index.html", "chapters/00_the_shop.html"
STEPS = 2 * VISITORS


class Scripted:
    """Shows what it was told to show."""

    def __init__(self, products):
        self.products = iter(products)

    def predict(self, user_id, sim):
        return next(self.products)

    def update(self, user_id, chosen_arm, reward, sim):
        pass


def outcome(seed: int, products) -> dict[str, list]:
    """Return what zoolib says of a game: clicks, and regret in both halves, of the reader, LinUCB and the oracle."""
    shop, shock, change = dealt(seed)
    features = zoo.FeatureEngineer(shop)
    agents = {"you": Scripted(products), "LinUCB": zoo.LinUCBAgent(features), "oracle": zoo.OracleAgent(features)}
    results = zoo.run(agents, shop, STEPS, {change: shock}, progress=False)
    lost = results.oracle - results.expected[:, 0]
    return {
        "clicks": results.reward[:, 0],
        "regret": [list(map(written, row)) for row in lost.reshape(3, 2, VISITORS).sum(2)],
        "all": [*map(written, lost.sum(1))],
        "after": [*map(written, lost[:, change:].sum(1))],
        "change": change,
    }


def written(regret: float) -> str:
    return f"{regret.round(2):.2f}"


def game(visit: Visit):
    return visit.page.locator("figure[data-game]")


def said_at_the_end(figure, seed: int, products) -> list[str]:
    """Return what the page says of a game that is over, and what it should."""
    told = outcome(seed, products)
    (you, you_later), (other, other_later), _ = told["regret"]
    text = " ".join(figure.locator(".result").inner_text().split())
    line = figure.locator(".mine input").input_value()
    wanted = [
        f"Before visitor {told['change'] + 1} taste changed.",
        f"From then on you lost {told['after'][0]}, LinUCB {told['after'][1]}, the oracle 0.",
    ]
    wrong = [words for words in wanted if words not in text]
    result = f"world {seed}: my regret is {you} + {you_later} = {told['all'][0]} expected clicks, LinUCB’s "
    result += f"{other} + {other_later} = {told['all'][1]}."
    if result not in line:
        wrong.append(f"{result!r} is not in {line!r}")
    ends = figure.locator(".result svg").first.get_attribute("aria-label")
    if re.findall(r"\d+\.\d+", ends.rstrip(".")) != told["all"]:
        wrong.append(ends)
    return wrong


def test_a_whole_game_by_keyboard_ends_with_the_regret_that_zoolib_counts(browser, address):
    products = np.random.default_rng(1).integers(0, 5, STEPS).tolist()
    told = outcome(1, products)
    with Visit(browser, address) as visit:
        page, figure = visit.page, game(visit)
        page.goto(f"{address}/{CHAPTER}")
        figure.scroll_into_view_if_needed()  # the keys work while it is in view
        for t, product in enumerate(products):
            if t == VISITORS:
                assert page.evaluate("document.activeElement.className") == "result"
                text = " ".join(figure.locator(".result").inner_text().split())
                (you, _), (other, _), _ = told["regret"]
                assert f"Your regret is {you} clicks, LinUCB’s {other}, the oracle’s 0." in text
                you, other, oracle = told["clicks"][:, :VISITORS].sum(1)
                assert f"you had {you} clicks, LinUCB {other}, the oracle, who knows every taste, {oracle}." in text
                assert violations(visit.page) == []
                page.keyboard.press("Tab")
                page.keyboard.press("Enter")
            page.keyboard.press(str(product + 1))
            news = figure.locator("[role=status]").first.inner_text()
            assert news.startswith("Click on" if told["clicks"][0, t] else "No click on"), (t, news)
            assert page.evaluate("document.activeElement.closest('figure[data-game]') !== null")
        assert said_at_the_end(figure, 1, products) == []
        assert violations(visit.page) == []
        page.keyboard.press("1")  # it is over
        assert said_at_the_end(figure, 1, products) == []
        figure.get_by_role("button", name="Next: world 2").press("Enter")
        assert figure.locator("label input[type=number]").input_value() == "2"
        assert page.evaluate("document.activeElement.matches('.shelf button')")
        assert visit.wrong == []


@pytest.mark.slow  # the keyboard has played one
def test_a_whole_game_by_touch_on_a_phone_from_the_disk_in_the_dark(browser):
    products = [2, 0, 4, 1, 3] * 6 + [1] * VISITORS
    with Visit(browser, HTML.as_uri(), "dark", PHONE, has_touch=True, reduced_motion="reduce") as visit:
        page, figure = visit.page, game(visit)
        page.goto(f"{visit.home}/{FIRST}#seed=7")
        buttons = figure.locator(".shelf button")
        sizes = buttons.evaluate_all("all => all.map(b => [b.offsetWidth, b.offsetHeight])")
        assert min(min(size) for size in sizes) >= 44
        for t, product in enumerate(products):
            if t == VISITORS:
                figure.get_by_role("button", name="Round 2: thirty more visitors").tap()
                assert figure.locator(".result").inner_text() == ""
            at = buttons.first.bounding_box()["y"] + page.evaluate("scrollY")
            buttons.nth(product).tap()
            if t % VISITORS not in (0, VISITORS - 1):  # what is pressed next stays where it is
                assert buttons.first.bounding_box()["y"] + page.evaluate("scrollY") == pytest.approx(at, abs=1)
        assert said_at_the_end(figure, 7, products) == []
        seen = figure.locator("button:visible, input:visible")
        sizes = seen.evaluate_all("all => all.map(b => [b.offsetWidth, b.offsetHeight])")
        assert min(min(size) for size in sizes) >= 44
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(visit.page, SEEN) == []
        assert visit.wrong == []


@pytest.mark.parametrize("by", ["keys", "mouse"])
def test_the_third_round_ends_with_the_regret_that_zoolib_counts(browser, address, by):
    places, (shop, _, _) = np.random.default_rng(3).integers(0, MANY, VISITORS), dealt(3, MANY)
    at = [product for c in shop.category_order for product in np.flatnonzero(shop.product_category == c)]
    plain, you = zoo.FeatureEngineer(shop), Scripted([at[place] for place in places])
    agents = {"": you, "LinUCB": zoo.LinUCBAgent(plain), "shared": zoo.SharedLinUCBAgent(plain.encoded("crossed"))}
    results = zoo.run(agents, shop, VISITORS, progress=False)
    you, other, shared = map(written, (results.oracle - results.expected[:, 0]).sum(1))
    with Visit(browser, address, "dark" if by == "keys" else "light", PHONE if by == "keys" else DESK) as visit:
        page, figure = visit.page, game(visit)
        kept = json.dumps({"seed": 3, "shown": {"3": [2, "0" * STEPS, ""]}})
        page.add_init_script(f"localStorage.setItem('you-are-the-agent', '{kept}')")
        page.goto(f"{address}/{CHAPTER}")  # who has played is told so, and goes on
        assert "You have played world 3" in figure.locator(".again").inner_text()
        figure.locator(".shelf").scroll_into_view_if_needed()
        for place, click in zip(places.tolist(), results.reward[0, 0], strict=True):
            if by == "mouse":
                figure.locator(".shelf button").nth(place).click()
            for key in (place // 10 + 1, (place + 1) % 10) if by == "keys" else ():
                page.keyboard.press(str(key))
            assert figure.locator("[role=status]").first.inner_text().startswith("Click on" if click else "No click")
        text = " ".join(figure.locator(".result").inner_text().split())
        assert f"You lost {you} clicks against the oracle, LinUCB {other}, the shared agent {shared}." in text
        assert f"You tried {len(set(places))} of 50 products." in text
        assert 0 < figure.locator(".next button").bounding_box()["y"] < page.viewport_size["height"] - 44
        figure.locator(".replay input").fill("12")
        category = shop.categories[results.category[0, 0, 11]].lower()
        assert re.match(rf"Visit 12, a .*: you showed {category}s?, ", figure.locator(".sentence").inner_text())
        assert (HTML / "chapters" / figure.locator(".result a").get_attribute("href")).exists()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == visit.wrong == []


def test_a_link_opens_its_world_and_nothing_is_lost_on_the_way(browser, address):
    with Visit(browser, address) as visit:
        page, figure = visit.page, game(visit)
        world, tally = figure.locator("label input[type=number]"), figure.locator(".tally p").first
        page.goto(f"{address}/{FIRST}")
        assert world.input_value() == "1"
        page.goto(f"{address}/{FIRST}#seed=8")  # only the end of the address is another
        page.wait_for_function("document.querySelector('figure[data-game] label input[type=number]').value === '8'")
        for _ in range(9):
            figure.locator(".shelf button").nth(3).click()
        dots, before = "i.yes, i.no", tally.inner_text()
        assert tally.locator(dots).count() == 9
        page.reload()
        assert (world.input_value(), tally.inner_text(), tally.locator(dots).count()) == ("8", before, 9)
        world.fill("12")
        world.press("Enter")
        assert tally.locator(dots).count() == 0
        for wrong in ("100", "-1", ""):
            world.fill(wrong)
            world.press("Tab")
            assert world.input_value() == "12"
        assert "0 to 99" in figure.locator("[role=status]").inner_text()
        page.goto(f"{address}/{CHAPTER}#seed=999")  # there is none: the last one played goes on, on the other page too
        assert world.input_value() == "12"
        page.goto(f"{address}/{CHAPTER}#seed=8")
        page.wait_for_function("document.querySelector('figure[data-game] label input[type=number]').value === '8'")
        assert tally.locator(dots).count() == 9
        assert visit.wrong == []


def test_both_pages_play_the_same_game_and_a_printer_gets_the_table(browser, address):
    with Visit(browser, address, size=DESK) as visit:
        scripts = []
        for name in (FIRST, CHAPTER):
            visit.page.goto(f"{address}/{name}")
            scripts.append(game(visit).locator("script").all_inner_texts())
            assert game(visit).locator(".play").is_visible()
            assert not game(visit).locator(".still").first.is_visible()
            visit.page.emulate_media(media="print")
            assert not game(visit).locator(".play").is_visible()
            assert game(visit).locator("table.still").is_visible()
            visit.page.emulate_media(media="screen")
        assert scripts[0] == scripts[1]
        assert len(json.loads(scripts[0][0])["worlds"]) == 100
        assert visit.wrong == []


@pytest.mark.parametrize("name", [FIRST, CHAPTER])
def test_without_javascript_the_page_says_so_and_shows_the_table(browser, address, name):
    with Visit(browser, address, size=PHONE, java_script_enabled=False) as visit:
        visit.page.goto(f"{address}/{name}")
        assert "JavaScript" in game(visit).locator("p.still").inner_text()
        assert game(visit).locator("table.still").is_visible()
        assert game(visit).locator("button, input").count() == 0
