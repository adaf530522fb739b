"""Every page in a real browser, in light and dark, on a desk and on a phone, from a server and from the disk."""

# ruff: noqa: F811  fixtures are imported

import pytest
from browsing import DESK, ONE_OF_A_KIND, PHONE, SEEN, Visit, address, browser, names, violations  # noqa: F401  fixtures
from built_book import HTML, is_of_a_kind


def faults(state: dict, mode: str, size: dict) -> list[str]:
    """Return what is wrong with the state of a page."""
    dark = sum(map(int, state["background"].strip("rgba()").split(",")[:3])) < 3 * 128
    checks = {
        f"theme {state['theme']} on {state['background']}": state["theme"] == mode and dark == (mode == "dark"),
        f"{state['rendered']} of {state['formulas']} formulas set": state["rendered"] >= state["formulas"],
        f"formulas in error: {state['failed']}": not state["failed"],
        f"wider than the window by {state['overflow']} px: {state['wide']}": state["overflow"] <= 0
        and not state["wide"],
        f"pictures that do not load: {state['broken']}": not state["broken"],
        "the text face is not loaded": state["serif"],
        f"boxes that reach below the list of sections: {state['covered']}": not state["covered"],
        f"not at the left edge: {state['askew']}": not state["askew"],
        f"formulas without their beginning: {state['beheaded']}": not state["beheaded"],
        f"lines that begin with a mark: {state['dangling']}": not state["dangling"],
        f"tables that must be scrolled at a desk: {state['scrolling']}": size != DESK or not state["scrolling"],
        f"claims in small or pale type: {state['faint']}": not state["faint"],
    }
    return [problem for problem, fine in checks.items() if not fine]


@pytest.mark.many
@pytest.mark.parametrize(
    ("mode", "size", "from_disk"),
    [("light", DESK, False), ("dark", PHONE, True)],
    ids=["light, desk, from a server", "dark, phone, from the disk"],
)
def test_every_page_is_sound_and_accessible(browser, address, mode, size, from_disk, request):
    """No error, no request to outside, formulas set, nothing wider than the window, no rule of axe-core's violated.

    What is found depends on the colours, on the size, or on where the page comes from, and not on these together: each
    of them is looked at once, and in the dark on a phone axe-core asks only what colours and size can change. Without
    the slow tests it is not asked about chapters of which every part is of a kind that another one has.
    """
    found, quick = [], request.config.getoption("markexpr") == "not slow"
    with Visit(browser, HTML.as_uri() if from_disk else address, mode, size) as visit:
        for name in names():
            found += [f"{name}: {problem}" for problem in faults(visit.look(name), mode, size)]
            if not (quick and is_of_a_kind(name)):
                visit.page.evaluate(ONE_OF_A_KIND)
                rules = None if size == DESK else SEEN
                found += [f"{name}: {violation}" for violation in violations(visit.page, rules)]
            found += [f"{name}: {problem}" for problem in visit.wrong]
            visit.wrong.clear()
    assert found == []


def test_the_first_page_leads_into_the_book(browser, address):
    with Visit(browser, address) as visit:
        visit.page.goto(f"{address}/index.html")
        visit.page.wait_for_url("**/chapters/index.html")
        assert visit.wrong == []


def test_where_no_page_is_one_leads_back_from_any_depth(browser, address):
    """A host shows 404.html for each address that has no page, at that address."""
    html = (HTML / "404.html").read_text(encoding="utf-8")
    with Visit(browser, address) as visit:
        for lost in ("nowhere.html", "chapters/nowhere.html", "chapters/no/where/"):
            visit.page.route(f"{address}/{lost}", lambda route: route.fulfill(body=html, content_type="text/html"))
            visit.page.goto(f"{address}/{lost}")
            visit.page.wait_for_function(
                "document.links[0].href.endsWith(':' + location.port + '/chapters/index.html')"
            )
            visit.page.wait_for_function("[...document.fonts].some(face => face.status === 'loaded')")
        visit.page.get_by_role("searchbox").fill("regret")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url(f"{address}/search.html?q=regret")
        visit.page.wait_for_selector("#search-results li a")


