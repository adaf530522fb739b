"""Tables: one line of heads, room for the widest, and a picture beside columns of times."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from bs4 import BeautifulSoup, Tag

from finish.words import raised

TIME = re.compile(r"(?P<name>.+), (?P<unit>µs|ms|s)|(?P<rate>steps a CPU second)")
MACHINE = re.compile(r"; Python 3\.\d+.*\d{4}-\d\d-\d\d\.$")  # what a table of times ends with
CELL, SIGN, COLUMN = 21, 9, 690  # px: a cell's padding, a sign of a cell, what a table may be wide beside the list
WORDY = 200  # signs of a row of words


def join_heads(page: BeautifulSoup) -> None:
    """Write the name of the rows into the line of the columns' names, where it left its place empty."""
    for head in page.select("article table.dataframe > thead"):
        rows = head.find_all("tr", recursive=False)
        if len(rows) < 2:
            continue
        above, below = (row.find_all(["th", "td"], recursive=False) for row in rows[-2:])
        said = [[cell.get_text(strip=True) for cell in row] for row in (above, below)]
        fits = len(above) == len(below) and not any(cell.get("colspan") for cell in above + below)
        if fits and not any(all(pair) for pair in zip(*said, strict=True)):
            for empty, name in zip(above, below, strict=True):
                if name.get_text(strip=True):
                    empty.replace_with(name.extract())
            rows[-1].decompose()


def give_room(page: BeautifulSoup) -> None:
    """Let a table that cannot be as narrow as the column break out of it; the theme's list of sections steps aside."""
    for box in page.select("article .cell_output .output.text_html:not(:has(details))"):
        table = box.select_one("table")
        if box.find_parent(["details", "div"], class_=["admonition", "toggle", "dropdown"]):
            continue
        wordy = any(len(row.get_text()) > WORDY for row in box.select(".zoolib-ledger tr"))
        if isinstance(table, Tag) and (wordy or least_width(table) > COLUMN):
            box["class"] = [*box["class"], *["full-width"] * ("full-width" not in box["class"])]


def least_width(table: Tag) -> float:
    """Return about how wide a table is, in px, when it is as narrow as its longest words allow."""
    columns: dict[int, int] = {}
    for row in table.select("tr"):
        at = 0
        for cell in row.find_all(["th", "td"], recursive=False):
            span = int(cell.get("colspan", 1))
            longest = max(map(len, re.split(r"[ \n/]+", cell.get_text().strip())))
            columns[at] = max(columns.get(at, 0), longest if span == 1 else 0)
            at += span
    return sum(CELL + SIGN * longest for longest in columns.values())


def draw_times(page: BeautifulSoup) -> None:
    """Draw the times that a table compares, or how much is done in one, as points on a logarithmic line a row."""
    for table in page.select("article table:not(.dataframe)"):
        heads = [cell.get_text(strip=True) for cell in table.select("thead th, thead td")]
        timed = {i: found for i, head in enumerate(heads) if (found := TIME.fullmatch(head))}
        box = table.find_parent(class_="pst-scrollable-table-container") or table
        if not timed or len({found["unit"] for found in timed.values()}) > 1 or box.find_next_sibling(class_="times"):
            continue
        rows = [[cell.get_text(strip=True) for cell in row.find_all(["td", "th"])] for row in table.select("tbody tr")]
        named = [", ".join(row[: min(timed)]) for row in rows]
        values = [[float(row[i].replace(",", "")) for i in timed] for row in rows]
        box.insert_after(_picture(page, [found["name"] or found["rate"] for found in timed.values()],
                                  next(iter(timed.values()))["unit"], named, values))  # fmt: skip
    for paragraph in page.select("article p:not([class])"):
        if MACHINE.search(paragraph.get_text()):
            paragraph["class"] = "machine"


def _picture(page: BeautifulSoup, names: Sequence[str], unit: str | None, rows: Sequence[str], values: list) -> Tag:
    """Return the figure; the table above says the same in words, so that nobody need hear it twice."""
    low = math.floor(min(math.log10(value) for row in values for value in row))
    high = math.ceil(max(math.log10(value) for row in values for value in row))

    def at(value: float) -> str:
        return f"{100 * (math.log10(value) - low) / (high - low):.1f}%"

    def tag(name: str, words: str = "", **attributes: str) -> Tag:
        made = page.new_tag(name, attrs={key.rstrip("_"): value for key, value in attributes.items()})
        made.string = words
        return made

    kinds = ["first", "second"][-len(names) :]
    figure = page.new_tag("figure", attrs={"class": "times", "aria-hidden": "true"})
    key = tag("p")
    for kind, name in zip(kinds, names, strict=True):
        key.extend([tag("i", class_=kind), f" {name}{f', {unit}' if unit else ''}; "])
    key.append("from line to line ten times as much")
    figure.append(key)
    for name, found in zip(rows, values, strict=True):
        ends = f"--from: {at(min(found))}; --to: {at(max(found))}; --steps: {high - low}"
        track = tag("b", style=ends)
        for kind, value in zip(kinds, found, strict=True):
            track.append(tag("i", class_=kind, style=f"left: {at(value)}"))
        line = tag("div")
        line.extend([tag("span", name), track])
        figure.append(line)
    scale = tag("b", class_="scale")
    scale.extend(
        [
            tag("span", f"{10**power:,g}" if power < 6 else f"10{raised(str(power))}", style=f"left: {at(10**power)}")
            for power in range(low, high + 1)
        ]
    )
    line = tag("div")
    line.extend([tag("span"), scale])
    figure.append(line)
    return figure


MENDS: list[Callable[[BeautifulSoup], None]] = [join_heads, give_room, draw_times]
