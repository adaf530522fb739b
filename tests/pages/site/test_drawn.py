"""Figures are drawn for where they are seen: the right one of four is shown and loaded, in colours that agree."""

# ruff: noqa: F811  fixtures are imported

import base64
import hashlib
import io
import re
from pathlib import Path

import nbformat
import pytest
from browsing import DESK, PHONE, Visit, address, browser  # noqa: F401  fixtures
from bs4 import BeautifulSoup
from finish import finish, in_its_place
from finish.drawn import by_night, drawings, show_drawings
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from zoolab.drawings import palette
from zoolab.drawings.drawings import NARROW, WIDE
from zoolab.drawings.palette import BLACK, GROUND, INK, NIGHT, ORANGE, SOFT

ROOT = Path(__file__).resolve().parents[3]
PAGE = "chapters/02_the_principle.html"  # which has figures that stand and figures that move
SVG = '<svg fill="#000000" viewBox="0 0 460.8 273.6"><path style="stroke: #e69f00"/></svg>'
SLIM = '<svg fill="#000000" viewBox="0 0 252 250"><path style="stroke: #e69f00"/></svg>'
KINDS = re.compile(r"-(wide|narrow)-(light|dark)\.svg")


def picture(colour: tuple[int, ...]) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA", (30, 20), colour).save(written, "png")
    return written.getvalue()


def html(place: str) -> str:
    return f'<html><body><article><figure><img alt="It falls." src="{place}"/></figure></article></body></html>'


@pytest.fixture
def stored(tmp_path: Path):
    """A notebook with a picture that has drawings and one that has none, and where the build puts the two."""
    names, cells = [], []
    for colour, more in (((1, 2, 3, 255), {WIDE: SVG, NARROW: SLIM}), ((3, 2, 1, 255), {})):
        names.append(f"{hashlib.sha256(picture(colour)).hexdigest()}.png")
        (tmp_path / names[-1]).write_bytes(picture(colour))
        data = {"image/png": base64.b64encode(picture(colour)).decode(), **more}
        cells.append(new_code_cell("figure", outputs=[new_output("display_data", data)]))
    nbformat.write(new_notebook(cells=cells), tmp_path / "chapter.ipynb")
    return tmp_path, names


def test_a_picture_gives_way_to_its_drawings_and_one_without_stays(stored):
    folder, (name, bare) = stored
    drawn = drawings(folder.glob("*.ipynb"))
    mends = in_its_place(folder, folder, drawn)
    once = finish(html(name), mends)
    page = BeautifulSoup(once, "html.parser")
    assert [image["class"] for image in page.select("img")] == [["drawn", "only-light"], ["drawn", "only-dark"]]
    for image in page.select("picture > source + img"):
        assert (image["alt"], image["loading"]) == ("It falls.", "lazy")
        assert (image["width"], image["height"]) == ("614", "365")
        source = image.find_previous_sibling("source")
        assert (source["width"], source["height"]) == ("336", "333")
        for file in (image["src"], source["srcset"]):
            assert (folder / file).read_text().startswith("<svg")
    assert finish(once, mends) == once  # a second build changes nothing
    kept = BeautifulSoup(finish(html(bare), mends), "html.parser")
    assert [image["src"] for image in kept.select("img")] == [bare]


def test_by_night_each_colour_has_its_own_and_a_scale_stays(stored):
    folder, (name, _) = stored
    page = BeautifulSoup(html(name), "html.parser")
    show_drawings(page, folder, drawings(folder.glob("*.ipynb")))
    light, dark = ((folder / image["src"]).read_text() for image in page.select("img"))
    assert light == SVG
    assert dark == SVG.replace("#000000", NIGHT["#000000"]).replace("#e69f00", NIGHT["#e69f00"])
    ink = tuple(bytes.fromhex(INK[1:]))
    scale = Image.new("RGBA", (2, 1), (253, 231, 37, 255))
    scale.putpixel((1, 0), (68, 1, 84, 255))
    written = io.BytesIO()
    scale.save(written, "png")
    for raster, becomes in ((picture((*ink, 99)), (*bytes.fromhex(NIGHT[INK][1:]), 99)), (written.getvalue(), None)):
        encoded = base64.b64encode(raster).decode()
        night = re.search(r"base64,([^\"]+)", by_night(f'<image href="data:image/png;base64,{encoded}"/>'))[1]
        shown = Image.open(io.BytesIO(base64.b64decode(night))).convert("RGBA")
        assert shown.getpixel((0, 0)) == (becomes or scale.getpixel((0, 0)))


