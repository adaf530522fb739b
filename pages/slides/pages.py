"""What slides and the archive of figures take from the built book: its pages, where numbers and references stand."""

import functools
import html
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

from bs4 import BeautifulSoup, Tag

from zoolab.drawings.drawings import TYPEFACE

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
END = re.compile(r"[.!?](?:</\w+>)*\s+(?=[A-Z“(])")  # of a sentence, in HTML
CODE = re.compile(r"(<div class=\"highlight\"><pre>).*?(</pre>)", re.DOTALL)  # most of a page, and on no slide
TECHNICAL = ("Mean over", "Means over", "Bands are", "Bars are", "Lines mark", "The line is", "The dotted line")


def template(name: str, **words: str) -> str:
    """Return a page of this folder, its $words filled in."""
    return Template((ROOT / "pages" / "slides" / name).read_text(encoding="utf-8")).substitute(words)


def chapters(built: Path = HTML) -> list[Path]:
    """Return the pages of the chapters that have a number."""
    found = sorted((built / "chapters").glob("[0-9][0-9]_*.html"))
    if not found:
        raise FileNotFoundError(f"the book is not built, {built} has no chapters: make book")
    return found


@functools.cache
def parsed(page: Path) -> BeautifulSoup:
    """Return a page as it is, without its code; nobody may change it."""
    return BeautifulSoup(CODE.sub(r"\1\2", page.read_text(encoding="utf-8")), "html.parser")


def article(page: Path) -> Tag:
    """Return what a page says, without code and what only a page in a browser needs; its links are words."""
    text = CODE.sub(r"\1\2", page.read_text(encoding="utf-8"))
    found = BeautifulSoup(text, "html.parser").select_one("article")
    for needless in found.select(".headerlink, .only-dark, details, button, script, .solution, .exercise, source"):
        if needless.find_parent(class_="zoolib-widget") is None:  # what moves brings its script along
            needless.decompose()
    for link in found.select("a"):
        link.unwrap()
    return found


@dataclass
class Figure:
    """A figure of the book: label, number, caption as HTML, alternative text; its drawing, or the one that moves."""

    label: str
    number: str
    caption: str
    alt: str
    drawing: Path | None
    still: str = ""
    moving: str = ""

    def message(self, which: int | None = None) -> str:
        """Return the sentence of the caption that says what is seen: the one named, or the first behind the title.

        What says how it is drawn is passed over; where there is only a title, that is it.
        """
        said = sentences(self.caption)
        if which is not None:
            return said[which - 1]
        return next((one for one in said[1:] if not one.startswith(TECHNICAL)), said[0])


def sentences(words: str) -> list[str]:
    """Split HTML into its sentences, tags closed before the next begins."""
    ends = [0, *(found.end() for found in END.finditer(words)), len(words)]
    return [words[a:b].strip() for a, b in itertools.pairwise(ends)]


def figure(found: Tag, page: Path) -> Figure:
    """Read a figure of a page: a drawing in a file, or one that moves and stands in the page itself."""
    caption, image = found.select("figcaption")[-1], found.select_one("img")
    number, words = caption.select_one(".caption-number"), caption.select_one(".caption-text")
    said = found["id"], number.get_text(strip=True), words.decode_contents().strip()
    if image is not None:
        return Figure(*said, image["alt"], (page.parent / image["src"]).resolve())
    moving = found.select_one(".zoolib-widget")
    return Figure(*said, moving.select_one("svg[role=img]")["aria-label"], None, still(moving), str(moving))


def still(found: Tag) -> str:
    """Return the drawing with which a moving figure begins, its legend below it, as a file of its own."""
    drawing = found.select_one("svg[role=img]")
    _, _, width, height = map(float, drawing["viewbox"].split())
    legend = [
        (entry.select_one("svg").decode_contents(), entry.get_text(strip=True)) for entry in found.select("ul li")
    ]
    below = "".join(
        f'<g transform="translate({20 + i % 2 * width / 2:g} {height + i // 2 * 18:g})">{line}'
        f'<text x="36" y="10">{html.escape(name)}</text></g>'
        for i, (line, name) in enumerate(legend)
    )
    whole = f"0 0 {width:g} {height + 4 + (len(legend) + 1) // 2 * 18:g}"
    ink = {"fill": "#1c1c1c", "font-family": TYPEFACE, "font-size": "13", "role": "img", "viewBox": whole}
    ink |= {"xmlns": "http://www.w3.org/2000/svg", "aria-label": drawing["aria-label"]}
    attributes = " ".join(f'{name}="{html.escape(value)}"' for name, value in ink.items())
    drawn = f"<svg {attributes}>{drawing.decode_contents()}{below}</svg>"
    return re.sub(r"var\(--[\w-]+,\s*([^)]+)\)", r"\1", drawn).replace("currentColor", "#1c1c1c")


@functools.cache
def figures(page: Path) -> list[Figure]:
    """Return the figures of a page that have a label and a caption."""
    return [figure(found, page) for found in article(page).select("figure[id^=fig-]")]