def test_what_is_printed_by_night_is_printed_as_by_day_and_offers_nothing_to_press(browser, address):
    with Visit(browser, address, "dark") as visit:
        visit.open("chapters/00_the_shop.html")
        colours = """[...document.querySelectorAll('article .highlight :is(.k, .nf, .s2, .mi, .kn)')]
          .map(e => getComputedStyle(e).color)"""
        visit.page.emulate_media(media="print", color_scheme="dark")
        by_night = visit.page.evaluate(colours)
        assert not visit.page.locator("details.hide > summary").first.is_visible()
        assert visit.page.locator("h1:visible").all_inner_texts()[0].startswith("0")
        visit.page.evaluate("document.documentElement.dataset.theme = 'light'")
        assert by_night == visit.page.evaluate(colours) != []


@pytest.mark.many
@pytest.mark.parametrize("from_disk", [False, True], ids=["server", "disk"])
def test_the_search_finds_a_definition(browser, address, from_disk):
    with Visit(browser, HTML.as_uri() if from_disk else address) as visit:
        visit.page.goto(f"{visit.home}/search.html?q=stale+evidence")
        # results come one after the other
        visit.page.wait_for_selector("#search-results li a[href*=glossary]", timeout=15_000, state="attached")
        assert visit.wrong == []


def test_a_solution_opens_and_the_theme_changes_by_keyboard(browser, address):
    with Visit(browser, address) as visit:
        visit.look("chapters/00_the_shop.html")
        button = visit.page.locator(".solution button.toggle-button").first
        button.focus()
        hidden = visit.page.locator(".solution.toggle-hidden").count()
        visit.page.keyboard.press("Enter")
        assert visit.page.locator(".solution.toggle-hidden").count() == hidden - 1
        seen = set()
        for _ in range(3):
            visit.page.locator("button.theme-switch-button").first.focus()
            visit.page.keyboard.press("Enter")
            seen.add(visit.page.evaluate("document.documentElement.dataset.theme"))
        assert seen == {"light", "dark"}
        assert visit.wrong == []


@pytest.mark.many
@pytest.mark.parametrize(
    "name", ["index", "02_the_principle"]
)  # two pictures of which one is shown; a formula in sight
def test_the_text_stands_still_while_a_page_comes(browser, name):
    """What Chromium says that moved while pictures, the face and the formulas came: 0.1 is what a reader may notice."""
    with Visit(browser, HTML.as_uri(), size=PHONE) as visit:
        visit.page.add_init_script(
            "window.moved = 0; new PerformanceObserver(list => { for (const shift of list.getEntries()) "
            "moved += shift.value; }).observe({type: 'layout-shift', buffered: true});"
        )
        visit.look(f"chapters/{name}.html")
        assert visit.page.evaluate("moved") < 0.1


def test_a_formula_is_set_when_it_comes_near_and_all_are_before_printing(browser):
    """Setting all four hundred of a chapter at once takes a phone ten seconds."""
    with Visit(browser, HTML.as_uri(), size=PHONE) as visit:
        page, count = visit.page, "document.querySelectorAll('article mjx-container').length"
        page.goto(f"{visit.home}/chapters/02_the_principle.html")
        page.wait_for_function(f"{count} > 0")
        page.wait_for_timeout(1000)
        formulas = page.locator("article .math")
        at_first, last = page.evaluate(count), formulas.last
        assert at_first < formulas.count() / 4
        assert last.locator("mjx-container").count() == 0
        last.scroll_into_view_if_needed()
        last.locator("mjx-container").wait_for(state="attached")
        assert at_first < page.evaluate(count) < formulas.count()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(count) == formulas.count()
        assert page.evaluate("document.querySelectorAll('mjx-container mjx-container, mjx-merror').length") == 0


def test_a_formula_that_is_not_set_yet_takes_its_room_and_is_not_read_as_tex(browser):
    with Visit(browser, HTML.as_uri()) as visit:
        visit.page.route("**/tex-chtml.js*", lambda route: route.abort())
        visit.page.goto(f"{visit.home}/chapters/02_the_principle.html")
        formulas = visit.page.locator("article span.math")
        style, width, size = formulas.first.evaluate(
            "f => { const s = getComputedStyle(f); return [s.visibility, f.offsetWidth, parseFloat(s.fontSize)]; }"
        )
        assert style == "hidden"
        assert width == pytest.approx(0.61 * size, abs=1)
