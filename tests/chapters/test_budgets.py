"""Pages of the second edition keep to ``pages/budgets.csv`` and to their form, and can be read aloud."""

import os
import re
import subprocess
import sys
from itertools import pairwise

import book_checks as book
import pytest
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pages import plain

SO = "so " * 29 + "so"
PASSAGES = yaml.safe_load((book.ROOT / "tests" / "chapters" / "read_aloud.yml").read_text(encoding="utf-8"))
QUESTION = plain.OF_CLASS.format("asks", "check")
TABLE = r"^ *\|.*\n *\|[ :|-]+$|^[:~`]{3,}\{(?:list-|csv-)?table\}|<table\b"
PICTURE = r"^[:~`]{3,}\{(?:figure|image)\}|!\[|'image/|<(?:figure|svg)\b"


def over(nb: NotebookNode, number: str = "") -> list[str]:
    """Return the budgets that a chapter goes beyond, and what is wrong with its claims."""
    text, _ = plain.main_line(nb.cells)
    cells = [cell for cell in book.code_cells(nb) if cell not in book.in_solutions(nb)]
    seen = [c.source for c in cells if not {"hide-input", "remove-input", "remove-cell"} & {*book.tags(c)}]
    listed = [found["lines"] for found in re.finditer(f"(?ms){plain.CODE}", text)]  # printed sources among them
    made = [output for cell in cells if "hide-output" not in book.tags(cell) for output in book.texts(cell)]
    told = [words for _, words, _ in plain.paragraphs(text) if words.strip() and words[0] != "#"]
    claims = [words for words in told if words[0] == "✓"]
    prose = [words for _, words, _ in plain.paragraphs(plain.blank(f"^✓.*?$|{QUESTION}", text))]
    counts = {
        "words": [len(plain.WORD.findall(" ".join(prose)))],
        "cells": [len(book.code_cells(nb))],
        "visible cells": [len(seen)],
        "lines": [len(re.findall(r"(?m)^.*\S", source)) for source in seen],
        "characters": [len(line) for source in [*seen, *listed] for line in source.splitlines()],
        "claims": [len(claims)],
        "words in a claim": [len(plain.WORD.findall(claim)) for claim in claims],
        "tables": [len(re.findall(f"(?m){TABLE}", text)) + sum("<table" in output for output in made)],
        "questions": [len(re.findall(f"(?ms){QUESTION}", text))],
    }
    most = {what: plain.MOST.get(f"{what} {number}", plain.MOST[what]) for what in counts}
    found = [f"{n} {what}" for what, all_of in counts.items() for n in all_of if n > most[what]]
    found += ["a cell without the short words of its claim"] * ("✓ 0" in claims)
    return found + [f"no sentence before {this}" for before, this in pairwise(told) if before[0] == this[0] == "✓"]


def wrong_doubts(nb: NotebookNode) -> list[str]:
    """Return the headings of a laboratory that do not ask, and those that no claim, table or figure answers."""
    said = [f"{plain.says(c)}\n{c.outputs}" if c.cell_type == "code" else c.source for c in nb.cells]
    answered = re.compile(rf"\A.*\? *$(?s:.*)(?:{TABLE}|{PICTURE}|^✓)", re.MULTILINE)
    doubts = re.split(r"(?m)^## +", plain.blank(plain.CODE, "\n\n".join(said)))[1:]
    return [doubt.partition("\n")[0] for doubt in doubts if not answered.search(doubt)]


def test_what_belongs_to_the_second_edition_keeps_its_budgets_and_its_form():
    wrong = {}
    for path in plain.marked("*.ipynb"):
        in_lab = book.read(path).metadata.book.get("page") == "laboratory"
        assert in_lab == path.name.startswith("lab_"), f"{path.name}: a laboratory is lab_NN_....ipynb and marked so"
        wrong[path.name] = wrong_doubts(book.read(path)) if in_lab else over(book.read(path), path.name.split("_")[0])
    assert not any(wrong.values()), str(wrong)


