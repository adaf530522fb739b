"""The checks of the notebooks notice what they are for: each fault, put into a sound notebook, must be found."""

import base64
import copy
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import book_checks as book
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from zoolab.drawings.drawings import NARROW, WIDE

SMALL = Path(__file__).with_name("small")  # the pieces of a small chapter
OPENING, LESSON, PAGE, CLOSING, READING = (
    (SMALL / f"{name}.md").read_text(encoding="utf-8") for name in ("opening", "lesson", "page", "closing", "reading")
)
ANSWER = "Not for the sum. From the fuller hand it is less work.\n"
DRAWING = """import matplotlib.pyplot as plt
from zoolab.drawings import plots

plots.use_house_style()
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot([0, 1], [1, 0], color=plots.BLUE)
plt.show()"""
FOLDED = {"source_hidden": True, "outputs_hidden": True}
FIGURE = {
    "image": {"alt": "A straight line that falls from one to zero while time goes from zero to one."},
    "figure": {"caption": "It falls.", "name": "fig-falls"},
}


def cell(make: Callable, name: str, source: str, **metadata):
    made = make(source, metadata=metadata)
    made["id"] = name
    return made


@pytest.fixture(scope="module")
def sound():
    """A small notebook, run, with all that a chapter needs."""
    nb = new_notebook(
        cells=[
            cell(new_markdown_cell, "opening", OPENING),
            cell(new_code_cell, "number", "print(f'CTR {2 / 3:.4f}')"),
            cell(new_code_cell, "sum", "1 + 1"),
            cell(new_code_cell, "time", "import time\n\nprint('measured on this machine:', time.perf_counter())"),
            cell(new_code_cell, "drawing", DRAWING, mystnb=FIGURE),
            cell(new_markdown_cell, "lesson", LESSON),
            cell(new_markdown_cell, "one-page", PAGE),
            cell(new_markdown_cell, "closing", CLOSING),
            cell(new_code_cell, "answer", "1 + 2", jupyter=FOLDED),
            cell(new_markdown_cell, "reading", READING),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOK_DRAWINGS", "1")
        return NotebookClient(nb, record_timing=False).execute()


def find(nb, name: str):
    return next(cell for cell in nb.cells if cell.id == name)


def damaged_picture(nb):
    data = next(output.data for output in find(nb, "drawing").outputs if "image/png" in output.data)
    whole = base64.b64decode(data["image/png"])
    data["image/png"] = base64.b64encode(whole[: len(whole) // 2]).decode()


def blank_picture(nb):
    data = next(output.data for output in find(nb, "drawing").outputs if "image/png" in output.data)
    blank = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(blank, "png")
    data["image/png"] = base64.b64encode(blank.getvalue()).decode()


def drawn(kind: str, pattern: str, new: str) -> Callable:
    """Return what changes a drawing of the notebook."""

    def put_in(nb):
        data = next(output.data for output in find(nb, "drawing").outputs if kind in output.data)
        data[kind] = re.sub(pattern, new, data[kind], flags=re.DOTALL)

    return put_in


def replaced(name: str, old: str, new: str) -> Callable:
    def put_in(nb):
        assert old in find(nb, name).source
        find(nb, name).source = find(nb, name).source.replace(old, new)

    return put_in


def cell_with(name: str, **parts) -> Callable:
    """Return what gives a cell of the notebook other parts: a source, an id, a count."""
    return lambda nb: find(nb, name).update(parts)


def said(text: str) -> Callable:
    """Return what lets a cell of the notebook have printed something else."""
    return lambda nb: find(nb, "number").outputs[0].update(text=text)


def also(place: str, kind: str, **parts) -> Callable:
    """Return what adds an output to a cell of the notebook."""
    return lambda nb: find(nb, place).outputs.append(nbformat.v4.new_output(kind, **parts))


def worlds_of_another_cell(nb):
    find(nb, "sum").source = "shop = Shop(seed=range(60))"
    find(nb, "answer").source = "np.zeros((60, 4))"


TWICE = "What is said here was said before, and here once more. "
FAULTS: dict[Callable, dict[str, Callable]] = {
    book.was_run_from_top_to_bottom: {
        "a cell without its execution count": cell_with("sum", execution_count=None),
        "cells run out of order": cell_with("sum", execution_count=9),
        "an empty cell": cell_with("opening", source=" "),
    },
    book.cells_have_readable_ids: {
        "a random id": cell_with("sum", id="3f9a01bc"),
        "the same id twice": cell_with("sum", id="number"),
    },
    book.nothing_went_wrong: {
        "an error": also("sum", "error", ename="ValueError", evalue="", traceback=[]),
        "a line on stderr": also("sum", "stream", name="stderr", text="10%|#"),
        "a print in parts": also("number", "stream", name="stdout", text="more"),
        "a warning on stdout": said("FutureWarning: soon"),
    },
    book.nothing_of_the_machine_shows: {
        "a path": said("/" + "home/anna/book"),
        "a memory address": said("<A at 0x7f0011223344>"),
        "a timestamp": lambda nb: find(nb, "sum").metadata.update(execution={"iopub.execute_input": "noon"}),
    },
    book.output_is_not_hidden_by_a_semicolon: {"a semicolon": cell_with("sum", source="1 + 1;")},
    book.pictures_have_words: {
        "a picture without alt text": lambda nb: find(nb, "drawing").metadata.pop("mystnb"),
        "a file name as alt text": lambda nb: find(nb, "drawing").metadata.mystnb.image.update(alt="a" * 30 + ".png"),
        "a figure without a caption": lambda nb: find(nb, "drawing").metadata.mystnb.figure.pop("caption"),
    },
    book.pictures_are_whole: {"a damaged picture": damaged_picture, "a blank picture": blank_picture},
    book.pictures_have_drawings: {
        "a picture without a drawing for phones": drawn(NARROW, "<svg.*</svg>", ""),
        "a drawing whose letters are small": drawn(NARROW, r"size: [\d.]+px", "size: 8px"),
        "a colour that has none by night": drawn(WIDE, "#222222", "#222223"),
    },
    book.cells_are_short: {
        "a long cell": cell_with("sum", source="1\n" * 21),
        "long cells": lambda nb: [cell.update(source="1\n" * 7) for cell in book.code_cells(nb)],
    },
    book.worlds_are_counted_once: {"a shape that only fits the worlds of another cell": worlds_of_another_cell},
    book.prose_is_plain: {
        "a sentence that stands there twice": cell_with("closing", source=TWICE * 2),
        "hype": cell_with("closing", source="It wins dramatically."),
    },
    book.opens_and_closes: {
        "an opening without objectives": cell_with("opening", source="# Title"),
        "a missing end": cell_with("closing", source="## Exercises"),
    },
    book.sections_ask: {
        "a section that asks nothing": replaced("lesson", ":class: check", ":class: note"),
        "a question without an answer": replaced("lesson", ANSWER, ""),
        "a question that is none": replaced("lesson", "?*", ".*"),
        "an answer that does not fold": replaced("lesson", "dropdown answer", "answer"),
        "a question that folds with its answer": replaced("lesson", ":class: check", ":class: dropdown check"),
    },
    book.fits_on_one_page: {
        "no page": replaced("one-page", "## On one page", "## On a page"),
        "a page in the wrong place": replaced("closing", "## What we est", "## A word\n\n## What we est"),
        "a page without its class": replaced("one-page", "onepage", "note"),
        "a page without a trap": replaced("one-page", "The trap", "The end"),
        "a page without a formula": replaced("one-page", "$$", ""),
        "a page without code": replaced("one-page", "```python", "```"),
        "a page with much code": replaced("one-page", "total = 1 + 1\n", "total = 1 + 1\n" * 13),
        "a page that is too long": replaced("one-page", "Count on", "Count on" + " and on" * 9),
    },
    book.exercises_have_solutions: {
        "an exercise without a solution": cell_with("closing", source="```{exercise-start}\n:label: ex-alone\n```"),
    },
    book.jupyterlab_shows_no_solution: {
        "a solution whose result is open": lambda nb: find(nb, "answer").metadata.jupyter.pop("outputs_hidden"),
    },
    book.checks_of_claims_are_folded: {
        "a check of a claim in the open": cell_with("sum", source="zoo.claim('It is 2.', holds=True)"),
    },
}


CHECKS = [*book.EVERY_NOTEBOOK, *book.EVERY_CHAPTER, book.fits_on_one_page]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_notebook_passes(sound, check):
    assert check(sound) == []


def test_every_check_has_a_fault_that_it_finds():
    assert FAULTS.keys() == set(CHECKS)


def test_a_heading_in_code_is_none(sound):
    nb = copy.deepcopy(sound)
    find(nb, "lesson").source += "\n```python\n## not a section\n```\n\n## A section\n"
    assert list(book.sections(nb))[:2] == ["A lesson", "A section"]


@pytest.mark.parametrize(
    ("check", "put_in"),
    [pytest.param(check, put_in, id=name) for check, faults in FAULTS.items() for name, put_in in faults.items()],
)
def test_a_fault_is_found(sound, check, put_in):
    nb = copy.deepcopy(sound)
    put_in(nb)
    assert check(nb) != []


def test_a_cell_that_asks_to_be_ignored_is_noticed(sound):
    nb = copy.deepcopy(sound)
    find(nb, "sum").metadata["tags"] = ["nbval-ignore-output"]
    find(nb, "number").source = "# NBVAL_SKIP\n" + find(nb, "number").source
    assert [cell.id for cell in book.code_cells(nb) if book.asks_to_be_ignored(cell)] == ["number", "sum"]


def test_hype_in_quotation_marks_is_a_quotation():
    assert book.hype_words('They say it "dramatically outperforms" the rest.') == []


def test_nbval_accepts_what_comes_out_again_and_nothing_else(sound, tmp_path: Path):
    """A changed digit and a removed output fail; a time that differs and the places in a drawing do not."""
    changed, removed = copy.deepcopy(sound), copy.deepcopy(sound)
    output = find(changed, "number").outputs[0]
    assert output.text == "CTR 0.6667\n"
    output.text = "CTR 0.6668\n"
    drawn(WIDE, r"\d", "7")(changed)
    find(removed, "sum").outputs = []
    for name, nb in {"sound": sound, "changed": changed, "removed": removed}.items():
        nbformat.write(nb, tmp_path / f"{name}.ipynb")

    report = tmp_path / "report.xml"
    options = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
    options += ["--nbval-sanitize-with", str(book.ROOT / "tests" / "nbval_sanitize.cfg")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--junit-xml={report}", f"--rootdir={tmp_path}", str(tmp_path)],
        cwd=tmp_path, env=environment, capture_output=True, timeout=240, check=False,
    )  # fmt: skip
    cases = list(ElementTree.parse(report).iter("testcase"))
    failed = sorted(f"{case.get('classname')} {case.get('name')}" for case in cases if case.find("failure") is not None)
    assert len(cases) == 15
    assert len(failed) == 2
    assert "changed.ipynb Cell 0" in failed[0]
    assert "removed.ipynb Cell 1" in failed[1]
