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

OPENING = """# A small chapter

:::{admonition} In this chapter
:class: objectives
**You will be able to** add. **You need** fingers. **It runs** at once.
:::
"""
LESSON = """## A lesson

To add is to count on. Who has three apples in one hand and four in the other may lay them side by side and count them
all, or begin at three and say four more numbers, which is quicker and comes out the same, since counting does not mind
where it begins.

::::{admonition} Check yourself
:class: check
*Does it matter from which of the hands one counts on, $a^* + b$ or $b + a^*$?*

:::{admonition} Answer
:class: dropdown answer
Not for the sum. From the fuller hand it is less work.
:::
::::
"""
PAGE = f"""## On one page

:::{{admonition}} A small chapter
:class: onepage
**The question.** {"How much is that? " * 10}

**The formulas.** One:

$$
a + b = b + a
$$

**The code.**

```python
total = 1 + 1
```

**The rule.** {"Count on from the larger. " * 10}

**The trap.** {"Counting one apple twice. " * 10}
:::
"""
DRAWING = """import matplotlib.pyplot as plt
from zoolab.drawings import plots

plots.use_house_style()
figure, axes = plt.subplots(figsize=(3, 2))
axes.plot([0, 1], [1, 0], color=plots.BLUE)
plt.show()"""
CLOSING = """## What we established
## What we did not
## Exercises

```{exercise-start}
:label: ex-add
```
Add.
```{exercise-end}
```

```{solution-start} ex-add
:class: dropdown
```
Done.
"""
READING = """```{solution-end}
```

## Reading on
"""
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