def code(source: str, kind: str = "text/markdown", printed: str = "") -> NotebookNode:
    made = [new_output("display_data", {kind: printed})]
    return new_code_cell(source, outputs=made, metadata={"tags": ["hide-input"]})


def notebook(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=[NotebookNode(cell, id=f"cell-{n}") for n, cell in enumerate(cells)])


TEXT, HEAD = new_markdown_cell("Read it.\n\n| a |\n|---|\n| b |"), new_markdown_cell("## A head")
ASK = new_markdown_cell(":::{admonition} So?\n:class: check\n*What is it?*\n:::")
CLAIM = code('zoo.claim("In full words.", short=f"In {n} worlds.")')
FOLD = new_markdown_cell(":::{admonition} More\n:class: dropdown\n" + "folded\n" * 5000 + "\n| a |\n|---|\n:::")
BROKEN = {
    "3502 words": [code("y", printed="word " * 3500)],
    "41 cells": [code("y")] * 40,
    "9 visible cells": [new_code_cell("y")] * 9,
    "13 lines": [new_code_cell("y\n" * 13)],
    "85 characters": [code("y", printed=f"```python\n{'y' * 85}\n```")],
    "9 claims": [CLAIM] * 8,
    "26 words in a claim": [code(f'zoo.claim("", short="{"so " * 26}")')],
    "3 tables": [code("y", "text/html", "<table></table>")] * 2,
    "7 questions": [ASK],
    "a cell without the short words": [code("zoo.claim(words)")],
    "no sentence before": [CLAIM, HEAD, CLAIM],
}


@pytest.mark.parametrize("wrong", BROKEN)
def test_a_budget_that_is_kept_passes_and_one_that_is_not_is_noticed(wrong):
    assert over(notebook(TEXT, CLAIM, FOLD, *[ASK] * 6)) == over(notebook(*BROKEN["3502 words"]), "02b") == []
    assert any(found.startswith(wrong) for found in over(notebook(TEXT, CLAIM, FOLD, *[ASK] * 6, *BROKEN[wrong])))


def test_in_a_laboratory_every_heading_asks_and_something_answers():
    doubt = new_markdown_cell("## Would it hold elsewhere?\n\nIt would.")
    for answer in (TEXT, CLAIM, code("y", "text/html", "<figure></figure>")):
        assert wrong_doubts(notebook(TEXT, doubt, answer)) == []
        assert wrong_doubts(notebook(HEAD, answer, doubt)) == ["A head", "Would it hold elsewhere?"]


def rules(*cells: NotebookNode) -> list[str]:
    return sorted(rule.split(", at most")[0] for *_, rule in plain.faults(notebook(*cells).cells))


@pytest.mark.parametrize("passage", PASSAGES, ids=lambda passage: passage["text"][:30])
def test_what_is_hard_to_read_aloud_is_noticed_and_nothing_that_is_easy_folded_or_excused(passage):
    assert rules(new_markdown_cell(passage["text"].replace("SO", SO))) == passage["rules"]


def test_short_words_and_printed_sentences_are_read_unless_they_are_excused():
    claim = f'zoo.claim("dial", x,\n  short=f"{{x:.0f}} {SO}")'
    assert rules(code(claim), code("y", printed=f"{SO} more.")) == ["31 words in a claim", "31 words in a sentence"]
    assert rules(code(claim.replace("short", "# plain: a quotation\n  short"))) == []


def test_a_page_may_be_marked_and_a_warning_names_its_line_and_is_an_error_if_asked(tmp_path):
    page, command = tmp_path / "page.md", [sys.executable, "-m", "pages.plain", str(tmp_path / "page.md")]
    page.write_text("---\nbook: {edition: 2}\n---\n# A page\n\nIt is. So it\nshall be.\n", encoding="utf-8")
    assert plain.read(page).metadata == {"book": {"edition": 2}}
    for strict in ("", "1"):
        done = subprocess.run(command, cwd=book.ROOT, env={**os.environ, "STRICT": strict}, capture_output=True)
        assert (b"page.md:page:6: retired, better will" in done.stdout, done.returncode) == (True, bool(strict))
