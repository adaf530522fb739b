"""Two tables for teachers: what tests which objective, and the hours that all takes: ``{objectives}`` and ``{hours}``.

``chapters/objectives.csv`` has a row for each thing that a chapter's opening promises, with the questions, exercises,
problems of a set and exam questions that test it; ``zoolab/benchmarks/hours.csv`` has the hours of each chapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from csv import DictReader
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
OBJECTIVES = ROOT / "chapters" / "objectives.csv"
HOURS = ROOT / "zoolab" / "benchmarks" / "hours.csv"


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(DictReader(file))


def table(columns: str, head: list[str], body: list[list[str]]) -> Iterator[str]:
    """Yield the lines of a table; ``columns`` are their widths on paper."""
    yield from ("```{tabularcolumns} " + columns, "```", "")
    yield from ("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *body])
    yield ""


def objectives() -> Iterator[str]:
    """Yield a table for each chapter of what tests which objective."""
    head = ["You will be able to", "Questions", "Exercises", "Problems, exam"]
    names = {int(row["Chapter"][:2]): row["Chapter"] for row in rows(HOURS)}
    for number, promised in groupby(rows(OBJECTIVES), lambda row: int(row["chapter"])):
        yield from (f"**Chapter {number}, {{doc}}`{names[number]}`**", "")
        body = [
            [
                row["objective"],
                ", ".join(f"{{ref}}`{name[2:].replace('-', ' ')} <{name}>`" for name in row["questions"].split()),
                ", ".join(f"{{numref}}`{name}`" for name in row["exercises"].split()),
                ", ".join([*row["problems"].split(), *(f"exam {n}" for n in row["exam"].split())]),
            ]
            for row in promised
        ]
        yield from table(r"\X{5}{14}\X{4}{14}\X{3}{14}\X{2}{14}", head, body)


def hours() -> Iterator[str]:
    """Yield the table of the hours, and a sentence on them."""
    body, whole, half = [], [0.0, 0.0], [0.0, 0.0]
    for row in rows(HOURS):
        name, (read, do, short) = row["Chapter"], [float(row[n] or 0) for n in ("Read", "Exercises", "Short course")]
        whole = [whole[0] + read, whole[1] + do]
        half = [half[0] + short, half[1] + do] if short else half
        said = [f"{read:.1f}", f"{do:.1f}", f"{short:.1f}" if short else ""]
        body.append([f"{int(name[:2])} {{doc}}`{name}`", *said])
    body.append(["**all**", f"**{whole[0]:.0f}**", f"**{whole[1]:.0f}**", f"**{half[0]:.0f}**"])
    yield from table(r"\X{6}{12}\X{2}{12}\X{2}{12}\X{2}{12}", ["Chapter", "Read", "Exercises", "Short course"], body)
    yield f"With all exercises the short course takes {sum(half):.0f} hours and the whole book {sum(whole):.0f}."


class Written(SphinxDirective):
    """A directive that is replaced by the Markdown that one of these functions writes."""

    def run(self) -> list[nodes.Node]:
        """Return what the Markdown becomes."""
        for path in (OBJECTIVES, HOURS):
            self.env.note_dependency(str(path))
        box = nodes.container()
        lines = {"objectives": objectives, "hours": hours}[self.name]()
        self.state.nested_parse(StringList(list(lines), self.env.docname), self.content_offset, box)
        return box.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("objectives", Written)
    app.add_directive("hours", Written)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
