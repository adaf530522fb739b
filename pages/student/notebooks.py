"""The student edition: the chapters without their solutions, and assignments that nbgrader reads.

``python -m pages.student.notebooks`` writes both into ``_build/student``; with labels of exercises behind it,
one assignment of just these. An assignment has the cells of the chapter that an exercise needs, and no others.
"""

import csv
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from pages.cells import cells_needed
from pages.student.kinds import CHAPTERS, ROOT
from zoolab.judges.checking import answers
from zoolib.book.claims import CLAIM_MIME

OUT = ROOT / "_build" / "student"
BESIDE = ("chapters/*.py", "chapters/*.bib", "chapters/data/**/*", "chapters/figures/**/*", "chapters/images/**/*")
BESIDE += ("zoolab/experiments/*.py",)  # all that the chapters read
OF_CLAIMS = ("replicate.csv", "fallen.csv")  # tables with a row for each claim, those of solutions among them
POINTS = {"Two minutes": 2, "An evening": 10}  # by how an exercise or its title begins
START = re.compile(r"{exercise-start} (.*)\n:label: (\S+)")
FIRST = """import os
import sys

import zoolib as zoo

os.chdir(os.environ.get("BOOK_CHAPTERS", "."))  # whose modules and tables some cells read
sys.path.append(os.getcwd())"""
SOLUTION = "\n### BEGIN SOLUTION\n### END SOLUTION"
CHECKED = "from zoolab.judges.checking import check  # and no zoo.check that an answer has made"


@dataclass
class Exercise:
    """An exercise as it stands in a chapter: its cell, the code cells before it, and its solution."""

    label: str
    title: str
    text: Any
    before: list[Any]
    solution: list[Any] = field(default_factory=list)

    @property
    def points(self) -> int:
        """What it is worth in an assignment."""
        first = self.text.source.partition("\n```\n")[2]
        begins = [points for start, points in POINTS.items() if self.title.startswith(start) or first.startswith(start)]
        return begins[0] if begins else 5


def parts(notebook: Any) -> Iterator[tuple[Any, str, bool]]:
    """Yield each cell, the label of the exercise that it asks, and whether it belongs to a solution."""
    within = False
    for cell in notebook.cells:
        asked = START.search(cell.source) if cell.cell_type == "markdown" else None
        within = within or (cell.cell_type == "markdown" and "{solution-start}" in cell.source)
        yield cell, asked[2] if asked else "", within
        within = within and not (cell.cell_type == "markdown" and "{solution-end}" in cell.source)


def exercises(notebook: Any) -> list[Exercise]:
    """Return the exercises of a chapter."""
    found: list[Exercise] = []
    before: list[Any] = []
    for cell, label, within in parts(notebook):
        if label:
            found.append(Exercise(label, START.search(cell.source)[1], cell, [*before]))
        elif within:
            found[-1].solution.append(cell)
        elif cell.cell_type == "code":
            before.append(cell)
    return found


def to_fill_in(label: str) -> str:
    """Return the code that an exercise begins with."""
    known = answers()[label]
    words = known["mine"].replace("$", "") if "mine" in known else f"no judge: {known['why']}"
    lines = textwrap.wrap(words, 76)
    return "\n".join(f"# {line}" for line in lines) + "\nmine = ..."


def to_check(label: str) -> str:
    """Return the code that judges it."""
    return f'zoo.check("{label}", mine)'


def student(notebook: Any) -> Any:
    """Return a chapter without its solutions, with cells to fill in and to check."""
    cells = []
    for cell, label, within in parts(notebook):
        if within:
            continue
        cells.append(cell)
        if label:
            cells += [
                new_code_cell(to_fill_in(label), id=f"{label}-mine"),
                new_code_cell(to_check(label), id=f"{label}-check"),
            ]
    return new_notebook(cells=cells, metadata=notebook.metadata)


def needed(exercise: Exercise) -> list[Any]:
    """Return the cells of the chapter without which its solution would not run."""
    solution = "\n".join(cell.source for cell in exercise.solution if cell.cell_type == "code")
    places = cells_needed([*(cell.source for cell in exercise.before), solution], len(exercise.before))
    return [exercise.before[i] for i in places[:-1]]


def _marked(cell: Any, name: str, **how: Any) -> Any:
    plain = {"grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name, **plain, **how}
    return cell


def _to_do(label: str, points: int) -> list[Any]:
    """Return the cell to fill in and its test.

    Of a cell to fill in nbgrader gives out what stands outside of a solution, and nothing where there is none.
    """
    mine = new_code_cell(to_fill_in(label) + SOLUTION, id=f"{label}-mine")
    if "why" in answers()[label]:  # read by somebody
        return [_marked(mine, f"{label}-mine", solution=True, grade=True, points=points)]
    test = new_code_cell(f"{CHECKED}\n{to_check(label).removeprefix('zoo.')}.or_fail();", id=f"{label}-check")
    return [_marked(mine, mine.id, solution=True), _marked(test, test.id, grade=True, locked=True, points=points)]


def assignment(labels: Sequence[str]) -> Any:
    """Return a notebook with some exercises, and what nbgrader must know of it."""
    left = set(labels)
    cells = [_marked(new_code_cell(FIRST, id="begin"), "begin", locked=True)]
    for path in CHAPTERS:
        asked = [one for one in exercises(nbformat.read(path, as_version=4)) if one.label in left]
        left -= {one.label for one in asked}
        wanted = {cell.id for one in asked for cell in needed(one)}
        for cell in asked[-1].before if asked else []:  # the exercises close a chapter
            if cell.id in wanted:
                name = f"{path.stem}-{cell.id}"
                cells.append(_marked(new_code_cell(cell.source, id=name[:64]), name, locked=True))
        for one in asked:
            cells += [new_markdown_cell(one.text.source, id=one.label), *_to_do(one.label, one.points)]
    if left:
        raise ValueError(f"labels must name exercises of the book, got {', '.join(sorted(left))}")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def claimed(notebook: Any) -> set[str]:
    """Return the labels of the claims that a notebook shows."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return {output.data[CLAIM_MIME]["label"] for output in outputs if CLAIM_MIME in output.get("data", {})}


def _keep(table: Path, labels: set[str]) -> None:
    """Leave in a table the rows of these claims and no others."""
    head, *rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    place = head.split(",").index("label")
    told = zip(csv.reader(rows), rows, strict=True)
    table.write_text(head + "".join(row for cells, row in told if cells[place] in labels), encoding="utf-8")


def write(labels: Sequence[str] = ()) -> None:
    """Write the student edition and an assignment for each chapter, or one of the exercises named."""
    if labels:
        _store(assignment(labels), OUT / "source" / "assignment" / "assignment.ipynb")
        return
    shutil.rmtree(OUT, ignore_errors=True)
    for pattern in BESIDE:
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                target = OUT / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    held = set()
    for path in CHAPTERS:
        notebook = nbformat.read(path, as_version=4)
        given_out = student(notebook)
        held |= claimed(given_out)
        _store(given_out, OUT / "chapters" / path.name)
        asked = [exercise.label for exercise in exercises(notebook)]
        _store(assignment(asked), OUT / "source" / path.stem / path.name)
    for name in OF_CLAIMS:
        _keep(OUT / "chapters" / "data" / name, held)
    shutil.copyfile(Path(__file__).with_name("edition.md"), OUT / "README.md")


def _store(notebook: Any, path: Path) -> None:
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


if __name__ == "__main__":
    write(sys.argv[1:])
    sys.stdout.write(f"the student edition is in {OUT.relative_to(ROOT)}; its README.md says what is there\n")
