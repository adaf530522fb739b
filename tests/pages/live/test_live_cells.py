"""Every live cell shows in the page's engine what is stored, digit for digit; every other says why it cannot."""

import ast
import builtins
import csv
import dis
import functools
import itertools
import os
import time
import types

import numpy as np
import pytest
from built_book import missing

from pages.cells import cells_needed, names_of
from pages.live import seen
from pages.live.build import ROOT, node
from pages.live.cells import as_compared, code_cells, run

with (ROOT / "pages" / "live" / "cells.csv").open(encoding="utf-8", newline="") as file:
    KNOWN = {(row["chapter"], row["cell"]): row for row in csv.DictReader(file)}
CHAPTERS = sorted({chapter for (chapter, _), row in KNOWN.items() if not row["off"]} - {"this machine"})
ALL = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
MOSTLY = [f"0{i}_" for i in (0, 1, 2, 3, 4, 5, 7, 8)]
HOW = "python -m pages.live.measure"


def test_the_list_has_every_cell():
    cells = {(chapter, cell.id) for chapter in ALL for cell in code_cells(chapter)}
    assert {key for key in KNOWN if key[0] != "this machine"} == cells, f"{HOW} names them anew"


def test_most_cells_of_the_chapters_on_agents_are_live():
    live = {
        name: [not row["off"] for (chapter, _), row in KNOWN.items() if chapter == name]
        for name in ALL
        if name[:3] in MOSTLY or name == "guide"
    }
    assert all(live["01_fifty_strangers"] + live["02_the_principle"])
    assert min(np.mean(cells) for cells in live.values()) > 0.7
    assert np.mean([*itertools.chain(*live.values())]) > 0.9


def test_what_is_off_says_what_it_needs():
    assert {row["off"].split()[0] for row in KNOWN.values() if row["off"]} <= {"needs"}


def globals_of(code: types.CodeType) -> tuple[set[str], set[str], set[str]]:
    """Return the global names that some code reads before it has set them, those that it sets, and all of its parts."""
    first, sets = set(), set()
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_NAME", "LOAD_GLOBAL") and each.argval not in sets:
            first.add(each.argval)
        elif each.opname in ("STORE_NAME", "STORE_GLOBAL"):
            sets.add(each.argval)
    parts = [globals_of(part) for part in code.co_consts if isinstance(part, types.CodeType)]
    return first, sets, first.union(*(anywhere for *_, anywhere in parts)) - sets


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_name_that_a_cell_reads_is_made_by_it_or_by_those_that_run_before_it(chapter):
    """Whoever presses one cell, and no other, gets its numbers and no NameError; a definition alone may wait."""
    cells = code_cells(chapter)
    off = [bool(KNOWN.get((chapter, cell.id), {}).get("off")) for cell in cells]
    sources = [None if is_off else cell.source for cell, is_off in zip(cells, off, strict=True)]
    names = [globals_of(compile(cell.source, "", "exec")) for cell in cells]
    makers = [sets - names_of(cell.source).imports for cell, (_, sets, _) in zip(cells, names, strict=True)]
    wrong = {}
    for i, source in enumerate(sources):
        if source and not only_defines(source):
            made, late, unknown = {*dir(builtins), "display", "__name__"}, set(), set()
            for n in cells_needed(sources, i):
                first, sets, anywhere = names[n]
                last = {name: max((k for k in range(n) if name in makers[k]), default=n) for name in first}
                unknown |= (first - made) | {name for name, k in last.items() if off[k]}
                late |= anywhere
                made |= sets
            if unknown := unknown | late - made:
                wrong[cells[i].id] = unknown
    assert wrong == {}


def only_defines(source: str) -> bool:
    return all(isinstance(part, ast.FunctionDef | ast.ClassDef | ast.Import) for part in ast.parse(source).body)


def seconds(chapter: str) -> float:
    return sum(float(row["seconds"] or 0) for (name, _), row in KNOWN.items() if name == chapter)


@functools.cache
def known() -> list[str]:
    return [chapter for chapter in CHAPTERS if seen.is_known(chapter, code_cells(chapter))]


@pytest.mark.slow
@pytest.mark.parametrize("chapter", sorted(CHAPTERS, key=seconds))
def test_it_shows_in_the_page_what_is_stored(chapter):
    if node() is None:
        missing("npm, or Node 24, which runs the engine of the live cells")
    if time.time() > float(os.environ.get("BOOK_UNTIL", "inf")):
        pytest.skip("the time is over that continuous integration has; python -m pytest tests/pages/live has all")
    cells = code_cells(chapter)
    if os.environ.get("BOOK_LIVE") != "all" and seen.is_known(chapter, cells) and chapter != seen.again(known()):
        pytest.skip("it was seen with this engine, these files and cells, which are the same everywhere; BOOK_LIVE=all")
    wrong = []
    for cell, result in zip(cells, run([(cell.id, cell.source) for cell in cells]), strict=True):
        alike = as_compared(result["shown"]) == as_compared(cell.outputs)
        if alike == bool(KNOWN[chapter, cell.id]["off"]) and not (alike and not cell.outputs):
            wrong.append(f"{cell.id}: " + ("runs after all" if alike else str(as_compared(result["shown"]))[:500]))
    assert not wrong, f"{HOW} {chapter}"


NASTY = [
    "input()",
    "exit()",
    "def f():\n    return f()\nf()",
    "live_kernel = 1",
    "globals().clear()",
    "import sys\nsys.stdout = None",
    "import json\njson.dumps = None",
    "class R:\n    def __repr__(self):\n        raise ValueError('no')\nR()",
    "'\\ud800'",
    "print('\\ud800')",
    "await x",
    "\0",
    "bytearray(3_000_000_000)",
    "import threading\nthreading.Thread(target=print).start()",
    "open('/etc/passwd').read()",
    "import os\nos.remove('/book/kernel/needs.py')",
    "import urllib.request\nurllib.request.urlopen('http://127.0.0.1')",
]
SILENT = ("live_kernel", "globals", "import sys", "import json", "import os")  # they work, and end nothing


def test_nothing_that_a_cell_does_ends_the_page():
    if node() is None:
        missing("npm, or Node 24, which runs the engine of the live cells")
    cells = [(f"{i}", code) for i, nasty in enumerate(NASTY) for code in (nasty, "print(6 * 7)")]
    results = [as_compared(result["shown"]) for result in run(cells)]
    for code, shown, after in zip(NASTY, results[::2], results[1::2], strict=True):
        assert after == [["stream", "stdout", "42"]], code
        if code == "'\\ud800'":
            assert shown[0][0] == "execute_result"
        else:
            expected = [] if code.startswith(SILENT) else ["error"]
            assert [kind for kind, *_ in shown] == expected, code
