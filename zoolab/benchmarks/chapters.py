"""How long each chapter takes: to read, counted in its page, and to run, on one core (``make -C zoolab times``).

What is found goes to ``zoolab/benchmarks/times.csv``, which the first page of the book shows, and by which
``tests/zoolab/benchmarks/test_times.py`` judges what the chapters say of themselves. The question that a chapter asks
is written into that file by hand, and kept. ``hours.csv`` beside it has the hours to read and to do each chapter, and
to read it in a course that leaves some of it out, for teachers.
"""

import argparse
import re
import resource
from collections.abc import Iterable, Sequence
from pathlib import Path

import nbformat
import pandas as pd
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "zoolab" / "benchmarks" / "times.csv"
QUESTION = "The question it asks"
HOURS = TABLE.with_name("hours.csv")
SHORT = {0: "", 1: "", 2: "Where the linear bonus comes from", 4: "", 7: "", 9: ""}  # a course, and what it leaves out
COLUMNS = ["Chapter", QUESTION, "Builds on", "Words", "Minutes to read", "Seconds to run"]

WORDS_A_MINUTE = 180  # of prose that one wants to understand
MINUTES_A_DISPLAY = 2.0  # a formula that stands alone
MINUTES_A_QUESTION = 2.0  # to read, to answer, and to compare
MINUTES_A_LINE = 1 / 3  # of code that is to be understood, which is a third of what is shown: the rest serves
TO_UNDERSTAND = 1 / 3
EXERCISE = 5.0, 2.0  # minutes for one that does not say how long it takes, and for each line of its solution's code
SAID = {"two minutes": 2, "five minutes": 5, "ten minutes": 10, "fifteen minutes": 15, "a quarter of an hour": 15,
        "half an hour": 30, "an evening": 120, "by hand": 5}  # fmt: skip

FENCED = re.compile(r"^(`{3,})python.*?^\1", re.DOTALL | re.MULTILINE)
DISPLAYED = re.compile(r"\$\$.*?\$\$", re.DOTALL)
QUESTIONS = re.compile(r"^(:{3,})\{admonition\}[^\n]*\n:class: check\b.*?^\1$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"(?<=\])\([^)\s]*\)")  # of a link: a file is no prose


def before_exercises(nb: NotebookNode) -> list[NotebookNode]:
    """Return the cells that are read; what follows the heading of the exercises is done."""
    for i, cell in enumerate(nb.cells):
        if cell.cell_type == "markdown" and "\n## Exercises" in f"\n{cell.source}":
            return nb.cells[: i + 1]
    return nb.cells


def words(nb: NotebookNode) -> int:
    """Return the number of words of prose before the exercises, inline formulas by their parts, questions left out."""
    text = "\n".join(cell.source for cell in before_exercises(nb) if cell.cell_type == "markdown")
    for left_out in (FENCED, QUESTIONS, DISPLAYED, TARGET):
        text = left_out.sub(" ", text)
    return len(re.findall(r"[^\W_]+", text))


def section(nb: NotebookNode, heading: str) -> NotebookNode:
    """Return a notebook of the section with this heading alone.

    Raises
    ------
    ValueError
        If there is no such section.
    """
    cells, within = [], False
    for cell in nb.cells:
        if cell.cell_type != "markdown":
            cells += [cell] if within else []
            continue
        kept = []
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            within = part.splitlines()[:1] == [f"## {heading}"] if part.startswith("## ") else within
            kept += [part] if within else []
        cells += [nbformat.v4.new_markdown_cell("".join(kept))] if kept else []
    if not cells:
        raise ValueError(f"no section is called {heading!r}")
    return nbformat.v4.new_notebook(cells=cells)


def minutes(nb: NotebookNode) -> float:
    """Return the time that one honest reading takes, with its questions and without its exercises."""
    cells = before_exercises(nb)
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell for cell in cells if cell.cell_type == "code"]
    shown = [cell for cell in code if not cell.metadata.get("jupyter", {}).get("source_hidden")]  # few read the others
    lines = sum(len([line for line in cell.source.splitlines() if line.strip()]) for cell in shown)
    return (
        words(nb) / WORDS_A_MINUTE
        + MINUTES_A_DISPLAY * len(DISPLAYED.findall(prose))
        + MINUTES_A_QUESTION * len(QUESTIONS.findall(prose))
        + MINUTES_A_LINE * TO_UNDERSTAND * lines
    )


def minutes_to_read(nb: NotebookNode) -> int:
    """Return the same to five minutes."""
    return max(5, 5 * round(minutes(nb) / 5))


def minutes_of_exercises(nb: NotebookNode) -> dict[str, float]:
    """Return ``{exercise: minutes}``: what it says of itself, or what the code of its solution lets one expect."""
    found: dict[str, float] = {}
    label, said, solving = "", False, False
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            if start := re.search(r"\{exercise-start\} ?(.*)\n:label: (\S+)\n[^\n]*\n(.*)", cell.source):
                title, label, first = start[1].lower(), start[2], start[3].lower()
                times = [time for time in SAID if title.startswith(time) or first.startswith(f"{time}.")]
                said, found[label] = bool(times), SAID[times[0]] if times else EXERCISE[0]
            solving = solving or "{solution-start}" in cell.source
            solving = solving and "{solution-end}" not in cell.source
        elif solving and not said:
            found[label] += EXERCISE[1] * len([line for line in cell.source.splitlines() if line.strip()])
    return found


def hours(path: Path) -> dict[str, str]:
    """Return the hours to read a chapter, to do its exercises, and to read it in the short course, if that has it."""
    nb, number = nbformat.read(path, as_version=4), int(path.name[:2])
    read, out = minutes(nb), minutes(section(nb, SHORT[number])) if SHORT.get(number) else 0.0
    found = {"Read": read, "Exercises": sum(minutes_of_exercises(nb).values()), "Short course": read - out}
    said = {name: f"{value / 60:.2f}" for name, value in found.items()}
    return {"Chapter": path.stem, **said, **({} if number in SHORT else {"Short course": ""})}


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


def write_hours() -> None:
    """Count the hours of all chapters, and write them."""
    rows = [hours(path) for path in sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))]
    pd.DataFrame(rows).to_csv(HOURS, index=False, lineterminator="\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the chapters that are named, or all, and write the table anew after each."""
    parser = argparse.ArgumentParser(description="Measure what chapters take.")
    parser.add_argument("chapters", nargs="*", type=Path, metavar="CHAPTER", help="notebooks; all if none is named")
    parser.add_argument("--count", action="store_true", help="count what is read anew, and keep the seconds measured")
    asked = parser.parse_args(arguments)
    there = asked.chapters or sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))
    for path in [path for path in there if path.name[:2].isdigit()]:
        table = pd.read_csv(TABLE, dtype={"Builds on": str}, keep_default_na=False) if TABLE.exists() else None
        if asked.count and table is not None:
            seconds = float(table.loc[table["Chapter"].map(file_of) == path.name, "Seconds to run"].iloc[0])
        else:
            seconds = seconds_to_run(nbformat.read(path, as_version=4), ROOT / "chapters")
        found = row(path, seconds)
        updated(table, [found]).to_csv(TABLE, index=False, lineterminator="\n")
        write_hours()
        print(f"{path.name}: {found['Minutes to read']} minutes to read, {found['Seconds to run']} seconds to run")


if __name__ == "__main__":
    main()
