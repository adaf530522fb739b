"""Code that only serves is folded: for claims, tables, pictures, figures that are moved. What teaches stays open."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bs4 import BeautifulSoup, Tag

CHECK, CODE, HIDE = "How this is checked", "Show the code", "Hide the code"
SERVES = ("draw_", "say_")  # functions that a moving figure asks what to draw and what to say
TEACHES = {"predict", "update", "select", "learn", "get_reward", "source", "inv", "solve", "cholesky"}


def kind(code: str, shows: bool) -> str:
    """Return what a cell does: "claims", "shows" a result, "keeps" books for what follows, or "teaches".

    Parameters
    ----------
    code
        Its source.
    shows
        Whether it has an output.

    >>> kind("zoo.claim('All is well.', holds=True)", True), kind("agent = zoo.RandomAgent(shop)", False)
    ('claims', 'teaches')
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:  # magic
        return "teaches"
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    defined = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    if "zoo.claim" in calls:
        return "claims"
    if "Moving" in calls or (defined and all(name.startswith(SERVES) for name in defined)):
        return "shows" if shows else "keeps"
    if defined or any(name.startswith("zoo.") or name.rpartition(".")[2] in TEACHES for name in calls):
        return "teaches"
    if shows:
        return "shows" if len(code.strip().splitlines()) > 1 else "teaches"
    return "keeps"


def fold_plumbing(page: BeautifulSoup) -> None:
    """Fold what serves, books that are kept for it included, but not in solutions; a claim's box holds its check.

    A cell with the tag ``show-input`` stays open, one with ``hide-input`` is folded with its likes.
    """
    kept: list[Tag] = []
    for cell in page.select("article div.cell"):
        if cell.find_parent(["details", "div"], class_=["solution", "toggle", "dropdown"]):
            continue
        if folded := cell.find("details", class_="admonition", recursive=False):  # by the tag hide-input
            folded.replace_with(folded.find("div", class_="cell_input"))
        code = cell.find("div", class_="cell_input", recursive=False)
        if not isinstance(code, Tag):
            continue
        if kept and cell.find_previous_sibling() is not kept[-1]:
            _fold(page, kept[-1], kept[:-1], CODE)
            kept = []
        outputs = cell.find("div", class_="cell_output", recursive=False)
        does = kind(code.pre.get_text(), outputs is not None)
        if does != "claims" and folded:
            does = "shows" if outputs else "keeps"
        elif "tag_show-input" in cell["class"]:
            does = "teaches"
        if does == "keeps":
            kept.append(cell)
            continue
        if does != "teaches":
            _fold(page, cell, kept, CHECK if does == "claims" else CODE)
        kept = []
    if kept:
        _fold(page, kept[-1], kept[:-1], CODE)


def _fold(page: BeautifulSoup, cell: Tag, before: list[Tag], words: str) -> None:
    """Fold the code of a cell, that of some silent ones before it included."""
    details = page.new_tag("details", attrs={"class": "hide above-input"})
    summary = page.new_tag("summary")
    for shown, text in (("collapsed", words), ("expanded", words if words == CHECK else HIDE)):
        span = page.new_tag("span", attrs={"class": shown})
        span.string = text
        summary.append(span)
    details.append(summary)
    for one in (*before, cell):
        details.append(one.find("div", class_="cell_input", recursive=False).extract())
    for one in before:
        one.decompose()
    box = cell.select_one(".zoolib-claim, .zoolib-fallen")
    if box:
        box.append(details)
    else:
        cell.insert(0, details)


MENDS: list[Callable[[BeautifulSoup], None]] = [fold_plumbing]
