"""A page that stands still while it loads: room for formulas and pictures, and its typeface at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from bs4 import BeautifulSoup
from PIL import Image

from finish.widths import width_of

FACE = "source-serif-4-latin-wght-normal.woff2"
WHEN_NEAR, PANEL_FOLLOWS, DRAG = (
    Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8").strip()
    for name in ("when_near", "panel_follows", "drag")
)
AFTER_THE_TEXT = """addEventListener("load", () => requestAnimationFrame(() => setTimeout(() =>
  document.head.append(Object.assign(document.createElement("script"), {src: "%s"})))));"""
AS_THE_READER_LIKES = """document.documentElement.dataset.theme =
  { light: "light", dark: "dark" }[document.documentElement.dataset.mode]
  ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");"""


def choose_theme_at_once(page: BeautifulSoup) -> None:
    """Decide between light and dark before anything is shown: until then the pictures of both take their room."""
    script = page.find("script", string=re.compile("dataset.mode = "))
    if script and "matchMedia" not in script.text:
        script.string = f"{script.text}{AS_THE_READER_LIKES}"


def typeset_when_near(page: BeautifulSoup) -> None:
    """Set a formula when it comes near, as many at a time as take a hundredth of a second, and all before printing.

    A chapter has up to four hundred, and setting them all takes a phone ten seconds of work that moves the page.
    """
    for script in page.find_all("script", string=re.compile(r"^\s*window\.MathJax = ")):
        if "pageReady" not in script.text:
            script.string = f"{script.text}; {WHEN_NEAR}"
    for script in page.select('script[src*="mathjax/"]'):  # the text is shown first
        script.string = AFTER_THE_TEXT % script["src"]
        script.attrs = {}


def keep_room_for_formulas(page: BeautifulSoup) -> None:
    """Say about how wide or high a formula will be, so that the text does not jump when it is set."""
    for formula in page.select(".math:not([style])"):
        rows = formula.text.count(r"\\") + 1
        formula["style"] = f"--rows: {rows}" if formula.name == "div" else f"--ems: {width_of(formula.text):.2f}"


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


def small_scripts(page: BeautifulSoup) -> None:
    """Keep the section that is read in sight in a long list of sections; let a number in a sentence move a figure."""
    for needs, text in ((".bd-sidebar-secondary .page-toc", PANEL_FOLLOWS), ("span.drag", DRAG)):
        if page.select_one(needs) and not page.find("script", string=text):
            script = page.new_tag("script")
            script.string = text
            page.body.append(script)


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
    choose_theme_at_once,
    typeset_when_near,
    keep_room_for_formulas,
    load_face_early,
    small_scripts,
    mend_images,
]
