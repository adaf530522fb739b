"""One deck a chapter: what the pages define, claim and draw is in it, it fits the screen, and it needs no network."""

import json
import re
from pathlib import Path

import pytest
import yaml
from browsing import browser, violations  # noqa: F401
from bs4 import BeautifulSoup
from built_book import build, missing

from pages.slides import build as slides
from pages.slides import pages

SECOND = "10_other_peoples_data"
LOOKED_AT = ["02_the_principle", "06_two_million_products"]  # most formulas; an algorithm, long claims
SMALLEST = 24  # pixels of 720: what the last row can read
WHAT_IS_SEEN = """() => Reveal.getSlides().map(slide => {
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v);
  const parts = [...slide.querySelectorAll('*')].filter(e => !e.closest('aside, mjx-assistive-mml'));
  const arrows = [...document.querySelectorAll('.controls .enabled')].map(e => e.getBoundingClientRect());
  const words = [...slide.querySelectorAll('h1, h2, p, li, img, svg')].filter(e => !e.closest('aside'))
    .map(e => e.getBoundingClientRect());
  const boxes = parts.map(e => e.getBoundingClientRect()).filter(box => box.width && box.height);
  return {
    low: Math.max(...boxes.map(box => box.bottom)), right: Math.max(...boxes.map(box => box.right)),
    size: parseFloat(getComputedStyle(slide).fontSize), words: slide.innerText.trim().length,
    below: words.some(a => arrows.some(b => a.right > b.left && a.bottom > b.top)),
    left: [...slide.querySelectorAll('.math')].filter(e => !e.querySelector('mjx-container')).length,
    failed: slide.querySelectorAll('mjx-merror').length, name: `${h}.${v} ${slide.className}`,
  };
})"""

