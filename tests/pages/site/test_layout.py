"""The page in a real browser: room for what is wide, and ways to what one looks for."""

# ruff: noqa: F811  fixtures are imported

import re

import pytest
from browsing import DESK, IS_SET, PHONE, SEEN, Visit, address, browser, violations  # noqa: F401  fixtures
from built_book import HTML, build, parsed

WIDE = {"width": 1920, "height": 1080}


def open_at(visit: Visit, name: str) -> None:
    visit.page.goto(f"{visit.home}/{name}", wait_until="load")
    visit.page.evaluate(IS_SET)


def test_on_a_wide_window_tables_break_out_of_the_column_and_the_words_do_not(browser, address):
    with Visit(browser, address, size=WIDE) as visit:
        open_at(visit, "chapters/07_the_gauntlet.html")
        words, tables, panel, over = visit.page.evaluate("""() => {
          const right = e => e.getBoundingClientRect().right, all = s => [...document.querySelectorAll(s)];
          return [Math.max(...all('article section > p').map(right)), all('article table.dataframe').map(right),
            document.querySelector('.bd-sidebar-secondary').getBoundingClientRect().left,
            all('.output.text_html').filter(e => e.scrollWidth > e.clientWidth + 1).length];
        }""")
        assert max(tables) > words + 100
        assert max(tables) <= panel
        assert over == 0


def test_the_list_of_sections_steps_aside_for_a_table_that_needs_its_place(browser, address):
    with Visit(browser, address) as visit:
        open_at(visit, "chapters/guide.html")
        shown = "getComputedStyle(document.querySelector('.bd-sidebar-secondary nav')).opacity"
        assert visit.page.evaluate(shown) == "1"
        visit.page.locator("table.zoolib-ledger").last.scroll_into_view_if_needed()
        visit.page.wait_for_function(f"{shown} == '0'")
        table, panel = visit.page.evaluate("""['table.zoolib-ledger', '.bd-sidebar-secondary'].map(
          s => document.querySelector(s).getBoundingClientRect()).map((b, i) => i ? b.left : b.right)""")
        assert table > panel


def test_the_record_is_short_and_a_claim_is_found_by_words_by_marks_and_by_its_link(browser, address):
    for size, screens in (({"width": 1440, "height": 900}, 12), (PHONE, 20)):
        with Visit(browser, address, size=size) as visit:
            open_at(visit, "chapters/claims.html")
            assert visit.page.evaluate("document.documentElement.scrollHeight / innerHeight") <= screens
            open_at(visit, "chapters/cite.html")
            open_at(visit, "chapters/claims.html#claim-showdown")
            assert 40 < visit.page.locator("tr:has(#claim-showdown) summary").bounding_box()["y"] < 200
            visit.page.get_by_label("Find").fill("Bridge stranger")
            visit.page.get_by_label("have a star").check()
            rows = visit.page.locator("tr:has([id^=claim-]):visible")
            assert re.fullmatch(rf"{rows.count()} of \d{{3}} claims", visit.page.locator("form output").inner_text())
            assert [row.locator("td").nth(3).inner_text() for row in rows.all()] == ["★"] * rows.count() != []
            assert not visit.page.locator("#claim-anecdote").is_visible()
            visit.page.evaluate("location.hash = '#claim-anecdote'")
            visit.page.locator("#claim-anecdote").wait_for()
            assert visit.page.get_by_label("Find").input_value() == ""
    with Visit(browser, address, java_script_enabled=False) as visit:
        visit.open("chapters/claims.html")
        for line in ("details.zoolib-record > summary", "td summary"):
            visit.page.locator(line).first.press("Enter")
        assert visit.page.locator("#claim-yardsticks").is_visible()
        assert visit.page.locator(".record-filter").count() == 0


