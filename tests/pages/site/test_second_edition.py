"""A chapter's head and bet, the small print of its claims, and a page of the laboratory."""

import json

import pytest
from browsing import Visit, browser  # noqa: F401  a fixture
from built_book import HTML, build, parsed
from finish.claims import Standing, doubts, lead_on
from finish.head import make_head
from finish.laboratory import fold_doubts, go_on
from finish.markup import read

KNOWN = {"a": Standing("100 worlds", "retested 4 of 4")}
LINE = """<div class="zoolib-claim" id="claim-a"><p>70 %.</p>
<details><summary>100 worlds</summary><p>Full.</p></details></div>"""
HEAD = """<article><section><h1>T</h1><div class="head admonition"><p class="admonition-title">When?</p>
<p><strong>The cast:</strong> LinUCB · Oracle</p><p><strong>You need</strong> a matrix.</p></div>
<div class="check asks-one bet" data-asks="one" data-key="2" id="q-bet"><p class="admonition-title">Your bet</p>
<p>Who?</p>
<ol><li><p>A.</p></li><li><p>B.</p></li></ol><div class="answer"><p class="admonition-title">Answer</p>
<p><strong data-lead="">2.</strong> So.</p><ul><li data-when="1"><p>no</p></li></ul></div></div>
<figure id="fig-x"><picture><img class="drawn only-light" src="x.svg"></picture>
<figcaption>Figure 2.1 It.</figcaption></figure>
<figure id="fig-y"><svg role="img" viewBox="0 0 1 1"></svg></figure>{end}</section></article>"""


def test_the_small_print_says_how_often_a_claim_was_retested_and_leads_on_once():
    page = read(f"<article>{LINE}</article>")
    for _ in range(2):
        lead_on(page, KNOWN, {"a": "lab_02.html#doubt-a"})
    assert page.summary.get_text() == "100 worlds · retested 4 of 4"
    assert [link["href"] for link in page.select(".claim-ways a")] == ["lab_02.html#doubt-a", "claims.html#claim-a"]
    full = read('<article><div class="zoolib-claim" id="claim-a"><p>Holds.</p></div></article>')
    lead_on(full, KNOWN, {})
    assert full.select_one(".claim-ways").get_text() == "Retested 4 of 4 · Its row in the record"
    lead_on(other := read('<article><div class="zoolib-claim" id="claim-b"></div></article>'), KNOWN, {})
    assert other.select_one(".claim-ways") is None


def test_a_head_has_the_question_the_cast_the_bet_and_the_pictures(tmp_path):
    (tmp_path / "_images").mkdir()
    page = read(HEAD.format(end='<section id="on-one-page"></section>'))
    for _ in range(2):
        make_head(page, tmp_path, "02_the_principle")
    head = page.select_one(".head")
    assert head.select_one(".question").get_text() == "When?"
    assert [member.strong.get_text() for member in head.select(".cast > li")] == ["LinUCB", "Oracle"]
    assert "minutes to read" in head.select_one(".facts").get_text()
    assert [link["href"] for link in head.select(".pictures > a")] == ["#fig-x", "#fig-y"]
    assert (tmp_path / "_images" / "fig-y-still.svg").exists()
    came = head.find_parent("article").select_one(".came")
    assert head.select_one(".bet")
    assert came.find_next_sibling()["id"] == "on-one-page"
    assert came.get_text(" ", strip=True) == "Your bet, and what came B. So."
    with pytest.raises(ValueError, match="q-bet: the page has no section On one page"):
        make_head(read(HEAD.format(end="")), tmp_path, "02_the_principle")


def test_a_doubt_is_folded_below_its_verdict_and_the_fold_says_on_what_it_rests(tmp_path):
    doubt = (
        f'<section id="isnt-it"><span id="doubt-a"></span><h2>Isn\'t it?</h2><p>No.</p><p>Because.</p>{LINE}</section>'
    )
    (tmp_path / "lab_02.html").write_text(doubt)
    assert doubts(tmp_path) == {"a": "lab_02.html#doubt-a"}
    page = read(f"<article><section><h1>L</h1>{doubt}<section><h2>None</h2><p>Open.</p></section></section></article>")
    for _ in range(2):
        fold_doubts(page, KNOWN)
    (fold,) = page.select("details.doubt")
    assert fold.summary.get_text() == "How we know · 100 worlds · retested 4 of 4"
    assert "Because." in fold.get_text()
    assert fold.find_previous_sibling("p").get_text() == "No."


def test_a_chapter_leads_on_to_the_next_chapter_and_not_to_its_laboratory():
    link = '<a class="right-next" href="{}"><p class="prev-next-title">{}</p></a>'
    nav = '<nav class="bd-links"><ul><li><a href="#">2</a><ul><li><a href="lab_02.html">L</a></li></ul></li>'
    page = read(f'{nav}<li><a href="03.html">3 Next</a></li></ul></nav>{link.format("lab_02.html", "L")}')
    go_on(page)
    onward = page.select_one(".right-next")
    assert (onward["href"], onward.get_text()) == ("03.html", "3 Next")
    assert (
        parsed(build() / "chapters" / "02_the_principle.html").select_one("a.right-next")["href"] == "03_the_price.html"
    )


def test_a_bet_is_one_click_and_stands_at_the_end_beside_what_came(browser):  # noqa: F811
    with Visit(browser, HTML.as_uri()) as visit:
        visit.open("chapters/02_the_principle.html")
        visit.page.locator(".bet label", has_text="One for all").click()
        assert "Kept." in visit.page.locator(".bet .kept").inner_text()
        visit.page.reload()
        assert visit.page.locator(".bet input:checked").get_attribute("value") == "2"
        assert visit.page.locator(".came .said").inner_text().startswith("You bet: One for all")
        kept = json.loads(visit.page.evaluate("localStorage['book-questions']"))
        assert kept["q-bet-sharing"]["given"] == "2"
        visit.page.goto(f"{HTML.as_uri()}/chapters/lab_02_the_principle.html#claim-memory-id")
        assert visit.page.locator("#claim-memory-id").is_visible()  # a link opens what it leads into
        assert not visit.wrong