def test_what_moves_has_the_same_colours_by_night_as_what_stands():
    css = (ROOT / "pages" / "static" / "book.css").read_text(encoding="utf-8")
    told = dict(re.findall(r"--by-day-([0-9a-f]{6}): (#[0-9a-f]{6});", css))
    assert told == {day[1:]: night for day, night in NIGHT.items() if f"--by-day-{day[1:]}" in css}
    hues = {value.lower() for value in vars(palette).values() if re.fullmatch("#[0-9a-fA-F]{6}", str(value))}
    assert {f"#{day}" for day in told} == hues - {INK, SOFT, GROUND, BLACK}  # these follow the ink of the page


FIRST = """async () => {
  const shown = [...document.querySelectorAll('img.drawn:not(.head *)')].find(image => image.checkVisibility());
  shown.scrollIntoView({block: 'center'});
  while (!shown.complete || !shown.currentSrc) await new Promise(done => setTimeout(done, 20));
  await shown.decode();
  return {source: shown.currentSrc, width: shown.getBoundingClientRect().width,
          ground: getComputedStyle(shown).backgroundColor,
          heard: [...document.querySelectorAll('img.drawn')].filter(one => one.checkVisibility()).length,
          all: document.querySelectorAll('img.drawn').length};
}"""


@pytest.mark.many
@pytest.mark.parametrize(("mode", "size"), [("light", DESK), ("dark", PHONE)], ids=["light desk", "dark phone"])
def test_the_drawing_for_this_window_and_theme_is_shown_and_no_other_is_loaded(browser, address, mode, size):
    with Visit(browser, address, mode, size) as visit:
        asked = []
        visit.page.on("request", lambda request: asked.extend(KINDS.findall(request.url)))
        visit.page.goto(f"{address}/{PAGE}")
        shown = visit.page.evaluate(FIRST)
        kind = "narrow" if size == PHONE else "wide"
        assert KINDS.findall(shown["source"]) == [(kind, mode)]
        assert shown["ground"] == "rgba(0, 0, 0, 0)"  # the theme's is light by night
        assert set(asked) == {(kind, mode)}
        assert shown["heard"] * 2 == shown["all"]  # of the two of each figure a screen reader hears one
        drawing = visit.page.request.get(shown["source"]).text()
        letters = [float(size) for size in re.findall(r"font-size: ?([\d.]+)px", drawing)]
        scale = shown["width"] / float(re.search(r'viewBox="0 0 ([\d.]+) ', drawing)[1])
        assert min(letters) * scale >= 12
        other = {"light": "dark", "dark": "light"}[mode]
        visit.page.evaluate("theme => document.documentElement.dataset.theme = theme", other)
        assert KINDS.findall(visit.page.evaluate(FIRST)["source"]) == [(kind, other)]
        assert visit.wrong == []


def test_a_dark_page_has_one_orange(browser, address):
    """The lines of a figure that moves and those of one that stands."""
    with Visit(browser, address, "dark") as visit:
        visit.page.goto(f"{address}/{PAGE}")
        marks = visit.page.evaluate(
            "day => [...document.querySelectorAll(`.zoolib-widget path[fill*='${day}']`)]"
            ".map(mark => getComputedStyle(mark).fill)",
            ORANGE,
        )
        assert set(marks) == {f"rgb{tuple(bytes.fromhex(NIGHT[ORANGE.lower()][1:]))}"}
        sources = visit.page.evaluate("() => [...document.querySelectorAll('img.only-dark')].map(image => image.src)")
        drawn = "".join(visit.page.request.get(source).text() for source in sources if "-dark.svg" in source)
        assert NIGHT[ORANGE.lower()] in drawn
        assert ORANGE.lower() not in drawn