WORDS = "() => Reveal.getCurrentSlide().querySelector('[role=status]').textContent"
TO_WHAT_MOVES = """() => {
  const slide = Reveal.getSlides().find(slide => slide.querySelector('input[type=range]'));
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v);
  slide.querySelector('input[type=range]').focus();
  return { at: Reveal.getIndices(), words: slide.querySelector('[role=status]').textContent };
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory) -> list[Path]:
    build()
    try:
        return slides.build(tmp_path_factory.mktemp("decks"))
    except FileNotFoundError as error:
        missing(str(error))


def read(deck: Path) -> BeautifulSoup:
    return BeautifulSoup(deck.read_text(encoding="utf-8"), "html.parser")


def test_every_chapter_has_a_deck_with_all_that_its_page_defines_claims_and_draws(decks):
    left_out = set(yaml.safe_load((slides.HERE / "decks.yml").read_text(encoding="utf-8"))["leave"])
    assert [deck.stem for deck in decks] == [page.stem for page in pages.chapters()]
    for deck, page in zip(decks, pages.chapters(), strict=True):
        article, shown = pages.article(page), read(deck)
        said = {" ".join(one.get_text().split()) for one in shown.select("section.claim h2")}
        claims = [one for one in article.select(".zoolib-claim") if one["id"].removeprefix("claim-") not in left_out]
        for claim in claims:
            words = claim.select_one("p").get_text().removeprefix("Holds.")
            assert " ".join(words.split()) in said, f"{page.stem}: {claim['id']}"
        figures = [one for one in pages.figures(page) if one.label not in left_out]
        assert len(shown.select("section.figure")) == len(figures)
        for one in figures:
            alt = shown.select_one(f"img[src^='images/{one.label}.']")
            assert one.moving or alt["alt"] == one.alt
        defined = {one.get_text(strip=True) for one in article.select("div.proof .caption-number")}
        assert {one.get_text(strip=True) for one in shown.select("section.statement .caption-number")} == defined
        assert len(shown.select("section.trap")) == len(article.select(".trap"))
        assert len(shown.select("section.opening, section.aims, section.closing")) == 3


def test_a_figure_has_one_sentence_and_the_rest_is_for_the_speaker(decks):
    for deck in decks:
        for slide in read(deck).select("section.figure"):
            (heading,) = slide.select("h2")
            assert len(pages.sentences(heading.decode_contents())) == 1
            assert heading.get_text()[:40] in slide.select_one("aside.notes").get_text()


def test_the_speaker_has_the_week_of_the_teaching_page(decks):
    teaching = slides.weeks(slides.TEACHING.read_text(encoding="utf-8"))
    assert {deck.stem for deck in decks} <= teaching.keys()
    for deck in decks:
        notes = " ".join(one.get_text() for one in read(deck).select("aside.notes"))
        assert ("The trap" in teaching[deck.stem]) == (deck.stem != SECOND)  # which shares a week, not its trap
        assert len(read(deck).select("section.ask")) == (deck.stem != SECOND)
        for title in {"The trap", "In class", "Often wrong"} & teaching[deck.stem].keys():
            plain = re.sub(r"\W+", " ", teaching[deck.stem][title].split("{")[0].split("[")[0].split("$")[0])
            assert plain.strip()[:60] in re.sub(r"\W+", " ", notes), f"{deck.stem}: {title}"


def test_the_speaker_reads_what_is_referred_to_as_the_pages_call_it(decks):
    for deck in decks:
        for note in read(deck).select("aside.notes"):
            assert not re.search(r"\b(?:ex|fig|eq|thm|prop|alg|tab)-[a-z]|\{[a-z:]+\}`", note.get_text()), deck.stem
    names = {"ex-own": "Exercise 5.2", "eq-scale": "Equation (5.1)"}
    words = "{numref}`ex-own`, by {eq}`eq-scale`, {ref}`as before <ex-own>`."
    assert slides.plain(words, names) == "Exercise 5.2, by Equation (5.1), as before."


def test_a_value_stays_with_its_name():
    assert slides.clean("<h2>with alpha 1 and α 0.3</h2>") == "<h2>with alpha\u00a01 and α\u00a00.3</h2>"


def test_a_figure_that_is_hardly_wider_than_high_has_the_whole_height(browser, decks):  # noqa: F811
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(next(deck for deck in decks if deck.stem == SECOND).as_uri())
    page.wait_for_selector("body[data-ready]", state="attached")
    page.evaluate("""() => {
      const slide = Reveal.getSlides().find(slide => slide.matches('.tall'));
      const { h, v } = Reveal.getIndices(slide);
      Reveal.slide(h, v);
    }""")
    drawing, words = page.evaluate("""() => ['img', 'h2'].map(name => {
      const box = document.querySelector(`section.tall.present ${name}`).getBoundingClientRect();
      return { left: box.left, right: box.right, height: box.height };
    })""")
    assert drawing["height"] > 640
    assert words["right"] <= drawing["left"]
    page.close()


def test_a_deck_loads_nothing_from_elsewhere(decks):
    for deck in decks:
        shown = read(deck)
        loaded = [one.get("src") or one.get("href") for one in shown.select("[src], [href]")]
        assert loaded
        assert [name for name in loaded if not name.startswith("#") and not (deck.parent / name).is_file()] == []
        assert shown.select("details, .live-run") == []


@pytest.mark.parametrize("name", LOOKED_AT)
def test_no_slide_is_too_full_or_too_small_and_the_keys_work(browser, decks, name):  # noqa: F811
    deck = next(deck for deck in decks if deck.stem == name)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.extend(re.findall(r"^(?!file:|data:|blob:).*", request.url)))
    page.goto(deck.as_uri())
    page.wait_for_selector("body[data-ready]", state="attached")
    seen = page.evaluate(WHAT_IS_SEEN)
    assert len(seen) > 20
    assert [one for one in seen if one["low"] > 720 or one["right"] > 1280] == []
    assert [one for one in seen if one["size"] < SMALLEST or not one["words"]] == []
    assert [one for one in seen if one["left"] or one["failed"]] == []
    assert [one["name"] for one in seen if one["below"]] == [], "arrows touch words"
    page.evaluate("Reveal.slide(0, 0)")
    page.keyboard.press("Space")
    assert page.evaluate("Reveal.getIndices().h") == 1
    moved = page.evaluate(TO_WHAT_MOVES)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(WORDS) != moved["words"], "the arrow moves the figure"
    assert page.evaluate("Reveal.getIndices()") == moved["at"], "and not the slides"
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices()") != moved["at"]
    page.evaluate("at => Reveal.slide(at.h, at.v)", moved["at"])
    assert violations(page) == []
    assert wrong == []
    page.close()


def test_a_deck_prints_a_slide_a_page(browser, decks, tmp_path):  # noqa: F811
    from pypdf import PdfReader

    page = browser.new_page()
    page.goto(f"{decks[0].as_uri()}?print-pdf")
    page.wait_for_selector("body[data-ready]", state="attached")
    page.pdf(path=(path := tmp_path / "deck.pdf"), prefer_css_page_size=True, print_background=True)
    assert len(PdfReader(path).pages) == len(read(decks[0]).select(".slides section section"))
    page.close()


def test_reveal_is_fetched_by_its_hash():
    asked = json.loads((slides.HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    lock = json.loads((slides.HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert lock.pop("")["dependencies"] == asked
    assert {name: lock[f"node_modules/{name}"]["version"] for name in asked} == asked
    assert all(one["integrity"].startswith("sha512-") for one in lock.values())
