"""Questions that answer (:mod:`questions`): what their script must know of each, and the table of the whole book."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from questions import Question, of_pages, pages_of, span

SCRIPTS = {"questions.js": "[data-asks], #book-answers", "refute.js": ".claim-ways, #book-refuted"}
BOX = 'class="pst-scrollable-table-container" tabindex="0" role="group" aria-label="Table"'


def asked_in(folder: Path) -> dict[str, Question]:
    """Return the questions of the pages in a folder by their names; what has not the form was warned of before."""
    return {question.name: question for question in of_pages(pages_of(folder))[0]} if folder.is_dir() else {}


def copy_scripts(out: Path) -> None:
    """Put the scripts, without what is only for us, where the pages find them, once for all of them."""
    for name in SCRIPTS:
        lines = [line.strip() for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()]
        text = "\n".join(line for line in lines if line and not line.startswith("//"))
        (out / "_static" / name).write_text(f"{text}\n", encoding="utf-8")


def ask_for_scripts(page: BeautifulSoup, folder: Path, out: Path) -> None:
    """Let a page load each script that it has something for."""
    for name, needed in SCRIPTS.items():
        if page.select_one(needed) and not page.select_one(f'script[src*="{name}"]'):
            address = os.path.relpath(out / "_static" / name, folder)
            page.body.append(page.new_tag("script", attrs={"src": address, "defer": ""}))


def let_answer(page: BeautifulSoup, asked: Mapping[str, Question]) -> None:
    """Tell the script of each question on a page its kind and its key, and which feedback is for which answer."""
    for box in page.select("article .check[id]"):
        if box["id"] in asked:
            _mark(page, box, asked[box["id"]])
    place = page.select_one("#book-answers:empty")
    if place:
        _list(place, page, asked.values())


def _mark(page: BeautifulSoup, box: Tag, question: Question) -> None:
    answer = box.select_one(".answer")
    foreseen = answer.select("ul > li")[-len(question.feedback) :] if question.feedback else []
    key = answer.select_one("p:not(.admonition-title) > strong")
    if len(box.select("ol > li")) < len(question.choices) or len(foreseen) != len(question.feedback) or key is None:
        raise ValueError(f"{question.page}: the page does not show the question {question.name} as it was read")
    key["data-lead"] = ""
    box["data-asks"], box["data-key"] = question.kind, " ".join(map(str, question.key))
    if question.kind == "number":
        box["data-key"], box["data-within"] = f"{question.value:.12g}", f"{question.within:.12g}"
    if question.figure:
        if page.find(id=question.figure) is None:
            raise ValueError(f"{question.page}: {question.name} is asked before {question.figure}, which is not there")
        box["data-before"] = question.figure
    for item, (when, _) in zip(foreseen, question.feedback, strict=True):
        item["data-when"] = _when(question.kind, when)
        item.strong["data-lead"] = ""


def _when(kind: str, when: str) -> str:
    """Return what a feedback is for, as the script reads it.

    >>> _when("number", "more than 1"), _when("order", "1 before 3"), _when("all", "not 3")
    ('1 Infinity', '1 3', 'not 3')
    """
    if kind == "number":
        return " ".join(f"{end:.12g}".replace("inf", "Infinity") for end in span(when))
    return when.replace(" before ", " ")


def _list(place: Tag, page: BeautifulSoup, asked: Iterable[Question]) -> None:
    """Write the chapters and the number of their questions where the page about them has its place."""
    titles = {link["href"].partition("#")[0]: link.get_text().strip() for link in page.select("nav.bd-links a[href]")}
    names: dict[str, list[str]] = {}
    for question in (one for one in asked if not one.bet):
        names.setdefault(question.page, []).append(question.name)
    rows = "".join(
        f'<tr data-names="{" ".join(found)}"><th scope="row"><a href="{name}.html">'
        f'{escape(titles.get(f"{name}.html", name))}</a></th><td class="text-right">{len(found)}</td></tr>'
        for name, found in names.items()
    )
    rows += f'<tr><th scope="row">The book</th><td class="text-right">{sum(map(len, names.values()))}</td></tr>'
    head = '<thead><tr><th>Chapter</th><th class="text-right">Questions</th></tr></thead>'
    place.append(
        BeautifulSoup(f'<div {BOX}><table class="table">{head}<tbody>{rows}</tbody></table></div>', "html.parser")
    )