def test_what_goes_on_behind_the_edge_lies_below_a_shade(browser, address):
    with Visit(browser, address, size=PHONE) as visit:
        open_at(visit, "chapters/02_the_principle.html")
        shades = visit.page.evaluate("""['div.math', '.output.text_html:has(table)', '.cell_input pre'].map(
          s => getComputedStyle(document.querySelector('article ' + s)).backgroundAttachment.slice(0, 13))""")
        assert shades == ["local, scroll"] * 3


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["by mouse and keys", "by touch"])
def test_what_a_term_means_stands_beside_it(browser, address, size):
    with Visit(browser, address, "dark", size, has_touch=True) as visit:
        open_at(visit, "chapters/01_fifty_strangers.html")
        term, tip = visit.page.locator("a.term:visible").first, visit.page.locator("#book-tip")
        term.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
        term.hover() if size == DESK else term.tap()
        tip.wait_for()
        word, said = term.bounding_box(), tip.bounding_box()
        assert 0 < said["y"] - word["y"] - word["height"] < 10
        assert said["x"] + said["width"] < size["width"]
        assert violations(visit.page, SEEN) == []
        visit.page.keyboard.press("Escape") if size == DESK else term.tap()
        assert not tip.is_visible()
        term.focus() if size == DESK else term.tap()
        assert term.get_attribute("aria-describedby") == tip.get_attribute("id")
        term.press("Enter") if size == DESK else tip.get_by_role("link", name="In the glossary").tap()
        visit.page.wait_for_url("**/glossary.html#*")


def test_at_a_phone_nothing_is_cut_that_could_be_seen(browser, address):
    """Captions are as wide as the window, not as their tables; numbers below a line of times do not touch."""
    with Visit(browser, address, size={"width": 360, "height": 800}) as visit:
        for name in ("claims", "notation", "benchmarks"):
            open_at(visit, f"chapters/{name}.html")
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        cut = visit.page.evaluate("""[...document.querySelectorAll('article caption')].filter(
          e => e.getBoundingClientRect().right > innerWidth).length""")
        assert cut == 0
        for scale in visit.page.locator(".times .scale").all():
            ends = scale.evaluate("""e => [...e.children].map(s => s.getBoundingClientRect()).filter(b => b.width)
              .flatMap(b => [b.left, b.right])""")
            assert ends == sorted(ends)
            assert 0 < ends[0] < ends[-1] < 360


def test_labels_of_figures_that_move_are_legible_on_a_phone_and_sliders_have_marks(browser, address):
    with Visit(browser, address, size=PHONE) as visit:
        open_at(visit, "chapters/01_fifty_strangers.html")
        figure = visit.page.locator("figure.zoolib-widget:has(.ticks)").first
        sizes = figure.locator("svg[role=img] text").evaluate_all(
            """all => all.map(text => {
              const scale = text.getScreenCTM();
              return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(scale.a, scale.b);
            })"""
        )
        assert min(sizes) >= 12
        marks, thumb = figure.evaluate("""f => {
          const middle = e => { const b = e.getBoundingClientRect(); return (b.left + b.right) / 2; };
          const slider = f.querySelector('input[type=range]');
          slider.value = slider.max;
          return [[...f.querySelectorAll('.ticks > i')].map(middle), slider.getBoundingClientRect().right];
        }""")
        assert len(marks) > 2
        assert marks == sorted(marks)
        assert thumb - 16 < marks[-1] < thumb


def test_the_section_that_is_read_is_in_sight_in_the_list_of_sections(browser, address):
    with Visit(browser, address, size={"width": 1280, "height": 600}) as visit:
        open_at(visit, "chapters/02_the_principle.html")
        visit.page.evaluate("document.querySelector('#exercises').scrollIntoView({behavior: 'instant'})")
        visit.page.wait_for_function("""() => {
          const link = document.querySelector('.bd-sidebar-secondary a[aria-current]');
          const box = link?.getBoundingClientRect();
          return scrollY > 9000 && box && box.top > 0 && box.bottom < innerHeight;
        }""")


def search(visit: Visit, words: str) -> list[tuple[str, str]]:
    """Return where the results lead and what they say, once there are a few."""
    visit.page.goto(f"{visit.home}/search.html?q={words}", wait_until="load")
    visit.page.wait_for_function("document.querySelectorAll('#search-results li p.context').length > 2")
    visit.page.wait_for_load_state("networkidle")
    return visit.page.locator("#search-results li:has(p.context)").evaluate_all(
        "all => all.map(li => [li.querySelector('a').getAttribute('href'), li.querySelector('p.context').textContent])"
    )


