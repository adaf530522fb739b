"""Questions that answer (:mod:`questions`): what their script must know of each, and of all together."""

from __future__ import annotations

import json
import os
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from questions import Question, of_pages, pages_of, span

SCRIPTS = {"questions.js": "[data-asks], #book-answers", "refute.js": ".claim-ways, #book-refuted"}


def asked_in(folder: Path) -> dict[str, Question]:
    """Return the questions of the pages in a folder by their names; what has not the form was warned of before."""
    return {question.name: question for question in of_pages(pages_of(folder))[0]} if folder.is_dir() else {}


def ask_for_scripts(page: BeautifulSoup, folder: Path, out: Path) -> None:
    """Let a page load each script that it has something for."""
    for name, needed in SCRIPTS.items():
        if page.select_one(needed) and not page.select_one(f'script[src*="{name}"]'):
            address = os.path.relpath(out / "_static" / name, folder)
            page.body.append(page.new_tag("script", attrs={"src": address, "defer": ""}))


def let_answer(page: BeautifulSoup, asked: MutableMapping[str, Question]) -> None:
    """Tell the script of each question on a page its kind and its key, and which feedback is for which answer."""
    for box in page.select("article .check[id]"):
        if question := asked.get(box["id"]):
            _mark(page, box, question)
            title = box.p.get_text(" ", strip=True).replace("Check yourself", "")
            number = box.find_previous("h2") and box.find_previous("h2").select_one(".section-number")
            asked[question.name] = replace(question, title=f"{number.text.strip() if number else ''} {title}".strip())
    for place in page.select("#book-answers"):
        listed = [[one.page, one.name, one.title] for one in asked.values() if not one.bet]
        place["data-asked"] = json.dumps(listed)


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
