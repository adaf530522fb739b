"""Code with the tag ``hide-input``, which MyST-NB folds: in one fold what serves one result, and in its box a check."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

CHECK = "How this is checked"


def gather_folds(page: BeautifulSoup) -> None:
    """Put folded cells without an output into the fold of the next, and the fold of a claim into the claim's box."""
    run: list[Tag] = []
    for cell in page.select("article div.cell.tag_hide-input"):
        if run and cell.find_previous_sibling() is not run[-1]:
            _gather(run)
            run = []
        run.append(cell)
        if cell.find("div", class_="cell_output", recursive=False):
            _gather(run)
            run = []
    if run:
        _gather(run)


def _gather(cells: list[Tag]) -> None:
    *before, cell = cells
    fold = cell.select_one("details.hide")
    fold["class"] = ["hide", "above-input"]  # no admonition
    for words in fold.summary.find_all(True):
        words["class"] = words["class"][:1]
    for code in [one.select_one("div.cell_input").extract() for one in reversed(before)]:
        fold.summary.insert_after(code)
    for one in before:
        one.decompose()
    if box := cell.select_one(".zoolib-claim, .zoolib-fallen"):
        for words in fold.summary.find_all(True):
            words.string = CHECK
        (box.select_one(":scope > details:not(.hide)") or box).append(fold)


MENDS: list[Callable[[BeautifulSoup], None]] = [gather_folds]
