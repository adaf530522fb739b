"""The shop's page in a real browser: by mouse and by keyboard, on a desk and on a phone, in light and in dark.

Needs Chromium, as :mod:`test_browser` does.
"""

import re
from collections.abc import Iterator

import pytest
from browsing import DESK, PHONE, chromium, violations
from shop_server import ask, serving

from zoolab.serving.shop.shop import Shop
from zoolab.serving.stores import open_store
from zoolab.serving.stores.base import StoreUnavailableError

WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1);
  return [document.documentElement.scrollWidth - width, ...out.slice(0, 3).map(e => e.outerHTML.slice(0, 100))];
}"""
LOOK = """async () => {
  await document.fonts.ready;
  const [r, g, b] = getComputedStyle(document.documentElement).backgroundColor.match(/[0-9]+/g).map(Number);
  const serif = [...document.fonts].some(f => f.family.includes('Source Serif') && f.status === 'loaded');
  return {dark: r + g + b < 384, serif};
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with open_store(tmp_path_factory.mktemp("shop")) as store:
        yield Shop(store)


@pytest.fixture(scope="module")
def address(shop) -> Iterator[str]:
    with serving(shop) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def visit(browser, address, shop):
    """Open the page, of a shop in which ten visitors have been; what goes wrong in it fails the test."""
    shop.reset()
    shop.fall_back(False)
    shop.simulate(10)
    contexts, wrong = [], []

    def guard(route) -> None:
        if route.request.url.startswith((address, "data:")):
            route.continue_()
        else:
            wrong.append(f"request to outside: {route.request.url}")
            route.abort()

    def open_page(mode="light", size=DESK):
        context = browser.new_context(color_scheme=mode, viewport=size)
        context.route("**/*", guard)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(180_000)
        page.on("console", lambda message: message.type == "error" and wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.goto(address)
        page.wait_for_selector(".product button")
        page.wait_for_function("() => document.getElementById('visits').textContent !== '0'")
        return page

    open_page.wrong = wrong
    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def said(page, words: str) -> str:
    """Wait until the live region says something with ``words`` in it, and return what it says."""
    page.wait_for_function("words => document.getElementById('said').textContent.includes(words)", arg=words)
    return page.text_content("#said")


@pytest.mark.many
@pytest.mark.parametrize(("mode", "size"), [("light", DESK), ("dark", PHONE)], ids=["light desk", "dark phone"])
def test_the_page_is_sound_and_accessible(visit, shop, mode, size):
    """Everything open and pressed: no error, no request to outside, nothing too wide, no rule of axe-core's broken."""
    shop.shock("fish boom", True)
    page = visit(mode, size)
    page.check("#reveal")
    page.click(".how summary")
    page.click("#reset")
    assert page.evaluate(LOOK) == {"dark": mode == "dark", "serif": True}
    assert page.evaluate(WIDE) == [0]
    assert violations(page) == []


def test_a_click_counts_and_the_next_visitor_comes(visit, shop):
    page = visit()
    before = shop.statistics()
    card = page.locator(".product").nth(2)
    name, category, first = (
        card.locator(".name").text_content(),
        card.locator(".category").text_content(),
        page.text_content("#visitor"),
    )
    numbers = [float(text) for text in card.locator("dd").all_text_contents()]
    assert numbers[2] == pytest.approx(numbers[0] + before.alpha * numbers[1], abs=2e-3)
    card.click(position={"x": 20, "y": 20})  # anywhere on the card
    assert f"clicked {name}; counted." in said(page, "counted")
    after = shop.statistics()
    assert (after.visits, after.clicked.sum()) == (before.visits + 1, before.clicked.sum() + 1)
    assert page.text_content("#visits") == str(after.visits)
    assert page.text_content("#visitor") != first
    row = page.locator("#categories tr").filter(has_text=category)
    place = [c["name"] for c in after.told()["categories"]].index(category)
    assert row.locator("td").nth(2).text_content() == str(after.clicked[place])
    page.click("#none")
    said(page, "clicked none of these; counted.")
    assert shop.statistics().visits == before.visits + 2


def test_simulated_visitors_come_and_the_page_shows_what_the_store_says(visit, shop):
    page = visit()
    page.locator("#n").fill("2")
    page.click("text=Send 10 visitors")
    assert "10 visitors came. Of what was shown in the last 20 visits" in said(page, "came")
    rate = shop.statistics().told()["rate"]
    assert [page.text_content(f"#rate-{name}") for name in rate] == [f"{value:.3f}" for value in rate.values()]
    assert f"{rate['agent']:.3f} was clicked" in page.get_attribute("#chart-rate", "aria-label")
    assert page.locator("#chart-rate path.agent").get_attribute("d").count("L") == 3  # points at 5, 10, 15 and 20
    shown = [int(text) for text in page.locator("#evidence td:nth-child(2)").all_text_contents()]
    assert sum(shown) == 6 * 20
    page.reload()
    page.wait_for_function("() => document.getElementById('visits').textContent === '20'")


def test_visitors_keep_coming_until_they_are_stopped(visit, shop):
    page = visit()
    page.locator("#n").fill("1")
    page.click("#stream")
    said(page, "keep coming")
    page.wait_for_function("() => Number(document.getElementById('visits').textContent) >= 25")
    page.click("#stream")
    said(page, "Nobody comes any more")
    page.click("#none")
    said(page, "clicked none")  # and so what was under way before it is done
    visits = shop.statistics().visits
    page.wait_for_timeout(500)
    assert shop.statistics().visits == visits
    assert page.get_attribute("#stream", "aria-pressed") == "false"


def test_a_shock_comes_goes_and_changes_what_is_true(visit, shop):
    page = visit()
    page.select_option("#persona", "budget_shopper")
    page.wait_for_function("() => document.getElementById('visitor').textContent.includes('budget shopper')")
    boom = page.locator("[data-shock='fish boom']")
    boom.click()
    said(page, "The fish boom is here.")
    assert (shop.statistics().shocks, boom.get_attribute("aria-pressed")) == (["fish boom"], "true")
    assert page.locator(".marked").all_text_contents() == ["fish boom"]
    page.locator("#n").fill("0")
    page.click("#send")
    said(page, "1 visitor came")
    page.check("#reveal")
    x = shop.world.visitor(int(re.search(r"Visitor (\d+)", page.text_content("#visitor"))[1]), "budget_shopper")
    chances = shop.world.chances(x, ["fish boom"])
    told = [float(text.split()[-1]) for text in page.locator(".truth-told").all_text_contents()]
    names = page.locator(".product .name").all_text_contents()
    assert len(told) == 6
    for name, truth in zip(names, told, strict=True):
        same = [i for i in range(3000) if shop.world.told(i)["name"] == name]
        assert min(abs(chances[i] - truth) for i in same) < 6e-4
    boom.click()
    said(page, "The fish boom is over.")
    assert (shop.statistics().shocks, boom.get_attribute("aria-pressed")) == ([], "false")


def test_all_of_it_works_by_keyboard_and_the_focus_is_seen(visit, shop):
    page = visit()
    reached, outlines = [], set()
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate("""() => {
          const e = document.activeElement, style = getComputedStyle(e);
          return [e.id || e.dataset.shock || e.getAttribute('aria-label')?.split(' ')[0] || e.tagName,
                  style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
        }""")
        if here[0] == "BODY":
            break
        reached.append(here[0])
        outlines.add(here[1])
    controls = ["none", "persona", "reveal", "n", "send", "stream", "fish boom", "dog-toy craze", "alpha", "deploy"]
    assert reached == ["Click"] * 6 + controls + ["fall-back", "reset", "SUMMARY"]  # there is nothing to roll back to
    assert outlines == {True}

    page.locator(".product button").nth(1).focus()
    page.keyboard.press("Enter")
    said(page, "counted")
    assert page.evaluate("[...document.querySelectorAll('.product button')].indexOf(document.activeElement)") == 1
    page.locator("#alpha").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.getElementById('alpha-out').textContent === '3'")
    page.locator("[data-shock='dog-toy craze']").focus()
    page.keyboard.press("Space")
    said(page, "The dog-toy craze is here.")
    assert (shop.statistics().alpha, shop.statistics().shocks) == (3.0, ["dog-toy craze"])
    page.locator("#reset").focus()
    page.keyboard.press("Enter")
    said(page, "Press again")
    assert shop.statistics().visits == 11
    page.keyboard.press("Enter")
    said(page, "Everything is forgotten.")
    assert (shop.statistics().visits, page.text_content("#rate-agent")) == (0, "–")


def test_while_the_store_is_away_the_page_says_so_and_goes_on_afterwards(visit, shop, monkeypatch):
    def away(*_):
        raise StoreUnavailableError("gone")

    page = visit()
    monkeypatch.setattr(shop.store, "get", away)
    page.click("#none")
    page.wait_for_selector("#alarm:visible")
    assert page.text_content("#alarm") == "The store does not answer. Nothing is lost; try again in a moment."
    assert page.get_attribute("#alarm", "role") == "alert"
    monkeypatch.undo()
    said(page, "The shop is back.")
    assert not page.is_visible("#alarm")
    page.click("#none")
    said(page, "counted")
    assert all("503" in problem for problem in visit.wrong)  # the browser notes failed requests by itself
    visit.wrong.clear()


def test_a_model_is_deployed_and_rolled_back_and_the_ledger_shows_its_last_entries(visit, shop):
    page = visit()
    first = page.text_content("#in-force")
    entry = page.locator("#entries > li").first
    assert set(entry.locator("b").all_text_contents()) == {"open"}
    name = page.locator(".product .name").nth(1).text_content()
    page.locator(".product button").nth(1).press("Enter")
    said(page, "counted")
    entry = page.locator("#entries > li").nth(1)  # above it is the one of the visitor who has come since
    assert entry.locator("ol .name").nth(1).text_content() == name
    assert entry.locator("b").all_text_contents() == ["no", "click", "no", "no", "no", "no"]
    assert "visitor 11, " in entry.locator("p").text_content()
    page.locator("#deploy").press("Enter")
    n_clicks = int(shop.statistics().clicked.sum())
    told = f"its evidence counts 66 products shown, {n_clicks} of them clicked."
    assert said(page, "is in force now").endswith(told)
    assert page.text_content("#in-force") == shop.funnel.embedder.version != first
    entry = page.locator("#entries > li").nth(2)
    assert re.search(r"φ \w{6}counted for 2 models$", entry.locator("p").text_content())
    page.locator("#roll-back").press("Enter")
    assert said(page, "is in force again").endswith(told)
    assert page.text_content("#in-force") == first
    assert page.is_disabled("#roll-back")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_board_shows_what_might_have_come_first(visit, shop, size):
    page = visit(size=size)
    rows = page.locator("#board li")
    assert rows.count() == 20
    chances = [float(text) for text in rows.locator(".chance").all_text_contents()]
    assert chances == sorted(chances, reverse=True)
    slate, names = page.locator(".product .name").all_text_contents(), rows.locator(".name")
    for i in range(20):
        if (place := names.nth(i).locator(".place")).count():
            told = int(place.text_content())
            assert names.nth(i).text_content() == f"{slate[told - 1]}{told}"
            payoff, width = re.fullmatch(
                r"(−?\d\.\d{3}) ± (\d\.\d{3})", rows.nth(i).locator(".payoff-told").text_content()
            ).groups()
            numbers = page.locator(".product").nth(told - 1).locator("dd").all_text_contents()
            assert numbers[:2] == [payoff, width]
    edges = rows.evaluate_all("""all => all.map(li => {
      const box = part => li.querySelector(part).getBoundingClientRect(), bar = box('.bar');
      return [box('.payoff'), box('.spread')].map(one => [one.left, one.right].map(x => (x - bar.left) / bar.width));
    })""")
    told = [[float(n) for n in text.split(" ± ")] for text in rows.locator(".payoff-told").all_text_contents()]
    last = max(1, *(payoff + width for payoff, width in told))
    for ((_, payoff), (low, high)), (is_payoff, width) in zip(edges, told, strict=True):
        assert payoff == pytest.approx(is_payoff / last, abs=0.03)
        assert (low, high) == pytest.approx((max(0, is_payoff - width) / last, (is_payoff + width) / last), abs=0.03)
    page.check("#reveal")
    assert page.locator("#board .truth:visible").count() == 20


def test_under_the_kill_switch_everybody_is_shown_the_best_sellers(visit, shop):
    page = visit()
    page.locator("#fall-back").press("Space")
    said(page, "Everybody is shown the best sellers now.")
    assert page.get_attribute("#fall-back", "aria-pressed") == "true"
    names = [shop.world.told(int(arm))["name"] for arm in shop.world.best_sellers[:6]]
    for _ in range(2):
        assert page.locator(".product .name").all_text_contents() == names
        assert set(page.locator(".product dd").all_text_contents()) == {"–"}
        page.click("#none")
        said(page, "counted")
    assert page.locator("#board li").count() == 0
    assert page.is_visible("#board-off")
    assert violations(page) == []
    page.reload()
    page.wait_for_selector("#fall-back[aria-pressed=true]")
    page.click("#fall-back")
    said(page, "The model chooses again.")
    assert page.locator("#board li").count() == 20
    assert not page.is_visible("#board-off")


def test_a_decision_from_before_a_reset_gives_way_to_a_new_one(visit, shop):
    page = visit()
    shop.reset()
    page.click("#none")
    said(page, "The next visitor comes.")
    page.wait_for_function("() => document.getElementById('visitor').textContent.startsWith('Visitor 1,')")
    page.click("#none")
    said(page, "counted")
    assert shop.statistics().visits == 1
    assert all("404" in problem for problem in visit.wrong)
    visit.wrong.clear()


def test_what_the_server_says_is_text_and_never_markup(visit, shop, monkeypatch):
    told = type(shop.world).told
    mark = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    monkeypatch.setattr(type(shop.world), "told", lambda self, arm: told(self, arm) | {"name": mark, "words": [mark]})
    page = visit()
    assert page.locator(".product .name").first.text_content() == mark
    assert page.locator(".product img, .product script").count() == 0
    assert page.title() == "The pet shop · Bandits that Generalize"


def test_another_page_of_the_same_browser_cannot_touch_the_shop(browser, shop, address):
    """A page under another name asks the shop as scripts can: nothing comes of it, and nothing is read."""
    before = shop.statistics().packed()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address.replace('127.0.0.1', 'localhost')}/shop.css")  # a page of another origin, without scripts
    tried = page.evaluate(
        """async address => {
          const post = {method: 'POST', mode: 'no-cors', body: '{}'};
          const json = {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"visitors": 1}'};
          const tell = promise => promise.then(r => r.type, () => 'refused');
          return [await tell(fetch(`${address}/api/reset`, post)), await tell(fetch(`${address}/api/simulate`, json)),
                  await tell(fetch(`${address}/api/state`))];
        }""",
        address,
    )
    assert "basic" not in tried
    assert "cors" not in tried
    context.close()
    assert shop.statistics().packed() == before
    assert ask(int(address.rpartition(":")[2]), "/api/state")[0] == 200
