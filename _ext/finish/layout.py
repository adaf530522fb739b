"""A page that stands still while it loads: room for formulas and pictures, and its typeface at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

FACE = "source-serif-4-latin-wght-normal.woff2"
IN_PIECES = """window.MathJax.startup = {
  pageReady: async () => {
    const formulas = [...document.querySelectorAll(".math")];
    for (let start = 0, size = 1; start < formulas.length;) {
      const began = performance.now();
      await MathJax.typesetPromise(formulas.slice(start, start + size));
      start += size;
      size = Math.max(1, Math.min(16, Math.round(size * 20 / (performance.now() - began))));
      await new Promise(resolve => setTimeout(resolve));
    }
  },
};"""


def typeset_in_pieces(page: BeautifulSoup) -> None:
    """Set as many formulas at a time as take a fiftieth of a second, so that the page can be used meanwhile."""
    for script in page.find_all("script", string=re.compile(r"^\s*window\.MathJax = ")):
        if "pageReady" not in script.text:
            script.string = f"{script.text}; {IN_PIECES}"
    for script in page.select('script[src*="mathjax/"]'):
        script["fetchpriority"] = "low"  # the text comes first


def keep_room_for_formulas(page: BeautifulSoup) -> None:
    """Say about how wide or high a formula will be, so that the text does not jump when it is set."""
    for formula in page.select(".math:not([style])"):
        tex = re.sub(
            r"\\(?:text|mathrm|operatorname|mathbb|mathbf|tfrac|frac|sqrt|left|right|begin|end|label)\b",
            "",
            formula.text,
        )
        tex = re.sub(r"\\[()\[\]]|\\[a-zA-Z]+|\\.", "x", tex)
        glyphs = len(re.sub(r"[{}^_\s]", "", tex))
        rows = formula.text.count(r"\\") + 1
        room = f"--rows: {rows}" if formula.name == "div" else f"--glyphs: {max(glyphs - 2, 1)}"
        formula["style"] = room


def load_face_early(page: BeautifulSoup) -> None:
    """Ask for the text face at once: a page that is first shown in another one jumps. From the disk this is refused."""
    sheet = page.select_one("link[rel=stylesheet]")
    if sheet is None or page.find("script", string=re.compile('as: "font"')):
        return
    face = f"{sheet['href'].split('_static/')[0]}fonts/{FACE}"
    script = page.new_tag("script")
    script.string = (
        'if (location.protocol !== "file:") document.head.append(Object.assign(document.createElement("link"), '
        f'{{rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href: "{face}"}}))'
    )
    sheet.insert_before(script)


def mend_images(page: BeautifulSoup) -> None:
    """Load pictures when they come near, but the first at once."""
    for image in page.select("article img")[1:]:
        image["loading"] = "lazy"


def size_images(page: BeautifulSoup, folder: Path) -> None:
    """Tell the size of every picture, so that the text below it does not jump when it comes."""
    for image in page.select("article img[src$='.png']:not([width])"):
        path = folder / image["src"]
        if path.exists():
            with Image.open(path) as picture:
                image["width"], image["height"] = map(str, picture.size)


MENDS: list[Callable[[BeautifulSoup], None]] = [
    typeset_in_pieces,
    keep_room_for_formulas,
    load_face_early,
    mend_images,
]