def test_the_search_leads_to_a_term_and_shows_sentences(browser, address):
    with Visit(browser, address) as visit:
        found = search(visit, "thompson")
        there, said = found[0]
        assert there.endswith("glossary.html#term-Thompson-sampling")
        assert len(said.split()) > 8
        for _, said in found:
            assert re.match(r"[A-Z(“‘$…0-9αβ]", said), said
            assert not re.search(r"On this page|\.ipynb|\\\\[a-z]+|def |import |\[np\.", said), said
        assert visit.wrong == []


def test_nothing_offers_to_hide_matches_where_nothing_matches(browser, address):
    with Visit(browser, address) as visit:
        for words, offers in (("quetzalcoatl", 0), ("regret", 1)):
            visit.page.goto(f"{address}/chapters/cite.html")
            visit.page.evaluate(f"localStorage.setItem('sphinx_highlight_terms', '{words}')")
            visit.page.goto(f"{address}/chapters/glossary.html", wait_until="load")
            visit.page.wait_for_timeout(100)
            assert visit.page.locator(".highlight-link").count() == offers, words


def test_the_terms_of_the_glossary_stand_in_the_order_of_the_alphabet():
    """Of the words for one thing the first decides."""
    terms = parsed(build() / "chapters" / "glossary.html").select("dt:not(dt + dt)")
    words = [term.find(string=True).lower().replace("-", " ") for term in terms]
    assert words == sorted(words)


@pytest.mark.many
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_page_ends_where_its_words_end(browser, address, size):
    """What is folded takes no room below them."""
    with Visit(browser, address, size=size) as visit:
        for name in ("chapters/00_the_shop.html", "chapters/04_the_bridge.html"):
            visit.look(name)
            end = "document.querySelector('.bd-footer-content').getBoundingClientRect().bottom + scrollY"
            assert visit.page.evaluate(f"document.documentElement.scrollHeight - ({end})") < 60


def test_a_letter_leads_to_its_first_term(browser, address):
    with Visit(browser, address) as visit:
        open_at(visit, "chapters/glossary.html")
        letters = visit.page.locator("nav.letters a")
        assert letters.count() > 15
        letters.get_by_text("R", exact=True).click()
        visit.page.wait_for_function("scrollY > 500")
        top = visit.page.evaluate("document.querySelector(location.hash).getBoundingClientRect().top")
        bar = visit.page.evaluate("document.querySelector('nav.letters').getBoundingClientRect().bottom")
        assert bar <= top < bar + 120


# ---- what the pages hold ---------------------------------------------------------------------------------------------


def test_the_index_leads_to_where_a_term_is_used():
    index = parsed(build() / "genindex.html")
    terms = [strong.find_parent("li") for strong in index.select("ul.index > li > a > strong")]
    without = [term.get_text(strip=True) for term in terms if not term.select("a.use")]
    assert len(without) < len(terms) / 4, without  # some are used in other forms, or in the guide alone
    for use in index.select("a.use"):
        way, _, anchor = use["href"].partition("#")
        section = parsed(HTML / way).find(id=anchor)
        assert section.select_one("h2 > .section-number").get_text(strip=True) == use.text
        words = " ".join(section.get_text().split()).lower()
        assert use["title"].partition(", in Section")[0].lower() in words


def test_the_sections_that_close_a_chapter_have_no_number_and_those_before_them_have():
    for path in sorted((build() / "chapters").glob("[0-9]*.html")):
        heads = parsed(path).select("article section > h2")
        numbered = [head.select_one(".section-number") is not None for head in heads]
        names = [head.get_text().removesuffix("#") for head in heads]
        assert numbered == sorted(numbered, reverse=True), names
        assert names[-1] == "Reading on"
        assert not numbered[-1]
        assert numbered[0]
    for name in ("glossary", "claims", "notation", "benchmarks", "teaching", "guide"):
        assert not parsed(HTML / "chapters" / f"{name}.html").select("article .section-number"), name
