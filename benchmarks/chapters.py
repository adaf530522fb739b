"""How long each chapter takes: to read, counted in its words, and to run, measured on one core (``make times``).

What is found goes to ``benchmarks/times.csv``, which the first page of the book shows, and by which
``tests/benchmarks/test_times.py`` judges what the chapters say of themselves. The question that a chapter asks is
written into that file by hand, and kept.
"""

from __future__ import annotations

import argparse
import re
import resource
from collections.abc import Iterable, Sequence
from pathlib import Path

import nbformat
import pandas as pd
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "benchmarks" / "times.csv"
QUESTION = "The question it asks"
COLUMNS = ["Chapter", QUESTION, "Builds on", "Words", "Minutes to read", "Seconds to run"]

WORDS_A_MINUTE = 150  # of prose that one wants to understand
MINUTES_A_STOP = 0.5  # for a displayed formula, a figure, a cell of code that is shown
SHUT = {"hide-input", "hide-cell", "remove-input", "remove-cell"}

FENCED = re.compile(r"^(`{3,})python.*?^\1", re.DOTALL | re.MULTILINE)
DISPLAYED = re.compile(r"\$\$.*?\$\$", re.DOTALL)
TARGET = re.compile(r"(?<=\])\([^)\s]*\)")  # of a link: a file is no prose


def before_exercises(nb: NotebookNode) -> list[NotebookNode]:
    """Return the cells that are read; what follows the heading of the exercises is done."""
    for i, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown" and "\n## Exercises" in f"\n{cell.source}":
            return nb.cells[: i + 1]
    return nb.cells


def words(nb: NotebookNode) -> int:
    """Return the number of words of prose before the exercises, each inline formula counted by its parts."""
    text = "\n".join(cell.source for cell in before_exercises(nb) if cell.cell_type == "markdown")
    return len(re.findall(r"[^\W_]+", TARGET.sub("", DISPLAYED.sub(" ", FENCED.sub(" ", text)))))


def minutes_to_read(nb: NotebookNode) -> int:
    """Return the time that a careful first reading takes, to five minutes."""
    cells = before_exercises(nb)
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code" and not SHUT & set(cell.metadata.get("tags", []))]
    figures = [cell for cell in cells if "mystnb" in cell.metadata]
    stops = len(DISPLAYED.findall(prose)) + len(code) + len(figures)
    return max(5, 5 * round((words(nb) / WORDS_A_MINUTE + stops * MINUTES_A_STOP) / 5))


def builds_on(nb: NotebookNode) -> str:
    """Return the numbers of the chapters that the opening asks for."""
    need = re.search(r"\*\*You need\*\*(.*?)(?:\n\n|$)", nb.cells[0].source, re.DOTALL)
    numbers = {int(number) for number in re.findall(r"\((\d\d)_", need[1])} if need else set()
    return ", ".join(map(str, sorted(numbers)))


def seconds_to_run(nb: NotebookNode, folder: Path) -> float:
    """Run a notebook without keeping its outputs, and return the processor's time of its kernel in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    NotebookClient(nb, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(path: Path, seconds: float) -> dict[str, object]:
    """Return what the table says of a chapter."""
    nb = nbformat.read(path, as_version=4)
    title = nb.cells[0].source.splitlines()[0].removeprefix("# ")
    number = path.name[:2].lstrip("0") or "0"
    read = [f"{number} [{title}]({path.name})", "", builds_on(nb), words(nb), minutes_to_read(nb)]
    return dict(zip(COLUMNS, [*read, round(seconds)], strict=True))


def file_of(chapter: str) -> str:
    """Return the file of a chapter from what the table calls it."""
    return chapter.rpartition("(")[2].rstrip(")")


def updated(table: pd.DataFrame | None, rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Return a table with rows put in the place of older ones, in the order of the chapters."""
    old = [] if table is None else table.to_dict("records")
    asked = {file_of(str(r["Chapter"])): r[QUESTION] for r in old}
    new = [{**r, QUESTION: asked.get(file_of(str(r["Chapter"])), r[QUESTION])} for r in rows]
    by_file = {file_of(str(r["Chapter"])): r for r in [*old, *new]}
    return pd.DataFrame([by_file[name] for name in sorted(by_file)], columns=COLUMNS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the chapters that are named, or all, and write the table anew after each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chapters", description="Measure what chapters take.")
    parser.add_argument("chapters", nargs="*", type=Path, metavar="CHAPTER", help="notebooks; all if none is named")
    asked = parser.parse_args(arguments).chapters or sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))
    for path in [path for path in asked if path.name[:2].isdigit()]:
        found = row(path, seconds_to_run(nbformat.read(path, as_version=4), ROOT / "chapters"))
        table = pd.read_csv(TABLE, dtype={"Builds on": str}, keep_default_na=False) if TABLE.exists() else None
        updated(table, [found]).to_csv(TABLE, index=False, lineterminator="\n")
        print(f"{path.name}: {found['Minutes to read']} minutes to read, {found['Seconds to run']} seconds to run")


if __name__ == "__main__":
    main()