FAULTS: dict[str, tuple[Callable, Callable]] = {
    "a cell without its execution count": (
        book.was_run_from_top_to_bottom,
        lambda nb: find(nb, "sum").update(execution_count=None),
    ),
    "cells run out of order": (book.was_run_from_top_to_bottom, lambda nb: find(nb, "sum").update(execution_count=9)),
    "an empty cell": (book.was_run_from_top_to_bottom, lambda nb: find(nb, "opening").update(source=" ")),
    "a random id": (book.cells_have_readable_ids, lambda nb: find(nb, "sum").update(id="3f9a01bc")),
    "the same id twice": (book.cells_have_readable_ids, lambda nb: find(nb, "sum").update(id="number")),
    "an error": (
        book.nothing_went_wrong,
        lambda nb: find(nb, "sum").outputs.append(
            nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])
        ),
    ),
    "a line on stderr": (
        book.nothing_went_wrong,
        lambda nb: find(nb, "sum").outputs.append(nbformat.v4.new_output("stream", name="stderr", text="10%|#")),
    ),
    "a print in parts": (
        book.nothing_went_wrong,
        lambda nb: find(nb, "number").outputs.append(nbformat.v4.new_output("stream", name="stdout", text="more")),
    ),
    "a warning on stdout": (
        book.nothing_went_wrong,
        lambda nb: find(nb, "number").outputs[0].update(text="FutureWarning: soon"),
    ),
    "a path": (
        book.nothing_of_the_machine_shows,
        lambda nb: find(nb, "number").outputs[0].update(text="/" + "home/anna/book"),
    ),
    "a memory address": (
        book.nothing_of_the_machine_shows,
        lambda nb: find(nb, "number").outputs[0].update(text="<A at 0x7f0011223344>"),
    ),
    "a timestamp": (
        book.nothing_of_the_machine_shows,
        lambda nb: find(nb, "sum").metadata.update(execution={"iopub.execute_input": "noon"}),
    ),
    "a semicolon": (
        book.output_is_not_hidden_by_a_semicolon,
        lambda nb: find(nb, "sum").update(source="1 + 1;"),
    ),
    "a picture without alt text": (book.pictures_have_words, lambda nb: find(nb, "drawing").metadata.pop("mystnb")),
    "a file name as alt text": (
        book.pictures_have_words,
        lambda nb: find(nb, "drawing").metadata.mystnb.image.update(alt="a-very-long-name-of-a-picture-file.png"),
    ),
    "a figure without a caption": (
        book.pictures_have_words,
        lambda nb: find(nb, "drawing").metadata.mystnb.figure.pop("caption"),
    ),
    "a damaged picture": (book.pictures_are_whole, damaged_picture),
    "a blank picture": (book.pictures_are_whole, blank_picture),
    "a picture without a drawing for phones": (book.pictures_have_drawings, drawn(NARROW, "<svg.*</svg>", "")),
    "a drawing whose letters are small": (book.pictures_have_drawings, drawn(NARROW, r"size: [\d.]+px", "size: 8px")),
    "a colour that has none by night": (book.pictures_have_drawings, drawn(WIDE, "#222222", "#222223")),
    "a long cell": (book.cells_are_short, lambda nb: find(nb, "sum").update(source="1\n" * 21)),
    "long cells": (book.cells_are_short, lambda nb: [cell.update(source="1\n" * 7) for cell in book.code_cells(nb)]),
    "a shape that only fits the worlds of another cell": (
        book.worlds_are_counted_once,
        lambda nb: (
            find(nb, "sum").update(source="shop = Shop(seed=range(60))"),
            find(nb, "answer").update(source="np.zeros((60, 4))"),
        ),
    ),
    "a sentence that stands there twice": (
        book.prose_is_plain,
        lambda nb: find(nb, "closing").update(source="What is said here was said before, and here once more. " * 2),
    ),
    "hype": (book.prose_is_plain, lambda nb: find(nb, "closing").update(source="It wins dramatically.")),
    "an opening without objectives": (book.opens_and_closes, lambda nb: find(nb, "opening").update(source="# Title")),
    "a missing end": (book.opens_and_closes, lambda nb: find(nb, "closing").update(source="## Exercises")),
    "a section that asks nothing": (book.sections_ask, replaced("lesson", "Check yourself", "By the way")),
    "a question without an answer": (
        book.sections_ask,
        replaced("lesson", "Not for the sum. From the fuller hand it is less work.\n", ""),
    ),
    "a question that is none": (book.sections_ask, replaced("lesson", "?*", ".*")),
    "an answer that does not fold": (book.sections_ask, replaced("lesson", "dropdown answer", "answer")),
    "a question that folds with its answer": (
        book.sections_ask,
        replaced("lesson", ":class: check", ":class: dropdown check"),
    ),
    "no page": (book.fits_on_one_page, replaced("one-page", "## On one page", "## On a page")),
    "a page in the wrong place": (
        book.fits_on_one_page,
        replaced("closing", "## What we est", "## A word\n\n## What we est"),
    ),
    "a page without its class": (book.fits_on_one_page, replaced("one-page", "onepage", "note")),
    "a page without a trap": (book.fits_on_one_page, replaced("one-page", "The trap", "The end")),
    "a page without a formula": (book.fits_on_one_page, replaced("one-page", "$$", "")),
    "a page without code": (book.fits_on_one_page, replaced("one-page", "```python", "```")),
    "a page with much code": (book.fits_on_one_page, replaced("one-page", "total = 1 + 1\n", "total = 1 + 1\n" * 13)),
    "a page that is too long": (
        book.fits_on_one_page,
        replaced("one-page", "Count on", "Count on and on and on and on and on and on and on and on and on"),
    ),
    "an exercise without a solution": (
        book.exercises_have_solutions,
        lambda nb: find(nb, "closing").update(source="```{exercise-start}\n:label: ex-alone\n```"),
    ),
    "a solution whose result is open": (
        book.jupyterlab_shows_no_solution,
        lambda nb: find(nb, "answer").metadata.jupyter.pop("outputs_hidden"),
    ),
    "a check of a claim in the open": (
        book.checks_of_claims_are_folded,
        lambda nb: find(nb, "sum").update(source="zoo.claim('It is 2.', holds=True)"),
    ),
}


CHECKS = [*book.EVERY_NOTEBOOK, *book.EVERY_CHAPTER, book.fits_on_one_page]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_notebook_passes(sound, check):
    assert check(sound) == []


def test_every_check_has_a_fault_that_it_finds():
    assert {check for check, _ in FAULTS.values()} == set(CHECKS)


def test_a_heading_in_code_is_none(sound):
    nb = copy.deepcopy(sound)
    find(nb, "lesson").source += "\n```python\n## not a section\n```\n\n## A section\n"
    assert list(book.sections(nb))[:2] == ["A lesson", "A section"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(sound, fault):
    check, put_in = FAULTS[fault]
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
    options = [
        "--nbval",
        "--nbval-current-env",
        "--nbval-sanitize-with",
        str(book.ROOT / "tests" / "nbval_sanitize.cfg"),
        "-p",
        "no:cacheprovider",
    ]
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
