"""Figures with a script of their own: what a page shows is what zoolib says, by keyboard and without a script too."""

import json
import re
from types import SimpleNamespace

import book_checks as book
import numpy as np
import pytest
from browsing import Visit, browser, violations  # noqa: F401  a fixture
from bs4 import BeautifulSoup
from stored_numbers import compares_stored_numbers

import zoolib as zoo
from figures import played
from figures.rain import WorldsRain
from figures.travels import TIMES, AClickTravels
from figures.waterline import AT, BOOM, END, WINDOW
from zoolib.experiment import mean_interval

FIGURES = "water-line", "a-click-travels", "worlds-rain"
NUMBER = '<span class="drag" data-moves="water-line" data-control="alpha" data-shows="stranger">0.28</span>'
DRAG = (book.ROOT / "pages" / "ext" / "finish" / "drag.js").read_text(encoding="utf-8")
CELLS = [cell for path in book.CHAPTERS[1:5] for cell in book.read(path).cells if cell.id in FIGURES]
PAGES = {cell.id: cell.outputs[0].data["text/html"] for cell in CELLS}


def data_of(page):
    return json.loads(BeautifulSoup(page, "html.parser").find("script", type="application/json").string)


def rain(expected):
    results = SimpleNamespace(agents=["Neural-Linear", "LinUCB"], expected=expected, seeds=range(5), shocks={})
    return data_of(WorldsRain(results)._repr_mimebundle_()[0]["text/html"])


@pytest.mark.parametrize("name", FIGURES)
def test_without_a_script_a_picture_stands_there_and_nothing_is_asked_of_anybody(name):
    page = BeautifulSoup(PAGES[name], "html.parser")
    assert page.select_one(".still svg[role=img][aria-label] ~ p").text
    assert page.select("button, input, a, link, img, style") == []
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|url\(", page.select("script")[1].text)


def test_a_figure_that_no_page_should_carry_is_refused(monkeypatch):
    monkeypatch.setattr(played, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="more than a page should carry"):
        rain(np.zeros((2, 5, 500)))


@compares_stored_numbers
def test_a_click_travels_as_far_as_the_agents_of_zoolib_say():
    figure, told, rng = AClickTravels(), data_of(PAGES["a-click-travels"]), np.random.default_rng(0)
    for record, (name, agent) in zip(told["agents"], figure.taught().items(), strict=True):
        before, (persona, product) = figure.expected(agent), rng.integers((4, 50)).tolist()
        user = int(np.argmax(figure.shop.user_persona == figure.personas[persona]))
        for _ in range(TIMES[-1]):
            agent.update(user, int(figure.products[product]), 0, figure.shop)
        change, step = figure.expected(agent) - before, 10 if name != "LinUCB" else 1
        if name == "LinUCB":
            assert not np.delete(change, product, axis=1).any()
            change = change[:, [product] * 50]
        kept = np.reshape(record["changes"][persona][product // step][-1], (4, -1))
        np.testing.assert_allclose(record["before"], before[:, ::step], atol=0.51)
        np.testing.assert_allclose(kept, change[:, ::step][:, : kept.shape[1]], atol=0.51)


@compares_stored_numbers
@pytest.mark.parametrize("run", [2, 7])
def test_the_water_line_shows_what_an_agent_of_zoolib_expects_in_the_end(run):
    told, shop = data_of(PAGES["water-line"]), zoo.ZooplusSimulator(seed=1)
    record, (drawn, _) = told["runs"][run], zip(*told["drawn"], strict=True)
    agent = zoo.LinUCBAgent(zoo.FeatureEngineer(shop), alpha=record["alpha"], window=WINDOW if run % 2 else None)
    results = zoo.run({"agent": agent}, shop.copy(), END, {BOOM: zoo.SHOCK_FISH}, progress=False)
    X = agent.features.table[shop.index_of("persona", "budget_shopper"), shop.product_category]
    seen = 1000 * np.array([agent.payoff(X), agent.alpha * agent.uncertainty(X)])[:, list(drawn)]
    np.testing.assert_allclose(np.sum([record["payoff"], record["bonus"]], axis=2), seen, atol=0.51)
    came = np.flatnonzero(results.persona[0] == shop.index_of("persona", "budget_shopper"))
    assert record["shown"][-1] == results.arm[0, 0, came[-1]]
    assert told["came"] == [int((came < t).sum()) for t in AT]
    assert record["strangers"][-1] == 50 - len(set(results.arm[0, 0]))


def test_of_the_rain_the_world_that_is_shown_comes_first_and_means_have_their_intervals():
    expected = np.random.default_rng(0).random((2, 5, 1000))
    told = rain(expected)
    lead = 1000 * (expected[0] - expected[1]).mean(1)[told["seeds"]]
    assert told["seeds"] == [3, 0, 1, 2, 4]
    np.testing.assert_allclose([line[-1] for line in told["lead"]], lead, atol=0.51)
    means = [mean_interval(lead[:n]) for n in range(2, 6)]
    np.testing.assert_allclose(told["means"], [[m.mean, m.low, m.high] for m in means], atol=0.51)


def test_they_are_played_by_keyboard_and_a_number_in_a_sentence_moves_one(browser, tmp_path):  # noqa: F811
    page = "".join(f"<section>{PAGES[name]}</section>" for name in FIGURES) + f"<p>{NUMBER}</p><script>{DRAG}</script>"
    (tmp_path / "page.html").write_text(f'<!doctype html><html lang="en"><title>t</title><main><h1>t</h1>{page}</main>')
    with Visit(browser, tmp_path.as_uri(), reduced_motion="reduce") as visit:
        visit.open("page.html")
        said = {name: visit.page.locator(f"[data-played={name}] [role=status]") for name in PAGES}
        told = {name: data_of(page) for name, page in PAGES.items()}
        visit.page.locator("[role=gridcell][tabindex='0']").focus()
        for key in ("Home", "ArrowRight", "ArrowDown", "ArrowDown", "Enter"):  # the second cat food of the next persona
            visit.page.keyboard.press(key)
        linucb, words = told["a-click-travels"]["agents"][0], said["a-click-travels"].inner_text()
        before, by = linucb["before"][1][1], linucb["changes"][1][1][0][1]
        assert f"connoisseur cat food 2 falls from {(before + 5) // 10} to {(before + by + 5) // 10} clicks" in words
        assert visit.page.locator("[role=gridcell][data-moves^=down]").count() == 4
        visit.page.get_by_role("button", name="200 visits").press("Enter")
        assert f"have come {told['water-line']['came'][1]} times" in said["water-line"].inner_text()
        visit.page.get_by_role("slider", name="alpha, moves").press("End")
        assert visit.page.locator(".drag").inner_text() == "0.71"
        assert "A stranger is worth 707" in said["water-line"].inner_text()
        visit.page.get_by_role("button", name="All 100").press("Enter")
        visit.page.locator("[data-control=seeds]").fill("10")
        ends, words = [line[-1] for line in told["worlds-rain"]["lead"]], said["worlds-rain"].inner_text()
        best = np.random.default_rng(0).choice(ends, (100_000, 10)).max(1).mean()
        assert "[−11, 21]" in words
        assert abs(float(re.search(r"it says (\d+) on average", words)[1]) - best) < 1
        assert violations(visit.page) == []
        assert visit.wrong == []
