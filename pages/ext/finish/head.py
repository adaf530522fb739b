"""The head of a chapter: its question, the bet, the cast, what it needs and takes, and its pictures."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from copy import copy
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, Tag

from zoolab.drawings.palette import SOFT
from zoolab.drawings.plots import look

ROOT = Path(__file__).resolve().parents[3]
CAST = ROOT / "chapters" / "data" / "cast.csv"
TIMES = ROOT / "zoolab" / "benchmarks" / "times.csv"
DASHES = {"-": "", "--": "7 4", ":": "2 4", "-.": "8 4 2 4"}
MOST_PICTURES = 6


@cache
def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_head(page: BeautifulSoup, out: Path, name: str) -> None:
    """Make the head of a page of the box ``head`` that stands below its title, and of the bet behind it."""
    head = page.select_one("article .admonition.head")
    if head is None or head.select_one(".facts"):
        return
    head.select_one(".admonition-title")["class"] = ["question"]
    for told in head.select("p:has(> strong:first-child)"):
        if told.strong.get_text() == "The cast:":
            told.replace_with(_cast(page, told.get_text().partition(":")[2]))
    facts = page.new_tag("p", attrs={"class": "facts"})
    facts.string = _times(name)
    head.append(facts)
    pictures = page.new_tag("nav", attrs={"class": "pictures", "aria-label": "Pictures of this chapter"})
    pictures.extend(_pictures(page, out))
    if pictures.contents:
        head.append(pictures)
    if bet := page.select_one("article .check.bet[data-asks]"):
        facts.insert_before(bet)
        _come_back(page, bet)


def _cast(page: BeautifulSoup, names: str) -> Tag:
    said = {row["agent"]: row["says"] for row in _rows(CAST)}
    strip = page.new_tag("ul", attrs={"class": "cast", "aria-label": "The cast"})
    for name in (one.strip() for one in names.split("·")):
        member, words = page.new_tag("li"), page.new_tag("strong")
        words.string = name
        member.extend([_icon(page, name), words, f" {said[name]}"])
        strip.append(member)
    return strip


def _icon(page: BeautifulSoup, name: str) -> Tag:
    """Return a piece of the line that is the agent's in all figures."""
    drawn = look(name)
    icon = page.new_tag("svg", attrs={"width": "34", "height": "12", "aria-hidden": "true"})
    colour = "var(--soft)" if drawn["color"] == SOFT else f"var(--by-day-{drawn['color'][1:].lower()},{drawn['color']})"
    stroke = {"stroke": colour, "stroke-width": "3", "stroke-dasharray": DASHES[drawn["linestyle"]]}
    icon.append(page.new_tag("path", attrs={"d": "M1 6H33", "fill": "none", **stroke}))
    return icon


def _times(name: str) -> str:
    row = next((row for row in _rows(TIMES) if f"({name}.ipynb)" in row["Chapter"]), None)
    if row is None:
        return ""
    seconds = int(row["Seconds to run"])
    runs = f"{seconds} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
    return f"{row['Minutes to read']} minutes to read · {runs} to run"


def _pictures(page: BeautifulSoup, out: Path) -> Iterator[Tag]:
    """Yield a small picture of each figure that stands on the main line, leading to it."""
    inside = ("exercise", "solution", "answer", "hide", "head")
    figures = [one for one in page.select("article figure[id^=fig-]") if not one.find_parent(class_=inside)]
    for figure in figures[:MOST_PICTURES]:
        caption = figure.figcaption.get_text(" ", strip=True) if figure.figcaption else ""
        number = re.match(r"Figure ([\d.]+)", caption)
        link = page.new_tag("a", href=f"#{figure['id']}", title=caption.removesuffix("#").strip())
        if drawn := figure.select("picture"):
            for one in map(copy, drawn):  # whole, so that a phone asks for the drawing that it shows anyway
                one.img["alt"] = ""
                link.append(one)
        elif svg := figure.select_one("svg[role=img]"):
            link.append(_still(page, svg, out, figure["id"]))
        else:
            continue
        words = page.new_tag("span")
        words.string = f"Figure {number[1]}" if number else "Figure"
        link.append(words)
        yield link


def _still(page: BeautifulSoup, svg: Tag, out: Path, name: str) -> Tag:
    """Keep what a moving figure shows first as a file, and return the picture of it."""
    file = out / "_images" / f"{name}-still.svg"
    still = copy(svg)
    still["xmlns"] = "http://www.w3.org/2000/svg"
    file.write_text(str(still).replace("viewbox=", "viewBox="), encoding="utf-8")
    return page.new_tag(
        "img", attrs={"src": f"../_images/{file.name}", "alt": "", "class": ["still"], "loading": "lazy"}
    )


def _come_back(page: BeautifulSoup, bet: Tag) -> None:
    """Put what came before the chapter's last page, where a reader's bet is shown once more."""
    end = page.select_one("article section#on-one-page")
    if end is None:
        raise ValueError(f"{bet['id']}: the page has no section On one page, before which the bet is shown again")
    came = page.new_tag("div", attrs={"class": ["admonition", "came"], "data-bet": bet["id"]})
    title = page.new_tag("p", attrs={"class": "admonition-title"})
    title.string = "Your bet, and what came"
    answer = copy(bet.select_one(".answer"))
    for part in answer.select(".admonition-title, ul:has([data-when])"):
        part.decompose()
    for part in answer.select("[id]"):
        del part["id"]
    answer.select_one("[data-lead]").string = bet.select("ol > li")[int(bet["data-key"]) - 1].get_text(strip=True)
    came.extend([title, *list(answer.children)])
    end.insert_before(came)
