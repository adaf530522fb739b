"""Two tables for teachers, made anew by each build: what tests which objective, and how many hours all takes.

``chapters/objectives.csv`` has a row for each thing that a chapter's opening promises, with the questions, exercises,
problems of a set and exam questions that test it; the hours are counted in the notebooks by
:mod:`zoolab.benchmarks.chapters`. In a page: ``{objectives}`` and ``{hours}``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from csv import DictReader
from pathlib import Path

import nbformat
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))
from zoolab.benchmarks import chapters as times  # noqa: E402

TABLE = ROOT / "chapters" / "objectives.csv"
SHORT = {0: "", 1: "", 2: "Where the linear bonus comes from", 4: "", 7: "", 9: ""}  # a course, and what it leaves out


def rows() -> list[dict[str, str]]:
    """Return the rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(DictReader(file))


def notebooks() -> dict[int, Path]:
    """Return the chapters by their numbers."""
    return {int(path.name[:2]): path for path in sorted((ROOT / "chapters").glob("[0-9]*.ipynb"))}


def table(columns: str, head: list[str], body: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a table; ``columns`` are their widths on paper."""
    yield from ("```{tabularcolumns} " + columns, "```", "")
    yield from ("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *body])
    yield ""


class FromTheSources(SphinxDirective):
    """A directive that is replaced by Markdown which it writes itself."""

    def run(self) -> list[nodes.Node]:
        """Return what the Markdown becomes."""
        for path in [TABLE, *notebooks().values()]:
            self.env.note_dependency(str(path))
        box = nodes.container()
        self.state.nested_parse(StringList(list(self.lines()), self.env.docname), self.content_offset, box)
        return box.children

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        raise NotImplementedError


class Objectives(FromTheSources):
    """What tests which objective: a table for each chapter."""

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        head = ["You will be able to", "Questions", "Exercises", "Problems, exam"]
        for number, path in notebooks().items():
            yield from (f"**Chapter {number}, {{doc}}`{path.stem}`**", "")
            asked = path.read_text(encoding="utf-8")
            body = [
                [
                    row["objective"],
                    ", ".join(question(name, asked) for name in row["questions"].split()),
                    ", ".join(f"{{numref}}`{name}`" for name in row["exercises"].split()),
                    ", ".join([*row["problems"].split(), *(f"exam {n}" for n in row["exam"].split())]),
                ]
                for row in rows()
                if row["chapter"] == str(number)
            ]
            yield from table(r"\X{5}{14}\X{4}{14}\X{3}{14}\X{2}{14}", head, body)


def question(name: str, chapter: str) -> str:
    """Return a reference to a question by its name, which is plain if the chapter has no such question."""
    words = name.removeprefix("q-").replace("-", " ")
    return f"{{ref}}`{words} <{name}>`" if f":name: {name}\\n" in chapter else words


class Hours(FromTheSources):
    """How many hours the chapters take, and how many a course that leaves out half of them."""

    def lines(self) -> Iterator[str]:
        """Yield the lines."""
        return hour_lines()


def hour_lines() -> Iterator[str]:
    """Yield the table of the hours, and a sentence on them."""
    body, whole, half = [], [0.0, 0.0], [0.0, 0.0]
    for number, path in notebooks().items():
        read, do, short = hours(path, SHORT.get(number))
        whole = [whole[0] + read, whole[1] + do]
        if number in SHORT:
            half = [half[0] + short, half[1] + do]
        taught = f"{short:.1f}" if number in SHORT else ""
        body.append([f"{number} {{doc}}`{path.stem}`", f"{read:.1f}", f"{do:.1f}", taught])
    body.append(["**all**", f"**{whole[0]:.0f}**", f"**{whole[1]:.0f}**", f"**{half[0]:.0f}**"])
    yield from table(r"\X{6}{12}\X{2}{12}\X{2}{12}\X{2}{12}", ["Chapter", "Read", "Exercises", "Short course"], body)
    yield f"With all exercises the short course takes {sum(half):.0f} hours and the whole book {sum(whole):.0f}."


def hours(path: Path, without: str | None) -> tuple[float, float, float]:
    """Return the hours to read a chapter, to do its exercises, and to read it without one of its sections."""
    nb = nbformat.read(path, as_version=4)
    read, do = times.minutes(nb), sum(times.minutes_of_exercises(nb).values())
    out = times.minutes(times.section(nb, without)) if without else 0.0
    return read / 60, do / 60, (read - out) / 60


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("objectives", Objectives)
    app.add_directive("hours", Hours)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
