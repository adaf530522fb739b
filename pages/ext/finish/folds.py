"""What is folded: code with the tag ``hide-input``, below what it shows or in its box, and notes of the margin."""

from __future__ import annotations

from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

CHECK, BEFORE = "How this is checked", "What runs before this"


def gather_folds(page: BeautifulSoup) -> None:
    """Fold code that shows nothing with that of the next cell, and all code below what it shows, in the same order."""
    waiting: list[Tag] = []
    for cell in page.select("article div.cell:has(.cell_input)"):
        fold, output = (cell.find(name, recursive=False) for name in ("details", "div"))
        if fold and not output:
            waiting.append(cell)
            continue
        if waiting and not fold:
            fold = waiting[-1].details.extract()
            _call(fold, BEFORE)
            cell.insert(0, fold)
        for one in reversed(waiting):
            fold.summary.insert_after(*one.select("div.cell_input"))
            one.decompose()
        waiting = []
        if fold and cell.find("div", class_="cell_input", recursive=False) is None:
            box = cell.select_one(".zoolib-claim, .zoolib-fallen")
            inside = box and box.select_one(":scope > details:not(.hide)")  # where a short claim has its full words
            (inside or box or cell).append(fold)
            _call(fold, CHECK if box else "")


def _call(fold: Tag, name: str) -> None:
    fold["class"] = ["hide", "above-input"]  # no admonition
    for words in fold.summary.find_all(True):
        words["class"] = words["class"][:1]
        words.string = name or words.string


def open_notes(page: BeautifulSoup) -> None:
    """Let a number at the end of a paragraph open the note that follows it; where there is a margin it stands there."""
    for number, note in enumerate(page.select("article aside.margin"), 1):
        before, text, mark = note.find_previous_sibling(), page.new_tag("div"), page.new_tag("summary")
        text.extend(part for part in list(note.contents) if part.get_text(strip=True))
        mark.append(BeautifulSoup(f'<span class="visually-hidden">Note </span>{number}', "html.parser"))
        note.clear()
        note.extend([mark, text])
        note.name, note["class"] = "details", "aside"
        if before is not None and before.name in ("p", "ul", "ol"):
            before = before.wrap(page.new_tag("div", attrs={"class": "noted"}))
        if before is not None and "noted" in before.get("class", ""):
            before.append(note)


MENDS: list[Callable[[BeautifulSoup], None]] = [gather_folds, open_notes]
